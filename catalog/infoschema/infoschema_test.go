package infoschema

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// silo is a source in the test. Of its tables, hidden is not listed, and broken can't be described.
type silo struct {
	tables map[string][]string // by namespace
	mu     sync.Mutex
	asked  []string
	block  chan struct{} // descriptions wait for it, if not nil
}

func (s *silo) Bind(connectors.Principal) connectors.Source { return s }
func (s *silo) Close() error                                { return nil }

func (s *silo) ask(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
}

// calls are what was asked for since the last time, sorted.
func (s *silo) calls() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.asked)
	all := strings.Join(s.asked, " ")
	s.asked = nil
	return all
}

func (s *silo) List(_ context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		if o.Namespaces {
			s.ask("namespaces")
			for namespace := range s.tables {
				if namespace != "" && !yield(connectors.Listed{Name: plan.TableName{Namespace: namespace}}, nil) {
					return
				}
			}
			return
		}
		s.ask("list:" + *o.In)
		for _, name := range s.tables[*o.In] {
			kind := plan.BaseTable
			if strings.HasPrefix(name, "v") {
				kind = plan.View
			}
			listed := connectors.Listed{Name: plan.TableName{Namespace: *o.In, Name: name}, Kind: kind, Rows: 7.5, Comment: "of people"}
			if name != "hidden" && !yield(listed, nil) {
				return
			}
		}
	}
}

