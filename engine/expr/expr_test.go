package expr

import (
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// fixture is a table of one batch for tests: columns by name, and everything released at the end.
type fixture struct {
	t      testing.TB
	mem    bufpooltest.Allocator
	cols   []*Column
	arrays []arrow.Array
	env    *Env
	warned []int
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{t: t, mem: bufpooltest.New()}
	f.env = &Env{Location: time.UTC, Warn: func(code int, _ string) { f.warned = append(f.warned, code) }}
	t.Cleanup(func() {
		for _, a := range f.arrays {
			a.Release()
		}
		f.mem.AssertSize(t, 0)
	})
	return f
}

// column adds a column of values in their text form; "NULL" is NULL. It is stored as a slice with an offset.
func (f *fixture) column(name string, t types.Type, texts ...string) *Column {
	values := make([]types.Value, 0, len(texts)+3)
	for range 3 {
		values = append(values, types.NullValue)
	}
	for _, s := range texts {
		values = append(values, parseValue(f.t, t, s))
	}
	whole := kernel.FromValues(f.mem, t, values)
	f.arrays = append(f.arrays, array.NewSlice(whole, 3, int64(len(values))))
	whole.Release()
	c := &Column{ID: ColumnID(len(f.cols) + 1), Name: name, Typ: t, Null: true}
	f.cols = append(f.cols, c)
	return c
}

func parseValue(t testing.TB, typ types.Type, s string) types.Value {
	t.Helper()
	if s == "NULL" {
		return types.NullValue
	}
	if typ.IsString() {
		return types.TextValue(s)
	}
	if typ.Kind == types.Bool {
		return types.BoolValue(s == "1")
	}
	if typ.Kind == types.Timestamp { // written in UTC
		typ.Kind = types.Datetime
	}
	lit, err := castLiteral(&Literal{types.TextValue(s), types.Of(types.Varchar)}, typ)
	if err != nil {
		t.Fatalf("%q is no %s: %v", s, typ, err)
	}
	return lit.Value
}

func (f *fixture) layout() Layout {
	l := Layout{}
	for i, c := range f.cols {
		l[c.ID] = i
	}
	return l
}

func (f *fixture) batch() arrow.RecordBatch {
	fields := make([]arrow.Field, len(f.cols))
	rows := int64(1)
	for i, c := range f.cols {
		fields[i] = arrow.Field{Name: c.Name, Type: f.arrays[i].DataType(), Nullable: true}
		rows = int64(f.arrays[i].Len())
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), f.arrays, rows)
}

// evalRows is eval of one row at a time.
func (f *fixture) evalRows(e Expr) ([]string, error) {
	f.t.Helper()
	ev, err := CompileRow(e, f.layout(), f.env)
	if err != nil {
		f.t.Fatalf("compile %s: %v", e, err)
	}
	b := f.batch()
	defer b.Release()
	out := make([]string, b.NumRows())
	for i := range out {
		v, err := ev.EvalRow(f.mem, b, i)
		if err != nil {
			return nil, err
		}
		out[i] = v.Format(e.Type(), f.env.Location)
	}
	return out, nil
}

// eval returns the rows of e as text.
func (f *fixture) eval(e Expr) ([]string, error) {
	f.t.Helper()
	ev, err := Compile(e, f.layout(), f.env)
	if err != nil {
		f.t.Fatalf("compile %s: %v", e, err)
	}
	b := f.batch()
	defer b.Release()
	a, err := ev.Eval(f.mem, b)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	if a.Len() != int(b.NumRows()) {
		f.t.Fatalf("%s gave %d rows of %d", e, a.Len(), b.NumRows())
	}
	if want := e.Type().Arrow().ID(); a.DataType().ID() != want && e.Type().Kind != types.Decimal {
		f.t.Fatalf("%s gave a vector of %s for %s", e, a.DataType(), e.Type())
	}
	out := make([]string, a.Len())
	for i := range out {
		out[i] = kernel.ValueAt(a, i).Format(e.Type(), f.env.Location)
	}
	return out, nil
}
