package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a table n of the numbers 0 to 9 in one column, whose reader does as next says.
type source struct {
	next   func(ctx context.Context, read int) error // before the read-th batch; nil error: the batch, io.EOF: the end
	closed int                                       // shared resources given back
}

var number = plan.Column{ID: 1, Name: "n", Type: types.Of(types.Int64)}

func (s *source) scan() plan.Node {
	table := &plan.Table{Name: plan.TableName{Name: "numbers"}, Columns: []plan.TableColumn{{Name: "n", Type: number.Type}},
		Stats: plan.Statistics{Rows: 10, Bytes: 80}}
	return &plan.Scan{Site: plan.Site{Source: "mem"}, Table: table, Cols: plan.Schema{number}, Pos: []int{0}}
}

func (s *source) Source(plan.Site) (connectors.Source, error) { return s, nil }

func (s *source) List(context.Context, connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(func(connectors.Listed, error) bool) {}
}

func (s *source) Table(context.Context, connectors.TableName, connectors.AsOf) (*connectors.Table, error) {
	return nil, sqlerr.New(sqlerr.UnknownTable, "there is none")
}

func (s *source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	if scan, ok := n.(*plan.Scan); ok {
		return &plan.Remote{Site: scan.Site, Fragment: fragment{s}, Cols: scan.Cols}, nil
	}
	in, err := s.Pushdown(context.Background(), n.Children()[0])
	return n.WithChildren([]plan.Node{in}), err
}

type fragment struct{ *source }

func (fragment) Schema() plan.Schema { return plan.Schema{number} }
func (fragment) String() string      { return "numbers" }

func (fragment) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.Estimate{Rows: 10, Bytes: 80}, nil
}

func (f fragment) Start(ctx context.Context, scan connectors.Scan) (connectors.Execution, error) {
	_, err := scan.Tx.Shared(ctx, f.source, func(context.Context) (io.Closer, error) { return closer(f), nil })
	return execution{f.source, scan.Memory, len(scan.Encoded) > 0}, err
}

type closer struct{ *source }

func (c closer) Close() error { c.closed++; return nil }

type execution struct {
	*source
	mem     memory.Allocator
	encoded bool
}

func (e execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(0, nil) }
}

func (e execution) Open(context.Context, connectors.Split) (connectors.Reader, error) {
	return &reader{source: e.source, mem: e.mem, encoded: e.encoded}, nil
}

func (e execution) Close() error { return nil }

type reader struct {
	*source
	mem     memory.Allocator
	encoded bool
	read    int
}

func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	r.read++
	if err := r.next(ctx, r.read); err != nil {
		return nil, err
	}
	b := array.NewInt64Builder(r.mem)
	defer b.Release()
	for i := range int64(10) {
		b.Append(i)
	}
	column := b.NewArray()
	defer func() { column.Release() }()
	if r.encoded {
		plain := column
		column = everyOther(r.mem, plain)
		plain.Release()
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: column.DataType(), Nullable: true}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{column}, 10), nil
}

func (r *reader) Close() error { return nil }

// everyOther returns the values backwards, in a dictionary, with a NULL for every other one.
func everyOther(mem memory.Allocator, dictionary arrow.Array) arrow.Array {
	b := array.NewInt32Builder(mem)
	defer b.Release()
	for i := dictionary.Len() - 1; i > 0; i -= 2 {
		b.Append(int32(i))
		b.AppendNull()
	}
	codes := b.NewArray()
	defer codes.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: dictionary.DataType()}, codes, dictionary)
}

// once yields one batch.
func once(_ context.Context, read int) error {
	if read > 1 {
		return io.EOF
	}
	return nil
}

// start prepares and runs a query that keeps the numbers above 6.
func start(t *testing.T, s *source, log io.Writer) (*Prepared, *expr.Env, *Engine) {
	t.Helper()
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	e := New(Config{Sources: s, Log: slog.New(slog.NewTextHandler(log, nil)), Allocator: mem, Verify: true})
	return e.above(t, s), &expr.Env{Location: time.UTC}, e
}

