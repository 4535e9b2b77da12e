package scratchsql

import (
	"errors"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// editor writes rows of a table. What a statement did is undone by who runs it (scratch.Session.Undo), so that the
// boundaries of statements mean nothing here.
type editor struct {
	table *table
	rows  *scratch.Table // nil: not known yet, or failed
	err   error
	codec *bind.Codec
	width int
	key   string // under which the row is that is to be written next, if not another of a cascade is; "": not known
}

func (t *table) editor(ctx *sql.Context) *editor {
	e := &editor{table: t, codec: t.codec(ctx), width: len(t.def.Columns)}
	e.rows, e.err = t.writable(ctx)
	return e
}

// writable returns the version that the transaction writes.
func (t *table) writable(ctx *sql.Context) (*scratch.Table, error) {
	v, err := t.databases.session(ctx).Write(ctx, t.database, t.def.Name)
	if err == nil && !t.sameColumns(v) {
		_, err = t.readable(ctx)
	}
	return v, err
}

// Inserter implements sql.InsertableTable.
func (t *table) Inserter(ctx *sql.Context) sql.RowInserter { return t.editor(ctx) }

// Updater implements sql.UpdatableTable.
func (t *table) Updater(ctx *sql.Context) sql.RowUpdater { return t.editor(ctx) }

// Deleter implements sql.DeletableTable.
func (t *table) Deleter(ctx *sql.Context) sql.RowDeleter { return t.editor(ctx) }

// Replacer implements sql.ReplaceableTable.
func (t *table) Replacer(ctx *sql.Context) sql.RowReplacer { return t.editor(ctx) }

// Truncate implements sql.TruncateableTable.
func (t *table) Truncate(ctx *sql.Context) (int, error) {
	return t.databases.session(ctx).Truncate(ctx, t.database, t.def.Name)
}

// StatementBegin implements sql.EditOpenerCloser.
func (e *editor) StatementBegin(*sql.Context) {}

// DiscardChanges implements sql.EditOpenerCloser.
func (e *editor) DiscardChanges(*sql.Context, error) error { return nil }

// StatementComplete implements sql.EditOpenerCloser.
func (e *editor) StatementComplete(*sql.Context) error { return nil }

// Close implements sql.Closer.
func (e *editor) Close(*sql.Context) error { return nil }

// Insert implements sql.RowInserter.
func (e *editor) Insert(ctx *sql.Context, row sql.Row) error {
	values, err := e.values(ctx, row)
	if err != nil {
		return err
	}
	return e.refused(ctx, e.rows.Insert(values))
}

// Delete implements sql.RowDeleter.
func (e *editor) Delete(ctx *sql.Context, row sql.Row) error {
	values, err := e.values(ctx, row)
	if err != nil {
		return err
	}
	key, err := e.keyOf(values)
	if err != nil {
		return err
	}
	ok, err := remove(e.rows, write.Row{Key: key, Values: values})
	if err == nil && !ok {
		err = sql.ErrDeleteRowNotFound.New()
	}
	return err
}

// Update implements sql.RowUpdater.
func (e *editor) Update(ctx *sql.Context, old, row sql.Row) error {
	before, err := e.values(ctx, old)
	if err != nil {
		return err
	}
	after, err := e.values(ctx, row)
	if err != nil {
		return err
	}
	key, err := e.keyOf(before)
	if err != nil {
		return err
	}
	ok, err := update(e.rows, write.Row{Key: key, Values: before}, after)
	if err == nil && !ok {
		err = sql.ErrDeleteRowNotFound.New()
	}
	return e.refused(ctx, err)
}

// keyOf returns the key of the row that is to be written next, if that is it: of rows that are equal a statement means one.
func (e *editor) keyOf(row []types.Value) (string, error) {
	if e.key == "" {
		return "", nil
	}
	held, ok, err := e.rows.Row(e.key)
	if err != nil || !ok || !slices.Equal(held, row) {
		return "", err
	}
	key := e.key
	e.key = ""
	return key, nil
}

// values returns a row as it is stored: a CHAR has no trailing spaces.
func (e *editor) values(ctx *sql.Context, row sql.Row) ([]types.Value, error) {
	if e.err != nil {
		return nil, e.err
	}
	values, err := e.codec.Values(ctx, row[:e.width])
	if err != nil {
		return nil, err
	}
	for i, c := range e.table.def.Columns {
		if c.Type.Kind == types.Char {
			values[i].Str = strings.TrimRight(values[i].Str, " ")
		}
	}
	return values, nil
}

// refused turns a duplicate key into GMS's error of it, with which ON DUPLICATE KEY UPDATE and REPLACE go on.
func (e *editor) refused(ctx *sql.Context, err error) error {
	var duplicate *scratch.DuplicateError
	if !errors.As(err, &duplicate) {
		return err
	}
	return duplicateKey(ctx, e.table, e.codec, duplicate)
}

func duplicateKey(ctx *sql.Context, t *table, codec *bind.Codec, d *scratch.DuplicateError) error {
	existing, err := codec.Row(ctx, d.Existing)
	if err != nil {
		return err
	}
	return sql.NewUniqueKeyErr("Duplicate entry '"+entry(codec, d)+"' for key '"+t.def.Name+"."+d.Key+"'", d.Primary, existing)
}

// PeekNextAutoIncrementValue implements sql.AutoIncrementGetter.
func (t *table) PeekNextAutoIncrementValue(ctx *sql.Context) (uint64, error) {
	if !t.hasAutoIncrement() {
		return 0, sql.ErrNoAutoIncrementCol
	}
	v, err := t.current(ctx)
	if err != nil {
		return 0, err
	}
	return v.NextAutoIncrement(), nil
}

func (t *table) hasAutoIncrement() bool {
	for _, c := range t.def.Columns {
		if c.AutoIncrement {
			return true
		}
	}
	return false
}

// GetNextAutoIncrementValue implements sql.AutoIncrementTable. A value that is given counts once its row is there.
func (t *table) GetNextAutoIncrementValue(ctx *sql.Context, given any) (uint64, error) {
	v, err := t.databases.session(ctx).Write(ctx, t.database, t.def.Name)
	switch {
	case err != nil:
		return 0, err
	case given != nil:
		next := v.NextAutoIncrement()
		if x, in, err := gmstypes.Uint64.Convert(ctx, given); err == nil && in == sql.InRange {
			next = max(next, x.(uint64))
		}
		return next, nil
	}
	return v.TakeAutoIncrement(), nil
}

// AutoIncrementSetter implements sql.AutoIncrementTable.
func (t *table) AutoIncrementSetter(*sql.Context) sql.AutoIncrementSetter { return autoIncrement{t} }

type autoIncrement struct{ table *table }

// SetAutoIncrementValue implements sql.AutoIncrementSetter.
func (a autoIncrement) SetAutoIncrementValue(ctx *sql.Context, next uint64) error {
	v, err := a.table.databases.session(ctx).Write(ctx, a.table.database, a.table.def.Name)
	if err != nil {
		return err
	}
	return v.SetAutoIncrement(next)
}

// AcquireAutoIncrementLock implements sql.AutoIncrementSetter: a table has one writer.
func (a autoIncrement) AcquireAutoIncrementLock(*sql.Context) (func(), error) { return func() {}, nil }

// Close implements sql.Closer.
func (a autoIncrement) Close(*sql.Context) error { return nil }

var (
	_ sql.InsertableTable    = (*table)(nil)
	_ sql.UpdatableTable     = (*table)(nil)
	_ sql.DeletableTable     = (*table)(nil)
	_ sql.ReplaceableTable   = (*table)(nil)
	_ sql.TruncateableTable  = (*table)(nil)
	_ sql.AutoIncrementTable = (*table)(nil)
	_ sql.TableEditor        = (*editor)(nil)
)