func (s *silo) Table(ctx context.Context, name plan.TableName, _ connectors.AsOf) (*plan.Table, error) {
	s.ask(name.String())
	if s.block != nil {
		select {
		case <-s.block:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	switch {
	case name.Name == "broken":
		return nil, sqlerr.New(sqlerr.Corrupt, "the table is damaged")
	case !slices.Contains(s.tables[name.Namespace], name.Name):
		return nil, sqlerr.New(sqlerr.UnknownTable, "no table %s", name)
	}
	return &plan.Table{Name: name, Primary: true, Keys: [][]int{{1, 0}, {2}, {2, 0}}, Columns: []plan.TableColumn{
		{Name: "a", Type: types.Of(types.Int32)}, {Name: "b", Type: types.NewDecimal(10, 2)},
		{Name: "c", Type: types.NewText(types.Varchar, 20, types.Utf8mb4Bin), Nullable: true, Comment: "sea"},
	}}, nil
}

func (s *silo) Pushdown(context.Context, plan.Node) (plan.Node, error) {
	return nil, errors.New("nothing of it is read")
}

// viewer sees all but the databases and tables that are hidden from him, and of columns only a and b.
type viewer struct{ hidden []string }

func (v viewer) User() string                    { return "ann" }
func (v viewer) SeesDatabase(db string) bool     { return !slices.Contains(v.hidden, db) }
func (v viewer) SeesTable(db, table string) bool { return !slices.Contains(v.hidden, db+"."+table) }
func (v viewer) Variables(bool) []Variable       { return []Variable{{"autocommit", "ON"}, {"version", "8"}} }
func (v viewer) Status(bool) []Variable          { return nil }
func (v viewer) Processes() []Process            { return []Process{{ID: 3, User: "ann", Command: "Sleep"}} }
func (v viewer) Version() string                 { return "8.0" }
func (v viewer) Views(db string) ([]View, error) {
	if db != "mysql" {
		return nil, nil
	}
	return []View{{Name: "tall", Definition: "select 1", Definer: "ann@%", Invoker: true}}, nil
}
func (v viewer) DescribeView(db, name string) (*plan.Table, error) {
	return &plan.Table{Name: plan.TableName{Namespace: db, Name: name}, Kind: plan.View, Columns: []plan.TableColumn{{Name: "v", Type: types.Of(types.Int64)}}}, nil
}
func (v viewer) Own() []OwnDatabase {
	t := &plan.Table{Name: plan.TableName{Namespace: "mysql", Name: "user"}, Columns: []plan.TableColumn{{Name: "a", Type: types.Of(types.Bool)}}}
	return []OwnDatabase{{Name: "mysql", Collation: types.Utf8mb4AI0900, Tables: []*plan.Table{t}}}
}
func (v viewer) Privileges(_, _ string) func(string) []string {
	return func(column string) []string {
		if column == "c" {
			return nil
		}
		return []string{"select", "update"}
	}
}

// newDatabases declares the databases over a catalog of the silo.
func newDatabases(t *testing.T, s *silo) *Databases {
	t.Helper()
	open := func(context.Context, connectors.Config) (connectors.Connector, error) { return s, nil }
	c, err := catalog.New(ctx, catalog.Config{Types: map[string]connectors.Open{"silo": open}}, []store.Server{{Name: "silo", Type: "silo"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(c)
}

// query is a scan of some columns of a table under conditions.
type query struct {
	database, table string
	columns         []string
	conds           func(column func(string) expr.Expr) []expr.Expr
}

// plan makes the query's plan.
func (q query) plan(d *Databases) plan.Node {
	t := d.Table(q.database, q.table)
	scan := &plan.Scan{Site: plan.Site{Source: Information}, Table: t}
	refs := make(map[string]expr.Expr)
	for i, c := range t.Columns {
		column := plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable}
		scan.Cols, scan.Pos = append(scan.Cols, column), append(scan.Pos, i)
		refs[c.Name] = column.Ref()
	}
	var n plan.Node = scan
	if q.conds != nil {
		n = &plan.Filter{Input: n, Conds: q.conds(func(name string) expr.Expr { return refs[name] })}
	}
	project := &plan.Project{Input: n}
	for _, name := range q.columns {
		at := slices.IndexFunc(scan.Cols, func(c plan.Column) bool { return c.Name == name })
		project.Exprs = append(project.Exprs, plan.Projection{Col: scan.Cols[at], Expr: refs[name]})
	}
	return project
}

// remote finds what the source took.
func remote(n plan.Node) *plan.Remote {
	if r, ok := n.(*plan.Remote); ok {
		return r
	}
	return remote(n.Children()[0])
}

// run reads what the source takes of the query: more than its rows, where a condition does not narrow. Warnings are rows that begin
// with "!".
func (q query) run(t *testing.T, d *Databases, v Viewer) (rows []string) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	placed, err := d.Source(v).Pushdown(ctx, q.plan(d))
	if err != nil {
		t.Fatal(err)
	}
	r := remote(placed)
	var mu sync.Mutex
	warned := []string{}
	env := &expr.Env{Location: time.UTC, Warn: func(code int, m string) {
		mu.Lock()
		defer mu.Unlock()
		warned = append(warned, fmt.Sprintf("!%d %s", code, m))
	}}
	execution, err := r.Fragment.(connectors.Fragment).Start(ctx, connectors.Scan{
		Memory: mem, BatchRows: 3, Parallel: 1, Env: env, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
	if err != nil {
		t.Fatal(err)
	}
	defer execution.Close()
	for split := range execution.Splits(ctx) {
		reader, err := execution.Open(ctx, split)
		if err != nil {
			t.Fatal(err)
		}
		for {
			batch, err := reader.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if batch.NumRows() == 0 || batch.NumRows() > 3 {
				t.Errorf("a batch of %d rows", batch.NumRows())
			}
			for i := range int(batch.NumRows()) {
				var cells []string
				for _, name := range q.columns {
					at := slices.IndexFunc(r.Cols, func(x plan.Column) bool { return x.Name == name })
					cells = append(cells, kernel.ValueAt(batch.Column(at), i).Format(r.Cols[at].Type, time.UTC))
				}
				rows = append(rows, strings.Join(cells, " "))
			}
			batch.Release()
		}
	}
	return append(rows, warned...)
}

func text(s string) expr.Expr {
	return &expr.Literal{Value: types.TextValue(s), Typ: types.NewText(types.Varchar, len(s), types.Utf8mb3General)}
}

func call(f expr.Func, args ...expr.Expr) expr.Expr {
	return &expr.Call{Func: f, Args: args, Typ: types.Of(types.Bool), Null: true}
}

func eq(name, value string) func(func(string) expr.Expr) expr.Expr {
	return func(column func(string) expr.Expr) expr.Expr { return call(expr.Eq, column(name), text(value)) }
}

func where(conds ...func(func(string) expr.Expr) expr.Expr) func(func(string) expr.Expr) []expr.Expr {
	return func(column func(string) expr.Expr) []expr.Expr {
		var all []expr.Expr
		for _, c := range conds {
			all = append(all, c(column))
		}
		return all
	}
}

func testSilo() *silo {
	return &silo{tables: map[string][]string{"": {"broken", "hidden", "orders", "Orders", "view"}, "x": {"t"}}}
}

// TestRows reads tables, and counts what sources are asked for them.
func TestRows(t *testing.T) {
	like := func(name, pattern string) func(func(string) expr.Expr) expr.Expr {
		return func(column func(string) expr.Expr) expr.Expr { return call(expr.Like, column(name), text(pattern)) }
	}
	in := func(name string, values ...string) func(func(string) expr.Expr) expr.Expr {
		return func(column func(string) expr.Expr) expr.Expr {
			e := &expr.In{Arg: column(name)}
			for _, v := range values {
				e.List = append(e.List, types.TextValue(v))
			}
			return e
		}
	}
	for _, c := range []struct {
		name string
		query
		hidden []string
		want   string // rows
		calls  string
	}{
		{name: "databases", query: query{Information, "SCHEMATA", []string{"SCHEMA_NAME"}, nil}, hidden: []string{"mysql", "sys"},
			want: "information_schema|performance_schema|silo|silo_x", calls: "namespaces"},
		{name: "databases of others", query: query{Information, "schemata", []string{"SCHEMA_NAME", "DEFAULT_COLLATION_NAME"}, where(eq("SCHEMA_NAME", "MYSQL"))},
			want: "mysql utf8mb4_0900_ai_ci"},
		{name: "no columns", query: query{Information, "SCHEMATA", nil, nil}, hidden: []string{"mysql"}, want: "||||", calls: "namespaces"},
		{name: "tables", query: query{Information, "TABLES", []string{"TABLE_NAME", "TABLE_TYPE", "TABLE_ROWS", "TABLE_COMMENT"}, where(eq("TABLE_SCHEMA", "silo"))},
			hidden: []string{"silo.broken"}, want: "Orders BASE TABLE 7 of people|orders BASE TABLE 7 of people|view VIEW NULL of people", calls: "list: namespaces"},
		{name: "views", query: query{Information, "VIEWS", []string{"TABLE_SCHEMA", "TABLE_NAME", "VIEW_DEFINITION", "DEFINER", "SECURITY_TYPE"}, nil},
			want: "mysql tall select 1 ann@% INVOKER|silo view   DEFINER", calls: "list: list:x namespaces"},
		{name: "columns of views", query: query{Information, "COLUMNS", []string{"TABLE_NAME", "COLUMN_NAME"}, where(eq("TABLE_SCHEMA", "mysql"))},
			want: "tall v|user a"},
		{name: "names in either case", query: query{Information, "COLUMNS", []string{"TABLE_NAME", "COLUMN_NAME", "PRIVILEGES"},
			where(eq("TABLE_SCHEMA", "SILO"), eq("TABLE_NAME", "ORDERS"))},
			want: "Orders a select,update|Orders b select,update|orders a select,update|orders b select,update", calls: "Orders list: namespaces orders"},
		{name: "names that are equal without their accents", query: query{Information, "TABLES", []string{"TABLE_SCHEMA", "TABLE_NAME"},
			where(eq("TABLE_SCHEMA", "s\u00efl\u00f6_x "), eq("TABLE_NAME", "T"))}, want: "silo_x t", calls: "list:x namespaces"},
		{name: "patterns", query: query{Information, "COLUMNS", []string{"TABLE_SCHEMA", "COLUMN_NAME"}, where(like("TABLE_SCHEMA", "SILO%"), like("TABLE_NAME", "T"))},
			want: "silo_x a|silo_x b", calls: "list: list:x namespaces x.t"},
		{name: "lists", query: query{Information, "COLUMNS", []string{"TABLE_NAME", "COLUMN_NAME"}, where(in("TABLE_SCHEMA", "silo_x", "mysql"), in("TABLE_NAME", "t", "user"))},
			want: "user a|t a|t b", calls: "list:x namespaces x.t x.user"},
		{name: "a table that is not listed", query: query{Information, "COLUMNS", []string{"TABLE_NAME", "COLUMN_NAME"},
			where(eq("TABLE_SCHEMA", "silo"), eq("TABLE_NAME", "hidden"))}, want: "hidden a|hidden b", calls: "hidden list: namespaces"},
		{name: "no such table", query: query{Information, "COLUMNS", []string{"TABLE_NAME"}, where(eq("TABLE_SCHEMA", "silo"), eq("TABLE_NAME", "nope"))},
			calls: "list: namespaces nope"},
		{name: "a damaged table", query: query{Information, "COLUMNS", []string{"TABLE_NAME"}, where(eq("TABLE_SCHEMA", "silo"), like("TABLE_NAME", "b%"))},
			want: "!1712 table silo.broken can't be described: the table is damaged", calls: "broken list: namespaces"},
		{name: "a damaged table of others", query: query{Information, "COLUMNS", []string{"TABLE_NAME"}, where(eq("TABLE_SCHEMA", "silo"), like("TABLE_NAME", "b%"))},
			hidden: []string{"silo.broken"}, calls: "list: namespaces"},
		{name: "columns of keys", query: query{Information, "STATISTICS", []string{"INDEX_NAME", "SEQ_IN_INDEX", "COLUMN_NAME", "NULLABLE", "CARDINALITY"},
			where(eq("TABLE_SCHEMA", "silo_x"))}, want: "PRIMARY 1 b  NULL|PRIMARY 2 a  7|c 1 c YES 7|c_2 1 c YES NULL|c_2 2 a  7", calls: "list:x namespaces x.t"},
		{name: "keys", query: query{Information, "TABLE_CONSTRAINTS", []string{"CONSTRAINT_NAME", "CONSTRAINT_TYPE"}, where(eq("CONSTRAINT_SCHEMA", "silo_x"))},
			want: "PRIMARY PRIMARY KEY|c UNIQUE|c_2 UNIQUE", calls: "list:x namespaces x.t"},
		{name: "what narrows nothing", query: query{Information, "COLUMNS", []string{"COLUMN_NAME", "COLUMN_KEY", "DATA_TYPE"},
			where(eq("TABLE_SCHEMA", "silo_x"), eq("COLUMN_NAME", "a"))}, want: "a PRI int|b PRI decimal", calls: "list:x namespaces x.t"},
		{name: "nothing", query: query{Information, "TRIGGERS", []string{"TRIGGER_NAME"}, nil}},
		{name: "variables", query: query{Performance, "session_variables", []string{"VARIABLE_VALUE", "VARIABLE_NAME"}, nil}, want: "ON autocommit|8 version"},
		{name: "processes", query: query{Performance, "threads", []string{"PROCESSLIST_ID", "PROCESSLIST_DB"}, nil}, want: "3 NULL"},
		{name: "sys", query: query{Sys, "VERSION", []string{"mysql_version"}, nil}, want: "8.0"},
	} {
		s := testSilo()
		rows := c.run(t, newDatabases(t, s), viewer{c.hidden})
		if got, calls := strings.Join(rows, "|"), s.calls(); got != c.want || calls != c.calls {
			t.Errorf("%s: %s\ncalls %s;\nwant %s\ncalls %s", c.name, got, calls, c.want, c.calls)
		}
	}
}

// account refuses more than so many bytes.
type account struct {
	mu         sync.Mutex
	held, most int64
}

func (a *account) Reserve(bytes int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held+bytes > a.most {
		return sqlerr.New(sqlerr.OutOfMemory, "the memory is used up")
	}
	a.held += bytes
	return nil
}

func (a *account) Release(bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held -= bytes
}

// A scan that is left in the middle, or ends in it, leaves nothing behind.
func TestScansThatEndEarly(t *testing.T) {
	for _, name := range []string{"left", "cancelled", "refused"} {
		t.Run(name, func(t *testing.T) {
			s := testSilo()
			for i := range 40 {
				s.tables[fmt.Sprintf("n%02d", i)] = []string{"t0", "t1"}
			}
			d := newDatabases(t, s)
			mem := bufpooltest.New()
			defer mem.AssertSize(t, 0)
			placed, err := d.Source(viewer{}).Pushdown(ctx, query{Information, "COLUMNS", []string{"TABLE_NAME"}, nil}.plan(d))
			if err != nil {
				t.Fatal(err)
			}
			account := &account{most: 1 << 20}
			if name == "refused" {
				account.most = 4 << 10
			}
			defer func() {
				if account.held != 0 {
					t.Errorf("%d bytes are charged", account.held)
				}
			}()
			execution, err := remote(placed).Fragment.(connectors.Fragment).Start(ctx, connectors.Scan{
				Memory: mem, BatchRows: 100, Env: &expr.Env{Location: time.UTC, Account: account}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
			if err != nil {
				t.Fatal(err)
			}
			defer execution.Close()
			within, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			reader, err := execution.Open(within, nil)
			if err != nil {
				t.Fatal(err)
			}
			batch, err := reader.Next(within)
			for ; name == "refused" && err == nil; batch, err = reader.Next(within) {
				batch.Release()
			}
			if name == "refused" && sqlerr.Is(err, sqlerr.OutOfMemory) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			batch.Release()
			if name == "cancelled" {
				cancel(errors.New("enough"))
				for err == nil {
					if batch, err = reader.Next(within); err == nil {
						batch.Release()
					}
				}
				if err == io.EOF {
					t.Error("the rows ended as if they were all")
				}
			}
			if err := errors.Join(execution.Close(), execution.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDeclarations checks that what is declared can be: names, types and a value for each column.
func TestDeclarations(t *testing.T) {
	d := newDatabases(t, testSilo())
	for _, database := range d.Names() {
		for _, defined := range d.tables[database] {
			seen := make(map[string]bool)
			for i, c := range defined.columns {
				if seen[strings.ToLower(c.name)] || c.name == "" || defined.plan.Columns[i].Type == (types.Type{}) {
					t.Errorf("%s.%s has a column %q twice, or without a type", database, defined.name, c.name)
				}
				seen[strings.ToLower(c.name)] = true
				if (defined.of != nothing) != (c.value != nil) {
					t.Errorf("%s.%s.%s has no value, or nobody asks for it", database, defined.name, c.name)
				}
			}
			if len(defined.columns) == 0 {
				t.Errorf("%s.%s has no columns", database, defined.name)
			}
		}
	}
	for _, bad := range []string{"varchar", "number", "char(x)"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is a type", bad)
				}
			}()
			parseType(bad)
		}()
	}
}
