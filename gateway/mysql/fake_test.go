package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// fake is a source whose tables are made up as they are read:
//
//	kinds          a column of each kind: a row of values and a row of NULLs
//	numbers        id from 1 to the option rows, with a text of 100 bytes each
//	endless        numbers without an end
//	hangs          numbers whose first batch never comes
//	breaks         numbers that end with an error after 50 batches
//	breaks_at_once numbers that end with an error before the first
//	changing       numbers, with the text since changed is set; an error for who knows it as it was
//	unstable       an error that the table changed, however often it is asked
//	changes_midway the same after 50 batches
type fake struct {
	rows         int64
	open         atomic.Int64  // executions not closed yet
	batches      atomic.Int64  // made in all
	reading      chan struct{} // gets a value when hangs is read
	changed      atomic.Bool   // the table changing
	refused      atomic.Int64  // readings that failed because of a change
	damaged      atomic.Bool   // there is a table damaged, which can't be described
	descriptions atomic.Int64  // of the table damaged, asked for
}

const fakeBatch = 1000

var numberColumns = []plan.TableColumn{
	{Name: "id", Type: types.Of(types.Int64)},
	{Name: "pad", Type: types.NewText(types.Varchar, 100, types.Utf8mb4Bin0900)},
}

var fakeTables = []string{"breaks", "breaks_at_once", "changes_midway", "changing", "endless", "hangs", "kinds", "numbers", "unstable"}

func (f *fake) Bind(connectors.Principal) connectors.Source { return f }
func (f *fake) Close() error                                { return nil }

func (f *fake) List(_ context.Context, opts connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		for _, name := range fakeTables {
			if opts.Namespaces {
				return
			}
			if !yield(connectors.Listed{Name: plan.TableName{Name: name}}, nil) {
				return
			}
		}
		if f.damaged.Load() {
			yield(connectors.Listed{Name: plan.TableName{Name: "damaged"}}, nil)
		}
	}
}

func (f *fake) Table(_ context.Context, name plan.TableName, _ connectors.AsOf) (*plan.Table, error) {
	if name.Name == "damaged" && f.damaged.Load() {
		f.descriptions.Add(1)
		return nil, sqlerr.New(sqlerr.Corrupt, "source fake: table damaged is corrupted")
	}
	for _, known := range fakeTables {
		if known != name.Name {
			continue
		}
		t := &plan.Table{Name: name, Columns: numberColumns, Version: fmt.Sprint("changed ", f.changed.Load()),
			Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}}
		if name.Name == "changing" && !f.changed.Load() {
			t.Columns = numberColumns[:1]
		}
		if name.Name == "kinds" {
			t.Columns = nil
			for _, k := range everyKind {
				t.Columns = append(t.Columns, plan.TableColumn{Name: "c_" + k.typ.String(), Type: k.typ, Nullable: true})
			}
		}
		return t, nil
	}
	return nil, sqlerr.New(sqlerr.UnknownTable, "no table %s", name)
}

// Pushdown takes scans and nothing else.
func (f *fake) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	if scan, ok := n.(*plan.Scan); ok {
		return &plan.Remote{Site: scan.Site, Cols: scan.Cols, Fragment: &fakeFragment{f, scan}}, nil
	}
	children := n.Children()
	if len(children) == 0 {
		return n, nil
	}
	taken := make([]plan.Node, len(children))
	for i, c := range children {
		var err error
		if taken[i], err = f.Pushdown(context.Background(), c); err != nil {
			return nil, err
		}
	}
	return n.WithChildren(taken), nil
}

type fakeFragment struct {
	*fake
	scan *plan.Scan
}

func (f *fakeFragment) Schema() plan.Schema { return f.scan.Cols }
func (f *fakeFragment) String() string      { return "made up " + f.scan.Table.Name.Name }

func (f *fakeFragment) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

func (f *fakeFragment) Start(_ context.Context, s connectors.Scan) (connectors.Execution, error) {
	f.open.Add(1)
	return &fakeExecution{fragment: f, mem: s.Memory}, nil
}

type fakeExecution struct {
	fragment *fakeFragment
	mem      memory.Allocator
	closed   bool
}

func (e *fakeExecution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(0, nil) }
}

func (e *fakeExecution) Open(context.Context, connectors.Split) (connectors.Reader, error) {
	return &fakeReader{fakeExecution: e}, nil
}

func (e *fakeExecution) Close() error {
	if !e.closed {
		e.closed = true
		e.fragment.open.Add(-1)
	}
	return nil
}

type fakeReader struct {
	*fakeExecution
	batch int64
}

func (r *fakeReader) Close() error { return nil }

func (r *fakeReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	f, table := r.fragment.fake, r.fragment.scan.Table.Name.Name
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch table {
	case "hangs":
		f.reading <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	case "breaks_at_once":
		return nil, sqlerr.New(sqlerr.Corrupt, "source fake: table breaks_at_once is corrupted")
	case "changing", "unstable", "changes_midway":
		known := table == "changing" && f.changed.Load() == (len(r.fragment.scan.Table.Columns) > 1)
		if known || table == "changes_midway" && r.batch < 50 {
			break
		}
		f.refused.Add(1)
		return nil, sqlerr.New(sqlerr.SourceChanged, "source fake: table %s changed since it was described", table)
	case "breaks":
		if r.batch == 50 {
			return nil, sqlerr.Wrap(sqlerr.SourceDown, errors.New("connection lost"), "source fake: table breaks")
		}
	}
	first, last := r.batch*fakeBatch, (r.batch+1)*fakeBatch
	if table == "numbers" || table == "changing" {
		last = min(last, f.rows)
	}
	if table == "kinds" && r.batch > 0 || first >= last {
		return nil, io.EOF
	}
	r.batch++
	f.batches.Add(1)
	var whole arrow.RecordBatch
	if table == "kinds" {
		_, whole = everyBatch(r.mem)
	} else {
		whole = r.numbers(first, last)
	}
	defer whole.Release()
	return project(whole, r.fragment.scan.Pos), nil
}

func (r *fakeReader) numbers(first, last int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(r.mem, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "pad", Type: arrow.BinaryTypes.String}}, nil))
	defer b.Release()
	pad := make([]byte, 100)
	for i := range pad {
		pad[i] = byte('a' + i%26)
	}
	for id := first + 1; id <= last; id++ {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).BinaryBuilder.Append(pad)
	}
	return b.NewRecordBatch()
}

func project(batch arrow.RecordBatch, columns []int) arrow.RecordBatch {
	var fields []arrow.Field
	var arrays []arrow.Array
	for _, i := range columns {
		fields = append(fields, batch.Schema().Field(i))
		arrays = append(arrays, batch.Column(i))
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, batch.NumRows())
}
