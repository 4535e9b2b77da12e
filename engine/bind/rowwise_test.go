package bind

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql/expression/function"
)

// TestRowByRow compares what docs/functions.md says of functions that are evaluated row by row with the plans of calls of every
// function that GMS has, over columns of several types. -rewrite writes it anew.
func TestRowByRow(t *testing.T) {
	b, ctx, c := newBinder(t)
	columns := []struct{ name, typ, text string }{
		{"t", "varchar(20)", "text"}, {"i", "int", "numbers"}, {"d", "datetime(6)", "dates"}, {"j", "json", "JSON"},
	}
	var defs []string
	for _, col := range columns {
		defs = append(defs, col.name+" "+col.typ)
	}
	c.define("nasty", "probe", defs...)
	var always, spatial []string
	sometimes := make(map[string][]string) // functions by the type of the arguments
	for _, f := range function.BuiltIns {
		name := strings.ToLower(f.FunctionName())
		kernels, rows := false, make(map[string]bool)
		for _, col := range columns {
			for n := range 5 {
				query := fmt.Sprintf("select %s(%s) from nasty.probe", name, strings.Join(slices.Repeat([]string{col.name}, n), ", "))
				plan := explain(ctx, b, query)
				switch {
				case strings.Contains(plan, "ERROR"): // no such call
				case strings.Contains(plan, "row["):
					rows[col.text] = true
				default:
					kernels = true
				}
			}
		}
		switch {
		case len(rows) == 0:
		case !kernels && (strings.HasPrefix(name, "st_") || strings.Contains(name, "vec") || name == "distance"):
			spatial = append(spatial, name)
		case !kernels:
			always = append(always, name)
		default:
			for text := range rows {
				sometimes[text] = append(sometimes[text], name)
			}
		}
	}
	const heading = "\n## Row by row\n"
	var want strings.Builder
	fmt.Fprintf(&want, `%s
These functions have no kernel: %s.

Neither have those of geometries and vectors, which sources have no columns of: %s.
`, heading, codes(always), codes(spatial))
	for _, col := range columns {
		if len(sometimes[col.text]) > 0 {
			fmt.Fprintf(&want, "\nThese have one, but not for all calls with %s: %s.\n", col.text, codes(sometimes[col.text]))
		}
	}
	const path = "../../docs/functions.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, section, _ := strings.Cut(string(page), heading)
	if flag.Lookup("rewrite").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(table+want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if heading+section != want.String() {
		t.Errorf("%s is stale: go test ./engine/bind -run RowByRow -rewrite\nwant%s", path, want.String())
	}
}

// codes lists names, as code, in order.
func codes(names []string) string {
	slices.Sort(names)
	return "`" + strings.Join(slices.Compact(names), "`, `") + "`"
}
