//go:build integration

package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// numbered are statements that make a table of n rows.
func numbered(table string, n int) []string {
	return []string{"CREATE TABLE " + table + " (id INT PRIMARY KEY, v VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL)",
		fmt.Sprintf("INSERT INTO %s SELECT seq, REPEAT('x', 100) FROM seq_1_to_%d", table, n), "ANALYZE TABLE " + table}
}

// TestSnapshot reads the same state in all fragments of a statement, whose results are read in turns.
func TestSnapshot(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 5000)...)
	leaf := f.pushed(f.scan("a", "id"))
	tx := &connectors.Tx{}
	defer tx.Close()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	var readers []connectors.Reader
	for range 3 {
		r, e, err := f.open(t.Context(), leaf, run{tx: tx, rows: 1000, mem: mem})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		readers = append(readers, r)
	}
	first, err := readers[0].Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first.Release()
	f.maria.Exec(t, "DELETE FROM a WHERE id > 10")
	for i, want := range []int{4000, 5000, 5000} {
		second, err := readers[(i+1)%3].Next(t.Context()) // in mid-result another begins
		if err != nil {
			t.Fatal(err)
		}
		second.Release()
		if i == 0 {
			continue
		}
		rows, err := conntest.Drain(t.Context(), readers[i], leaf.Schema())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(rows); got < want-2000 || got > want {
			t.Errorf("reader %d: %d more rows", i, got)
		}
	}
	if got := len(f.rows(leaf, run{})); got != 10 {
		t.Errorf("%d rows in the next statement", got)
	}
}

// TestChangedTable refuses to read a table that is not as it was described.
func TestChangedTable(t *testing.T) {
	for _, change := range []string{
		"ALTER TABLE a MODIFY v VARCHAR(200) CHARACTER SET latin1 NOT NULL", "ALTER TABLE a DROP PRIMARY KEY", "ALTER TABLE a MODIFY id BIGINT",
		"ALTER TABLE a ADD w INT", "DROP TABLE a; CREATE TABLE a (id INT)",
	} {
		f := newFixture(t, nil, numbered("a", 10)...)
		leaf := f.pushed(f.scan("a", "id"))
		f.maria.Exec(t, change)
		if _, err := f.tryRows(t.Context(), leaf, run{}); !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), ".a changed") {
			t.Errorf("%s: %v", change, err)
		}
	}
	f := newFixture(t, nil, numbered("a", 10)...)
	leaf := f.pushed(f.scan("a", "id"))
	f.maria.Exec(t, "ALTER TABLE a ADD INDEX (v)")
	if _, err := f.tryRows(t.Context(), leaf, run{}); err != nil {
		t.Errorf("another index: %v", err)
	}
	f.maria.Exec(t, "DROP TABLE a")
	if _, err := f.tryRows(t.Context(), leaf, run{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
		t.Errorf("dropped: %v", err)
	}
}

// slow is a query that takes the server long before its first row.
func slow(f *fixture) connectors.Fragment {
	f.Helper()
	table := f.table("a")
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	tree, err := parser.Parse(`aggregate | count(*) as n
    join inner a.id <> b.id and b.id <> c.id
        join inner a.id < b.id
            scan a a: id
            scan a b: id
        scan a c: id`)
	if err != nil {
		f.Fatal(err)
	}
	return f.pushed(tree)
}

// TestCancellation ends what runs on the server within a second, and the deadline is the server's too.
func TestCancellation(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 3000)...)
	admin := adminOf(t, f.maria)
	leaf := slow(f)
	running := func() (n int) {
		if err := admin.QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE ? AND ID <> CONNECTION_ID()", "%"+f.maria.Database+"%").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := f.tryRows(ctx, leaf, run{})
		ended <- err
	}()
	for running() == 0 {
	}
	stop()
	began := time.Now()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if took := time.Since(began); took > time.Second || running() > 0 {
		t.Errorf("%s later %d statements run", took, running())
	}
	ctx, stop = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := f.tryRows(ctx, leaf, run{}); sqlerr.CodeOf(err) != sqlerr.Timeout {
		t.Errorf("deadline: %v", err)
	}
	limited := newFixture(t, connectors.Options{"statement_timeout": "200ms"}, numbered("a", 3000)...)
	if _, err := limited.tryRows(t.Context(), slow(limited), run{}); sqlerr.CodeOf(err) != sqlerr.Timeout {
		t.Errorf("statement_timeout: %v", err)
	}
	if running() > 0 {
		t.Error("statements still run")
	}
}

