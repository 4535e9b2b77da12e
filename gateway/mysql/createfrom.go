package mysql

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// createFrom makes the table of a CREATE TABLE ... SELECT and inserts the rows of its query, which all is one transaction: after an error there is no
// table. Its columns are what clients are told of the query's.
func (s *statement) createFrom(db string, n *sqlparser.DDL, args map[string]sqlparser.Expr) error {
	query := n.OptSelect.Select
	if _, hidden := s.session().scratch.Temporary(db, n.Table.Name.String()); hidden && !n.Temporary { // the rows would go there
		return sqlerr.New(sqlerr.Unsupported, "table %s.%s: a temporary table of this name would hide it, drop that first", db, n.Table.Name)
	}
	columns, err := s.columnsOf(query, args)
	if err != nil {
		return err
	}
	made := *n
	made.OptSelect, made.TableSpec = nil, &sqlparser.TableSpec{}
	if n.TableSpec != nil {
		*made.TableSpec = *n.TableSpec
	}
	var own []*sqlparser.ColumnDefinition
	for _, c := range made.TableSpec.Columns {
		if c.Name.String() != parse.NoColumns {
			own = append(own, c)
		}
	}
	made.TableSpec.Columns = besides(own, columns)
	if n.Temporary && readsName(query, n.Table.Name.String()) { // it would hide what the query reads
		made.Table.Name = sqlparser.NewTableIdent(unnamed)
	}
	if err := s.server.made.Create(s.ctx, s.server.gms, db, &made); err != nil {
		return err
	}
	insert := &sqlparser.Insert{Action: sqlparser.InsertStr, Table: sqlparser.TableName{Name: made.Table.Name, DbQualifier: sqlparser.NewTableIdent(db)}, Rows: query,
		Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE, TargetType: sqlparser.AuthTargetType_Ignore}}
	for _, o := range made.TableSpec.TableOpts {
		switch {
		case !strings.EqualFold(o.Name, parse.DuplicatesOption):
		case strings.EqualFold(o.Value, sqlparser.ReplaceStr):
			insert.Action = sqlparser.ReplaceStr
		default:
			insert.Ignore = o.Value
		}
	}
	for _, c := range columns {
		insert.Columns = append(insert.Columns, c.Name)
	}
	err = s.bindUnder(insert, args, func(text string) error { return s.attempt(insert, text, args) })
	if err == nil && made.Table.Name != n.Table.Name {
		err = s.server.made.Rename(s.ctx, db, unnamed, db, n.Table.Name.String())
	}
	if err != nil && n.Temporary { // which no rollback takes back
		if left := s.session().scratch.Drop(s.ctx, db, made.Table.Name.String()); left != nil {
			return left
		}
	}
	return err
}

// unnamed is what a table is called before it has the name of one that its query reads.
const unnamed = "silogate_unnamed"

func readsName(query sqlparser.SelectStatement, name string) bool {
	reads := false
	_ = eachTable(query, func(t *sqlparser.TableName) { reads = reads || strings.EqualFold(t.Name.String(), name) })
	return reads
}

// besides are the columns of the table: those of its own that the query has not, then the query's, each as its own definition says if there is one.
func besides(own []*sqlparser.ColumnDefinition, query []*sqlparser.ColumnDefinition) []*sqlparser.ColumnDefinition {
	defined := make(map[string]*sqlparser.ColumnDefinition)
	for _, c := range own {
		defined[c.Name.Lowered()] = c
	}
	var first, last []*sqlparser.ColumnDefinition
	for _, c := range query {
		if d, ok := defined[c.Name.Lowered()]; ok {
			last = append(last, d)
			delete(defined, c.Name.Lowered())
			continue
		}
		last = append(last, c)
	}
	for _, c := range own {
		if defined[c.Name.Lowered()] == c {
			first = append(first, c)
		}
	}
	return append(first, last...)
}

// columnsOf are the columns that a table has which is made of a query's rows (MySQL 8.0 manual, 13.1.20.4).
func (s *statement) columnsOf(query sqlparser.SelectStatement, args map[string]sqlparser.Expr) ([]*sqlparser.ColumnDefinition, error) {
	var root sql.Node
	err := s.bindUnder(query, args, func(text string) (err error) {
		root, err = s.server.gms.BoundQueryPlan(s.ctx, text, query, args)
		return err
	})
	if err != nil {
		return nil, err
	}
	var lines []string
	if leaf, ok := bind.LeafOf(root); ok {
		described := leafColumns(leaf)
		for i, col := range wireSchema(leaf) {
			lines = append(lines, bind.QuotedName(leaf.Columns[i].Name)+" "+madeOf(col.Type, &leaf.Shown[i], described[i]))
		}
	} else {
		for _, c := range root.Schema(s.ctx) {
			line := bind.QuotedName(c.Name) + " " + typeOfOwn(c.Type)
			if !c.Nullable {
				line += " NOT NULL"
			}
			lines = append(lines, line)
		}
	}
	parsed, err := s.server.gms.Parser.ParseSimple("CREATE TABLE silogate (" + strings.Join(lines, ", ") + ")")
	if err != nil {
		return nil, err
	}
	ddl, ok := parsed.(*sqlparser.DDL)
	if !ok || ddl.TableSpec == nil {
		return nil, sqlerr.New(sqlerr.Internal, "the columns of a query can't be read: %s", lines)
	}
	return ddl.TableSpec.Columns, nil
}

