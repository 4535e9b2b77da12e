package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/sqlite"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

// TestGoldens runs testdata/*. A file is one story over one database:
//
//	exec [utf16]      SQL that changes it, ";" between statements
//	describe          the table named below
//	list              all tables
//	push              the plan below, as the source answers it
//	rows              the rows of the plan below, computed pushed and unpushed: they must be the same
//	read              the rows of the plan below, pushed
func TestGoldens(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		file := filepath.Join(t.TempDir(), "test.db")
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "exec":
				change(t, file, strings.Split(d.Input, ";")...)
				return ""
			case "describe":
				return describe(t, file, d.Input)
			case "list":
				return list(t, file)
			case "push":
				source := open(t, file).Bind(connectors.Principal{})
				answer, err := source.Pushdown(t.Context(), parse(t, source, d.Input))
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return plan.Format(answer, plan.FormatOptions{})
			case "rows":
				return compare(t, file, d.Input)
			case "read":
				return read(t, file, d.Input)
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func describe(t *testing.T, file, name string) string {
	table, err := open(t, file).Bind(connectors.Principal{}).
		Table(t.Context(), connectors.TableName{Name: name}, connectors.AsOf{})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, c := range table.Columns {
		null := "NOT NULL"
		if c.Nullable {
			null = "NULL"
		}
		fmt.Fprintf(&b, "%s %s %s (%s)", c.Name, c.Type, null, c.Native)
		if c.Warning != "" {
			b.WriteString(" warning: " + c.Warning)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "kind %d, keys %v, primary %t, rows %g\n", table.Kind, table.Keys, table.Primary, table.Stats.Rows)
	return b.String()
}

func list(t *testing.T, file string) string {
	var b strings.Builder
	for entry, err := range open(t, file).Bind(connectors.Principal{}).List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		fmt.Fprintf(&b, "%s %d\n", entry.Name, entry.Kind)
	}
	return b.String()
}

func parse(t *testing.T, source connectors.Source, text string) plan.Node {
	t.Helper()
	parser := plantext.Parser{
		Site: plan.Site{Source: sourceName},
		Table: func(name string) (*plan.Table, error) {
			return source.Table(t.Context(), connectors.TableName{Name: name}, connectors.AsOf{})
		},
		Params: map[string]types.Type{"p": types.Of(types.Int64), "q": types.Of(types.Text)},
	}
	root, err := parser.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// compare runs a plan with all pushed that the source takes and with its scans alone.
func compare(t *testing.T, file, text string) string {
	source := open(t, file).Bind(connectors.Principal{})
	root := parse(t, source, text)
	pushed, err := source.Pushdown(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	got, gotErr := run(t, pushed)
	want, wantErr := run(t, scansOnly(t, source, root))
	if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Errorf("%s\npushed: %v, unpushed: %v", text, gotErr, wantErr)
	}
	if wantErr != nil {
		return "error: " + wantErr.Error() + "\n"
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s\npushed:\n%s\nunpushed:\n%s\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"),
			plan.Format(pushed, plan.FormatOptions{}))
	}
	return strings.Join(want, "\n") + "\n"
}

func read(t *testing.T, file, text string) string {
	source := open(t, file).Bind(connectors.Principal{})
	pushed, err := source.Pushdown(t.Context(), parse(t, source, text))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := run(t, pushed)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return strings.Join(rows, "\n") + "\n"
}

func scansOnly(t *testing.T, source connectors.Source, n plan.Node) plan.Node {
	if _, ok := n.(*plan.Scan); ok {
		leaf, err := source.Pushdown(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	children := make([]plan.Node, len(n.Children()))
	for i, c := range n.Children() {
		children[i] = scansOnly(t, source, c)
	}
	return n.WithChildren(children)
}

// run evaluates a placed plan and renders its rows.
func run(t *testing.T, root plan.Node) ([]string, error) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	env := &expr.Env{Location: time.UTC, Params: []types.Value{types.IntValue(2), types.TextValue("b")}}
	batches, err := testengine.Evaluate(t.Context(), root, conntest.Evaluation{Memory: mem, Env: env, Parallel: 2})
	var rows []string
	for _, batch := range batches {
		for r := range int(batch.NumRows()) {
			parts := make([]string, batch.NumCols())
			for i, c := range root.Schema() {
				v := kernel.ValueAt(batch.Column(i), r)
				parts[i] = v.Format(c.Type, time.UTC)
				if c.Type.IsString() && !v.Null {
					parts[i] = fmt.Sprintf("%q", v.Str)
				}
			}
			rows = append(rows, strings.Join(parts, " | "))
		}
		batch.Release()
	}
	return rows, err
}

func TestOptions(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		options connectors.Options
		roots   []string
		ok      bool
	}{
		{"no path", nil, nil, false},
		{"unknown option", connectors.Options{"path": "a.db", "pth": "b"}, nil, false},
		{"any path", connectors.Options{"path": "a.db"}, nil, true},
		{"no roots", connectors.Options{"path": filepath.Join(dir, "a.db")}, []string{}, false},
		{"under a root", connectors.Options{"path": filepath.Join(dir, "a.db")}, []string{"/nowhere", dir}, true},
		{"beside a root", connectors.Options{"path": dir + "-other/a.db"}, []string{dir}, false},
		{"up and away", connectors.Options{"path": dir + "/../a.db"}, []string{dir}, false},
		{"through a link", connectors.Options{"path": filepath.Join(link, "a.db")}, []string{dir}, false},
	} {
		_, err := sqlite.Open(t.Context(), connectors.Config{Name: sourceName, Options: c.options, LocalRoots: c.roots})
		if c.ok && err != nil || !c.ok && !sqlerr.Is(err, sqlerr.BadOption) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAFolderIsNoDatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop.db")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Open(t.Context(), connectors.Config{Name: sourceName, Options: connectors.Options{"path": dir}})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Bind(connectors.Principal{}).List(t.Context(), connectors.ListOptions{}) {
		if want := "source " + sourceName + ": shop.db is a folder"; !sqlerr.Is(err, sqlerr.SourceDown) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestLocked holds the file exclusively: a statement waits for it, under its own deadline too.
func TestLocked(t *testing.T) {
	file := database(t, "CREATE TABLE a (id INTEGER)")
	c := open(t, file)
	sqlite.WaitFor(c, 20*time.Millisecond)
	db := writer(t, file)
	defer db.Close()
	lock, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	source := c.Bind(connectors.Principal{})
	_, err = source.Table(t.Context(), connectors.TableName{Name: "a"}, connectors.AsOf{})
	if !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "locked") {
		t.Errorf("locked: %v", err)
	}
	sqlite.WaitFor(c, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err = source.Table(ctx, connectors.TableName{Name: "a"}, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.Timeout) {
		t.Errorf("locked under a deadline: %v", err)
	}
	waits := make(chan error)
	go func() {
		_, err := source.Table(t.Context(), connectors.TableName{Name: "a"}, connectors.AsOf{})
		waits <- err
	}()
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// leaf pushes a plan that is taken whole.
func leaf(t *testing.T, source connectors.Source, text string) *plan.Remote {
	t.Helper()
	answer, err := source.Pushdown(t.Context(), parse(t, source, text))
	if err != nil {
		t.Fatal(err)
	}
	remote, ok := answer.(*plan.Remote)
	if !ok {
		t.Fatalf("not taken whole:\n%s", plan.Format(answer, plan.FormatOptions{}))
	}
	return remote
}

// first opens the only split of a leaf.
func first(t *testing.T, ctx context.Context, leaf *plan.Remote, tx *connectors.Tx) (connectors.Execution, connectors.Reader) {
	t.Helper()
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	e, err := leaf.Fragment.(connectors.Fragment).Start(ctx, connectors.Scan{
		Memory: mem, Parallel: 1, Env: &expr.Env{Location: time.UTC}, Tx: tx, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, e) })
	r, err := e.Open(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e, r
}

// countOf reads a single integer.
func countOf(t *testing.T, r connectors.Reader) int64 {
	t.Helper()
	batch, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	return kernel.ValueAt(batch.Column(0), 0).Int
}

// TestSnapshot checks that the fragments of one statement read one state of the file, and the next statement another.
func TestSnapshot(t *testing.T) {
	file := database(t, "PRAGMA journal_mode = WAL", "CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1), (2)")
	source := open(t, file).Bind(connectors.Principal{})
	count := leaf(t, source, "aggregate | count(*) as n\n  scan a")
	tx := &connectors.Tx{}
	t.Cleanup(func() { closed(t, tx) })
	_, before := first(t, t.Context(), count, tx)
	if n := countOf(t, before); n != 2 {
		t.Errorf("%d rows", n)
	}
	change(t, file, "INSERT INTO a VALUES (3)")
	_, same := first(t, t.Context(), count, tx)
	if n := countOf(t, same); n != 2 {
		t.Errorf("the statement saw a later write: %d rows", n)
	}
	_, after := first(t, t.Context(), count, nil)
	if n := countOf(t, after); n != 3 {
		t.Errorf("the next statement saw %d rows", n)
	}
}

// TestReplaced checks that a file put in the place of another is read by the next statement.
func TestReplaced(t *testing.T) {
	file := database(t, "CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1)")
	other := database(t, "CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1), (2)")
	source := open(t, file).Bind(connectors.Principal{})
	count := leaf(t, source, "aggregate | count(*) as n\n  scan a")
	if err := os.Rename(other, file); err != nil {
		t.Fatal(err)
	}
	if _, r := first(t, t.Context(), count, nil); countOf(t, r) != 2 {
		t.Error("the old file was read")
	}
}

// TestDropped checks a table that vanishes between planning and running.
func TestDropped(t *testing.T) {
	file := database(t, "CREATE TABLE a (id INTEGER)")
	source := open(t, file).Bind(connectors.Principal{})
	scan := leaf(t, source, "scan a")
	change(t, file, "DROP TABLE a")
	_, err := run(t, scan)
	if !sqlerr.Is(err, sqlerr.UnknownTable) || !strings.Contains(err.Error(), sourceName) {
		t.Errorf("dropped: %v", err)
	}
}

// TestCancelInsideOneStep ends the context while SQLite computes the first row, and reads on in the same statement: the
// cancel of one fragment does not touch another.
func TestCancelInsideOneStep(t *testing.T) {
	file := database(t, "CREATE TABLE a (id INTEGER PRIMARY KEY)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO a SELECT i FROM n")
	source := open(t, file).Bind(connectors.Principal{})
	slow := leaf(t, source, "aggregate | count(*) as n\n  join inner x.id > y.id and x.id % 7 = y.id % 5\n    scan a x\n    scan a y")
	tx := &connectors.Tx{}
	t.Cleanup(func() { closed(t, tx) })
	_, bystander := first(t, t.Context(), leaf(t, source, "scan a"), tx)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, r := first(t, ctx, slow, tx)
	began := time.Now()
	_, err := r.Next(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
	batch, err := bystander.Next(t.Context())
	if err != nil {
		t.Fatalf("the other fragment: %v", err)
	}
	batch.Release()
}

// TestStatementEnds closes the transaction under an open reader.
func TestStatementEnds(t *testing.T) {
	source := open(t, database(t, "CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1)")).Bind(connectors.Principal{})
	tx := &connectors.Tx{}
	e, r := first(t, t.Context(), leaf(t, source, "scan a"), tx)
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read after the end: %v", err)
	}
	for _, c := range []io.Closer{r, e, r, e} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestChanged checks that a plan of a table reads nothing of one that is another by now, pushed or not.
func TestChanged(t *testing.T) {
	const shape = "CREATE TABLE a (id INTEGER, d DECIMAL(10,1), v TEXT)"
	for name, changes := range map[string][]string{
		"other type":      {"DROP TABLE a", "CREATE TABLE a (id REAL, d DECIMAL(10,1), v TEXT)"},
		"other scale":     {"DROP TABLE a", "CREATE TABLE a (id INTEGER, d DECIMAL(10,3), v TEXT)"},
		"other collation": {"DROP TABLE a", "CREATE TABLE a (id INTEGER, d DECIMAL(10,1), v TEXT COLLATE NOCASE)"},
		"renamed column":  {"ALTER TABLE a RENAME d TO e"},
		"new column":      {"ALTER TABLE a ADD z INTEGER"},
		"a view":          {"ALTER TABLE a RENAME TO old", "CREATE VIEW a AS SELECT id, d, v FROM old"},
	} {
		t.Run(name, func(t *testing.T) {
			file := database(t, shape, "INSERT INTO a VALUES (1, 1.25, 'x')")
			source := open(t, file).Bind(connectors.Principal{})
			stale := []*plan.Remote{leaf(t, source, "scan a"), leaf(t, source, "filter v = 'X'\n    scan a"),
				leaf(t, source, "aggregate v | count(*) as n\n    scan a")}
			change(t, file, changes...)
			for _, remote := range stale {
				rows, err := run(t, remote)
				if !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), "source "+sourceName) {
					t.Errorf("%s: %q, %v", remote.Fragment, rows, err)
				}
			}
			if _, err := run(t, leaf(t, source, "scan a")); err != nil {
				t.Errorf("described anew: %v", err)
			}
		})
	}
	file := database(t, shape)
	other := database(t, "PRAGMA encoding = 'UTF-16le'", shape)
	source := open(t, file).Bind(connectors.Principal{})
	scan := leaf(t, source, "scan a")
	if err := os.Rename(other, file); err != nil {
		t.Fatal(err)
	}
	if rows, err := run(t, scan); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("other encoding: %q, %v", rows, err)
	}
}

// TestRowids: only a primary key that is the rowid is never NULL.
func TestRowids(t *testing.T) {
	file := database(t, "CREATE TABLE up (id INTEGER PRIMARY KEY, v)", "CREATE TABLE down (id INTEGER PRIMARY KEY DESC, v)",
		"INSERT INTO down VALUES (NULL, 1), (NULL, 2)")
	source := open(t, file).Bind(connectors.Principal{})
	for name, rowid := range map[string]bool{"up": true, "down": false} {
		table, err := source.Table(t.Context(), connectors.TableName{Name: name}, connectors.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		if table.Columns[0].Nullable == rowid || len(table.Keys) > 0 != rowid {
			t.Errorf("%s: nullable %v, keys %v", name, table.Columns[0].Nullable, table.Keys)
		}
	}
}
