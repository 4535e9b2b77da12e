package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// describedTable is what the catalog would make of columns declared as "name type[(modifier)][!]", ! meaning NOT NULL.
func describedTable(name string, srv server, strict bool, columns string) *plan.Table {
	t := &plan.Table{Name: plan.TableName{Namespace: "public", Name: name}}
	r := &relation{server: srv, ranges: true, pages: 100, longest: 100}
	for declared := range strings.FieldsSeq(columns) {
		column, typ, _ := strings.Cut(declared, ":")
		a := attribute{name: column, declared: typ, modifier: -1, kind: 'b', deterministic: true}
		a.declared, a.notNull = strings.CutSuffix(typ, "!")
		a.declared, a.deterministic = strings.CutSuffix(a.declared, "~")
		a.deterministic = !a.deterministic
		base, arguments, _ := strings.Cut(a.declared, "(")
		a.typ = base
		var length, scale int32
		if n, _ := fmt.Sscanf(arguments, "%d,%d", &length, &scale); n == 2 {
			a.modifier = length<<16 + scale + modifierHeader
		} else if n, _ := fmt.Sscanf(arguments, "%d", &length); n == 1 {
			a.modifier = length + modifierHeader
		}
		switch {
		case base == "mood":
			a.kind, a.labels = 'e', []string{"sad", "happy"}
		case strings.HasSuffix(base, "[]"):
			a.category = 'A'
		}
		c, how := a.describe(strict, srv)
		t.Columns, r.columns = append(t.Columns, c), append(r.columns, how)
	}
	t.Handle = r
	return t
}

// TestPushdown shows what is pushed of a plan, as the server gets it, and why the rest is not.
func TestPushdown(t *testing.T) {
	datadriven.Walk(t, "testdata/pushdown", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			srv, strict := server{version: 150000, encoding: utf8Encoding}, d.HasArg("strict")
			if d.HasArg("encoding") {
				d.ScanArgs(t, "encoding", &srv.encoding)
			}
			tables := make(map[string]*plan.Table)
			for name, columns := range map[string]string{
				"a": "id:int8! n:int4 s:int2 flag:bool x:numeric(12,2) y:numeric(30,10) u:numeric f:float8 r:float4 d:date ts:timestamp tz:timestamptz tm:time",
				"t": "id:int8! c:bpchar(10)! v:varchar(20) t:text ci:citext nd:text~ u:uuid e:mood b:bytea j:jsonb arr:int4[] o:oid i:interval m:money",
				"b": "id:int8! c:bpchar(10) x:numeric(12,2) d:date u:uuid",
			} {
				tables[name] = describedTable(name, srv, strict, columns)
			}
			parser := plantext.Parser{
				Table: func(name string) (*plan.Table, error) {
					if table, ok := tables[name]; ok {
						return table, nil
					}
					return nil, plantext.UnknownTable(name)
				},
				Params: map[string]types.Type{"text": types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), "number": types.Of(types.Int64)},
			}
			offered, err := parser.Parse(d.Input)
			if err != nil {
				return err.Error() + "\n"
			}
			c := &connector{settings: &settings{name: "shop", strict: strict}, dialects: dialects{strict: strict}}
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

// TestParametersThatCannotBeSent are errors when the statement runs, not wrong answers.
func TestParametersAreLiterals(t *testing.T) {
	d := newDialect(utf8Encoding, false)
	table := describedTable("t", server{version: 150000, encoding: utf8Encoding}, false, "c:bpchar(10) u:uuid v:varchar(20)")
	scan := &plan.Scan{Table: table, Pos: []int{0, 1, 2}}
	for i, c := range table.Columns {
		scan.Cols = append(scan.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: true})
	}
	for _, c := range []struct{ column, param, want string }{
		{"c", "it's", `(t1."c" = 'it''s'::bpchar)`},
		{"c", "blank ", `(t1."c"::text = 'blank '::text)`},
		{"u", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", `(t1."u"::text = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::text)`},
		{"u", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", `(t1."u" = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid)`},
		{"v", `a\b'c`, `(t1."v" = E'a\\b''c'::text)`},
		{"v", "nul\x00", "a text holds a NUL character"},
		{"v", "\xff", "a text is not UTF-8"},
	} {
		at := strings.Index("cuv", c.column)
		cond, err := expr.New(expr.Eq, scan.Cols[at].Ref(), &expr.Param{Name: "p", Typ: types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)})
		if err != nil {
			t.Fatal(err)
		}
		env := &expr.Env{Location: time.UTC, Params: []types.Value{types.TextValue(c.param)}}
		q, err := d.Render(&plan.Filter{Input: scan, Conds: []expr.Expr{cond}}, sqlgen.Options{Env: env})
		got := q.Text
		if err != nil {
			got = err.Error()
		}
		if _, where, ok := strings.Cut(got, " WHERE "); ok {
			got = where
		}
		if got != c.want {
			t.Errorf("%s = %q: %s, want %s", c.column, c.param, got, c.want)
		}
	}
}