// TestUnneededRest leaves results early: one that never ends is stopped, and one that is on its way is read to its end. The
// connection goes on in its snapshot.
func TestUnneededRest(t *testing.T) {
	f := newFixture(t, nil, append(numbered("a", 20_000),
		"CREATE VIEW endless AS SELECT x.seq AS n FROM seq_1_to_1000000 AS x, seq_1_to_1000000 AS y")...)
	tx := &connectors.Tx{}
	for _, table := range []string{"endless", "a"} {
		r, e, err := f.open(t.Context(), f.pushed(f.scan(table)), run{tx: tx})
		if err != nil {
			t.Fatal(err)
		}
		batch, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
		if err := errors.Join(r.Close(), e.Close()); err != nil {
			t.Errorf("%s: %v", table, err)
		}
		if n := len(f.rows(f.pushed(f.scan("a", "id")), run{tx: tx})); n != 20_000 {
			t.Errorf("%d rows after leaving %s", n, table)
		}
	}
	if err := tx.Close(); err != nil {
		t.Error(err)
	}
}

// TestLostConnection is an error once anything was read, and goes unnoticed before.
func TestLostConnection(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 200_000)...)
	admin := adminOf(t, f.maria)
	leaf := f.pushed(f.scan("a"))
	small := f.pushed(&plan.Limit{Input: f.scan("a", "id"), Count: 1})
	kill := func() {
		rows, err := admin.Query("SELECT ID FROM information_schema.PROCESSLIST WHERE DB IS NULL AND USER = ? AND ID <> CONNECTION_ID()", f.maria.User)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var ids []int
		for rows.Next() {
			var id int
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		for _, id := range ids {
			_, _ = admin.Exec(fmt.Sprintf("KILL CONNECTION %d", id)) // others' may end at the same time
		}
	}
	f.rows(small, run{})
	kill() // while it is idle
	if got := f.rows(small, run{}); len(got) != 1 {
		t.Errorf("after an idle connection was lost: %q", got)
	}
	tx := &connectors.Tx{}
	defer tx.Close()
	r, e, err := f.open(t.Context(), leaf, run{tx: tx})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	batch, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	batch.Release()
	kill()
	if rows, err := conntest.Drain(t.Context(), r, leaf.Schema()); !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "shop") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if got := f.rows(small, run{}); len(got) != 1 {
		t.Errorf("the next statement: %q", got)
	}
}

// TestServerGoneBeforeTheQuery loses an idle connection, and the server with it, when it was given to a statement.
func TestServerGoneBeforeTheQuery(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 3)...)
	leaf := f.pushed(f.scan("a"))
	f.rows(leaf, run{})
	tx := &connectors.Tx{}
	r, e, err := f.open(t.Context(), leaf, run{tx: tx})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.source.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Next(t.Context()); !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "shop") {
			t.Errorf("error %v", err)
		}
	}
	if err := errors.Join(r.Close(), e.Close(), tx.Close()); err != nil {
		t.Error(err)
	}
}

