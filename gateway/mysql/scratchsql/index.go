package scratchsql

import (
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// primary is the name of the primary key.
const primary = "PRIMARY"

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
	_ sql.IndexAddressableTable = (*table)(nil)
	_ sql.IndexedTable          = (*indexed)(nil)
)
