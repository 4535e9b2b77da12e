package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// systemDatabases are the server's own. They resolve all the same.
const systemDatabases = "'information_schema', 'mysql', 'performance_schema', 'sys'"

// shown is the condition on a database's name that selects what listings show. It may be true of names that differ by case from
// those in only, if that is not nil.
func (s *source) shown(c *conn, column string) (condition string, only []string, err error) {
	if len(s.databases) == 0 {
		return column + " NOT IN (" + systemDatabases + ")", nil, nil
	}
	found, err := s.resolve(c, s.databases)
	names := make([]string, 0, len(found)+1)
	for _, name := range found {
		names = append(names, quoteText(name))
	}
	return column + " IN (" + strings.Join(append(names, "NULL"), ", ") + ")", append([]string{}, found...), err
}

// resolve returns the databases that names of the options stand for: the one that is named so, or else those that differ by case
// alone.
func (s *source) resolve(c *conn, names []string) ([]string, error) {
	var all []string
	err := c.each("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA", func(row []sqldriver.Value) error {
		all = append(all, textOf(row[0]))
		return nil
	})
	slices.Sort(all)
	var found []string
	for _, name := range names {
		if slices.Contains(all, name) {
			found = append(found, name)
			continue
		}
		for _, other := range all {
			if strings.EqualFold(name, other) {
				found = append(found, other)
			}
		}
	}
	return found, err
}

// shows reports whether a database is one of those to show.
func (s *source) shows(c *conn, database string) (bool, error) {
	if len(s.databases) == 0 || slices.Contains(s.databases, database) {
		return true, nil
	}
	if !slices.ContainsFunc(s.databases, func(name string) bool { return strings.EqualFold(name, database) }) {
		return false, nil
	}
	found, err := s.resolve(c, s.databases)
	return slices.Contains(found, database), err
}

// DefaultNamespace implements connectors.Defaulter. Of a server that cannot be asked it is the name in the options.
func (s *source) DefaultNamespace(ctx context.Context) (string, error) {
	name := s.database
	if len(s.databases) > 0 && !slices.ContainsFunc(s.databases, func(other string) bool { return strings.EqualFold(other, name) }) {
		name = s.databases[0]
	}
	err := s.inMetadata(ctx, "find database "+name, func(c *conn) error {
		found, err := s.resolve(c, []string{name})
		if len(found) > 0 {
			name = found[0]
		}
		return err
	})
	if err != nil && ctx.Err() != nil {
		return "", err
	}
	return name, nil
}

// List implements connectors.Source. MariaDB opens each table to tell how many rows it has: it is not asked.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	const utf8Order = " COLLATE utf8mb4_bin"
	query := func(c *conn) (string, []string, error) {
		shown, only, err := s.shown(c, "SCHEMA_NAME")
		return "SELECT SCHEMA_NAME, '', '', '', NULL FROM information_schema.SCHEMATA WHERE " + shown +
			" ORDER BY CONVERT(SCHEMA_NAME USING utf8mb4)" + utf8Order, only, err
	}
	if !o.Namespaces {
		query = func(c *conn) (string, []string, error) {
			rows := "TABLE_ROWS"
			if c.server.maria {
				rows = "NULL"
			}
			shown, only, err := s.shown(c, "TABLE_SCHEMA")
			text := "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, " + rows + " FROM information_schema.TABLES WHERE " + shown
			if o.In != nil {
				text += " AND TABLE_SCHEMA = " + quoteText(*o.In)
			}
			if o.Pattern != "" {
				text += " AND TABLE_NAME LIKE " + quoteText(o.Pattern)
			}
			return text + " ORDER BY CONVERT(TABLE_SCHEMA USING utf8mb4)" + utf8Order + ", CONVERT(TABLE_NAME USING utf8mb4)" + utf8Order, only, err
		}
	}
	return func(yield func(connectors.Listed, error) bool) {
		goOn := true
		err := s.inMetadata(ctx, "list tables", func(c *conn) error {
			text, only, err := query(c)
			if err != nil {
				return err
			}
			return c.each(text, func(row []sqldriver.Value) error {
				l := connectors.Listed{
					Name: plan.TableName{Namespace: textOf(row[0]), Name: textOf(row[1])}, Kind: kindOf(textOf(row[2])),
					Comment: textOf(row[3]), Rows: numberOf(row[4]),
				}
				if l.Kind == plan.View {
					l.Comment = "" // VIEW, or why it cannot be read
				}
				if o.In != nil && l.Name.Namespace != *o.In || only != nil && !slices.Contains(only, l.Name.Namespace) { // one that differs by case alone
					return nil
				}
				if goOn = goOn && yield(l, nil); !goOn {
					return io.EOF
				}
				return nil
			})
		})
		if err != nil && goOn {
			yield(connectors.Listed{}, err)
		}
	}
}