// above prepares the query of start.
func (e *Engine) above(t *testing.T, s *source) *Prepared {
	t.Helper()
	six := &expr.Literal{Value: types.IntValue(6), Typ: types.Of(types.Int64)}
	above, err := expr.New(expr.Gt, number.Ref(), six)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Prepare(t.Context(), &plan.Filter{Input: s.scan(), Conds: []expr.Expr{above}}, Settings{Pushdown: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func drain(ctx context.Context, r *Result) (rows int64, err error) {
	for {
		b, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += b.NumRows()
		b.Release()
	}
}

// A plan is outdated by a run that shows it to be made for far fewer rows; one that is made then is not.
func TestAPreparedIsOutdatedByWhatItsRunsTeach(t *testing.T) {
	batches := 1
	s := &source{next: func(_ context.Context, read int) error {
		if read > batches {
			return io.EOF
		}
		return nil
	}}
	p, env, e := start(t, s, io.Discard)
	run := func(outdated bool) {
		t.Helper()
		r, err := p.Run(env)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drain(t.Context(), r); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if p.Outdated() != outdated {
			t.Errorf("outdated after %d batches: %v", batches, !outdated)
		}
	}
	run(false)
	batches = 20
	run(true)
	p = e.above(t, s)
	run(false)
}

func TestAPreparedRunsManyTimes(t *testing.T) {
	s := &source{next: once}
	p, env, e := start(t, s, io.Discard)
	for range 2 {
		r, err := p.Run(env)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := drain(t.Context(), r); rows != 3 || err != nil {
			t.Errorf("%d rows, %v", rows, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
	}
	if s.closed != 2 {
		t.Errorf("%d transactions ended, want one a run", s.closed)
	}
	if e.MemoryUsed() != 0 {
		t.Errorf("%d bytes still held", e.MemoryUsed())
	}
}

func TestAPanicIsAnErrorOfItsQuery(t *testing.T) {
	var log bytes.Buffer
	s := &source{next: func(context.Context, int) error { panic("torn page") }}
	p, env, _ := start(t, s, &log)
	r, err := p.Run(env)
	if err != nil {
		t.Fatal(err)
	}
	_, err = drain(t.Context(), r)
	if !sqlerr.Is(err, sqlerr.Internal) {
		t.Errorf("error %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if s.closed != 1 {
		t.Error("the transaction was not ended")
	}
	if !strings.Contains(log.String(), "torn page") || !strings.Contains(log.String(), "engine_test.go") {
		t.Errorf("the log does not say where: %s", log.String())
	}
}

func TestCancellingIsTheReasonOfWhateverFails(t *testing.T) {
	s := &source{next: func(ctx context.Context, read int) error {
		if read == 1 {
			return nil
		}
		<-ctx.Done()
		return sqlerr.New(sqlerr.SourceError, "connection reset")
	}}
	p, env, _ := start(t, s, io.Discard)
	r, err := p.Run(env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b, err := r.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	cancel()
	if _, err := r.Next(ctx); !sqlerr.Is(err, sqlerr.Cancelled) {
		t.Errorf("error %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestExplainAndAnalyze(t *testing.T) {
	p, env, _ := start(t, &source{next: once}, io.Discard)
	if text := p.Explain().Text(); !strings.Contains(text, "Remote mem [n#1]: numbers  (rows=10)") {
		t.Errorf("EXPLAIN:\n%s", text)
	}
	e, err := p.Analyze(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	text := e.Text()
	if !strings.Contains(text, "actual rows=3") || !strings.Contains(text, "actual rows=10") {
		t.Errorf("EXPLAIN ANALYZE:\n%s", text)
	}
}

// What a part had is known after a run of all of it, and only then.
func TestRunsTeachTheOptimizer(t *testing.T) {
	s := &source{next: once}
	p, env, e := start(t, s, io.Discard)
	filter := &plan.Filter{Input: s.scan(), Conds: p.Plan().(*plan.Filter).Conds}
	for _, c := range []struct {
		root   plan.Node
		whole  bool
		learnt string
	}{
		{&plan.Limit{Input: filter, Count: 1}, true, "(rows=4)"}, // it stops the filter
		{filter, false, "(rows=4)"},
		{filter, true, "(rows=3 learnt)"},
	} {
		p, err := e.Prepare(t.Context(), c.root, Settings{Pushdown: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Run(env)
		if err != nil {
			t.Fatal(err)
		}
		if c.whole {
			if _, err := drain(t.Context(), r); err != nil {
				t.Error(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if p, err = e.Prepare(t.Context(), filter, Settings{Pushdown: true}); err != nil {
			t.Fatal(err)
		}
		if text := p.Explain().Text(); !strings.Contains(text, c.learnt) {
			t.Errorf("want %s:\n%s", c.learnt, text)
		}
	}
}

// bounded is a source that admits a statement when turn says so.
type bounded struct {
	*source
	turn func(context.Context) error
}

func (b bounded) Source(plan.Site) (connectors.Source, error) { return b, nil }

func (b bounded) Pushdown(ctx context.Context, n plan.Node) (plan.Node, error) {
	out, err := b.source.Pushdown(ctx, n)
	visit(out, func(n plan.Node) {
		if r, ok := n.(*plan.Remote); ok {
			r.Fragment = boundedFragment{fragment{b.source}, b.turn}
		}
	})
	return out, err
}

type boundedFragment struct {
	fragment
	turn func(context.Context) error
}

func (f boundedFragment) Admit(ctx context.Context, _ *connectors.Tx) error { return f.turn(ctx) }

func TestNothingIsReadBeforeAdmission(t *testing.T) {
	waiting := make(chan struct{})
	s := bounded{&source{next: func(context.Context, int) error { panic("read") }}, func(ctx context.Context) error {
		waiting <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}}
	e := New(Config{Sources: s, Log: slog.New(slog.DiscardHandler), Verify: true})
	p, err := e.Prepare(t.Context(), s.scan(), Settings{Pushdown: true})
	if err != nil {
		t.Fatal(err)
	}
	kill := sqlerr.New(sqlerr.Cancelled, "interrupted")
	for name, end := range map[string]func(context.CancelCauseFunc, *Result) error{
		"killed": func(cancel context.CancelCauseFunc, _ *Result) error { cancel(kill); return nil },
		"closed": func(_ context.CancelCauseFunc, r *Result) error { return r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := p.Run(&expr.Env{Location: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			failed := make(chan error, 1)
			go func() {
				_, err := r.Next(ctx)
				failed <- err
			}()
			<-waiting
			if err := end(cancel, r); err != nil {
				t.Error(err)
			}
			if err := <-failed; !sqlerr.Is(err, sqlerr.Cancelled) {
				t.Errorf("error %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func visit(n plan.Node, f func(plan.Node)) {
	f(n)
	for _, c := range n.Children() {
		visit(c, f)
	}
}

// TestEncodedResults asks for dictionaries only where the reader takes them, and not of what is held for it.
func TestEncodedResults(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	s := &source{next: func(_ context.Context, read int) error {
		if read > 3 {
			return io.EOF
		}
		return nil
	}}
	e := New(Config{Sources: s, Log: slog.New(slog.DiscardHandler), Allocator: mem, Verify: true})
	p, err := e.Prepare(t.Context(), s.scan(), Settings{Pushdown: true})
	if err != nil {
		t.Fatal(err)
	}
	const plain, backwards = "[0 1 2 3 4 5 6 7 8 9]", "[9 (null) 7 (null) 5 (null) 3 (null) 1 (null)]"
	for _, c := range []struct {
		name  string
		run   func(*expr.Env) (*Result, error)
		hold  int // after so many batches; -1: never
		want  string
		coded int // batches
	}{
		{"plain", p.Run, -1, plain, 0},
		{"plain and held", p.Run, 1, plain, 0},
		{"encoded", p.RunEncoded, -1, backwards, 3},
		{"encoded and held", p.RunEncoded, 1, backwards, 1},
		{"held before it is read", p.RunEncoded, 0, backwards, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.run(&expr.Env{Location: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			coded, rows := 0, ""
			for read := 0; ; read++ {
				if read == c.hold {
					if err := r.Hold(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				batch, err := r.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := batch.Column(0).(*array.Dictionary); ok {
					coded++
				}
				values, err := exec.Plain(mem, batch)
				if err != nil {
					t.Fatal(err)
				}
				rows += values.Column(0).String()
				values.Release()
				batch.Release()
			}
			if want := strings.Repeat(c.want, 3); strings.ReplaceAll(rows, "][", " ") != strings.ReplaceAll(want, "][", " ") || coded != c.coded {
				t.Errorf("%s, of which %d batches have a dictionary; want %s, %d", rows, coded, want, c.coded)
			}
		})
	}
}
