package mysql

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// many is a source with many empty tables: s000.t0000 and so on, of the same columns. It counts what would be remote calls.
type many struct {
	schemas, tables int
	delay           time.Duration // of each call
	down            atomic.Bool   // calls fail
	hang            atomic.Bool   // calls wait for their end

	namespaces, listings, descriptions, wholes atomic.Int64 // calls, by what they are for
}

var manyColumns = []plan.TableColumn{
	{Name: "id", Type: types.Of(types.Int64)},
	{Name: "name", Type: types.NewText(types.Varchar, 100, types.Utf8mb4Bin0900), Nullable: true},
	{Name: "price", Type: types.NewDecimal(15, 2), Nullable: true},
	{Name: "made", Type: types.NewTemporal(types.Datetime, 6), Nullable: true},
	{Name: "note", Type: types.Of(types.Text), Nullable: true, Comment: "for people"},
}

func (m *many) Bind(connectors.Principal) connectors.Source { return m }
func (m *many) Close() error                                { return nil }

func (m *many) call(ctx context.Context, count *atomic.Int64) error {
	count.Add(1)
	if m.hang.Load() {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if m.delay > 0 {
		select {
		case <-time.After(m.delay):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if m.down.Load() {
		return sqlerr.New(sqlerr.SourceDown, "source many: connection refused")
	}
	return nil
}

// calls are those since the last time it was asked: for namespaces, listings, single tables and whole namespaces.
func (m *many) calls() string {
	return fmt.Sprint(m.namespaces.Swap(0), m.listings.Swap(0), m.descriptions.Swap(0), m.wholes.Swap(0))
}

func (m *many) DefaultNamespace(context.Context) (string, error) { return "s000", nil }

func schemaOf(i int) string { return fmt.Sprintf("s%03d", i) }

func (m *many) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		if o.Namespaces {
			err := m.call(ctx, &m.namespaces)
			for i := 0; err == nil && i < m.schemas; i++ {
				if !yield(connectors.Listed{Name: plan.TableName{Namespace: schemaOf(i)}}, nil) {
					return
				}
			}
			if err != nil {
				yield(connectors.Listed{}, err)
			}
			return
		}
		if err := m.call(ctx, &m.listings); err != nil {
			yield(connectors.Listed{}, err)
			return
		}
		for i := range m.tables {
			name := plan.TableName{Namespace: *o.In, Name: fmt.Sprintf("t%04d", i)}
			if !yield(connectors.Listed{Name: name, Rows: float64(i), Comment: "of " + *o.In}, nil) {
				return
			}
		}
	}
}

func (m *many) table(name plan.TableName) *plan.Table {
	return &plan.Table{Name: name, Columns: manyColumns, Keys: [][]int{{0}}, Primary: true,
		Stats: plan.Statistics{Rows: 0, Bytes: 0}}
}

func (m *many) Table(ctx context.Context, name plan.TableName, _ connectors.AsOf) (*plan.Table, error) {
	if err := m.call(ctx, &m.descriptions); err != nil {
		return nil, err
	}
	var schema, table int
	if n, _ := fmt.Sscanf(name.String(), "s%d.t%d", &schema, &table); n < 2 || schema >= m.schemas || table >= m.tables {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source many has no table %s", name)
	}
	return m.table(name), nil
}

// Tables implements connectors.ColumnLister.
func (m *many) Tables(ctx context.Context, namespace string) iter.Seq2[*plan.Table, error] {
	return func(yield func(*plan.Table, error) bool) {
		if err := m.call(ctx, &m.wholes); err != nil {
			yield(nil, err)
			return
		}
		for i := range m.tables {
			if !yield(m.table(plan.TableName{Namespace: namespace, Name: fmt.Sprintf("t%04d", i)}), nil) {
				return
			}
		}
	}
}

func (m *many) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	if scan, ok := n.(*plan.Scan); ok {
		return &plan.Remote{Site: scan.Site, Cols: scan.Cols, Fragment: &noRows{scan.Cols}}, nil
	}
	children := n.Children()
	taken := make([]plan.Node, len(children))
	for i, c := range children {
		var err error
		if taken[i], err = m.Pushdown(context.Background(), c); err != nil {
			return nil, err
		}
	}
	return n.WithChildren(taken), nil
}

// noRows is a fragment of an empty table.
type noRows struct{ cols plan.Schema }

func (f *noRows) Schema() plan.Schema { return f.cols }
func (f *noRows) String() string      { return "nothing" }

func (f *noRows) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.Estimate{}, nil
}
func (f *noRows) Start(context.Context, connectors.Scan) (connectors.Execution, error) { return f, nil }
func (f *noRows) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(func(connectors.Split, error) bool) {}
}
func (f *noRows) Open(context.Context, connectors.Split) (connectors.Reader, error) { return nil, nil }
func (f *noRows) Close() error                                                      { return nil }

// counted renders the rows of a result as how many there are, if there are more than a few.
func counted(rows [][]string) string {
	if len(rows) > 5 {
		return fmt.Sprintf("%d rows", len(rows))
	}
	var list []string
	for _, row := range rows {
		list = append(list, strings.Join(row, " "))
	}
	return strings.Join(list, "|")
}
