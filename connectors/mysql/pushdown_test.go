package mysql

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// describedTable is what the catalog would make of columns declared as "name:type[(a,b)][~collation]".
func describedTable(name string, srv server, zero zeroDates, columns string) *plan.Table {
	t := &plan.Table{Name: plan.TableName{Namespace: "shop", Name: name}}
	r := &relation{server: srv}
	for declared := range strings.FieldsSeq(columns) {
		column, typ, _ := strings.Cut(declared, ":")
		a := attribute{name: column, nullable: true}
		typ, a.collation, _ = strings.Cut(typ, "~")
		a.columnType = strings.ReplaceAll(typ, "_", " ")
		a.dataType, _, _ = strings.Cut(a.columnType, " ")
		base, arguments, _ := strings.Cut(a.dataType, "(")
		a.dataType = base
		first, second, _ := strings.Cut(strings.TrimSuffix(arguments, ")"), ",")
		a.length, _ = strconv.Atoi(first)
		a.precision, a.fraction = a.length, a.length
		a.scale, _ = strconv.Atoi(second)
		if a.collation != "" {
			a.charset, _, _ = strings.Cut(a.collation, "_")
		}
		c, how := a.describe(srv, zero)
		t.Columns, r.columns = append(t.Columns, c), append(r.columns, how)
	}
	t.Handle = r
	return t
}

// TestPushdown shows what is pushed of a plan, as the server gets it, and why the rest is not.
func TestPushdown(t *testing.T) {
	datadriven.Walk(t, "testdata/pushdown", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			srv, zero := server{version: 80036}, zeroNull
			if d.HasArg("mariadb") {
				srv = server{maria: true, version: 101106}
			}
			if d.HasArg("old") {
				srv = server{version: 50744}
			}
			if d.HasArg("strict") {
				zero = zeroError
			}
			tables := make(map[string]*plan.Table)
			for name, columns := range map[string]string{
				"a": "id:int n:bigint u:bigint_unsigned x:decimal(12,2) y:decimal(30,10) f:float d:double dd:double(10,2) day:date at:datetime(6) ts:timestamp tm:time yr:year b:bit(8)",
				"t": "id:int g:varchar(20)~utf8mb4_general_ci b:varchar(20)~utf8mb4_bin n:varchar(20)~utf8mb4_0900_ai_ci l:varchar(20)~latin1_swedish_ci lb:varchar(20)~latin1_bin u3:varchar(20)~utf8mb3_general_ci txt:longtext~utf8mb4_general_ci e:enum('a','b')~utf8mb4_general_ci j:json vb:varbinary(10)",
			} {
				tables[name] = describedTable(name, srv, zero, columns)
			}
			parser := plantext.Parser{
				Table: func(name string) (*plan.Table, error) {
					if table, ok := tables[name]; ok {
						return table, nil
					}
					return nil, plantext.UnknownTable(name)
				},
				Params: map[string]types.Type{"text": types.NewText(types.Varchar, 0, types.Utf8mb4General), "number": types.Of(types.Int64)},
			}
			offered, err := parser.Parse(d.Input)
			if err != nil {
				return err.Error() + "\n"
			}
			c := &connector{settings: &settings{name: "shop", zeroDates: zero}}
			answer, err := pushdown.Grow(offered, &grower{c, c.dialectOf(offered)})
			if err != nil {
				return err.Error() + "\n"
			}
			return shownAnswer(answer, "")
		})
	})
}

// shownAnswer prints the nodes above the fragments, their SQL and what was kept.
func shownAnswer(n plan.Node, indent string) string {
	if r, ok := n.(*plan.Remote); ok {
		text := indent + r.Fragment.String() + "\n"
		for _, k := range r.Kept {
			text += indent + "kept: " + k.What + ": " + k.Why + "\n"
		}
		return text
	}
	text := fmt.Sprintf("%s%s\n", indent, strings.TrimPrefix(fmt.Sprintf("%T", n), "*plan."))
	for _, c := range n.Children() {
		text += shownAnswer(c, indent+"  ")
	}
	return text
}