// TestKeys joins with rows that come when the query runs.
func TestKeys(t *testing.T) {
	f := newFixture(t, nil, `CREATE TABLE k (id BIGINT PRIMARY KEY, c VARCHAR(20) COLLATE utf8mb4_nopad_bin, d DATE, x DECIMAL(30,10), m DATETIME(6), u BIGINT UNSIGNED)`,
		`INSERT INTO k SELECT seq, CONCAT('k', seq), '2020-01-01' + INTERVAL seq DAY, 12345678901234567890 + seq / 4, '2020-01-01 00:00:00.000001' + INTERVAL seq SECOND, 18446744073709550000 + seq FROM seq_1_to_1000`,
		`INSERT INTO k (id, c) VALUES (2000, 'k"\\\\,\n''7')`)
	table := f.table("k")
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	for _, c := range []struct {
		text   string
		values []types.Value
		want   string
	}{
		{"id = a\n    scan k: id\n    keys a bigint", []types.Value{types.IntValue(5), types.NullValue, types.IntValue(-1), types.IntValue(7)}, "5|5 7|7"},
		{"c = a\n    scan k: id, c\n    keys a varchar(20)", []types.Value{types.TextValue("k5"), types.TextValue("k6 "), types.TextValue("K7"), types.TextValue("k\"\\\\,\n'7")}, "2000|k\"\\\\,\n'7|k\"\\\\,\n'7 5|k5|k5"},
		{"d = a\n    scan k: id, d\n    keys a date", []types.Value{types.IntValue(18262 + 3)}, "3|2020-01-04|2020-01-04"},
		{"x = a\n    scan k: id, x\n    keys a decimal(30,10)", []types.Value{decimalValue(t, "12345678901234567891.2500000000")}, "5|12345678901234567891.2500000000|12345678901234567891.2500000000"},
	} {
		tree, err := parser.Parse("join inner " + c.text)
		if err != nil {
			t.Fatal(err)
		}
		keys := tree.(*plan.Join).Right.(*plan.Keys)
		column := kernel.FromValues(mem, keys.Cols[0].Type, c.values)
		args := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "a", Type: column.DataType(), Nullable: true}}, nil), []arrow.Array{column}, int64(len(c.values)))
		column.Release()
		rows := f.rows(f.pushed(tree), run{args: args})
		args.Release()
		slices.Sort(rows)
		if got := strings.Join(rows, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

func decimalValue(t *testing.T, text string) types.Value {
	t.Helper()
	v, _, err := types.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keyed is a dynamic filter of keys.
type keyed struct {
	connectors.NoFilter
	keys []connectors.ColumnKeys
}

func (k keyed) Keys() []connectors.ColumnKeys { return k.keys }

// TestDynamicFilter sends keys along, so that only their rows come.
func TestDynamicFilter(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 100_000)...)
	leaf := f.pushed(f.scan("a", "id"))
	values := make([]types.Value, leaf.(connectors.KeyLister).MostKeys())
	for i := range values {
		values[i] = types.IntValue(int64(3 * i))
	}
	list := kernel.FromValues(memory.DefaultAllocator, types.Of(types.Int32), values)
	defer list.Release()
	rows := f.rows(leaf, run{dynamic: keyed{keys: []connectors.ColumnKeys{{Column: leaf.Schema()[0].ID, Values: list}}}})
	if len(rows) != len(values)-1 {
		t.Errorf("%d rows, want %d", len(rows), len(values)-1)
	}
}

// TestAdmission reads in more statements than connections.
func TestAdmission(t *testing.T) {
	f := newFixture(t, connectors.Options{"pool": "2", "admission": "1"}, numbered("a", 100)...)
	leaf := f.pushed(f.scan("a", "id"))
	done := make(chan int)
	for range 8 {
		go func() {
			rows, err := f.tryRows(t.Context(), leaf, run{})
			if err != nil {
				t.Error(err)
			}
			done <- len(rows)
		}()
	}
	for range 8 {
		if n := <-done; n != 100 {
			t.Errorf("%d rows", n)
		}
	}
}

