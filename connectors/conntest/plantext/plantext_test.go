package plantext_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestParse runs testdata/*: parse, a plan, and the plan as EXPLAIN shows it, verified; or the error.
func TestParse(t *testing.T) {
	parser := plantext.Parser{
		Site: plan.Site{Source: "s"},
		Table: func(name string) (*plan.Table, error) {
			if name == "none" {
				return nil, plantext.UnknownTable(name)
			}
			return &plan.Table{Name: plan.TableName{Name: name}, Columns: []plan.TableColumn{
				{Name: "id", Type: types.Of(types.Int64)}, {Name: "t", Type: types.Of(types.Text), Nullable: true},
				{Name: "d", Type: types.Of(types.Date), Nullable: true},
			}}, nil
		},
		Params: map[string]types.Type{"p": types.Of(types.Int64)},
	}
	datadriven.RunTest(t, "testdata/plans", func(t *testing.T, d *datadriven.TestData) string {
		n, err := parser.Parse(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if err := plan.Verify(n); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return plan.Format(n, plan.FormatOptions{})
	})
}
