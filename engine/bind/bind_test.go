package bind

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// catalog is a Resolver over fixed tables, by database and lower-case name. It counts how often it lists.
type catalog struct {
	tables map[string]map[string]*plan.Table
	lists  int
}

func (c *catalog) Databases(context.Context, string) ([]string, error) {
	c.lists++
	names := make([]string, 0, len(c.tables))
	for db := range c.tables {
		names = append(names, db)
	}
	slices.Sort(names)
	return names, nil
}

func (c *catalog) HasDatabase(_ context.Context, _, db string) (bool, error) {
	_, ok := c.tables[strings.ToLower(db)]
	return ok, nil
}

func (c *catalog) Tables(_ context.Context, _, db string) ([]string, error) {
	c.lists++
	var names []string
	for _, t := range c.tables[strings.ToLower(db)] {
		names = append(names, t.Name.Name)
	}
	slices.Sort(names)
	return names, nil
}

func (c *catalog) Resolve(_ context.Context, user, db, table string) (plan.Site, *plan.Table, error) {
	tables, ok := c.tables[strings.ToLower(db)]
	if !ok {
		return plan.Site{}, nil, sqlerr.New(sqlerr.UnknownDatabase, "no database %s", db)
	}
	t, ok := tables[strings.ToLower(table)]
	if !ok {
		return plan.Site{}, nil, sqlerr.New(sqlerr.UnknownTable, "no table %s.%s", db, table)
	}
	return plan.Site{Source: strings.ToLower(db), Principal: user}, t, nil
}

// define adds a table of columns "name type", where a "!" after the type means NOT NULL; such
// a first column is the primary key.
func (c *catalog) define(db, table string, columns ...string) {
	t := &plan.Table{Name: plan.TableName{Name: table}}
	for i, def := range columns {
		at := strings.LastIndex(def, " ")
		name, typ := def[:at], def[at+1:]
		typ, notNull := strings.CutSuffix(typ, "!")
		t.Columns = append(t.Columns, plan.TableColumn{Name: name, Type: parseType(typ), Nullable: !notNull})
		if i == 0 && notNull {
			t.Primary, t.Keys = true, [][]int{{0}}
		}
	}
	if c.tables[db] == nil {
		c.tables[db] = make(map[string]*plan.Table)
	}
	c.tables[db][strings.ToLower(table)] = t
}

func parseType(s string) types.Type {
	name, args, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	var n [2]int
	for i, a := range strings.Split(args, ",") {
		if i < len(n) {
			n[i], _ = strconv.Atoi(a)
		}
	}
	switch name {
	case "int":
		return types.Of(types.Int32)
	case "bigint":
		return types.Of(types.Int64)
	case "ubigint":
		return types.Of(types.Uint64)
	case "double":
		return types.Of(types.Float64)
	case "decimal":
		return types.NewDecimal(n[0], n[1])
	case "date":
		return types.Of(types.Date)
	case "datetime":
		return types.NewTemporal(types.Datetime, n[0])
	case "timestamp":
		return types.NewTemporal(types.Timestamp, n[0])
	case "time":
		return types.NewTemporal(types.Time, types.MaxFSP)
	case "year":
		return types.Of(types.Year)
	case "enum":
		return types.Type{Kind: types.Enum, Collation: types.Utf8mb4AI0900, Members: "red\x00green\x00blue"}
	case "set":
		return types.Type{Kind: types.Set, Collation: types.Utf8mb4AI0900, Members: "x\x00y\x00z"}
	case "char":
		return types.NewText(types.Char, n[0], types.Utf8mb4Bin0900)
	case "varchar":
		return types.NewText(types.Varchar, n[0], types.Utf8mb4Bin0900)
	case "ci":
		return types.NewText(types.Varchar, n[0], types.Utf8mb4AI0900)
	case "json":
		return types.Of(types.JSON)
	case "blob":
		return types.Of(types.Blob)
	}
	panic("no type " + s)
}