// TestParameters are constants when the statement runs.
func TestParameters(t *testing.T) {
	f := newFixture(t, nil, `CREATE TABLE p (id INT, v VARCHAR(20) COLLATE utf8mb4_general_ci)`, `INSERT INTO p VALUES (1, 'a\\\\b''c'), (2, 'x')`)
	scan := f.scan("p")
	cond, err := expr.New(expr.Eq, scan.Cols[1].Ref(), &expr.Param{Name: "p", Typ: types.NewText(types.Varchar, 0, types.Utf8mb4General)})
	if err != nil {
		t.Fatal(err)
	}
	leaf := f.pushed(&plan.Filter{Input: scan, Conds: []expr.Expr{cond}})
	if !strings.Contains(leaf.String(), ":p") {
		t.Error(leaf.String())
	}
	tx := &connectors.Tx{}
	defer tx.Close()
	if err := leaf.(connectors.Admitter).Admit(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	request := f.request(run{tx: tx})
	request.Env.Params = []types.Value{types.TextValue(`A\\B'c`)}
	e, err := leaf.Start(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, err := e.Open(t.Context(), whole{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conntest.Drain(t.Context(), r, leaf.Schema())
	if err != nil || !slices.Equal(rows, []string{`1|a\\b'c`}) {
		t.Errorf("%q %v", rows, err)
	}
}

// budget is a query's memory.
type budget struct{ limit, used, most int64 }

func (b *budget) Reserve(n int64) error {
	if b.used+n > b.limit {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory")
	}
	b.used += n
	b.most = max(b.most, b.used)
	return nil
}

func (b *budget) Release(n int64) { b.used -= n }

// TestPutAside charges the query with the rows that are put aside while another result comes over the connection.
func TestPutAside(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 50_000)...)
	leaf := f.pushed(f.scan("a"))
	const text = 100 * 50_000
	for _, limit := range []int64{text, 4 * text} {
		mem := bufpooltest.New()
		defer mem.AssertSize(t, 0)
		memory := &budget{limit: limit}
		tx := &connectors.Tx{}
		first, e, err := f.open(t.Context(), leaf, run{tx: tx, mem: mem, account: memory, rows: 1000})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		batch, err := first.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
		rows, err := f.tryRows(t.Context(), f.pushed(f.scan("a", "id")), run{tx: tx, account: memory})
		if limit > text {
			if err != nil || len(rows) != 50_000 || memory.most < text {
				t.Errorf("%d rows, %v; at most %d bytes", len(rows), err, memory.most)
			}
			if rows, err := conntest.Drain(t.Context(), first, leaf.Schema()); err != nil || len(rows) != 49_000 {
				t.Errorf("%d rows, %v", len(rows), err)
			}
			if memory.used != 0 {
				t.Errorf("%d bytes are still charged", memory.used)
			}
		} else if !sqlerr.Is(err, sqlerr.OutOfMemory) || !strings.Contains(err.Error(), "source shop: read ") {
			t.Errorf("past the limit: %v", err)
		}
		if err := errors.Join(first.Close(), tx.Close()); err != nil {
			t.Error(err)
		}
		if memory.used != 0 {
			t.Errorf("%d bytes are charged in the end", memory.used)
		}
	}
}

// conditions is a dynamic filter of conditions.
type conditions struct {
	connectors.NoFilter
	conds []expr.Expr
}

func (c conditions) Conds() []expr.Expr { return c.conds }

// TestMixedFilter does not send conditions in which texts of several collations meet, as it does not push such.
func TestMixedFilter(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE m (id INT, g VARCHAR(20) COLLATE utf8mb4_general_ci, u VARCHAR(20) COLLATE utf8mb4_unicode_ci)",
		"INSERT INTO m VALUES (1, NULL, 'x'), (2, 'y', NULL)")
	scan := f.scan("m")
	both := &expr.Call{Func: expr.Coalesce, Args: []expr.Expr{scan.Cols[1].Ref(), scan.Cols[2].Ref()}, Typ: scan.Cols[1].Type, Null: true}
	cond := &expr.Call{Func: expr.IsNull, Args: []expr.Expr{both}, Typ: types.Of(types.Bool)}
	rows := f.rows(f.pushed(scan), run{dynamic: conditions{conds: []expr.Expr{cond}}})
	if want := []string{"1|NULL|x", "2|y|NULL"}; !slices.Equal(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
}

// TestCombinedLists sends the lists of several columns while their combinations are few: the server would make ranges of all.
func TestCombinedLists(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE c (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)) AS SELECT seq AS a, seq AS b FROM seq_1_to_1000")
	scan := f.scan("c")
	leaf := f.pushed(scan)
	list := func(column, from, to int) expr.Expr {
		in := &expr.In{Arg: scan.Cols[column].Ref()}
		for v := from; v <= to; v++ {
			in.List = append(in.List, types.IntValue(int64(v)))
		}
		return in
	}
	for want, conds := range map[int][]expr.Expr{
		100: {list(0, 1, 200), list(1, 101, 300)},  // 40,000 combinations
		200: {list(1, 101, 3000), list(0, 1, 200)}, // more: the longer list stays here
	} {
		if rows := f.rows(leaf, run{dynamic: conditions{conds: conds}}); len(rows) != want {
			t.Errorf("%d rows, want %d", len(rows), want)
		}
	}
}
