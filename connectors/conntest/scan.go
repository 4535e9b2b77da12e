package conntest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// batchRows is what the suite asks for.
const batchRows = 1000

// scanOf scans columns of a fixture; nil is all.
func (s *suite) scanOf(t *testing.T, table string, columns []string) *plan.Scan {
	t.Helper()
	described := s.describe(t, table)
	n := &plan.Scan{Site: s.site(), Table: described}
	if columns == nil {
		for pos := range described.Columns {
			n.Pos = append(n.Pos, pos)
		}
	}
	for _, name := range columns {
		n.Pos = append(n.Pos, slices.IndexFunc(described.Columns, func(c plan.TableColumn) bool { return c.Name == name }))
	}
	for i, pos := range n.Pos {
		c := described.Columns[pos]
		n.Cols = append(n.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
	}
	return n
}

// leafOf pushes a scan and returns its Remote.
func (s *suite) leafOf(t *testing.T, scan *plan.Scan) *plan.Remote {
	t.Helper()
	answer := s.push(t, scan)
	remote, ok := answer.(*plan.Remote)
	if !ok {
		t.Fatalf("a bare scan became %T", answer)
	}
	return remote
}

// start begins a run of a leaf; the transaction closes with the test.
func start(t *testing.T, leaf *plan.Remote, scan connectors.Scan) connectors.Execution {
	t.Helper()
	e, err := begin(t.Context(), leaf, scan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTwice(t, e) })
	return e
}

// begin starts a run as the engine does.
func begin(ctx context.Context, leaf *plan.Remote, scan connectors.Scan) (connectors.Execution, error) {
	if err := connectors.Admit(ctx, leaf, func(plan.Site) *connectors.Tx { return scan.Tx }, func(plan.Site) {}); err != nil {
		return nil, err
	}
	return leaf.Fragment.(connectors.Fragment).Start(ctx, scan)
}

func closeTwice(t *testing.T, c io.Closer) {
	t.Helper()
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// scanWith returns the parameters of a run. The transaction is closed when the test ends, after its executions.
func scanWith(t *testing.T, mem memory.Allocator) connectors.Scan {
	tx := &connectors.Tx{}
	t.Cleanup(func() { closeTwice(t, tx) })
	return connectors.Scan{
		Memory: mem, BatchRows: batchRows, Parallel: 1, Env: env(t), Tx: tx, Dynamic: connectors.NoFilter{},
		Usage: &connectors.Usage{},
	}
}

// readAll reads every split in turn and returns the rows as text, and how many splits there were.
func readAll(ctx context.Context, e connectors.Execution, schema plan.Schema) (rows []string, splits int, err error) {
	for split, err := range e.Splits(ctx) {
		if err != nil {
			return nil, 0, err
		}
		splits++
		r, err := e.Open(ctx, split)
		if err != nil {
			return nil, 0, err
		}
		rows, err = readSplit(ctx, r, schema, rows)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, 0, err
		}
	}
	return rows, splits, nil
}

func readSplit(ctx context.Context, r connectors.Reader, schema plan.Schema, rows []string) ([]string, error) {
	for {
		batch, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows, err = appendRows(rows, batch, schema)
		batch.Release()
		if err != nil {
			return nil, err
		}
	}
}

