package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// keyed reports whether a LIMIT, or a condition on the first column of a key of a table, bounds the rows of a query of which the table's are written
// (MySQL 8.0 manual, 5.1.8: sql_safe_updates).
func (im *importer) keyed(n plan.Node, t *writtenTarget) bool {
	first := make(map[expr.ColumnID]bool)
	for _, name := range firstOfKeys(im.ctx, t.table) {
		if at := t.index(name); at >= 0 {
			first[t.scan.scan.Cols[at].ID] = true
		}
	}
	own := t.scan.scan.Cols.Set()
	found := false
	var visit func(plan.Node)
	visit = func(n plan.Node) {
		var conds []expr.Expr
		switch n := n.(type) {
		case *plan.Limit:
			found = true
		case *plan.Filter:
			conds = n.Conds
		case *plan.Join:
			conds = n.On
		case *plan.Apply: // whose inner side is a subquery
			visit(n.Outer)
			return
		}
		for _, c := range conds {
			found = found || boundsKey(c, first, own)
		}
		for _, child := range n.Children() {
			visit(child)
		}
	}
	visit(n)
	return found
}

// firstOfKeys names the first column of each key of a table.
func firstOfKeys(ctx *sql.Context, t sql.Table) (names []string) {
	indexed, ok := t.(sql.IndexAddressable)
	if !ok {
		return nil
	}
	indexes, err := indexed.GetIndexes(ctx)
	if err != nil {
		return nil
	}
	for _, i := range indexes {
		if columns := i.Expressions(); len(columns) > 0 {
			names = append(names, columns[0][strings.LastIndexByte(columns[0], '.')+1:])
		}
	}
	return names
}

// boundsKey reports a comparison of the first column of a key with what is no column of the same table.
func boundsKey(e expr.Expr, first, own map[expr.ColumnID]bool) bool {
	outside := func(list ...expr.Expr) bool {
		for _, e := range list {
			read := make(map[expr.ColumnID]bool)
			expr.Columns(e, read)
			for id := range read {
				if own[id] {
					return false
				}
			}
		}
		return true
	}
	isKey := func(e expr.Expr) bool {
		for {
			switch in := e.(type) {
			case *expr.Cast:
				e = in.Arg
				continue
			case *expr.Column:
				return first[in.ID]
			}
			return false
		}
	}
	switch e := e.(type) {
	case *expr.In:
		return !e.Not && isKey(e.Arg)
	case *expr.Call:
		switch e.Func {
		case expr.Eq, expr.NullSafeEq, expr.Lt, expr.Le, expr.Gt, expr.Ge, expr.Like:
			return isKey(e.Args[0]) && outside(e.Args[1:]...) || isKey(e.Args[1]) && outside(e.Args[0])
		case expr.IsNull:
			return isKey(e.Args[0])
		case expr.And:
			for _, a := range e.Args {
				if boundsKey(a, first, own) {
					return true
				}
			}
		case expr.Or:
			for _, a := range e.Args {
				if !boundsKey(a, first, own) {
					return false
				}
			}
			return true
		}
	}
	return false
}
