package sqlite

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// handle is what a plan.Table carries for this package.
type handle struct {
	forms []form   // by column
	text  []string // by column: its collating sequence; "" unknown
	utf16 bool     // the database's encoding

	schema uint64 // that of the state which was described: a statement must find the same
}

// noteSchema hashes what the tables of the file are, and its encoding. SQLite's own number of the schema says less: a file
// that replaced another may have the same.
func (c *conn) noteSchema(ctx context.Context) error {
	h := fnv.New64a()
	add := func(columns int) func(*stmt) error {
		return func(row *stmt) error {
			for i := range columns {
				h.Write(row.textOf(i))
				h.Write([]byte{0})
			}
			return nil
		}
	}
	err := c.query(ctx, "SELECT type, name, sql FROM sqlite_schema", add(3))
	if err == nil {
		err = c.query(ctx, "PRAGMA encoding", add(1))
	}
	c.schema = h.Sum64()
	return err
}

// listed are the tables that a listing shows: SQLite's own and the shadow tables of virtual ones are left out.
const listed = `SELECT name, type FROM pragma_table_list
	WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`

// List yields the file's only namespace, "", or its tables.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		if o.Namespaces {
			yield(connectors.Listed{Rows: plan.Unknown}, nil)
			return
		}
		if o.In != nil && *o.In != "" {
			return
		}
		db, err := s.connect(ctx)
		if err != nil {
			yield(connectors.Listed{}, err)
			return
		}
		var entries []connectors.Listed
		err = db.query(ctx, listed, func(row *stmt) error {
			entries = append(entries, connectors.Listed{
				Name: connectors.TableName{Name: string(row.textOf(0))},
				Kind: kindOf(string(row.textOf(1))),
				Rows: plan.Unknown,
			})
			return nil
		})
		db.close()
		if err != nil {
			yield(connectors.Listed{}, s.failed(err, "list tables"))
			return
		}
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func kindOf(native string) plan.TableKind {
	if native == "view" {
		return plan.View
	}
	return plan.BaseTable
}

// query runs a statement of the catalog and calls visit for each row.
func (c *conn) query(ctx context.Context, sql string, visit func(*stmt) error, args ...any) error {
	return c.during(ctx, func() error {
		s, err := c.prepare(sql)
		if err != nil {
			return err
		}
		defer s.close()
		for i, a := range args {
			if err := s.bind(i+1, a); err != nil {
				return err
			}
		}
		for {
			more, err := s.step()
			if err != nil || !more {
				return err
			}
			if err := visit(s); err != nil {
				return err
			}
		}
	})
}

// Table describes a table or view.
func (s *source) Table(ctx context.Context, name connectors.TableName, asOf connectors.AsOf) (*connectors.Table, error) {
	if asOf != (connectors.AsOf{}) {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s: a SQLite file has no past versions", s.name)
	}
	db, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer db.close()
	t, err := s.describe(ctx, db, name)
	if err != nil {
		return nil, s.failed(err, "table %s", name)
	}
	return t, nil
}

// Tables implements connectors.ColumnLister, over one connection.
func (s *source) Tables(ctx context.Context, namespace string) iter.Seq2[*connectors.Table, error] {
	return func(yield func(*connectors.Table, error) bool) {
		if namespace != "" {
			return
		}
		db, err := s.connect(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer db.close()
		var names []string
		err = db.query(ctx, listed, func(row *stmt) error {
			names = append(names, string(row.textOf(0)))
			return nil
		})
		if err != nil {
			yield(nil, s.failed(err, "list tables"))
			return
		}
		for _, name := range names {
			t, err := s.describe(ctx, db, connectors.TableName{Name: name})
			if err != nil {
				yield(nil, s.failed(err, "table %s", name))
				return
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}

var _ connectors.ColumnLister = (*source)(nil)

func (s *source) describe(ctx context.Context, db *conn, name connectors.TableName) (*connectors.Table, error) {
	d := describer{ctx: ctx, db: db, table: &plan.Table{
		Name: name, Location: "file://" + s.path + "#" + name.Name, Version: s.version(), Snapshot: true,
		Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown},
	}}
	if name.Namespace != "" || !d.find(name.Name) {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source %s has no table %s", s.name, name)
	}
	d.encoding()
	d.columns()
	d.keys()
	d.rows()
	d.handle.schema = db.schema
	d.table.Handle = &d.handle
	return d.table, d.err
}

// version names the state of the file, and of its log in WAL mode.
func (s *source) version() string {
	var b strings.Builder
	for _, path := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&b, "%x-%x;", info.ModTime().UnixNano(), info.Size())
		}
	}
	return b.String()
}

// describer collects what the file says of one table; after an error its steps do nothing.
type describer struct {
	ctx          context.Context
	db           *conn
	table        *plan.Table
	handle       handle
	withoutRowid bool
	positions    map[int]int // of columns by SQLite's number
	primary      []int       // columns of the primary key, in its order
	err          error
}

func (d *describer) query(sql string, visit func(*stmt), args ...any) {
	if d.err == nil {
		d.err = d.db.query(d.ctx, sql, func(s *stmt) error { visit(s); return nil }, args...)
	}
}

// find looks the table up under its exact name.
func (d *describer) find(name string) bool {
	found := false
	d.query("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE BINARY", func(s *stmt) {
		found = true
		d.table.Kind = kindOf(string(s.textOf(0)))
		d.withoutRowid = s.int64(1) != 0
	}, name)
	return found || d.err != nil
}

func (d *describer) encoding() {
	d.query("PRAGMA encoding", func(s *stmt) { d.handle.utf16 = string(s.textOf(0)) != "UTF-8" })
}