// appendRows renders a batch, after checking that it is one of the schema.
func appendRows(rows []string, batch arrow.RecordBatch, schema plan.Schema) ([]string, error) {
	if batch.NumRows() == 0 {
		return nil, fmt.Errorf("a batch without rows")
	}
	if int(batch.NumCols()) != len(schema) {
		return nil, fmt.Errorf("%d columns, want %d", batch.NumCols(), len(schema))
	}
	for i, c := range schema {
		if err := checkVector(batch.Column(i), c.Type); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	parts := make([]string, len(schema))
	for row := range int(batch.NumRows()) {
		for i, c := range schema {
			parts[i] = show(kernel.ValueAt(batch.Column(i), row), c.Type)
		}
		rows = append(rows, strings.Join(parts, " | "))
	}
	return rows, nil
}

// checkVector checks that an array is a vector of t: of its Arrow type, but for the width of decimals.
func checkVector(a arrow.Array, t types.Type) error {
	want := t.Arrow()
	got := a.DataType()
	if t.Kind == types.Decimal {
		d, ok := got.(arrow.DecimalType)
		if !ok || d.GetScale() != int32(t.Scale) {
			return fmt.Errorf("a vector of %s is %s", t, got)
		}
		return nil
	}
	if !arrow.TypeEqual(got, want) {
		return fmt.Errorf("a vector of %s is %s, want %s", t, got, want)
	}
	return nil
}

// show renders a value so that equal texts are equal values.
func show(v types.Value, t types.Type) string {
	if v.Null {
		return "NULL"
	}
	if t.IsString() {
		return fmt.Sprintf("%q", v.Str)
	}
	return v.Format(t, time.UTC)
}

// expected renders the rows of a fixture for the columns of a scan.
func (s *suite) expected(table *Table, schema plan.Schema) []string {
	rows := make([]string, len(table.Rows))
	for r, row := range table.Rows {
		parts := make([]string, len(schema))
		for i, c := range schema {
			pos := slices.IndexFunc(table.Columns, func(f Column) bool { return f.Name == c.Name })
			parts[i] = show(row[pos], c.Type)
		}
		rows[r] = strings.Join(parts, " | ")
	}
	return rows
}

// sameRows compares multisets and reports the first differences.
func sameRows(t *testing.T, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	const most = 5
	shown := 0
	report := func(what, row string) {
		if shown++; shown <= most {
			t.Errorf("%s: %s", what, row)
		}
	}
	for i, j := 0, 0; i < len(got) || j < len(want); {
		switch {
		case j == len(want) || i < len(got) && got[i] < want[j]:
			report("unexpected", got[i])
			i++
		case i == len(got) || got[i] > want[j]:
			report("missing", want[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	if shown > 0 {
		t.Errorf("%d rows, want %d; %d differ", len(got), len(want), shown)
	}
}

// roundTrip checks that every value of every type comes back.
func (s *suite) roundTrip(t *testing.T) {
	for i := range s.tables {
		table := &s.tables[i]
		if !strings.HasPrefix(table.Name, "k_") {
			continue
		}
		s.run(t, strings.TrimPrefix(table.Name, "k_"), func(t *testing.T) {
			leaf := s.leafOf(t, s.scanOf(t, table.Name, nil))
			rows, _, err := readAll(t.Context(), start(t, leaf, scanWith(t, checked(t))), leaf.Cols)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, rows, s.expected(table, leaf.Cols))
		})
	}
}

// scans checks scans of all, some and no columns.
func (s *suite) scans(t *testing.T) {
	for _, c := range []struct {
		name, table string
		columns     []string
	}{
		{"all columns", "orders", nil},
		{"in another order", "orders", []string{"note", "id", "status"}},
		{"one column", "orders", []string{"customer"}},
		{"no columns", "orders", []string{}},
		{"no rows", "nothing", nil},
		{"no columns of no rows", "nothing", []string{}},
		{"many rows", "big", nil},
		{"no columns of many rows", "big", []string{}},
	} {
		s.run(t, c.name, func(t *testing.T) {
			if s.fixture(c.table) == nil {
				t.Skip("the store has no such columns")
			}
			leaf := s.leafOf(t, s.scanOf(t, c.table, c.columns))
			scan := scanWith(t, checked(t))
			rows, _, err := readAll(t.Context(), start(t, leaf, scan), leaf.Cols)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, rows, s.expected(s.fixture(c.table), leaf.Cols))
			if used := scan.Usage.Totals(); used.Rows != int64(len(rows)) || len(rows) > 0 && used.Requests == 0 {
				t.Errorf("usage %+v for %d rows", used, len(rows))
			}
		})
	}
}
