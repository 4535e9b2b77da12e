//go:build integration

package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// looked is a dynamic filter of keys alone.
type looked []connectors.ColumnKeys

func (looked) Ready() <-chan struct{}          { return connectors.NoFilter{}.Ready() }
func (looked) Conds() []expr.Expr              { return nil }
func (l looked) Keys() []connectors.ColumnKeys { return l }

func listOf(col plan.Column, t types.Type, values ...types.Value) connectors.ColumnKeys {
	return connectors.ColumnKeys{
		Column: col.ID, Set: &keySet{col.Name}, Values: kernel.FromValues(memory.DefaultAllocator, t, values),
	}
}

// Keys that are sent along leave their rows, whatever the column's type, in every split, and below what groups.
func TestListedKeys(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil,
		`CREATE TABLE big AS SELECT g::int8 AS id, g::int4 AS i, (g || CASE g % 2 WHEN 0 THEN '\' ELSE '"' END)::char(12) AS c,
			('v' || g)::text COLLATE "en-x-icu" AS v, (g / 4.0)::numeric(12,2) AS n, '2000-01-01'::date + g AS d, repeat('x', 500) AS pad
			FROM generate_series(1, 100000) g`,
		`INSERT INTO big (d) VALUES (NULL), ('infinity')`, `ANALYZE big`)
	const keys = 10_000
	scan := f.scan("big", "id", "i", "c", "v", "n", "d")
	column := func(name string) plan.Column {
		return scan.Cols[slices.IndexFunc(scan.Cols, func(c plan.Column) bool { return c.Name == name })]
	}
	make := func(name string, t types.Type, value func(i int) types.Value) connectors.ColumnKeys {
		values := []types.Value{}
		for i := range keys {
			values = append(values, value(7*i+1))
		}
		return listOf(column(name), t, values...)
	}
	integer := func(i int) types.Value { return types.IntValue(int64(i)) }
	decimal := column("n").Type
	for name, list := range map[string]connectors.ColumnKeys{
		"bigint":  make("id", types.Of(types.Int64), integer),
		"int":     make("i", types.Of(types.Int64), integer),
		"char":    make("c", column("c").Type, func(i int) types.Value { return types.TextValue(fmt.Sprintf("%d%c", i, `\"`[i%2])) }),
		"varchar": make("v", column("v").Type, func(i int) types.Value { return types.TextValue(fmt.Sprintf("v%d", i)) }),
		"date":    make("d", types.Of(types.Date), func(i int) types.Value { return types.IntValue(int64(epochDays + i)) }),
		"numeric": make("n", decimal, func(i int) types.Value {
			v, _, err := types.ParseDecimal(fmt.Sprintf("%d.%02d", i/4, i%4*25))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}),
	} {
		t.Run(name, func(t *testing.T) {
			all := f.pushed(&plan.Project{Input: scan, Exprs: []plan.Projection{
				{Col: column("id"), Expr: column("id").Ref()}, {Col: scan.Cols[scan.Cols.Index(list.Column)], Expr: scan.Cols[scan.Cols.Index(list.Column)].Ref()},
			}})
			for _, parallel := range []int{1, 4} {
				rows := f.rows(all, run{parallel: parallel, dynamic: looked{list}})
				if len(rows) != keys {
					t.Fatalf("%d rows", len(rows))
				}
				slices.SortFunc(rows, func(a, b string) int { return idOf(a) - idOf(b) })
				for i, row := range rows {
					if idOf(row) != 7*i+1 {
						t.Fatalf("row %d is %s", i, row)
					}
				}
			}
		})
	}
	group := plan.Column{ID: 1000, Name: "id", Type: types.Of(types.Int64)}
	grouped := f.pushed(&plan.Aggregate{Input: scan, Groups: []plan.Projection{{Col: group, Expr: column("id").Ref()}}})
	list := make("id", types.Of(types.Int64), integer)
	list.Column = group.ID
	if rows := f.rows(grouped, run{dynamic: looked{list}}); len(rows) != keys {
		t.Errorf("%d groups", len(rows))
	}
	// What can't be sent, and what the fragment does not have, is not.
	nul, absent := listOf(column("v"), column("v").Type, types.TextValue("a\x00")), listOf(plan.Column{ID: 2000}, types.Of(types.Int64), types.IntValue(1))
	bare := f.pushed(f.scan("big", "v"))
	nul.Column = bare.Schema()[0].ID
	if rows := f.rows(bare, run{dynamic: looked{nul, absent}}); len(rows) != 100_002 {
		t.Errorf("%d rows", len(rows))
	}
}

func idOf(row string) (id int) {
	text, _, _ := strings.Cut(row, "|")
	_, _ = fmt.Sscan(text, &id)
	return id
}
