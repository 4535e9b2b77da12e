package build

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// table is a source in memory: splits of rows, read in batches.
type table struct {
	cols    plan.Schema
	says    plan.Schema // the columns it claims, if they are others
	splits  [][][]types.Value
	fail    error        // instead of the last split's end
	opened  atomic.Int32 // readers that are open
	runs    atomic.Int32 // executions that are open
	started atomic.Int32
	rows    atomic.Int64 // rows that left, after dynamic filters
	mu      sync.Mutex   // guards the rest: runs may be at the same time
	dynamic string       // the filter that the last Open saw
	encoded []int        // what the last run allowed to be dictionary-encoded
	wanted  []connectors.ColumnKeys
}

func (t *table) Schema() plan.Schema {
	if t.says != nil {
		return t.says
	}
	return t.cols
}

func (t *table) String() string { return "table" }

func (t *table) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

func (t *table) Start(_ context.Context, s connectors.Scan) (connectors.Execution, error) {
	t.runs.Add(1)
	t.started.Add(1)
	t.mu.Lock()
	t.encoded = s.Encoded
	t.mu.Unlock()
	return &execution{table: t, scan: s}, nil
}

type execution struct {
	table *table
	scan  connectors.Scan
	done  bool
}

func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		for i := range e.table.splits {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func (e *execution) Open(_ context.Context, s connectors.Split) (connectors.Reader, error) {
	e.table.opened.Add(1)
	i := s.(int)
	var conds []expr.Expr
	select {
	case <-e.scan.Dynamic.Ready():
		conds = e.scan.Dynamic.Conds()
		e.table.mu.Lock()
		e.table.wanted = e.scan.Dynamic.Keys()
		e.table.mu.Unlock()
	default:
	}
	if i == 0 {
		e.table.mu.Lock()
		e.table.dynamic = expr.Strings(conds, " AND ")
		e.table.mu.Unlock()
	}
	r := &reader{table: e.table, scan: e.scan, rows: e.table.splits[i]}
	if i == len(e.table.splits)-1 {
		r.fail = e.table.fail
	}
	if len(conds) > 0 {
		f, err := expr.CompileFilter(conds, layout(e.table.cols), e.scan.Env)
		if err != nil {
			return nil, err
		}
		r.filter = f
	}
	return r, nil
}

func (e *execution) Close() error {
	if !e.done {
		e.done = true
		e.table.runs.Add(-1)
	}
	return nil
}

type reader struct {
	table  *table
	scan   connectors.Scan
	rows   [][]types.Value
	filter expr.Filter
	fail   error
	closed bool

	batches int
}

func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(r.rows) == 0 {
			if r.fail != nil {
				return nil, r.fail
			}
			return nil, io.EOF
		}
		n := min(r.scan.BatchRows, len(r.rows))
		batch := record(r.scan.Memory, r.table.cols, r.rows[:n])
		r.rows = r.rows[n:]
		if r.filter != nil {
			sel, all, err := r.filter.Select(r.scan.Memory, batch)
			if err != nil {
				batch.Release()
				return nil, err
			}
			if !all {
				// Any superset will do: the rows from the first to the last that pass.
				if len(sel) == 0 {
					batch.Release()
					continue
				}
				part := batch.NewSlice(int64(sel[0]), int64(sel[len(sel)-1]+1))
				batch.Release()
				batch = part
			}
		}
		r.table.rows.Add(batch.NumRows())
		if r.batches++; r.batches%2 == 1 {
			batch = encode(r.scan.Memory, batch, r.scan.Encoded)
		}
		return batch, nil
	}
}

// encode returns a batch, which it takes over, with columns dictionary-encoded: every row has an entry of its own.
func encode(mem memory.Allocator, batch arrow.RecordBatch, columns []int) arrow.RecordBatch {
	defer batch.Release()
	arrays, fields := slices.Clone(batch.Columns()), batch.Schema().Fields()
	for _, c := range columns {
		codes := array.NewInt32Builder(mem)
		defer codes.Release()
		for i := range arrays[c].Len() {
			if arrays[c].IsNull(i) {
				codes.AppendNull()
			} else {
				codes.Append(int32(i))
			}
		}
		indices := codes.NewArray()
		defer indices.Release()
		fields[c].Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrays[c].DataType()}
		arrays[c] = array.NewDictionaryArray(fields[c].Type, indices, arrays[c])
		defer arrays[c].Release()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, batch.NumRows())
}

func (r *reader) Close() error {
	if !r.closed {
		r.closed = true
		r.table.opened.Add(-1)
	}
	return nil
}

func record(mem memory.Allocator, cols plan.Schema, rows [][]types.Value) arrow.RecordBatch {
	fields := make([]arrow.Field, len(cols))
	arrays := make([]arrow.Array, len(cols))
	for k, c := range cols {
		values := make([]types.Value, len(rows))
		for i := range rows {
			values[i] = rows[i][k]
		}
		arrays[k] = kernel.FromValues(mem, c.Type, values)
		defer arrays[k].Release()
		fields[k] = arrow.Field{Name: c.Name, Type: arrays[k].DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(len(rows)))
}
