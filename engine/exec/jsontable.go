package exec

import (
	"context"
	"iter"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/jsontable"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// JSONTable describes how documents become rows.
type JSONTable struct {
	Table   *jsontable.Table
	Convert jsontable.Convert
	Doc     Term
	Exact   bool        // documents are of type JSON
	Outer   bool        // a row whose document has no rows comes once
	Cols    plan.Schema // of the table
	Keep    []int       // columns of the input that are passed on, before the table's
	Out     plan.Schema
}

// NewJSONTable yields the rows of each row's document, in order.
func NewJSONTable(rt *Runtime, input Operator, spec *JSONTable) Operator {
	nulls := make([]types.Value, len(spec.Cols))
	for i := range nulls {
		nulls[i] = types.NullValue
	}
	work := jsondoc.Work{Interrupted: rt.Env.Interrupted}
	if rt.Account != nil {
		work.Reserve, work.Release = rt.Account.Reserve, rt.Account.Release
	}
	return &jsonTable{
		rt: rt, work: work, spec: spec, input: input, pieces: pieces{mem: rt.Mem, terms: []Term{spec.Doc}}, asm: newAssembler(spec.Out),
		cells: make([][]types.Value, len(spec.Cols)), nulls: nulls,
	}
}

type jsonTable struct {
	rt     *Runtime
	spec   *JSONTable
	input  Operator
	pieces pieces // of the input's last batch
	asm    *assembler
	nulls  []types.Value // of a row that has none

	batch arrow.RecordBatch // its rows at and after next are to come
	docs  arrow.Array
	next  int
	rows  func() ([]types.Value, error, bool) // of the document before next that are to come; nil: it has no more
	stop  func()                              // ends them
	work  jsondoc.Work                        // of the document
	found bool                                // the document has a row
	// What is gathered for the next batch.
	from  []int32
	cells [][]types.Value
	bytes int // of text
}

func (j *jsonTable) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if j.batch != nil {
			more, err := j.gather()
			if err != nil {
				return nil, err
			}
			if len(j.from) > 0 {
				out, err := j.yield()
				if !more {
					j.drop()
				}
				return out, err
			}
			j.drop()
		}
		if err := j.advance(ctx); err != nil {
			return nil, err
		}
	}
}

// advance takes the next rows of the input.
func (j *jsonTable) advance(ctx context.Context) error {
	for {
		part, docs, err := j.pieces.next()
		if err != nil {
			return err
		}
		if part != nil {
			j.batch, j.docs, j.next = part, docs[0], 0
			return nil
		}
		batch, err := j.input.Next(ctx)
		if err != nil {
			return err
		}
		j.pieces.start(batch)
		batch.Release()
	}
}

// gather collects rows for a batch, and reports whether there are more of the input's.
func (j *jsonTable) gather() (bool, error) {
	most := j.rt.batchRows()
	for {
		if len(j.from) == most || j.bytes > outputBytes {
			return true, nil
		}
		switch {
		case j.rows != nil:
			if err := j.row(); err != nil {
				return false, err
			}
		case j.next == int(j.batch.NumRows()):
			return false, nil
		default:
			j.open(j.next)
			j.next++
		}
	}
}

// open begins with the document of a row.
func (j *jsonTable) open(row int) {
	rows := func(func([]types.Value, error) bool) {} // none, of NULL
	if doc := kernel.ValueAt(j.docs, row); !doc.Null {
		rows = j.spec.Table.Rows(&j.work, doc.Str, j.spec.Exact, j.spec.Convert)
	}
	j.rows, j.stop = iter.Pull2(rows)
	j.found = false
}

// row gathers the next row of the document.
func (j *jsonTable) row() error {
	cells, err, ok := j.rows()
	switch {
	case err != nil:
		return err
	case ok:
		j.take(cells)
		j.found = true
		return nil
	case !j.found && j.spec.Outer:
		j.take(j.nulls)
	}
	j.end()
	return nil
}

// end gives up the document.
func (j *jsonTable) end() {
	if j.rows != nil {
		j.stop()
		j.rows, j.stop = nil, nil
		j.work.End()
	}
}

// take adds a row of the document of the row before next.
func (j *jsonTable) take(cells []types.Value) {
	j.from = append(j.from, int32(j.next-1))
	for i, v := range cells {
		j.cells[i] = append(j.cells[i], v)
		j.bytes = min(j.bytes+len(v.Str), math.MaxInt32)
	}
}

// yield makes a batch of what is gathered.
func (j *jsonTable) yield() (arrow.RecordBatch, error) {
	cols, err := takeColumns(j.rt.Mem, j.batch, j.spec.Keep, j.from)
	if err != nil {
		return nil, err
	}
	for i, c := range j.spec.Cols {
		cols = append(cols, kernel.FromValues(j.rt.Mem, c.Type, j.cells[i]))
		clear(j.cells[i])
		j.cells[i] = j.cells[i][:0]
	}
	rows := len(j.from)
	j.from, j.bytes = j.from[:0], 0
	return j.asm.batch(cols, rows), nil
}

// drop gives up the rows of the input.
func (j *jsonTable) drop() {
	if j.batch != nil {
		j.batch.Release()
		j.docs.Release()
		j.batch, j.docs = nil, nil
	}
	j.end()
}

func (j *jsonTable) Close() error {
	j.drop()
	j.pieces.release()
	return j.input.Close()
}
