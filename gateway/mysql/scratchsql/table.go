package scratchsql

import (
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// table is a table in one statement. It is found again by its name each time it is read or written.
type table struct {
	databases *Databases
	database  string
	def       *scratch.Definition // as it was bound
	temporary bool
}

func (d *Databases) table(database string, t *scratch.Table) *table {
	return &table{databases: d, database: database, def: t.Definition(), temporary: t.Temporary()}
}

// Name implements sql.Table.
func (t *table) Name() string { return t.def.Name }

// String implements sql.Table.
func (t *table) String() string { return t.def.Name }

// Schema implements sql.Table.
func (t *table) Schema(ctx *sql.Context) sql.Schema { return t.PrimaryKeySchema(ctx).Schema }

// PrimaryKeySchema implements sql.PrimaryKeyTable.
func (t *table) PrimaryKeySchema(ctx *sql.Context) sql.PrimaryKeySchema {
	schema, err := t.databases.schema(t.database, t.def)
	if err != nil { // types were read when the table was made, or loaded
		ctx.Warn(int(sqlerr.Internal.Identity().Errno), "table %s.%s: %s", t.database, t.def.Name, err)
	}
	return schema
}

// Collation implements sql.Table.
func (t *table) Collation() sql.CollationID { return sql.CollationID(t.def.Collation) }

// Comment implements sql.CommentedTable.
func (t *table) Comment() string { return t.def.Comment }

// IsTemporary implements sql.TemporaryTable.
func (t *table) IsTemporary() bool { return t.temporary }

// IsTemporary reports a temporary table of package scratch.
func IsTemporary(t sql.Table) bool {
	own, ok := t.(*table)
	return ok && own.temporary
}

// current returns what the table is now.
func (t *table) current(ctx *sql.Context) (*scratch.Table, error) {
	session := t.databases.session(ctx)
	if t.temporary {
		if found, ok := session.Temporary(t.database, t.def.Name); ok {
			return found, nil
		}
	} else if found, ok := session.Permanent(t.database, t.def.Name); ok {
		return found, nil
	}
	return nil, sql.ErrTableNotFound.New(t.def.Name)
}

// readable returns the version that the statement reads: that of its beginning, unless the statement has changed the table's columns since.
func (t *table) readable(ctx *sql.Context) (*scratch.Table, error) {
	if !t.temporary && t.databases.session(ctx).Redefined(t.database, t.def.Name) {
		return nil, t.changed()
	}
	if before, ok := t.databases.session(ctx).AtStart(t.database, t.def.Name, t.temporary); ok && t.sameColumns(before) {
		return before, nil
	}
	now, err := t.current(ctx)
	if err == nil && !t.sameColumns(now) {
		err = t.changed()
	}
	return now, err
}

func (t *table) changed() error {
	return sqlerr.New(sqlerr.SourceChanged, "Table definition has changed, please retry transaction: table %s.%s", t.database, t.def.Name)
}

// sameColumns reports whether the rows of a version are those that the table was bound with.
func (t *table) sameColumns(v *scratch.Table) bool {
	def := v.Definition()
	if def == t.def {
		return true
	}
	if len(def.Columns) != len(t.def.Columns) || v.Temporary() != t.temporary {
		return false
	}
	for i, c := range def.Columns {
		if c.SQLType != t.def.Columns[i].SQLType || !strings.EqualFold(c.Name, t.def.Columns[i].Name) {
			return false
		}
	}
	return true
}

// Defined is a table that says how it was defined.
type Defined interface{ Definition() *scratch.Definition }

// Definition implements Defined. Nobody changes it.
func (t *table) Definition() *scratch.Definition { return t.def }

// Describe implements bind.Stored.
func (t *table) Describe(ctx *sql.Context) *plan.Table {
	described := &plan.Table{Name: plan.TableName{Namespace: t.database, Name: t.def.Name}, Comment: t.def.Comment, Snapshot: true,
		Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}}
	for _, c := range t.def.Columns {
		described.Columns = append(described.Columns, plan.TableColumn{Name: c.Name, Type: c.Type, Number: c.Number(), Nullable: c.Nullable, Comment: c.Comment, Native: c.SQLType})
	}
	if key, ok := t.candidate(t.def.Primary); ok {
		described.Keys, described.Primary = append(described.Keys, key), true
	}
	for _, k := range t.def.Keys {
		if key, ok := t.candidate(k.Parts); ok && k.Unique {
			described.Keys = append(described.Keys, key)
		}
	}
	if now, err := t.current(ctx); err == nil {
		described.Stats = plan.Statistics{Rows: float64(now.Rows()), Bytes: float64(now.Bytes())}
	}
	return described
}

