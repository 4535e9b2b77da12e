package bind

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// validators are the rules of GMS that check a bound query without changing it. They look through derived tables but not
// into subquery expressions.
var validators = []string{
	"validateOffsetAndLimit", "validateExprSem", "validateStarExpressions", "validateResolved",
	"validateOrderBy", "validateOperands", "validateIntervalUsage", "validateAggregations",
}

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

// validate runs GMS's checks on a query and on the subqueries in its expressions. scope is nil for the root.
func (b *Binder) validate(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, flags *sql.QueryFlags) (sql.Node, error) {
	all := func(analyzer.RuleId) bool { return true }
	rules := b.validators
	if scope == nil {
		rules = append([]analyzer.Rule{b.selectLimit}, rules...)
	}
	for _, r := range rules {
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
					_, err = b.validate(ctx, a, sq.Query, scope.NewScopeFromSubqueryExpression(parent, sq.Correlated()), flags)
				}
			})
		}
		return err == nil
	})
	return n, err
}
