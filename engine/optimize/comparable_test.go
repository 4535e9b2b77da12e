package optimize

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// comparables are other tests than the rest of testdata.
const comparables = "testdata/comparable"

// TestComparable runs testdata/comparable: a plan, and how its answers are compared or why they are not, or, for "magnify", what
// is run to know by how much they may differ. The plans are those of
// package plantext over a table with a key id, or, for "windows", of this package's tests.
func TestComparable(t *testing.T) {
	column := func(name string, t types.Type) plan.TableColumn {
		return plan.TableColumn{Name: name, Type: t, Nullable: name != "id"}
	}
	table := &plan.Table{Name: plan.TableName{Name: "t"}, Keys: [][]int{{0}, {1}}, Primary: true, Columns: []plan.TableColumn{
		column("id", types.Of(types.Int64)), column("n", types.Of(types.Int64)), column("d", types.Of(types.Float64)),
		column("bytes", types.Of(types.Text)), column("folded", types.NewText(types.Text, 0, types.Utf8mb4AI0900)),
	}}
	parser := plantext.Parser{Site: plan.Site{Source: "s"}, Table: func(string) (*plan.Table, error) { return table, nil }}
	datadriven.RunTest(t, comparables, func(t *testing.T, d *datadriven.TestData) string {
		var root plan.Node
		if d.Cmd == "windows" {
			root = readPlan(t, fixtures(0), d.Input)
		} else {
			var err error
			if root, err = parser.Parse(d.Input); err != nil {
				d.Fatalf(t, "%v", err)
			}
		}
		if d.Cmd == "magnify" {
			out, at := Magnified(root)
			if err := plan.Verify(out); err != nil {
				d.Fatalf(t, "%v", err)
			}
			return fmt.Sprintf("%smagnitudes at %v\n", plan.Format(out, plan.FormatOptions{}), at)
		}
		c, exempt := Comparable(root)
		if exempt != "" {
			return "exempt: " + exempt + "\n"
		}
		return fmt.Sprintf("order %v near %v\n", c.Order, c.Near)
	})
}