func (d *describer) columns() {
	type keyColumn struct{ pos, rank int }
	var key []keyColumn
	d.positions = make(map[int]int)
	const sql = `SELECT name, type, "notnull", pk, cid FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid`
	d.query(sql, func(s *stmt) {
		c := plan.TableColumn{Name: string(s.textOf(0)), Native: string(s.textOf(1)), Nullable: s.int64(2) == 0}
		var f form
		f, c.Type = formOf(c.Native)
		if f == anything {
			c.Warning = "a column without a type of MySQL's is read as text"
		}
		if rank := s.int64(3); rank > 0 {
			key = append(key, keyColumn{len(d.table.Columns), int(rank)})
		}
		d.positions[int(s.int64(4))] = len(d.table.Columns)
		d.table.Columns = append(d.table.Columns, c)
		d.handle.forms = append(d.handle.forms, f)
	}, d.table.Name.Name)
	if d.err != nil {
		return
	}
	for _, c := range d.table.Columns {
		d.handle.text = append(d.handle.text, d.db.collation(d.table.Name.Name, c.Name))
	}
	slices.SortFunc(key, func(a, b keyColumn) int { return a.rank - b.rank })
	for _, k := range key {
		d.primary = append(d.primary, k.pos)
	}
	// A primary key may hold NULL in SQLite, unless it is the rowid or the table has none.
	if len(d.primary) > 0 && (d.withoutRowid || d.isRowid()) {
		for _, pos := range d.primary {
			d.table.Columns[pos].Nullable = false
		}
	}
}

// isRowid reports whether the primary key is an alias of the rowid: such a key has no index. INTEGER PRIMARY KEY DESC is none
// (SQLite documentation, ROWIDs and the INTEGER PRIMARY KEY).
func (d *describer) isRowid() bool {
	if len(d.primary) != 1 || !strings.EqualFold(d.table.Columns[d.primary[0]].Native, "INTEGER") {
		return false
	}
	indexed := false
	d.query("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", func(*stmt) { indexed = true }, d.table.Name.Name)
	return !indexed
}

// keys finds the candidate keys: the primary key and unique indexes, of columns that are never NULL and whose values
// stay distinct as they are read.
func (d *describer) keys() {
	if d.distinct(d.primary) {
		d.table.Keys, d.table.Primary = [][]int{d.primary}, true
	}
	var indexes []string
	d.query(`SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0 AND origin <> 'pk' ORDER BY name`,
		func(s *stmt) { indexes = append(indexes, string(s.textOf(0))) }, d.table.Name.Name)
	for _, index := range indexes {
		var key []int
		d.query("SELECT cid FROM pragma_index_info(?) ORDER BY seqno",
			func(s *stmt) { key = append(key, d.positionOf(int(s.int64(0)))) }, index)
		if d.distinct(key) {
			d.table.Keys = append(d.table.Keys, key)
		}
	}
}

// positionOf returns the position of the column that SQLite numbers cid, -1 for an expression or the rowid.
func (d *describer) positionOf(cid int) int {
	if pos, ok := d.positions[cid]; ok {
		return pos
	}
	return -1
}

func (d *describer) distinct(key []int) bool {
	return len(key) > 0 && !slices.ContainsFunc(key, func(pos int) bool {
		if pos < 0 || d.table.Columns[pos].Nullable {
			return true
		}
		f := d.handle.forms[pos]
		return f != integers && f != texts && f != dates
	})
}

// rows estimates the table's rows: by ANALYZE's count, or by the span of the rowids.
func (d *describer) rows() {
	if d.table.Kind == plan.View {
		return
	}
	analyzed := false
	d.query("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'", func(s *stmt) { analyzed = s.int64(0) > 0 })
	rows := math.NaN()
	if analyzed {
		d.query("SELECT stat FROM sqlite_stat1 WHERE tbl = ? COLLATE BINARY AND stat IS NOT NULL LIMIT 1", func(s *stmt) {
			first, _, _ := strings.Cut(string(s.textOf(0)), " ")
			if n, err := strconv.ParseFloat(first, 64); err == nil {
				rows = n
			}
		}, d.table.Name.Name)
	}
	if math.IsNaN(rows) && !d.withoutRowid && d.err == nil {
		rows = d.rowidSpan()
	}
	d.table.Stats.Rows = rows
	d.table.Stats.Bytes = rows * d.width()
}

// rowidSpan returns how many rows there would be if no rowid were free, NaN where a table (a virtual one) has none.
func (d *describer) rowidSpan() float64 {
	rows := math.NaN()
	name := quote(d.table.Name.Name)
	sql := "SELECT (SELECT max(rowid) FROM " + name + ") - (SELECT min(rowid) FROM " + name + ") + 1"
	// Not every virtual table has rowids or can find its last one; then the number stays unknown.
	_ = d.db.query(d.ctx, sql, func(s *stmt) error {
		rows = 0
		if s.storage(0) != null {
			rows = s.float64(0)
		}
		return nil
	})
	return rows
}

// width guesses the bytes of a row.
func (d *describer) width() float64 {
	width := 0.0
	for _, c := range d.table.Columns {
		if c.Type.IsString() {
			width += 24
		} else {
			width += 8
		}
	}
	return width
}

// formIn returns the form of a table's column.
func formIn(t *plan.Table, pos int) form {
	if h, ok := t.Handle.(*handle); ok && pos < len(h.forms) {
		return h.forms[pos]
	}
	return anything
}

// decimalDigits is how many decimal digits a double holds exactly.
const decimalDigits = 15

// isExactDecimal reports a decimal type whose values SQLite's doubles distinguish.
func isExactDecimal(t types.Type) bool {
	return t.Kind == types.Decimal && t.Precision <= decimalDigits
}
