package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// validators are the rules of GMS that check a bound query without changing it. They look through derived tables but not
// into subquery expressions.
var validators = []string{
	"validateOffsetAndLimit", "validateExprSem", groupRule, "validateStarExpressions", "validateResolved",
	"validateOrderBy", "validateOperands", "validateIntervalUsage", "validateAggregations",
}

// groupRule is the validator of ONLY_FULL_GROUP_BY.
const groupRule = "validateGroupBy"

// selectLimit is the rule that applies @@sql_select_limit to the root of a query.
const selectLimit = "applyDefaultSelectLimit"

// findRules picks the rules a taken query is put through out of a's batches.
func (b *Binder) findRules(a *analyzer.Analyzer) error {
	rules := make(map[string]analyzer.Rule)
	for _, batch := range a.Batches {
		for _, r := range batch.Rules {
			rules[r.Id.String()] = r
		}
	}
	for _, name := range validators {
		r, ok := rules[name]
		if !ok {
			return fmt.Errorf("go-mysql-server has no rule %s", name)
		}
		b.validators = append(b.validators, r)
	}
	r, ok := rules[selectLimit]
	if !ok {
		return fmt.Errorf("go-mysql-server has no rule %s", selectLimit)
	}
	b.selectLimit = r
	return nil
}

// validate runs GMS's checks on a query and on the subqueries in its expressions. scope is nil for the root; outer are the
// columns that the query reads of those around it.
func (b *Binder) validate(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, outer sql.ColSet, flags *sql.QueryFlags) (sql.Node, error) {
	all := func(analyzer.RuleId) bool { return true }
	rules := b.validators
	if scope == nil {
		rules = append([]analyzer.Rule{b.selectLimit}, rules...)
	}
	for _, r := range rules {
		if r.Id.String() == groupRule {
			if err := b.validateGroups(ctx, a, r, n, scope, outer, flags); err != nil {
				return nil, err
			}
			continue
		}
		checked, _, err := r.Apply(ctx, a, n, scope, all, flags)
		if err != nil {
			return nil, err
		}
		n = checked
	}
	if !flags.SubqueryIsSet() {
		return n, nil
	}
	var err error
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, parent sql.Node) bool {
		e, ok := parent.(sql.Expressioner)
		if !ok || err != nil {
			return err == nil
		}
		for _, e := range e.Expressions() {
			inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) {
				if err == nil {
					_, err = b.validate(ctx, a, sq.Query, scope.NewScopeFromSubqueryExpression(parent, sq.Correlated()), sq.Correlated(), flags)
				}
			})
		}
		return err == nil
	})
	return n, err
}

// validateGroups runs ONLY_FULL_GROUP_BY on what GMS understands:
//
//   - Each subquery is replaced by the columns it reads of the query around it. GMS would refuse any subquery in a grouped
//     list, also one that reads nothing but the keys.
//   - HAVING is left out, and the projection below it, which has what the aliases in HAVING and ORDER BY stand for and all the
//     columns that the list reads. Aliases are replaced by that.
//   - A column of the queries around is a constant.
func (b *Binder) validateGroups(ctx *sql.Context, a *analyzer.Analyzer, r analyzer.Rule, n sql.Node, scope *gmsplan.Scope, outer sql.ColSet, flags *sql.QueryFlags) error {
	if !flags.IsSet(sql.QFlagAggregation) {
		return nil
	}
	check := groupCheck{outer: outer, named: make(map[sql.ColumnId]sql.Expression)}
	plain, _, err := transform.NodeWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		if having, ok := n.(*gmsplan.Having); ok {
			return check.withoutHaving(having), transform.NewTree, nil
		}
		if groups, ok := n.(*gmsplan.GroupBy); ok {
			if err := notOfAggregates(ctx, groups); err != nil {
				return nil, transform.SameTree, err
			}
		}
		in, ok := n.(sql.Expressioner)
		if !ok {
			return n, transform.SameTree, nil
		}
		list := slices.Clone(in.Expressions())
		for i, e := range list {
			plain, err := check.plain(ctx, e)
			if err != nil {
				return nil, transform.SameTree, err
			}
			list[i] = plain
		}
		n, err := in.WithExpressions(ctx, list...)
		return n, transform.NewTree, err
	})
	if err != nil {
		return err
	}
	_, _, err = r.Apply(ctx, a, plain, scope, func(analyzer.RuleId) bool { return true }, flags)
	return err
}

