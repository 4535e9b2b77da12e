package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/sqlerr"
)

// A query that reads no table at all is taken too, where all of it can be imported: an expression then has one answer,
// whether or not a federated table stands beside it. GMS's own evaluation differs from MySQL's where it matters:
// integers wrap, casts out of range are zero, infinities are shown.

// takeConstant takes a query without tables. It returns nil for what GMS runs: a query over its own tables, one that acts
// on the session, and whatever the import refuses.
func (b *Binder) takeConstant(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (*Leaf, error) {
	if showsVariables(n) || !isConstant(ctx, n) {
		return nil, nil
	}
	leaf, err := b.take(ctx, a, n, flags)
	if err != nil && isRefusal(err) {
		return nil, nil
	}
	return leaf, err
}

// isRefusal reports an error that says nothing about the query but that the import can't do it.
func isRefusal(err error) bool {
	switch sqlerr.CodeOf(Translate(err)) {
	case sqlerr.Unsupported, sqlerr.Internal, sqlerr.UnknownColumn: // GMS has resolved every column
		return true
	}
	return isNoKernel(err)
}

// isConstant reports whether a query reads no table, at any depth, and does nothing but compute.
func isConstant(ctx *sql.Context, n sql.Node) bool {
	constant := true
	seenQueries{}.walk(ctx, n, func(n sql.Node) bool {
		switch n := n.(type) {
		case *gmsplan.ResolvedTable:
			constant = constant && isDual(n)
		case *gmsplan.ValueDerivedTable, *gmsplan.RecursiveTable, *gmsplan.JSONTable:
		default:
			constant = constant && isQuery(n)
		}
		return constant
	}, func(e sql.Expression) bool {
		constant = constant && computes(e)
		return constant
	})
	return constant
}

// computes reports whether e neither acts on the session nor belongs to a routine.
func computes(e sql.Expression) bool {
	switch e := e.(type) {
	case *expression.SetField, *expression.ProcedureParam:
		return false
	case sql.FunctionExpression:
		return !acting[strings.ToLower(e.FunctionName())]
	}
	return true
}

// acting are the functions that do more than compute, or whose answer depends on what the session did before: it is GMS that
// keeps it.
var acting = map[string]bool{
	"sleep": true, "benchmark": true, "get_lock": true, "release_lock": true, "release_all_locks": true, "is_free_lock": true,
	"is_used_lock": true, "last_insert_id": true, "last_insert_uuid": true, "row_count": true, "found_rows": true,
	queryAttributeName: true,
}

// showsVariables reports SELECT @@a, @b, which computes nothing. Drivers ask for them as they connect and know GMS's types of
// them, words for instance where the value is one of a list.
func showsVariables(n sql.Node) bool {
	for {
		switch in := n.(type) {
		case *gmsplan.Limit:
			n = in.Child
		case *gmsplan.Offset:
			n = in.Child
		case *gmsplan.Project:
			for _, e := range in.Projections {
				if alias, ok := e.(*expression.Alias); ok {
					e = alias.Child
				}
				switch e.(type) {
				case *expression.SystemVar, *expression.UserVar:
				default:
					return false
				}
			}
			return isDual(in.Child)
		default:
			return false
		}
	}
}