// candidate returns the columns of a key that tells any two rows apart.
func (t *table) candidate(parts []scratch.Part) ([]int, bool) {
	var key []int
	for _, p := range parts {
		if p.Prefix > 0 || t.def.Columns[p.Column].Nullable {
			return nil, false
		}
		key = append(key, p.Column)
	}
	return key, len(key) > 0
}

// UniqueKeys implements bind.Stored: the primary key first. A key over parts of texts finds none.
func (t *table) UniqueKeys() (list []bind.UniqueKey) {
	add := func(name string, parts []scratch.Part) {
		key := bind.UniqueKey{Name: name}
		for _, p := range parts {
			if p.Prefix > 0 {
				return
			}
			key.Columns = append(key.Columns, p.Column)
		}
		if len(parts) > 0 {
			list = append(list, key)
		}
	}
	add(primary, t.def.Primary)
	for _, k := range t.def.Keys {
		if k.Unique {
			add(k.Name, k.Parts)
		}
	}
	return list
}

// Snapshot implements bind.Stored.
func (t *table) Snapshot(ctx *sql.Context) (bind.Snapshot, error) {
	v, err := t.readable(ctx)
	if err != nil {
		return nil, err
	}
	return snapshot{v.Freeze()}, nil
}

type snapshot struct{ *scratch.Table }

// Read implements bind.Snapshot.
func (s snapshot) Read(pos []int) bind.ValueReader { return s.Table.Read(pos) }

// Partitions implements sql.Table: there is one.
func (t *table) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(wholeTable{}), nil
}

type wholeTable struct{}

// Key implements sql.Partition.
func (wholeTable) Key() []byte { return []byte("all") }

// PartitionRows implements sql.Table.
func (t *table) PartitionRows(ctx *sql.Context, _ sql.Partition) (sql.RowIter, error) {
	v, err := t.readable(ctx)
	if err != nil {
		return nil, err
	}
	return t.rows(ctx, v), nil
}

func (t *table) rows(ctx *sql.Context, v *scratch.Table) *rowIter {
	return &rowIter{cursor: v.Read(t.all()), codec: t.codec(ctx), row: make([]types.Value, len(t.def.Columns))}
}

// codec returns the Codec of rows.
func (t *table) codec(ctx *sql.Context) *bind.Codec {
	var gms []sql.Type
	var typs []types.Type
	for i, c := range t.Schema(ctx) {
		gms, typs = append(gms, c.Type), append(typs, t.def.Columns[i].Type)
	}
	return bind.NewCodec(ctx, gms, typs)
}

// RowCount implements sql.StatisticsTable.
func (t *table) RowCount(ctx *sql.Context) (uint64, bool, error) {
	now, err := t.current(ctx)
	if err != nil {
		return 0, false, err
	}
	return uint64(now.Rows()), true, nil
}

// DataLength implements sql.StatisticsTable.
func (t *table) DataLength(ctx *sql.Context) (uint64, error) {
	now, err := t.current(ctx)
	if err != nil {
		return 0, err
	}
	return uint64(now.Bytes()), nil
}

// all are the positions of all columns.
func (t *table) all() []int {
	pos := make([]int, len(t.def.Columns))
	for i := range pos {
		pos[i] = i
	}
	return pos
}

// rowIter reads rows for GMS.
type rowIter struct {
	cursor *scratch.Cursor
	codec  *bind.Codec
	row    []types.Value
}

// Next implements sql.RowIter.
func (r *rowIter) Next(ctx *sql.Context) (sql.Row, error) {
	ok, err := r.cursor.Next(r.row)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, io.EOF
	}
	return r.codec.Row(ctx, r.row)
}

// Close implements sql.RowIter.
func (r *rowIter) Close(*sql.Context) error { return nil }

var (
	_ bind.Stored         = (*table)(nil)
	_ sql.PrimaryKeyTable = (*table)(nil)
	_ sql.CommentedTable  = (*table)(nil)
	_ sql.TemporaryTable  = (*table)(nil)
	_ sql.StatisticsTable = (*table)(nil)
)
