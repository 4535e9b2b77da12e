package bind

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// canned is a Runner that answers every Leaf with the same rows: ascending integers, their text, and so on by type, NULL in
// the last row.
type canned struct {
	tb     testing.TB
	mem    bufpooltest.Allocator
	rows   int
	leaves []*Leaf
}

func newCanned(tb testing.TB, rows int) *canned {
	mem := bufpooltest.New()
	tb.Cleanup(func() { mem.AssertSize(tb, 0) })
	return &canned{tb: tb, mem: mem, rows: rows}
}

func (c *canned) run(_ *sql.Context, l *Leaf) (Rows, error) {
	c.leaves = append(c.leaves, l)
	return &cannedRows{canned: c, leaf: l}, nil
}

// configure makes the Binder use c.
func (c *canned) configure(cfg *Config) { cfg.Runner = c.run }

type cannedRows struct {
	*canned
	leaf *Leaf
	done bool
}

func (r *cannedRows) Keep(int64) error { return nil }

func (r *cannedRows) Next(context.Context) (arrow.RecordBatch, error) {
	if r.done || r.rows == 0 {
		return nil, io.EOF
	}
	r.done = true
	schema := r.leaf.Plan.Schema()
	builders := make([]array.Builder, len(schema))
	for i, col := range schema {
		builders[i] = array.NewBuilder(r.mem, col.Type.Arrow())
		defer builders[i].Release()
		for row := 0; row < r.rows; row++ {
			v := types.IntValue(int64(row + 1))
			if col.Type.IsString() {
				v = types.TextValue(string(rune('a' + row)))
			}
			if col.Nullable && row == r.rows-1 && row > 0 {
				v = types.NullValue
			}
			if err := appendValue(builders[i], v, col.Type); err != nil {
				r.tb.Fatal(err)
			}
		}
	}
	return newBatch(schema, builders, r.rows), nil
}

func (r *cannedRows) Close() error { return nil }

// TestStatementsOfGMS runs statements that GMS executes around federated queries: all rows come from the Runner.
func TestStatementsOfGMS(t *testing.T) {
	for _, c := range []struct {
		rows       int
		statements []string
		want       string // rows of the last statement
		leaves     int
	}{
		{1, []string{"set @x = (select max(n_nationkey) from nation)", "select @x"}, "[1]", 1},
		{1, []string{"set @x = 1 + (select max(n_nationkey) from nation), @y = (select n_name from nation)", "select @x, @y"}, "[2,a]", 2},
		{1, []string{"select n_nationkey, n_name from nation into @x, @y", "select @x, @y"}, "[1,a]", 1},
		{2, []string{"insert into t select n_nationkey, n_name from nation", "select * from t"}, "[1,a] [2,<nil>]", 1},
		{2, []string{"insert into t (v, id) select n_name, n_nationkey from nation where n_nationkey > 1", "select * from t"}, "[1,a] [2,<nil>]", 1},
		{1, []string{"insert into t values (7, (select n_name from nation limit 1))", "select * from t"}, "[7,a]", 1},
		{2, []string{"create table u as select n_nationkey, n_name as name from nation", "select * from u"}, "[1,a] [2,<nil>]", 1},
		{1, []string{"insert into t values (1, 'x'), (2, 'y')", "update t set v = (select max(n_name) from nation)", "select * from t"}, "[1,a] [2,a]", 1},
		{1, []string{"insert into t values (1, 'x'), (2, 'y')", "update t set v = 'z' where id = (select max(n_nationkey) from nation)", "select * from t"}, "[1,z] [2,y]", 1},
		{2, []string{"insert into t values (1, 'x'), (2, 'y'), (3, 'z')", "delete from t where id in (select n_nationkey from nation)", "select * from t"}, "[3,z]", 1},
	} {
		r := newCanned(t, c.rows)
		b, ctx, _ := newBinder(t, r.configure)
		ctx.SetCurrentDatabase("scratch")
		mustRun(t, ctx, b, "create table t (id int primary key, v varchar(20))")
		for _, s := range c.statements[:len(c.statements)-1] {
			mustRun(t, ctx, b, strings.ReplaceAll(s, "from nation", "from tpch.nation"))
		}
		got := mustRun(t, ctx, b, c.statements[len(c.statements)-1])
		if got != c.want {
			t.Errorf("%v: rows %s, want %s", c.statements, got, c.want)
		}
		if len(r.leaves) != c.leaves {
			t.Errorf("%v: %d federated queries ran, want %d", c.statements, len(r.leaves), c.leaves)
		}
	}
}