// newCatalog has TPC-H as database tpch and tables with unpleasant names as nasty.
func newCatalog() *catalog {
	c := &catalog{tables: make(map[string]map[string]*plan.Table)}
	c.define("tpch", "region", "r_regionkey int!", "r_name char(25)", "r_comment varchar(152)")
	c.define("tpch", "nation", "n_nationkey int!", "n_name char(25)", "n_regionkey int", "n_comment varchar(152)")
	c.define("tpch", "supplier", "s_suppkey int!", "s_name char(25)", "s_address varchar(40)", "s_nationkey int",
		"s_phone char(15)", "s_acctbal decimal(15,2)", "s_comment varchar(101)")
	c.define("tpch", "customer", "c_custkey int!", "c_name varchar(25)", "c_address varchar(40)", "c_nationkey int",
		"c_phone char(15)", "c_acctbal decimal(15,2)", "c_mktsegment char(10)", "c_comment varchar(117)")
	c.define("tpch", "part", "p_partkey int!", "p_name varchar(55)", "p_mfgr char(25)", "p_brand char(10)",
		"p_type varchar(25)", "p_size int", "p_container char(10)", "p_retailprice decimal(15,2)", "p_comment varchar(23)")
	c.define("tpch", "partsupp", "ps_partkey int", "ps_suppkey int", "ps_availqty int", "ps_supplycost decimal(15,2)",
		"ps_comment varchar(199)")
	c.define("tpch", "orders", "o_orderkey bigint!", "o_custkey int", "o_orderstatus char(1)", "o_totalprice decimal(15,2)",
		"o_orderdate date", "o_orderpriority char(15)", "o_clerk char(15)", "o_shippriority int", "o_comment varchar(79)")
	c.define("tpch", "lineitem", "l_orderkey bigint", "l_partkey int", "l_suppkey int", "l_linenumber int",
		"l_quantity decimal(15,2)", "l_extendedprice decimal(15,2)", "l_discount decimal(15,2)", "l_tax decimal(15,2)",
		"l_returnflag char(1)", "l_linestatus char(1)", "l_shipdate date", "l_commitdate date", "l_receiptdate date",
		"l_shipinstruct char(25)", "l_shipmode char(10)", "l_comment varchar(44)")
	c.define("nasty", "select", "from int!", "Order varchar(20)", "group int", "a`b int", "with space varchar(10)")
	c.define("nasty", "T1", "id int!", "a int", "A2 int", "name varchar(20)")
	c.define("nasty", "t2", "id int!", "a int", "b int", "name ci(20)", "at timestamp(6)", "doc json", "raw blob", "d double")
	c.define("kinds", "v", "id bigint!", "i bigint", "u ubigint", "n decimal(20,4)", "f double", "s varchar(100)",
		"c ci(100)", "b blob", "day date", "at datetime(6)", "tm time", "j json", "e enum", "st set", "y year")
	return c
}

// newBinder returns a Binder over newCatalog, with a scratch database of GMS's own, and a session in database tpch.
func newBinder(tb testing.TB, configure ...func(*Config)) (*Binder, *sql.Context, *catalog) {
	tb.Helper()
	c := newCatalog()
	scratch := memory.NewDatabase("scratch")
	cfg := Config{Resolver: c, Local: []sql.Database{scratch}}
	for _, f := range configure {
		f(&cfg)
	}
	b, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	session := memory.NewSession(sql.NewBaseSession(), memory.NewDBProvider(scratch))
	ctx := sql.NewContext(context.Background(), sql.WithSession(session))
	ctx.SetCurrentDatabase("tpch")
	return b, ctx, c
}

// explain renders what a statement binds to.
func explain(ctx *sql.Context, b *Binder, query string) string {
	n, err := b.Bind(ctx, query)
	if err != nil {
		return explainError(err)
	}
	leaf, ok := LeafOf(n)
	if !ok {
		return "GMS: " + strings.Fields(n.String())[0] + "\n"
	}
	if err := plan.Verify(leaf.Plan); err != nil {
		return "INVALID: " + err.Error() + "\n" + plan.Format(leaf.Plan, plan.FormatOptions{})
	}
	var out strings.Builder
	out.WriteString([...]string{Run: "", ExplainPlan: "EXPLAIN\n", ExplainAnalyze: "EXPLAIN ANALYZE\n"}[leaf.Explain])
	if leaf.JSON {
		out.WriteString("FORMAT=JSON\n")
	}
	for _, c := range leaf.Columns {
		null := ""
		if !c.Nullable {
			null = " NOT NULL"
		}
		fmt.Fprintf(&out, "%s %s%s\n", c.Name, c.Type, null)
	}
	out.WriteString(plan.Format(leaf.Plan, plan.FormatOptions{}))
	for i, p := range leaf.params {
		fmt.Fprintf(&out, "param %d: %s %s\n", i, p.source, p.typ)
	}
	return out.String()
}

func explainError(err error) string {
	id := sqlerr.CodeOf(err).Identity()
	if !isKnown(err) {
		id.Errno = uint16(sql.CastSQLError(err).Num)
	}
	return fmt.Sprintf("ERROR %d (%s): %s\n", id.Errno, id.State, err)
}

func isKnown(err error) bool { return sqlerr.CodeOf(err) != sqlerr.Internal }

// TestPlans checks the plans, schemas and errors of testdata against what is written there. Statements of a file share a
// session.
func TestPlans(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		b, ctx, _ := newBinder(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "use":
				ctx.SetCurrentDatabase(strings.TrimSpace(d.Input))
				return ""
			case "run":
				return run(ctx, b, d.Input)
			case "bind":
				return explain(ctx, b, d.Input)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

// run lets GMS execute a statement and renders its rows.
func run(ctx *sql.Context, b *Binder, query string) string {
	_, rows, _, err := b.Engine().Query(ctx, query)
	if err != nil {
		return explainError(Translate(err))
	}
	list, err := sql.RowIterToRows(ctx, rows)
	if err != nil {
		return explainError(Translate(err))
	}
	var out strings.Builder
	for _, r := range list {
		fmt.Fprintln(&out, r...)
	}
	return out.String()
}

// mustBind binds a federated query.
func mustBind(tb testing.TB, ctx *sql.Context, b *Binder, query string) *Leaf {
	tb.Helper()
	n, err := b.Bind(ctx, query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	leaf, ok := LeafOf(n)
	if !ok {
		tb.Fatalf("%s is not federated", query)
	}
	if err := plan.Verify(leaf.Plan); err != nil {
		tb.Fatalf("%s: %v\n%s", query, err, format(leaf))
	}
	return leaf
}

func format(l *Leaf) string { return plan.Format(l.Plan, plan.FormatOptions{}) }