func kindOf(native string) plan.TableKind {
	switch native {
	case "VIEW":
		return plan.View
	case "SYSTEM VIEW":
		return plan.SystemTable
	}
	return plan.BaseTable
}

// numberOf is a value of a row as a number; NULL is unknown.
func numberOf(v sqldriver.Value) float64 {
	if v == nil {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(textOf(v), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func intOf(v sqldriver.Value) int {
	n, _ := strconv.Atoi(textOf(v)) // NULL is 0
	return n
}

// Check refuses names in the options that no database has.
func (s *source) Check(ctx context.Context) error {
	names := s.databases
	if len(names) == 0 {
		names = []string{s.database}
	}
	var missing []string
	err := s.inMetadata(ctx, "find databases", func(c *conn) error {
		missing = nil
		for _, name := range names {
			found, err := s.resolve(c, []string{name})
			if err != nil {
				return err
			}
			if len(found) == 0 {
				missing = append(missing, name)
			}
		}
		return nil
	})
	if err == nil && len(missing) > 0 {
		err = sqlerr.New(sqlerr.BadOption, "source %s: there is no database %s that the user may read", s.name, strings.Join(missing, ", "))
	}
	return err
}

// Table implements connectors.Source. Tables have no versions.
func (s *source) Table(ctx context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	if at != (connectors.AsOf{}) {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s: the server keeps no older versions of table %s", s.name, name)
	}
	var found *plan.Table
	err := s.inMetadata(ctx, "describe table "+name.String(), func(c *conn) error {
		if shows, err := s.shows(c, name.Namespace); !shows || err != nil {
			return err
		}
		return s.describe(c, name.Namespace, name.Name, func(t *plan.Table) bool {
			if t.Name == name { // not one that differs by case alone
				found = t
			}
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source %s: table %s does not exist", s.name, name)
	}
	return found, nil
}

// Tables implements connectors.ColumnLister.
func (s *source) Tables(ctx context.Context, namespace string) iter.Seq2[*plan.Table, error] {
	return func(yield func(*plan.Table, error) bool) {
		var tables []*plan.Table
		err := s.inMetadata(ctx, "describe database "+namespace, func(c *conn) error {
			tables = nil
			if shows, err := s.shows(c, namespace); !shows || err != nil {
				return err
			}
			return s.describe(c, namespace, "", func(t *plan.Table) bool {
				tables = append(tables, t)
				return true
			})
		})
		for _, t := range tables {
			if !yield(t, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// Of columns and keys these say what the plan of a statement relies on.
const (
	describeColumns = `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH,
		NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, CHARACTER_SET_NAME, COLUMN_COMMENT
		FROM information_schema.COLUMNS WHERE `
	describeKeys = `SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART, CARDINALITY
		FROM information_schema.STATISTICS WHERE `
	orderOfColumns = " ORDER BY TABLE_NAME, ORDINAL_POSITION"
	orderOfKeys    = " ORDER BY TABLE_NAME, INDEX_NAME = 'PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX"
	// describeDocuments names the columns that a constraint of MariaDB's has hold JSON.
	describeDocuments = `SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CHECK_CLAUSE LIKE 'json\_valid(%' AND `
)

// withDocuments is MariaDB's first version whose CHECK_CONSTRAINTS has table names and can be asked for those of one.
const withDocuments = 100510

// describe calls yield for each table of a database, or the one of that name, by name, until it returns false. It takes one
// round trip.
func (s *source) describe(c *conn, database, table string, yield func(*plan.Table) bool) error {
	of := func(column string) string {
		condition := column + " = " + quoteText(database)
		if table != "" {
			condition += " AND TABLE_NAME = " + quoteText(table)
		}
		return condition
	}
	queries := []string{
		"SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, TABLE_ROWS, DATA_LENGTH, ENGINE FROM information_schema.TABLES WHERE " + of("TABLE_SCHEMA") + " ORDER BY TABLE_NAME",
		describeColumns + of("TABLE_SCHEMA") + orderOfColumns,
		describeKeys + of("TABLE_SCHEMA") + orderOfKeys,
	}
	d := &describer{source: s, server: c.server, database: database, tables: make(map[string]*tableBuilder)}
	reads := []func([]sqldriver.Value) error{d.table, d.column, d.key}
	if c.server.maria && c.server.version >= withDocuments {
		queries = slices.Insert(queries, 1, describeDocuments+of("CONSTRAINT_SCHEMA"))
		reads = slices.Insert(reads, 1, d.document)
	}
	if err := c.several(queries, reads); err != nil {
		return err
	}
	for _, name := range d.names {
		if t := d.tables[name].finish(); !yield(t) {
			break
		}
	}
	return nil
}

// several runs queries together and has each result's rows read.
func (c *conn) several(queries []string, reads []func([]sqldriver.Value) error) error {
	rows, err := c.query(strings.Join(queries, "; "))
	if err != nil {
		return err
	}
	for i, read := range reads {
		if i > 0 {
			if err = c.note(rows.(sqldriver.RowsNextResultSet).NextResultSet()); err != nil {
				break
			}
		}
		if err = c.rows(rows, read); err != nil {
			break
		}
	}
	if closing := c.note(rows.Close()); err == nil {
		err = closing
	}
	return err
}

// describer collects what information_schema says of tables.
type describer struct {
	source   *source
	server   server
	database string
	tables   map[string]*tableBuilder
	names    []string
}

// tableBuilder collects the rows of one table.
type tableBuilder struct {
	table     plan.Table
	relation  *relation
	documents map[string]bool // columns that hold JSON
	position  map[string]int  // of columns
	keys      []keyParts
	shape     shape
}

// keyParts are the columns of an index.
type keyParts struct {
	name        string
	unique      bool
	partly      bool // a prefix of a column, or an expression
	columns     []int
	cardinality []float64
}

func (d *describer) table(row []sqldriver.Value) error {
	name := plan.TableName{Namespace: textOf(row[0]), Name: textOf(row[1])}
	if name.Namespace != d.database {
		return nil
	}
	b := &tableBuilder{
		table: plan.Table{
			Name: name, Kind: kindOf(textOf(row[2])), Comment: textOf(row[3]),
			Location: fmt.Sprintf("mysql://%s/%s.%s", d.source.host, name.Namespace, name.Name),
			Stats:    plan.Statistics{Rows: numberOf(row[4]), Bytes: numberOf(row[5])},
			Snapshot: strings.EqualFold(textOf(row[6]), "InnoDB"), // of the others none keeps versions of rows
		},
		relation: &relation{server: d.server}, documents: make(map[string]bool), position: make(map[string]int),
	}
	if b.table.Kind == plan.View {
		b.table.Comment = ""
	}
	d.names = append(d.names, name.Name)
	d.tables[name.Name] = b
	return nil
}

func (d *describer) document(row []sqldriver.Value) error {
	if b := d.tables[textOf(row[0])]; b != nil {
		name := strings.TrimSuffix(strings.TrimPrefix(textOf(row[1]), "json_valid(`"), "`)")
		b.documents[strings.ReplaceAll(name, "``", "`")] = true
	}
	return nil
}

func (d *describer) column(row []sqldriver.Value) error {
	b := d.tables[textOf(row[0])]
	if b == nil {
		return nil
	}
	b.shape.column(row)
	a := attribute{
		name: textOf(row[1]), columnType: textOf(row[2]), collation: textOf(row[3]), nullable: textOf(row[4]) == "YES",
		dataType: strings.ToLower(textOf(row[5])), length: intOf(row[6]), precision: intOf(row[7]), scale: intOf(row[8]),
		fraction: intOf(row[9]), charset: strings.Replace(textOf(row[10]), "utf8mb3", "utf8", 1), comment: textOf(row[11]),
	}
	a.document = b.documents[a.name]
	column, how := a.describe(d.server, d.source.zeroDates)
	b.position[a.name] = len(b.table.Columns)
	b.table.Columns = append(b.table.Columns, column)
	b.relation.columns = append(b.relation.columns, how)
	return nil
}

func (d *describer) key(row []sqldriver.Value) error {
	b := d.tables[textOf(row[0])]
	if b == nil {
		return nil
	}
	b.shape.key(row)
	name := textOf(row[1])
	if len(b.keys) == 0 || b.keys[len(b.keys)-1].name != name {
		b.keys = append(b.keys, keyParts{name: name, unique: textOf(row[4]) == "0"})
	}
	k := &b.keys[len(b.keys)-1]
	pos, ok := b.position[textOf(row[3])]
	if !ok || row[5] != nil {
		k.partly = true
		return nil
	}
	if !k.partly {
		k.columns = append(k.columns, pos)
		k.cardinality = append(k.cardinality, numberOf(row[6]))
	}
	return nil
}

func (b *tableBuilder) finish() *plan.Table {
	for _, k := range b.keys {
		if len(k.columns) > 0 {
			b.relation.indexed = append(b.relation.indexed, index{k.columns, k.cardinality, k.unique && !k.partly})
		}
		if k.unique && !k.partly && b.distinguishes(k.columns) {
			b.table.Primary = b.table.Primary || k.name == "PRIMARY"
			b.table.Keys = append(b.table.Keys, k.columns)
		}
	}
	b.relation.bytes = b.table.Stats.Bytes
	b.relation.shape = b.shape.sum()
	b.table.Handle = b.relation
	return &b.table
}

// distinguishes reports whether no two rows are equal in columns that are unique on the server: not where NULLs are no
// conflict, where different values become NULL, or where texts that differ there are equal here.
func (b *tableBuilder) distinguishes(columns []int) bool {
	return !slices.ContainsFunc(columns, func(pos int) bool {
		c, t := b.relation.columns[pos], b.table.Columns[pos]
		return t.Nullable || t.Type.IsText() && !c.native && !t.Type.Collation.Bytewise()
	})
}

// shape is what a plan relies on of a table, as a number: what its columns are and which of its keys bind.
type shape struct{ text []byte }

// column adds a row of describeColumns, of which it reads the first.
func (s *shape) column(row []sqldriver.Value) { s.add(row[1:5]) }

// key adds a row of describeKeys, of which it reads the first. Only what is unique matters.
func (s *shape) key(row []sqldriver.Value) {
	if textOf(row[4]) == "0" {
		s.add(row[1:6])
	}
}

func (s *shape) add(row []sqldriver.Value) {
	for _, v := range row {
		s.text = append(append(s.text, textOf(v)...), 0)
	}
	s.text = append(s.text, 1)
}

func (s *shape) sum() uint64 {
	h := fnv.New64a()
	_, _ = h.Write(s.text) // never fails
	return h.Sum64()
}
