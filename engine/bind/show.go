package bind

import (
	"strings"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Shown returns the query that a statement stands for which lists databases or tables, as MySQL has it: over
// information_schema, so that it is read, limited and ended as any other. Other statements come back as they are.
//
//	SHOW FULL TABLES FROM db LIKE 'a%'   SELECT * FROM (SELECT TABLE_NAME AS `Tables_in_db (a%)`, TABLE_TYPE AS Table_type
//	                                       FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'db' AND TABLE_NAME LIKE 'a%') t
//	                                       ORDER BY 1
func (b *Binder) Shown(ctx *sql.Context, stmt sqlparser.Statement) (sqlparser.Statement, error) {
	show, ok := stmt.(*sqlparser.Show)
	if !ok || b.system == nil {
		return stmt, nil
	}
	l := listing{filter: show.Filter}
	switch strings.ToLower(show.Type) {
	case "databases", "schemas":
		l.from, l.name, l.as = "SCHEMATA", "SCHEMA_NAME", "Database"
		return b.listed(l)
	case sqlparser.ProcedureStatusStr:
		l.from, l.name, l.where = "ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'PROCEDURE'"
		l.columns = routineColumns
		return b.listed(l)
	case sqlparser.FunctionStatusStr:
		l.from, l.name, l.where = "ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'FUNCTION'"
		l.columns = routineColumns
		return b.listed(l)
	case sqlparser.TableStatusStr:
		db, err := b.shownDatabase(ctx, show.Database)
		if err != nil {
			return nil, err
		}
		l.from, l.name, l.where = "TABLES", "TABLE_NAME", "TABLE_SCHEMA = "+quotedText(db)
		l.columns = statusColumns
		return b.listed(l)
	case "index":
		return b.shownIndexes(ctx, show)
	case "tables":
		opt := show.ShowTablesOpt
		if opt == nil || opt.AsOf != nil || opt.SchemaName != "" {
			return stmt, nil
		}
		db, err := b.shownDatabase(ctx, opt.DbName)
		if err != nil {
			return nil, err
		}
		l.from, l.name, l.where = "TABLES", "TABLE_NAME", "TABLE_SCHEMA = "+quotedText(db)
		l.as, l.filter = "Tables_in_"+db, opt.Filter
		if show.Full {
			l.columns = ", TABLE_TYPE AS `Table_type`"
		}
		return b.listed(l)
	}
	return stmt, nil
}

// shownIndexes lists the keys of a table, which is there for the user to see, under its own name: others differ from it in case.
func (b *Binder) shownIndexes(ctx *sql.Context, show *sqlparser.Show) (sqlparser.Statement, error) {
	db := show.Database
	if db == "" {
		db = show.Table.DbQualifier.String()
	}
	db, err := b.shownDatabase(ctx, db)
	if err != nil {
		return nil, err
	}
	name, err := b.indexed(ctx, db, show)
	if err != nil {
		return nil, err
	}
	name = quotedText(name)
	l := listing{from: "STATISTICS", columns: indexColumns}
	l.where = "TABLE_SCHEMA = " + quotedText(db) + " AND TABLE_NAME = " + name + " AND TABLE_NAME COLLATE utf8mb3_bin = " + name
	if show.ShowIndexFilterOpt != nil {
		l.filter = &sqlparser.ShowFilter{Filter: show.ShowIndexFilterOpt}
	}
	return b.listed(l)
}

// indexed is the name of a table or view under which its keys are listed.
func (b *Binder) indexed(ctx *sql.Context, db string, show *sqlparser.Show) (string, error) {
	name := show.Table.Name.String()
	if view, ok, err := b.views.View(ctx, db, name); ok || err != nil { // which has none
		return view.Name, err
	}
	found, _, err := b.engine.Analyzer.Catalog.Table(ctx, db, name)
	if err != nil {
		return "", Translate(UnknownQualifier(ctx, err, show))
	}
	if t, ok := found.(*table); ok && utf8.RuneCountInString(t.source.Name.Name) <= longestName {
		return t.source.Name.Name, nil
	}
	return found.Name(), nil
}

// longestName is up to how many characters a name is shown as its source has it.
const longestName = 64

// shownDatabase is the database that a statement shows tables of, which is there for the user to see. If nobody can tell, as its
// source is down, the listing says so.
func (b *Binder) shownDatabase(ctx *sql.Context, named string) (string, error) {
	if named == "" {
		named = ctx.GetCurrentDatabase()
	}
	if named == "" {
		return "", Translate(sql.ErrNoDatabaseSelected.New())
	}
	catalog := b.engine.Analyzer.Catalog
	_, err := catalog.Database(ctx, named)
	if err == nil || sqlerr.Is(err, sqlerr.SourceDown) {
		err = catalog.AuthHandler.CheckDatabase(ctx, nil, named)
	}
	if err != nil {
		err = Translate(err)
	}
	return named, err
}

// listing is a statement that shows names.
type listing struct {
	from    string // a table of information_schema
	name    string // its column of the names, by which they are ordered; "": rows come as they do
	as      string // how they are headed, before their pattern; "": they are among the columns
	columns string // further columns, with a comma before them after the name
	where   string // a condition; "": none
	// filter is the statement's own condition, over the columns that it shows.
	filter *sqlparser.ShowFilter
}

// listed is the query.
func (b *Binder) listed(l listing) (sqlparser.Statement, error) {
	var conditions []string
	if l.where != "" {
		conditions = append(conditions, l.where)
	}
	outer := ""
	switch {
	case l.filter == nil:
	case l.filter.Filter != nil:
		outer = " WHERE " + sqlparser.String(l.filter.Filter)
	case l.filter.Like != "":
		conditions = append(conditions, l.name+" LIKE "+quotedText(l.filter.Like))
	}
	columns := l.columns
	if l.as != "" {
		if l.filter != nil && l.filter.Like != "" {
			l.as += " (" + l.filter.Like + ")"
		}
		columns = l.name + " AS " + QuotedName(l.as) + l.columns
	}
	query := "SELECT * FROM (SELECT " + columns + " FROM information_schema." + l.from
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	query += ") shown" + outer
	if l.name != "" {
		query += " ORDER BY 1"
	}
	return b.engine.Parser.ParseSimple(query)
}

const (
	// statusColumns are those of SHOW TABLE STATUS.
	statusColumns = "TABLE_NAME AS `Name`, ENGINE AS `Engine`, VERSION AS `Version`, ROW_FORMAT AS `Row_format`, TABLE_ROWS AS `Rows`, " +
		"AVG_ROW_LENGTH AS `Avg_row_length`, DATA_LENGTH AS `Data_length`, MAX_DATA_LENGTH AS `Max_data_length`, " +
		"INDEX_LENGTH AS `Index_length`, DATA_FREE AS `Data_free`, AUTO_INCREMENT AS `Auto_increment`, CREATE_TIME AS `Create_time`, " +
		"UPDATE_TIME AS `Update_time`, CHECK_TIME AS `Check_time`, TABLE_COLLATION AS `Collation`, CHECKSUM AS `Checksum`, " +
		"CREATE_OPTIONS AS `Create_options`, TABLE_COMMENT AS `Comment`"
	// indexColumns are those of SHOW INDEX.
	indexColumns = "TABLE_NAME AS `Table`, NON_UNIQUE AS `Non_unique`, INDEX_NAME AS `Key_name`, SEQ_IN_INDEX AS `Seq_in_index`, " +
		"COLUMN_NAME AS `Column_name`, COLLATION AS `Collation`, CARDINALITY AS `Cardinality`, SUB_PART AS `Sub_part`, " +
		"PACKED AS `Packed`, NULLABLE AS `Null`, INDEX_TYPE AS `Index_type`, COMMENT AS `Comment`, INDEX_COMMENT AS `Index_comment`, " +
		"IS_VISIBLE AS `Visible`, EXPRESSION AS `Expression`"
	// routineColumns are those of SHOW PROCEDURE STATUS and SHOW FUNCTION STATUS.
	routineColumns = "ROUTINE_SCHEMA AS `Db`, ROUTINE_NAME AS `Name`, ROUTINE_TYPE AS `Type`, DEFINER AS `Definer`, " +
		"LAST_ALTERED AS `Modified`, CREATED AS `Created`, SECURITY_TYPE AS `Security_type`, ROUTINE_COMMENT AS `Comment`, " +
		"CHARACTER_SET_CLIENT AS `character_set_client`, COLLATION_CONNECTION AS `collation_connection`, " +
		"DATABASE_COLLATION AS `Database Collation`"
)

func quotedText(s string) string { return sqlparser.String(sqlparser.NewStrVal([]byte(s))) }

// QuotedName is an identifier in backquotes (MySQL 8.0 Reference Manual, 11.2).
func QuotedName(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
