package optimize

import (
	"context"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestSelfJoinsOfOneTable joins two reads by a key, which are of the same table or seem to be.
func TestSelfJoinsOfOneTable(t *testing.T) {
	integer := types.Of(types.Int64)
	table := func(key types.Type) *plan.Table {
		return &plan.Table{
			Name: plan.TableName{Name: "t"}, Keys: [][]int{{0, 1}},
			Columns: []plan.TableColumn{{Name: "k", Type: key}, {Name: "l", Type: integer}, {Name: "x", Type: integer}},
		}
	}
	read := func(table *plan.Table, principal string, id expr.ColumnID) *plan.Scan {
		s := &plan.Scan{Site: plan.Site{Source: "pg", Principal: principal}, Table: table}
		for i, c := range table.Columns {
			s.Cols, s.Pos = append(s.Cols, plan.Column{ID: id + expr.ColumnID(i), Name: c.Name, Type: c.Type}), append(s.Pos, i)
		}
		return s
	}
	one, anyCase := table(integer), table(types.NewText(types.Varchar, 10, types.Utf8mb4AI0900))
	for _, c := range []struct {
		name        string
		left, right *plan.Scan
		columns     int // of the key that are equal
		once        bool
	}{
		{"by its key", read(one, "root", 1), read(one, "root", 4), 2, true},
		{"by a part of its key", read(one, "root", 1), read(one, "root", 4), 1, false},
		{"as two users see it", read(one, "root", 1), read(one, "alice", 4), 2, false},
		{"in two states", read(one, "root", 1), read(table(integer), "root", 4), 2, false},
		{"by texts that the table tells apart", read(anyCase, "root", 1), read(anyCase, "root", 4), 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			join := &plan.Join{Left: c.left, Right: c.right}
			for i := range c.columns {
				join.On = append(join.On, compareTo(t, expr.Eq, c.left.Cols[i].Ref(), c.right.Cols[i].Ref()))
			}
			out, err := newTestPlanner(join, newSources()).run(context.Background(), ruleNamed(t, "self_joins"), join, &Trace{})
			if err != nil {
				t.Fatal(err)
			}
			if once := out != plan.Node(join); once != c.once {
				t.Fatalf("it is read once: %v\n%s", once, plan.Format(out, plan.FormatOptions{}))
			}
		})
	}
}
