package scratchsql

import (
	"fmt"
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// CreateIndex implements sql.IndexAlterableTable.
func (t *table) CreateIndex(ctx *sql.Context, index sql.IndexDef) error {
	switch {
	case index.IsFullText(), index.IsSpatial(), index.IsVector():
		return sqlerr.New(sqlerr.Unsupported, "key '%s' of table %s.%s: scratch tables have no FULLTEXT, SPATIAL or VECTOR keys", index.Name, t.database, t.def.Name)
	case index.Predicate != nil:
		return sqlerr.New(sqlerr.Unsupported, "key '%s' of table %s.%s: a key is of all rows", index.Name, t.database, t.def.Name)
	}
	return t.alter(ctx, func(def *scratch.Definition) error {
		key := scratch.Key{Name: index.Name, Unique: index.IsUnique(), Comment: index.Comment}
		for _, c := range index.Columns {
			at := def.Index(c.Name)
			if at < 0 {
				return sqlerr.New(sqlerr.KeyColumn, "Key column '%s' doesn't exist in table", c.Name)
			}
			key.Parts = append(key.Parts, scratch.Part{Column: at, Prefix: int(c.Length)})
		}
		for n := 1; key.Name == ""; n++ { // as MySQL does
			candidate := index.Columns[0].Name
			if n > 1 {
				candidate = fmt.Sprintf("%s_%d", candidate, n)
			}
			if indexOfKey(def, candidate) < 0 {
				key.Name = candidate
			}
		}
		if indexOfKey(def, key.Name) >= 0 || strings.EqualFold(key.Name, primary) {
			return sql.ErrDuplicateKey.New(key.Name)
		}
		def.Keys = append(def.Keys, key)
		return nil
	})
}

const primary = "PRIMARY"

func indexOfKey(def *scratch.Definition, name string) int {
	for i, k := range def.Keys {
		if strings.EqualFold(k.Name, name) {
			return i
		}
	}
	return -1
}

// DropIndex implements sql.IndexAlterableTable.
func (t *table) DropIndex(ctx *sql.Context, name string) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		i := indexOfKey(def, name)
		if i < 0 {
			return sql.ErrCantDropFieldOrKey.New(name)
		}
		def.Keys = append(def.Keys[:i], def.Keys[i+1:]...)
		return nil
	})
}

// RenameIndex implements sql.IndexAlterableTable.
func (t *table) RenameIndex(ctx *sql.Context, from, to string) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		i := indexOfKey(def, from)
		switch {
		case i < 0:
			return sqlerr.New(sqlerr.NoIndex, "Key '%s' doesn't exist in table '%s'", from, def.Name)
		case indexOfKey(def, to) >= 0 && !strings.EqualFold(from, to):
			return sql.ErrDuplicateKey.New(to)
		}
		def.Keys[i].Name = to
		return nil
	})
}

// GetIndexes implements sql.IndexAddressable, the primary key first.
func (t *table) GetIndexes(ctx *sql.Context) ([]sql.Index, error) {
	def := t.def
	if now, err := t.current(ctx); err == nil {
		def = now.Definition()
	}
	schema, err := t.databases.schema(t.database, def)
	if err != nil {
		return nil, err
	}
	var list []sql.Index
	if len(def.Primary) > 0 {
		list = append(list, &index{table: t, def: def, schema: schema.Schema, key: scratch.Key{Name: primary, Parts: def.Primary, Unique: true}})
	}
	for _, unique := range []bool{true, false} { // the order in which MySQL shows them
		for _, k := range def.Keys {
			if k.Unique == unique {
				list = append(list, &index{table: t, def: def, schema: schema.Schema, key: k})
			}
		}
	}
	return list, nil
}

// PreciseMatch implements sql.IndexAddressable: what a lookup finds is filtered again.
func (t *table) PreciseMatch() bool { return false }

// IndexedAccess implements sql.IndexAddressable.
func (t *table) IndexedAccess(_ *sql.Context, lookup sql.IndexLookup) sql.IndexedTable {
	return &indexed{table: t, lookup: lookup}
}

// indexed is a table of which the rows of a lookup are read.
type indexed struct {
	*table
	lookup sql.IndexLookup
	now    bool // as the table is, not as it was when the statement began
}

// LookupPartitions implements sql.IndexedTable.
func (t *indexed) LookupPartitions(_ *sql.Context, lookup sql.IndexLookup) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(found{lookup: lookup}), nil
}

// found is the partition of the rows of a lookup.
type found struct {
	wholeTable
	lookup sql.IndexLookup
}

// PartitionRows implements sql.Table: a row of a unique key that is known is found at once, others among all.
func (t *indexed) PartitionRows(ctx *sql.Context, p sql.Partition) (sql.RowIter, error) {
	f, ok := p.(found)
	if !ok {
		return t.table.PartitionRows(ctx, p)
	}
	read := t.readable
	if t.now {
		read = t.current
	}
	v, err := read(ctx)
	if err != nil {
		return nil, err
	}
	by, ok := f.lookup.Index.(*index)
	ranges, known := f.lookup.Ranges.(sql.MySQLRangeCollection)
	if !ok || !known {
		return nil, sqlerr.New(sqlerr.Internal, "table %s.%s: a lookup by %T", t.database, t.def.Name, f.lookup.Index)
	}
	if rows, ok, err := by.points(ctx, v, ranges); ok || err != nil {
		return sql.RowsToRowIter(rows...), err
	}
	return &rangeIter{rows: t.rows(ctx, v), index: by, ranges: ranges}, nil
}

// rangeIter keeps the rows that are in one of some ranges.
type rangeIter struct {
	rows   *rowIter
	index  *index
	ranges sql.MySQLRangeCollection
}

// Next implements sql.RowIter.
func (r *rangeIter) Next(ctx *sql.Context) (sql.Row, error) {
	for {
		row, err := r.rows.Next(ctx)
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		for _, rng := range r.ranges {
			in, err := r.index.contains(ctx, rng, row)
			if err != nil {
				return nil, err
			}
			if in {
				return row, nil
			}
		}
	}
}

// Close implements sql.RowIter.
func (r *rangeIter) Close(ctx *sql.Context) error { return r.rows.Close(ctx) }

var (
	_ sql.IndexAlterableTable   = (*table)(nil)
	_ sql.IndexAddressableTable = (*table)(nil)
	_ sql.IndexedTable          = (*indexed)(nil)
)
