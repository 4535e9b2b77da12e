package scratchsql

import (
	"errors"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	goerrors "gopkg.in/src-d/go-errors.v1"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// writer writes rows of a table that no foreign key is about.
type writer struct {
	table *table
	rows  *scratch.Table
	codec *bind.Codec
}

// Writer implements bind.Writable.
func (t *table) Writer(ctx *sql.Context) (write.Table, error) {
	rows, err := t.writable(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{table: t, rows: rows, codec: t.codec(ctx)}
	checks, err := ctx.GetSessionVariable(ctx, "foreign_key_checks")
	if on, _ := checks.(int8); err != nil || on == 0 || t.temporary {
		return w, err
	}
	children, err := t.GetReferencedForeignKeys(ctx)
	if err != nil || len(children)+len(t.def.ForeignKeys) == 0 {
		return w, err
	}
	links, _, err := analyzer.BuildForeignKeyEditor(ctx, t.databases.links, t)
	if err != nil {
		return nil, err
	}
	var rest write.Table = w
	if links != nil {
		rest = &linkedWriter{writer: w, ctx: ctx, links: links, row: links.Editor.(*foreignKeyEditor).editor}
	}
	if lost := t.lostParents(ctx); len(lost) > 0 {
		return &orphans{Table: rest, own: w, lost: lost}, nil
	}
	return rest, nil
}

// Insert implements write.Table.
func (w *writer) Insert(row []types.Value) error { return w.refused(w.rows.Insert(row)) }

// clash is the error of a row with a key that another row has.
func (w *writer) clash(row []types.Value) error { return w.refused(w.rows.Clash(row)) }

// Row implements write.Table.
func (w *writer) Row(key string) ([]types.Value, bool, error) { return w.rows.Row(key) }

// Update implements write.Table.
func (w *writer) Update(old write.Row, row []types.Value) (bool, error) {
	ok, err := update(w.rows, old, row)
	return ok, w.refused(err)
}

// Delete implements write.Table.
func (w *writer) Delete(old write.Row) (bool, error) { return remove(w.rows, old) }

// update replaces a row, under its key if that is known.
func update(rows *scratch.Table, old write.Row, row []types.Value) (bool, error) {
	if old.Key == "" {
		return rows.Update(old.Values, row)
	}
	return rows.UpdateAt(old.Key, row)
}

// remove removes a row, under its key if that is known.
func remove(rows *scratch.Table, old write.Row) (bool, error) {
	if old.Key == "" {
		return rows.Delete(old.Values)
	}
	return rows.DeleteAt(old.Key)
}

// TakeAutoIncrement implements write.Table.
func (w *writer) TakeAutoIncrement() uint64 { return w.rows.TakeAutoIncrement() }

// refused says of a key that is taken what package write does.
func (w *writer) refused(err error) error {
	taken, ok := errors.AsType[*scratch.DuplicateError](err)
	if !ok {
		return err
	}
	return &write.Duplicate{Entry: entry(w.codec, taken), Key: w.table.def.Name + "." + taken.Key, Existing: taken.Existing}
}

// entry is a key that is taken as errors show it.
func entry(codec *bind.Codec, d *scratch.DuplicateError) string {
	parts := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		parts[i] = codec.Text(c, d.Refused[c])
	}
	return strings.Join(parts, "-")
}

// orphans writes a table with foreign keys to what is gone: they let no row point there that did not before.
type orphans struct {
	write.Table // by the other foreign keys
	own         *writer
	lost        []orphanedKey
}

type orphanedKey struct {
	scratch.ForeignKey
	columns []int
}

// lostParents are the foreign keys that GMS can't enforce.
func (t *table) lostParents(ctx *sql.Context) (lost []orphanedKey) {
	for _, k := range t.def.ForeignKeys {
		if !t.databases.lostParent(ctx, k.ParentDatabase, k.ParentTable, k.ParentColumns) {
			continue
		}
		key := orphanedKey{ForeignKey: k}
		for _, c := range k.Columns {
			key.columns = append(key.columns, t.def.Index(c))
		}
		lost = append(lost, key)
	}
	return lost
}

func (w *writer) noParent(k orphanedKey) error {
	return errNoParent(w.table.database, w.table.def.Name, k.ForeignKey)
}

// points reports whether a row points to the parent of a key, which one with a NULL in it does not.
func (k *orphanedKey) points(row []types.Value) bool {
	return !slices.ContainsFunc(k.columns, func(c int) bool { return row[c].Null })
}

// Insert implements write.Table. A key that is taken comes before a parent that is missing.
func (w *orphans) Insert(row []types.Value) error {
	if err := w.own.clash(row); err != nil {
		return err
	}
	for _, k := range w.lost {
		if k.points(row) {
			return w.own.noParent(k)
		}
	}
	return w.Table.Insert(row)
}

// Update implements write.Table.
func (w *orphans) Update(old write.Row, row []types.Value) (bool, error) {
	for _, k := range w.lost {
		changed := slices.ContainsFunc(k.columns, func(c int) bool { return old.Values[c] != row[c] })
		if changed && k.points(row) {
			return true, w.own.noParent(k)
		}
	}
	return w.Table.Update(old, row)
}

// linkedWriter writes a table with foreign keys, which GMS enforces and follows.
type linkedWriter struct {
	*writer
	ctx   *sql.Context
	links *gmsplan.ForeignKeyEditor
	row   *editor // of the table itself
}

// firstLevel is the depth of cascades at which a statement's own rows are.
const firstLevel = 1

// Insert implements write.Table. A key that is taken comes before a parent that is missing.
func (w *linkedWriter) Insert(row []types.Value) error {
	if err := w.clash(row); err != nil {
		return err
	}
	r, err := w.codec.Row(w.ctx, row)
	if err != nil {
		return err
	}
	for _, reference := range w.links.References {
		if err := reference.CheckReference(w.ctx, r); err != nil {
			return bind.Translate(err)
		}
	}
	return w.writer.Insert(row)
}

// Update implements write.Table.
func (w *linkedWriter) Update(old write.Row, row []types.Value) (bool, error) {
	before, err := w.codec.Row(w.ctx, old.Values)
	if err != nil {
		return false, err
	}
	after, err := w.codec.Row(w.ctx, row)
	if err != nil {
		return false, err
	}
	w.row.key = old.Key
	return w.done(w.links.Update(w.ctx, before, after, firstLevel))
}

// Delete implements write.Table.
func (w *linkedWriter) Delete(old write.Row) (bool, error) {
	row, err := w.codec.Row(w.ctx, old.Values)
	if err != nil {
		return false, err
	}
	w.row.key = old.Key
	return w.done(w.links.Delete(w.ctx, row, firstLevel))
}

// done says whether GMS found the row, and in package write's words what it says of a key that is taken.
func (w *linkedWriter) done(err error) (bool, error) {
	switch {
	case err == nil:
		return true, nil
	case sql.ErrDeleteRowNotFound.Is(err): // a cascade was there first
		return false, nil
	case sql.ErrPrimaryKeyViolation.Is(err) || sql.ErrUniqueKeyViolation.Is(err):
		if kind, ok := errors.AsType[*goerrors.Error](err); ok && kind.Cause() != nil {
			return true, sqlerr.New(sqlerr.DuplicateEntry, "%s", kind.Cause())
		}
	}
	return true, bind.Translate(err)
}

var _ bind.Writable = (*table)(nil)