func typeOfOwn(t sql.Type) string {
	if t == gmstypes.Null {
		return "BINARY(0)"
	}
	return scratchsql.TypeText(t)
}

// The bounds of types that MySQL chooses by length.
const (
	longestInt     = 10  // characters: those of less fit an INT
	longestVarchar = 512 // characters: expressions that may be longer are TEXTs
)

// madeOf is the definition of a column of a table that is made of a query's.
func madeOf(t types.Type, shown *bind.Shown, c wire.Column) string {
	zero := ""
	var text string
	if from := shown.Origin; from != nil {
		if text = typeOfOwn(from.Column.Type); from.Number != (types.Number{}) {
			text = from.Number.Of(t)
		}
		if d := from.Column.Default; d != nil && from.Written {
			zero = cmp.Or(d.Expr.String(), "''")
		} else if from.Column.AutoIncrement {
			zero = "'0'"
		}
		if from.Column.Comment != "" {
			text += " COMMENT " + types.QuoteLiteral(from.Column.Comment)
		}
	} else {
		text, zero = computedType(t, shown, c)
	}
	if c.Flags&wire.NotNull != 0 {
		text += " NOT NULL"
		if zero != "" {
			text += " DEFAULT " + zero
		}
	} else if zero != "" && shown.Origin != nil {
		text += " DEFAULT " + zero
	}
	return text
}

// computedType is the type of an expression's column, and its default if that is NOT NULL (sql_tmp_table.cc, create_tmp_field_from_item).
func computedType(t types.Type, shown *bind.Shown, c wire.Column) (text, zero string) {
	unsigned := ""
	if c.Flags&wire.Unsigned != 0 {
		unsigned = " UNSIGNED"
	}
	switch {
	case t.Kind == types.Null:
		return "BINARY(0)", ""
	case t.Kind == types.Bit:
		return "BIGINT UNSIGNED", "'0'"
	case t.Kind == types.Year:
		return "YEAR", ""
	case t.IsInteger() || t.Kind == types.Bool:
		if c.Length < longestInt {
			return "INT" + unsigned, "'0'"
		}
		return "BIGINT" + unsigned, "'0'"
	case t.Kind == types.Decimal:
		digits := int(c.Length)
		if c.Decimals > 0 {
			digits--
		}
		if unsigned == "" {
			digits--
		}
		digits = min(max(digits, int(c.Decimals), 1), types.MaxPrecision)
		return fmt.Sprintf("DECIMAL(%d,%d)%s", digits, c.Decimals, unsigned), "'" + zeroOf(int(c.Decimals)) + "'"
	case t.IsFloat():
		return "DOUBLE" + unsigned, "'0'"
	case t.Kind == types.Date:
		return "DATE", ""
	case t.IsTemporal():
		name := "DATETIME"
		if t.Kind == types.Time {
			name = "TIME"
		}
		return fmt.Sprintf("%s(%d)", name, t.Scale), ""
	case t.Kind == types.JSON:
		return "JSON", ""
	}
	return stringOf(t, shown, c)
}

func zeroOf(decimals int) string {
	if decimals == 0 {
		return "0"
	}
	return "0." + strings.Repeat("0", decimals)
}

// stringOf is the type of a string expression by its length.
func stringOf(t types.Type, shown *bind.Shown, c wire.Column) (text, zero string) {
	kind, long, length, collate := "VARBINARY", "BLOB", uint64(c.Length), ""
	if t.IsText() {
		kind, long, length = "VARCHAR", "TEXT", uint64(c.Length)/bytesPerChar
		collate = " COLLATE " + sql.CollationID(t.Collation).Name()
	}
	if length <= longestVarchar && !shown.Long {
		return fmt.Sprintf("%s(%d)%s", kind, length, collate), "''"
	}
	switch {
	case c.Length <= math.MaxUint8:
		long = "TINY" + long
	case c.Length <= math.MaxUint16:
	case c.Length < 1<<24:
		long = "MEDIUM" + long
	default:
		long = "LONG" + long
	}
	return long + collate, ""
}
