package mysql

import (
	"math"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// mostPairs is how many pairs of rows a server may compare for a join by equality, for which the gateway looks at each row once:
// some seconds of the server's.
const mostPairs = 1e8

// hashesExpressions is MySQL's first version that makes any join by equality with a hash table.
const hashesExpressions = 80020

// byHashing makes MariaDB join with a hash table, as it does not by itself, where there is no index.
const byHashing = "SET STATEMENT join_cache_level = 4, join_buffer_size = 4194304, join_buffer_space_limit = 16777216 FOR "

// hashes reports a server that is told to make the joins of a tree by hashing. MariaDB's hash tables tell texts apart that are
// equal but for spaces at their end, and 0 from -0, also where only a constant is compared with: then it is not told.
func (d *dialect) hashes(n plan.Node) bool { return d.server.maria && !equates(n) }

// equates reports a tree with an equality of what hash tables do not take for equal.
func equates(n plan.Node) bool {
	var conds []expr.Expr
	switch n := n.(type) {
	case *plan.Filter:
		conds = n.Conds
	case *plan.Join:
		conds = n.On
	}
	unsure := false
	for _, cond := range conds {
		expr.Walk(cond, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.Call:
				if e.Func == expr.Eq || e.Func == expr.NullSafeEq {
					unsure = unsure || !hashed(e.Args[0].Type()) || !hashed(e.Args[1].Type())
				}
			case *expr.In:
				unsure = unsure || len(e.List) < 2 && !hashed(e.Arg.Type())
			}
			return !unsure
		})
	}
	return unsure || slices.ContainsFunc(n.Children(), equates)
}

// hashed reports a type whose equal values have the same bytes.
func hashed(t types.Type) bool {
	return exact(t) || t.Kind == types.Date || t.Kind == types.Datetime || t.Kind == types.Timestamp
}

// joins reports a tree with a join.
func joins(n plan.Node) bool {
	_, ok := n.(*plan.Join)
	return ok || slices.ContainsFunc(n.Children(), joins)
}

// comparedPairs guesses how many pairs of rows the server compares for a join by equality. That are few where one of the
// equalities is of columns that it can look up: in an index or in a hash table. Joins without equalities are not better made
// here.
func (d *dialect) comparedPairs(j *plan.Join) float64 {
	if !d.server.maria && d.server.version >= hashesExpressions {
		return 0
	}
	left, right := j.Left.Schema().Set(), j.Right.Schema().Set()
	found := false
	for _, cond := range j.On {
		eq, ok := cond.(*expr.Call)
		if !ok || eq.Func != expr.Eq {
			continue
		}
		a, b := eq.Args[0], eq.Args[1]
		if !(reads(a, left) && reads(b, right) || reads(a, right) && reads(b, left)) {
			continue
		}
		found = true
		if d.looksUp(j, a, b) || d.looksUp(j, b, a) {
			return 0
		}
	}
	if !found {
		return 0
	}
	return rowsOf(j.Left) * rowsOf(j.Right)
}

// reads reports an expression that reads columns and none that is not of a set.
func reads(e expr.Expr, set map[expr.ColumnID]bool) bool {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	for id := range read {
		if !set[id] {
			return false
		}
	}
	return len(read) > 0
}

// looksUp reports whether the server finds rows by what a must be for it to equal b. What a subquery yields is looked up in what
// the server keeps of that.
func (d *dialect) looksUp(j *plan.Join, a, b expr.Expr) bool {
	c, ok := a.(*expr.Column)
	if !ok {
		return false
	}
	table, pos, ok := storedIn(j, c.ID)
	if !ok {
		return true
	}
	how, t := &table.columns[pos], c.Typ
	if t.IsText() {
		other, ok := b.(*expr.Column)
		if !ok || other.Typ.Collation != t.Collation {
			return false
		}
		if from, pos, ok := storedIn(j, other.ID); ok && (!from.columns[pos].native || from.columns[pos].ascii) {
			return false
		}
		return how.native && !how.ascii && table.beginsIndex(pos)
	}
	return how.read == plain && (d.hashes(j) || table.beginsIndex(pos))
}

// storedIn returns the table that a column of a tree is stored in, if no subquery is between.
func storedIn(n plan.Node, id expr.ColumnID) (*relation, int, bool) {
	switch n := n.(type) {
	case *plan.Scan:
		if at := n.Cols.Index(id); at >= 0 {
			return n.Table.Handle.(*relation), n.Pos[at], true
		}
	case *plan.Filter, *plan.Project, *plan.Join:
		for _, c := range n.Children() {
			if r, pos, ok := storedIn(c, id); ok {
				return r, pos, true
			}
		}
	}
	return nil, 0, false
}

// beginsIndex reports a column that is the first of an index.
func (r *relation) beginsIndex(pos int) bool {
	return slices.ContainsFunc(r.indexed, func(x index) bool { return x.columns[0] == pos })
}

// rowsOf guesses how many rows a tree has, by those of its tables; NaN or 0: unknown.
func rowsOf(n plan.Node) float64 {
	switch n := n.(type) {
	case *plan.Scan:
		return n.Table.Stats.Rows
	case *plan.Filter:
		const selected = 0.1 // by a condition
		return rowsOf(n.Input) * math.Pow(selected, float64(len(n.Conds)))
	case *plan.Limit:
		if n.Count >= 0 {
			return math.Min(rowsOf(n.Input), float64(n.Count))
		}
	}
	most := 0.0
	for _, c := range n.Children() {
		most = math.Max(most, rowsOf(c))
	}
	return most
}