func mustRun(tb testing.TB, ctx *sql.Context, b *Binder, query string) string {
	tb.Helper()
	_, rows, _, err := b.Engine().Query(ctx, query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	list, err := sql.RowIterToRows(ctx, rows)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	var out []string
	for _, r := range list {
		out = append(out, sql.FormatRow(r))
	}
	return strings.Join(out, " ")
}

// TestNoFederatedTableIsReadByRows drives every kind of statement that could make GMS read a federated table itself.
func TestNoFederatedTableIsReadByRows(t *testing.T) {
	b, ctx, c := newBinder(t)
	site, source, err := c.Resolve(ctx, "", "tpch", "nation")
	if err != nil {
		t.Fatal(err)
	}
	tab := newTable("tpch", "nation", site, source)
	if _, err := tab.Partitions(ctx); !sqlerr.Is(err, sqlerr.Unsupported) {
		t.Errorf("Partitions: %v", err)
	}
	if _, err := tab.PartitionRows(ctx, nil); !sqlerr.Is(err, sqlerr.Unsupported) {
		t.Errorf("PartitionRows: %v", err)
	}
	run(ctx, b, "create table scratch.t (id int primary key, v varchar(20))")
	run(ctx, b, "insert into scratch.t values (1, 'x')")
	for _, query := range []string{
		"update scratch.t join nation on id = n_nationkey set v = n_name",
		"delete t from scratch.t join nation on id = n_nationkey",
		"update scratch.t set v = (select n_name from nation where n_nationkey = id)",
		"select * from nation",
		"insert into scratch.t select n_nationkey, n_name from nation",
		"set @x = (select 1 from nation)",
	} {
		_, rows, _, err := b.Engine().Query(ctx, query)
		if err == nil {
			_, err = sql.RowIterToRows(ctx, rows)
		}
		if err == nil {
			t.Errorf("%s: was executed", query)
			continue
		}
		var known *sqlerr.Error
		if !errors.As(Translate(err), &known) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestPreparedStatement binds a statement with its parameters, as COM_STMT_EXECUTE does.
func TestPreparedStatement(t *testing.T) {
	b, ctx, _ := newBinder(t)
	mustRun(t, ctx, b, "prepare p from 'select n_name from nation where n_nationkey = ? and n_name = ? limit ?'")
	mustRun(t, ctx, b, "set @a = 3, @b = 'x', @c = 2")
	leaf := mustBind(t, ctx, b, "execute p using @a, @b, @c")
	want := "-> Limit 2\n    -> Project n_name#2\n        -> Filter (n_nationkey#1 = 3) AND (n_name#2 = 'x')\n"
	if got := format(leaf); !strings.HasPrefix(got, want) {
		t.Errorf("plan\n%s", got)
	}
}

// TestOneTableAsksOneDatabase checks that what GMS says about one table lists no other: their sources may be down.
func TestOneTableAsksOneDatabase(t *testing.T) {
	b, ctx, c := newBinder(t)
	for _, query := range []string{
		"DESCRIBE tpch.nation", "SHOW FULL COLUMNS FROM tpch.nation", "SHOW CREATE TABLE tpch.nation", "SHOW INDEX FROM tpch.nation",
	} {
		c.lists = 0
		mustRun(t, ctx, b, query)
		if c.lists != 0 {
			t.Errorf("%s: %d listings", query, c.lists)
		}
	}
}

// TestColumnNames checks the names of unnamed expressions.
func TestColumnNames(t *testing.T) {
	b, ctx, _ := newBinder(t)
	leaf := mustBind(t, ctx, b, "SELECT SUM(n_nationkey) , SUM(n_nationkey) * 2 , n_nationkey > ALL (SELECT 1) FROM tpch.nation GROUP BY n_nationkey")
	for i, want := range []string{"SUM(n_nationkey)", "SUM(n_nationkey) * 2", "n_nationkey > ALL (SELECT 1)"} {
		if got := leaf.Columns[i].Name; got != want {
			t.Errorf("column %d is named %q, want %q", i+1, got, want)
		}
	}
}
