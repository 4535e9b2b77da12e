package bind

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// TestLocalTables reads GMS-owned tables of a federated query through the Leaf's source.
func TestLocalTables(t *testing.T) {
	b, ctx, _ := newBinder(t)
	mustRun(t, ctx, b, "create table scratch.t (id int primary key, v varchar(20), d decimal(10,2), at datetime, e enum('a','b'))")
	mustRun(t, ctx, b, "insert into scratch.t values (1, 'x', 1.5, '2024-01-02 03:04:05', 'b'), (2, NULL, -0.01, NULL, NULL), (3, 'z', 0, '1000-01-01', 'a')")
	leaf := mustBind(t, ctx, b, "select t.* from scratch.t join nation on id = n_nationkey")
	got := readLocal(t, leaf, 2)
	want := `1 x 1.50 2024-01-02 03:04:05 b
2 NULL -0.01 NULL NULL
3 z 0.00 1000-01-01 00:00:00 a
`
	if got != want {
		t.Errorf("rows\n%swant\n%s", got, want)
	}

	leaf = mustBind(t, ctx, b, "select c.column_name from information_schema.columns c join nation on n_name = c.column_name where c.table_schema = 'tpch'")
	if got := readLocal(t, leaf, 100); !strings.Contains(got, "l_extendedprice") {
		t.Errorf("information_schema.columns\n%s", got)
	}
}

// TestNoFileIntoLocalTables wants LOAD DATA refused where GMS would read a file of the host into a table of its own.
func TestNoFileIntoLocalTables(t *testing.T) {
	b, ctx, _ := newBinder(t)
	mustRun(t, ctx, b, "create table scratch.t (line text)")
	for _, statement := range []string{
		"load data infile '/etc/hostname' into table scratch.t", "explain select 1 into outfile '/tmp/x'",
	} {
		if _, err := b.Bind(ctx, statement); !sqlerr.Is(err, sqlerr.FilesDisabled) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// readLocal runs the fragment of the only local scan of a Leaf's plan and renders its rows.
func readLocal(t *testing.T, leaf *Leaf, batchRows int) string {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	ctx := context.Background()
	var scan *plan.Scan
	walk(leaf.Plan, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok && s.Site == LocalSite {
			scan = s
		}
	})
	placed, err := leaf.Local[LocalSite].Pushdown(ctx, &plan.Limit{Input: scan, Count: -1})
	if err != nil {
		t.Fatal(err)
	}
	remote := placed.Children()[0].(*plan.Remote)
	run, err := remote.Fragment.(connectors.Fragment).Start(ctx, connectors.Scan{Memory: mem, BatchRows: batchRows, Usage: &connectors.Usage{}})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var out strings.Builder
	for split, err := range run.Splits(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		reader, err := run.Open(ctx, split)
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
			if batch.NumRows() > int64(batchRows) {
				t.Errorf("a batch of %d rows", batch.NumRows())
			}
			for row := range int(batch.NumRows()) {
				cells := make([]string, len(remote.Cols))
				for i, c := range remote.Cols {
					v, err := valueAt(batch.Column(i), row, c.Type)
					if err != nil {
						t.Fatal(err)
					}
					cells[i] = v.Format(c.Type, time.UTC)
				}
				fmt.Fprintln(&out, strings.Join(cells, " "))
			}
			batch.Release()
		}
	}
	return out.String()
}
