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
		b.validators = append(b.validators, interruptible(r))
	}
	r, ok := rules[selectLimit]
	if !ok {
		return fmt.Errorf("go-mysql-server has no rule %s", selectLimit)
	}
	b.selectLimit = r
	return nil
}

func anyRule(analyzer.RuleId) bool { return true }

// validate runs GMS's checks on a query and on the subqueries in its expressions, but on what it has seen. scope is nil for the root.
func (b *Binder) validate(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, seen seenQueries, scope *gmsplan.Scope, flags *sql.QueryFlags) error {
	n, err := seen.once(ctx, n)
	if err != nil {
		return err
	}
	for _, r := range b.validators {
		if _, _, err := r.Apply(ctx, a, n, scope, anyRule, flags); err != nil {
			return err
		}
	}
	if !flags.SubqueryIsSet() {
		return nil
	}
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, parent sql.Node) bool {
		e, ok := parent.(sql.Expressioner)
		if !ok || err != nil {
			return err == nil
		}
		for _, e := range e.Expressions() {
			inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) {
				if err == nil && seen.firstQuery(sq) {
					err = b.validate(ctx, a, sq.Query, seen, scope.NewScopeFromSubqueryExpression(parent, sq.Correlated()), flags)
				}
			})
		}
		return err == nil
	})
	return err
}
