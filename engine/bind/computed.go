package bind

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// computed are expressions that a relation has already: the keys of a GROUP BY, the list of a SELECT DISTINCT, window
// functions. Above, the same expression means that column.
//
// To GMS two expressions of one lower-case text are the same, however their constants are written and whatever their text
// does not show. Here the text only finds those that may be: each is imported where the other was, and compared.
type computed struct {
	list   []computedExpr
	byText map[string][]int
}

// computedExpr is an expression that is computed.
type computedExpr struct {
	col    plan.Column
	in     *expressions // what it was imported by
	window *windowSpec  // of a window function, whose arguments are parts; nil for another expression, which is the one part
	parts  []expr.Expr
}

// add adds an expression.
func (c *computed) add(e sql.Expression, added computedExpr) {
	if c.byText == nil {
		c.byText = make(map[string][]int)
	}
	text := strings.ToLower(e.String())
	c.byText[text] = append(c.byText[text], len(c.list))
	c.list = append(c.list, added)
}

// find returns the column of an expression.
func (c *computed) find(e sql.Expression) (plan.Column, bool) {
	if c == nil || len(c.list) == 0 {
		return plan.Column{}, false
	}
	for _, i := range c.byText[strings.ToLower(e.String())] {
		if c.list[i].is(e) {
			return c.list[i].col, true
		}
	}
	return plan.Column{}, false
}

// columns are those of all expressions.
func (c *computed) columns() []plan.Column {
	if c == nil {
		return nil
	}
	list := make([]plan.Column, len(c.list))
	for i := range c.list {
		list[i] = c.list[i].col
	}
	return list
}

// clone returns one that can be added to.
func (c *computed) clone() *computed {
	d := &computed{byText: make(map[string][]int)}
	if c != nil {
		d.list = slices.Clone(c.list)
		for text, at := range c.byText {
			d.byText[text] = slices.Clip(at)
		}
	}
	return d
}

// is reports whether e is the expression.
func (c *computedExpr) is(e sql.Expression) bool {
	sources := []sql.Expression{e}
	w, ok := e.(*windowCall)
	if ok != (c.window != nil) {
		return false
	}
	if ok {
		if !w.spec.same(c.window) {
			return false
		}
		sources = w.args
	}
	again := *c.in
	again.comparing = true
	for i, source := range sources {
		part, err := again.expr(source)
		if err != nil || !expr.Same(part, c.parts[i]) { // what can't be imported there is another expression
			return false
		}
	}
	return true
}

// errNotComputed ends the import of an expression that only is to be compared with one that has been imported.
var errNotComputed = errors.New("not computed before")

// subqueryAgain finds a subquery that was imported, by its text as it was written.
func (x *expressions) subqueryAgain(e sql.Expression) (expr.Expr, error) {
	for done, value := range x.subqueries {
		if reflect.TypeOf(done) == reflect.TypeOf(e) && done.String() == e.String() {
			return value, nil
		}
	}
	return nil, errNotComputed
}

// sameSource reports whether two of GMS's expressions of one text are the same. The text does not tell a string of bytes
// from a text of its digits.
func sameSource(a, b sql.Expression) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	switch a := a.(type) {
	case nil:
		return true
	case *expression.Literal:
		b := b.(*expression.Literal)
		return reflect.DeepEqual(a.Val, b.Val) && reflect.DeepEqual(a.Typ, b.Typ)
	case *expression.GetField:
		return a.Index() == b.(*expression.GetField).Index()
	case *expression.Like:
		if !sameSource(a.Escape, b.(*expression.Like).Escape) {
			return false
		}
	}
	return slices.EqualFunc(a.Children(), b.Children(), sameSource)
}