// groupCheck makes of a query what GMS can check.
type groupCheck struct {
	outer sql.ColSet                      // columns of the queries around
	named map[sql.ColumnId]sql.Expression // what aliases below a HAVING stand for
}

// withoutHaving is what is below a HAVING and its projection.
func (g *groupCheck) withoutHaving(n *gmsplan.Having) sql.Node {
	below, ok := n.Child.(*gmsplan.Project)
	if !ok {
		return n.Child
	}
	for _, e := range below.Projections {
		if alias, ok := e.(*expression.Alias); ok && alias.Id() != 0 {
			g.named[alias.Id()] = alias.Child
		}
	}
	return below.Child
}

// plain replaces each subquery in e by the columns it reads of the queries around it, and each column of those by a constant.
func (g *groupCheck) plain(ctx *sql.Context, e sql.Expression) (sql.Expression, error) {
	switch e := e.(type) {
	case nil:
		return nil, nil
	case *expression.GetField:
		if g.outer.Contains(e.Id()) {
			return expression.NewLiteral(nil, nil), nil
		}
		if named, ok := g.named[e.Id()]; ok {
			return named, nil
		}
	case *rollupCall: // GROUPING has its own rule, which the import knows
		return expression.NewLiteral(nil, nil), nil
	case sql.Aggregation: // may read anything, and is known by its text
		return e, nil
	case *temporalLiteral:
		return g.plain(ctx, e.Literal)
	case *expression.Literal:
		if text, ok := e.Value().(string); ok && text != strings.ToLower(text) { // GMS folds the case of what it compares
			return expression.NewLiteral(fmt.Sprintf("%s %x", text, text), e.Typ), nil
		}
	case *expression.Like:
		if e.Escape != nil { // which the text does not show
			return g.plain(ctx, expression.NewTuple(e.LeftChild, e.RightChild, e.Escape))
		}
	case *windowCall:
		if len(e.args) == 0 { // to GMS it would be a column
			return expression.NewLiteral(nil, nil), nil
		}
	case *gmsplan.Subquery:
		return g.plain(ctx, expression.NewTuple(outerFields(ctx, e)...))
	case *gmsplan.ExistsSubquery:
		if sq, ok := e.Children()[0].(*gmsplan.Subquery); ok {
			return g.plain(ctx, expression.NewTuple(outerFields(ctx, sq)...))
		}
	}
	children := e.Children()
	if len(children) == 0 {
		return e, nil
	}
	plain := make([]sql.Expression, len(children))
	changed := false
	for i, c := range children {
		p, err := g.plain(ctx, c)
		if err != nil {
			return nil, err
		}
		if _, replaced := p.(expression.Tuple); replaced || p != c {
			changed = true
		}
		plain[i] = p
	}
	if !changed {
		return e, nil
	}
	out, err := e.WithChildren(ctx, plain...)
	if err != nil { // it takes certain constants only
		return e, nil
	}
	return out, nil
}

// outerFields are the columns that a subquery reads of the queries around it; a literal if there are none.
func outerFields(ctx *sql.Context, sq *gmsplan.Subquery) []sql.Expression {
	var fields []sql.Expression
	outer := sq.Correlated()
	transform.InspectWithOpaque(ctx, sq.Query, func(ctx *sql.Context, n sql.Node) bool {
		in, ok := n.(sql.Expressioner)
		if !ok {
			return true
		}
		for _, e := range in.Expressions() {
			sql.Inspect(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
				switch e := e.(type) {
				case *expression.GetField:
					if outer.Contains(e.Id()) {
						fields = append(fields, e)
					}
				case *gmsplan.Subquery:
					for _, f := range outerFields(ctx, e) {
						if f, ok := f.(*expression.GetField); ok && outer.Contains(f.Id()) {
							fields = append(fields, f)
						}
					}
				}
				return true
			})
		}
		return true
	})
	if len(fields) == 0 {
		fields = append(fields, expression.NewLiteral(nil, nil))
	}
	return fields
}
