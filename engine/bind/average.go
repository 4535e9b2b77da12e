package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// MySQL computes on with more digits of an average than it shows, as with those of any quotient: AVG(x) * 3 of 1, 2 and 2 is 5.0000.
// An average that is an operand is therefore the quotient of a sum and a count, of which package expr knows the digits. Elsewhere
// it stays an average, which sources can compute.

// average is what references to an aggregate read instead of its column: of an exact average that is an operand, the quotient.
func (x *expressions) average(node *grouping, agg plan.Agg, operand bool, shown types.Type) (expr.Expr, error) {
	if agg.Func != plan.Avg || shown.Kind != types.Decimal || !operand {
		return nil, nil
	}
	sum, err := x.part(node, agg, plan.Sum)
	if err != nil {
		return nil, err
	}
	count, err := x.part(node, agg, plan.Count)
	if err != nil {
		return nil, err
	}
	return quotient(sum, count, shown)
}

// quotient is an average of a type.
func quotient(sum, count expr.Expr, shown types.Type) (expr.Expr, error) {
	value, err := expr.New(expr.Div, sum, count)
	if err != nil || value.Type() == shown {
		return value, err
	}
	return &expr.Cast{Arg: value, To: shown, Implicit: true}, nil
}

// windowAverage adds to a window what an average over it that is an operand is the quotient of, which it returns.
func (x *expressions) windowAverage(w *windowCall, node *plan.Window, f plan.WindowFunc, shown types.Type) (expr.Expr, error) {
	if f.Func != plan.Avg || shown.Kind != types.Decimal || !x.isOperand(0, w) {
		return nil, nil
	}
	parts := make([]expr.Expr, 2)
	for i, fn := range []plan.AggFunc{plan.Sum, plan.Count} {
		typ, err := expr.AggType(string(fn), f.Args)
		if err != nil {
			return nil, err
		}
		x.last++
		part := f
		part.Func, part.Col = fn, plan.Column{ID: x.last, Name: string(fn), Type: typ, Nullable: fn != plan.Count}
		node.Funcs = append(node.Funcs, part)
		parts[i] = part.Col.Ref()
	}
	return quotient(parts[0], parts[1], shown)
}

// part finds or adds another aggregate of what an average is of.
func (x *expressions) part(node *grouping, of plan.Agg, f plan.AggFunc) (expr.Expr, error) {
	of.Func, of.Args = f, slices.Clone(of.Args)
	typ, err := expr.AggType(string(f), of.Args)
	if err != nil {
		return nil, err
	}
	for _, a := range node.Aggs {
		if a.Func == f && a.Distinct == of.Distinct && a.Col.Type == typ && slices.EqualFunc(a.Args, of.Args, expr.Equal) && node.rounded[a.Col.ID].Expr == nil {
			return a.Col.Ref(), nil
		}
	}
	x.last++
	of.Col = plan.Column{ID: x.last, Name: string(f), Type: typ, Nullable: f != plan.Count}
	node.Aggs = append(node.Aggs, of)
	return of.Col.Ref(), nil
}

// operands are the columns of GMS's and the window functions, by their texts, that expressions read.
type operands struct {
	columns map[sql.ColumnId]bool
	windows map[string]bool
}

// isOperand reports whether a column of GMS's, or a window function, is read by an expression, not shown as it is, or keeps its digits.
func (im *importer) isOperand(id sql.ColumnId, w *windowCall) bool {
	if im.operands == nil {
		im.operands = &operands{make(map[sql.ColumnId]bool), make(map[string]bool)}
		if im.root != nil {
			im.operandsIn(im.root)
		}
	}
	if w != nil {
		return im.operands.windows[strings.ToLower(w.String())]
	}
	return im.operands.columns[id] || im.kept.items[id]
}

func (im *importer) operandsIn(n sql.Node) {
	transform.InspectWithOpaque(im.ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if n, ok := n.(sql.Expressioner); ok {
			for _, e := range n.Expressions() {
				im.operandsOf(e, false)
			}
		}
		return true
	})
}

// operandsOf notes the columns that e reads below another expression, or below what is around e.
func (im *importer) operandsOf(e sql.Expression, below bool) {
	switch e := e.(type) {
	case nil:
		return
	case *expression.GetField:
		if below {
			im.operands.columns[e.Id()] = true
		}
	case *windowCall:
		if below {
			im.operands.windows[strings.ToLower(e.String())] = true
		}
		for _, c := range e.args {
			im.operandsOf(c, true)
		}
	case *expression.Alias, *expression.Wrapper:
		for _, c := range e.Children() {
			im.operandsOf(c, below)
		}
	case *gmsplan.Subquery:
		im.operandsIn(e.Query)
	default:
		for _, c := range e.Children() {
			im.operandsOf(c, true)
		}
	}
}
