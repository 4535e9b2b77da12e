package bind

import (
	"math"
	"math/bits"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
)

// maxDepth is how deep the tree of a statement may be: its binding recurses, and takes the square of a tree's depth in time.
// The grammar itself bounds parentheses only.
const maxDepth = 3000

// longChain is the number of operands from which on a chain of AND or OR is balanced.
const longChain = 64

// boundDepth balances long chains of AND and OR, which are one list of conditions and no nesting, and refuses a statement
// that is nested too deep all the same. It does not recurse.
func boundDepth(stmt sqlparser.SQLNode) error {
	type place struct {
		node    sqlparser.SQLNode
		depth   int
		doubled int  // how many nodes that double the work of binding it stands in
		listed  bool // it stands in a select list, not in a condition
	}
	open := []place{{stmt, 1, 0, false}}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if at.depth > maxDepth {
			return sqlerr.New(sqlerr.StackOverrun, "the statement is nested more than %d levels deep", maxDepth)
		}
		if at.doubled > maxDoubled {
			return sqlerr.New(sqlerr.StackOverrun, "the statement is too complex: more than %d subqueries of select lists, or NULLIF, are nested in each other", maxDoubled)
		}
		children, levels := chain(at.node), 1
		if len(children) > longChain {
			balance(at.node, children)
			levels = bits.Len(uint(len(children)))
		} else {
			children = childrenOf(at.node)
		}
		for _, c := range children {
			below := place{c, at.depth + levels, at.doubled, at.listed}
			switch c := c.(type) {
			case *sqlparser.AliasedExpr:
				below.listed = true
			case *sqlparser.Where:
				below.listed = false
			case *sqlparser.Subquery:
				if _, derived := at.node.(*sqlparser.AliasedTableExpr); at.listed && !derived {
					below.doubled++
				}
			case *sqlparser.FuncExpr:
				if c.Name.Lowered() == "nullif" {
					below.doubled++
				}
			}
			open = append(open, below)
		}
	}
	return nil
}

// maxDoubled is how deep those may be nested that GMS takes the power of their depth in time for: what a select list with an alias, an
// aggregate, an order or DISTINCT computes stands in a projection below it, too, and NULLIF asks its operand twice for its type.
const maxDoubled = 20

// childrenOf lists the nodes right below one.
func childrenOf(n sqlparser.SQLNode) []sqlparser.SQLNode {
	var children []sqlparser.SQLNode
	within := false
	_ = sqlparser.Walk(func(c sqlparser.SQLNode) (bool, error) { // nothing here fails
		if !within {
			within = true
			return true, nil
		}
		children = append(children, c)
		return false, nil
	}, n)
	return append(children, passedOver(n)...)
}

// chain lists the operands of a chain of AND or OR, as they are written; nil: n is none.
func chain(n sqlparser.SQLNode) []sqlparser.SQLNode {
	of, _, _ := logical(n)
	if of == noChain {
		return nil
	}
	var operands []sqlparser.SQLNode
	open := []sqlparser.SQLNode{n}
	for len(open) > 0 {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		if is, left, right := logical(last); is == of {
			open = append(open, right, left)
		} else {
			operands = append(operands, last)
		}
	}
	return operands
}

type chainKind uint8

const (
	noChain chainKind = iota
	andChain
	orChain
)

func logical(n sqlparser.SQLNode) (kind chainKind, left, right sqlparser.Expr) {
	switch n := n.(type) {
	case *sqlparser.AndExpr:
		return andChain, n.Left, n.Right
	case *sqlparser.OrExpr:
		return orChain, n.Left, n.Right
	}
	return noChain, nil, nil
}

// balance arranges the operands of the chain that n is the top of in a tree of the least depth.
func balance(n sqlparser.SQLNode, operands []sqlparser.SQLNode) {
	_, isAnd := n.(*sqlparser.AndExpr)
	var tree func(list []sqlparser.SQLNode) sqlparser.Expr
	tree = func(list []sqlparser.SQLNode) sqlparser.Expr {
		half := len(list) / 2
		switch {
		case half == 0:
			return list[0].(sqlparser.Expr)
		case isAnd:
			return &sqlparser.AndExpr{Left: tree(list[:half]), Right: tree(list[half:])}
		}
		return &sqlparser.OrExpr{Left: tree(list[:half]), Right: tree(list[half:])}
	}
	switch n := n.(type) {
	case *sqlparser.AndExpr:
		*n = *tree(operands).(*sqlparser.AndExpr)
	case *sqlparser.OrExpr:
		*n = *tree(operands).(*sqlparser.OrExpr)
	}
}

// maxRepeats is how many nodes an expression may have that come of naming operands twice.
const maxRepeats = 1 << 16

// repeats refuses expressions that grow by the power of their depth: a BETWEEN, NULLIF or CASE within another's first operand stands there
// once for each comparison with it.
type repeats struct {
	sizes map[expr.Expr]int // of what has operands, up to math.MaxInt32
	most  int               // what was found to be large without being repeated; 0: nothing
}

func (r *repeats) bound(e expr.Expr) error {
	size := r.of(e)
	if size <= max(maxRepeats, r.most) {
		return nil
	}
	const few = 8
	distinct := make(map[expr.Expr]bool)
	if countDistinct(e, distinct); size/len(distinct) < few {
		r.most = min(2*size, math.MaxInt32)
		return nil
	}
	return sqlerr.New(sqlerr.StackOverrun, "the statement is too complex: BETWEEN, NULLIF, CASE or IN are nested too deep within the first operand of another")
}

// of is how many nodes e has, with what stands in several places in each of them.
func (r *repeats) of(e expr.Expr) int {
	children := e.Children()
	if len(children) == 0 {
		return 1
	}
	size, known := r.sizes[e]
	if known {
		return size
	}
	size = 1
	for _, c := range children {
		size = min(size+r.of(c), math.MaxInt32)
	}
	if r.sizes == nil {
		r.sizes = make(map[expr.Expr]int)
	}
	r.sizes[e] = size
	return size
}

func countDistinct(e expr.Expr, seen map[expr.Expr]bool) {
	if seen[e] {
		return
	}
	seen[e] = true
	for _, c := range e.Children() {
		countDistinct(c, seen)
	}
}
