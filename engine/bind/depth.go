package bind

import (
	"math/bits"

	"github.com/dolthub/vitess/go/vt/sqlparser"

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
		node  sqlparser.SQLNode
		depth int
	}
	open := []place{{stmt, 1}}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if at.depth > maxDepth {
			return sqlerr.New(sqlerr.StackOverrun, "the statement is nested more than %d levels deep", maxDepth)
		}
		children, levels := chain(at.node), 1
		if len(children) > longChain {
			balance(at.node, children)
			levels = bits.Len(uint(len(children)))
		} else {
			children = childrenOf(at.node)
		}
		for _, c := range children {
			open = append(open, place{c, at.depth + levels})
		}
	}
	return nil
}

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
