package bind

import (
	"context"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/plan"
)

// views is a ViewStore in memory, by "db.name".
type views map[string]View

func (v views) View(_ context.Context, db, name string) (View, bool, error) {
	found, ok := v[strings.ToLower(db+"."+name)]
	return found, ok, nil
}

func (v views) Views(_ context.Context, db string) (list []View, err error) {
	for key, view := range v {
		if strings.HasPrefix(key, db+".") {
			list = append(list, view)
		}
	}
	return list, nil
}

func (v views) DropView(_ context.Context, db, name string) (bool, error) {
	delete(v, strings.ToLower(db+"."+name))
	return true, nil
}

func TestViews(t *testing.T) {
	store := views{}
	b, ctx, _ := newBinder(t, func(c *Config) { c.Views = store })
	store["tpch.asia"] = View{Name: "asia", Columns: []string{"k", "upper(n_name)"},
		Query: "select n_nationkey as k, upper(n_name) from nation join region on n_regionkey = r_regionkey where r_name = 'ASIA'"}
	ctx.SetCurrentDatabase("nasty")
	for _, query := range []string{
		"select * from tpch.asia",
		"select k, `upper(n_name)` from tpch.asia a where k > 1 order by k",
		"select a.k, b.k from tpch.asia a join tpch.asia b on a.k = b.k",
		"select count(*) from tpch.asia where k in (select k from tpch.asia)",
		"select x.k from (select * from tpch.asia) x",
	} {
		leaf := mustBind(t, ctx, b, query)
		scans := 0
		walk(leaf.Plan, func(n plan.Node) {
			if _, ok := n.(*plan.Scan); ok {
				scans++
			}
		})
		if want := 2 * strings.Count(query, "asia"); scans != want {
			t.Errorf("%s: %d scans, want %d\n%s", query, scans, want, format(leaf))
		}
	}
}
