package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
)

// assembler makes batches of a fixed list of columns from their arrays. It belongs to one goroutine.
type assembler struct {
	schema *arrow.Schema
}

func newAssembler(cols plan.Schema) *assembler {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: true}
	}
	return &assembler{schema: arrow.NewSchema(fields, nil)}
}

// batch takes the arrays over. Decimals may have any width, so the schema follows the arrays.
func (a *assembler) batch(cols []arrow.Array, rows int) arrow.RecordBatch {
	for i, c := range cols {
		if !arrow.TypeEqual(a.schema.Field(i).Type, c.DataType()) {
			a.adapt(cols)
			break
		}
	}
	out := array.NewRecordBatch(a.schema, cols, int64(rows))
	releaseArrays(cols)
	return out
}

func (a *assembler) adapt(cols []arrow.Array) {
	fields := a.schema.Fields()
	for i, c := range cols {
		fields[i].Type = c.DataType()
	}
	a.schema = arrow.NewSchema(fields, nil)
}

func releaseArrays(arrays []arrow.Array) {
	for _, a := range arrays {
		if a != nil {
			a.Release()
		}
	}
}

func releaseBatches(batches []arrow.RecordBatch) {
	for _, b := range batches {
		b.Release()
	}
}

// takeColumns gathers rows idx (-1: NULL) of the columns cols of a batch, in that order. Where idx is nil it is all
// rows and nothing is copied.
func takeColumns(mem memory.Allocator, batch arrow.RecordBatch, cols []int, idx []int32) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(cols))
	for _, c := range cols {
		if idx == nil {
			batch.Column(c).Retain()
			out = append(out, batch.Column(c))
			continue
		}
		taken, err := kernel.Take(mem, batch.Column(c), idx)
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, taken)
	}
	return out, nil
}

// takePlain gathers rows idx of a vector; the result is not dictionary-encoded.
func takePlain(mem memory.Allocator, a arrow.Array, idx []int32) (arrow.Array, error) {
	taken, err := kernel.Take(mem, a, idx)
	if err != nil {
		return nil, err
	}
	defer taken.Release()
	return kernel.Plain(mem, taken)
}

// takeBatch gathers rows idx of all columns of a batch.
func takeBatch(mem memory.Allocator, a *assembler, batch arrow.RecordBatch, idx []int32) (arrow.RecordBatch, error) {
	cols, err := takeColumns(mem, batch, allColumns(int(batch.NumCols())), idx)
	if err != nil {
		return nil, err
	}
	return a.batch(cols, len(idx)), nil
}

// allColumns returns 0 .. n-1.
func allColumns(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// concatBatches makes one batch of many with the same columns; it borrows them. Without batches it has no rows.
func concatBatches(mem memory.Allocator, cols plan.Schema, batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	if len(batches) == 1 {
		batches[0].Retain()
		return batches[0], nil
	}
	out := make([]arrow.Array, 0, len(cols))
	rows := 0
	for _, b := range batches {
		rows += int(b.NumRows())
	}
	parts := make([]arrow.Array, len(batches))
	for i, col := range cols {
		if len(batches) == 0 {
			out = append(out, kernel.FromValues(mem, col.Type, nil))
			continue
		}
		for k, b := range batches {
			parts[k] = b.Column(i)
		}
		all, err := kernel.Concat(mem, parts)
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, all)
	}
	return newAssembler(cols).batch(out, rows), nil
}

// batchBytes estimates the memory a batch keeps alive: what its rows take, not the whole of shared buffers.
func batchBytes(batch arrow.RecordBatch) int64 {
	var n int64
	for _, c := range batch.Columns() {
		n += arrayBytes(c)
	}
	return n
}

func arrayBytes(a arrow.Array) int64 {
	rows := int64(a.Len())
	n := rows / 8
	switch t := a.(type) {
	case *array.String:
		n += textBytes(t.ValueOffsets())
	case *array.Binary:
		n += textBytes(t.ValueOffsets())
	default:
		if w, ok := a.DataType().(arrow.FixedWidthDataType); ok {
			n += rows * int64(w.BitWidth()) / 8
		}
	}
	return n
}

// textBytes is the memory of strings with these offsets.
func textBytes(offsets []int32) int64 {
	if len(offsets) == 0 {
		return 0
	}
	return int64(4*len(offsets)) + int64(offsets[len(offsets)-1]-offsets[0])
}

func sliceArray(a arrow.Array, from, to int) arrow.Array {
	return array.NewSlice(a, int64(from), int64(to))
}

// settle counts the NULLs of arrays that goroutines will share: an array counts on first use and keeps the number
// without synchronization.
func settle(arrays []arrow.Array) {
	for _, a := range arrays {
		a.NullN()
	}
}
