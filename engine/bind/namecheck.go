package bind

import (
	"strconv"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Some statements are wrong by their text alone, and GMS takes them or has another error for them.

// uniqueCTEs refuses a WITH of two common table expressions of one name.
func uniqueCTEs(n sqlparser.SQLNode) error {
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		with, ok := n.(*sqlparser.With)
		if !ok || with == nil {
			return true, nil
		}
		seen := make(map[string]bool)
		for _, cte := range with.Ctes {
			name := cte.As.String()
			key := strings.ToLower(name)
			if seen[key] {
				return false, sqlerr.New(sqlerr.DuplicateAlias, "Not unique table/alias: '%s'", name)
			}
			seen[key] = true
		}
		return true, nil
	}, n)
}

// mostDecimalScale and mostDecimalDigits are MySQL's limits of DECIMAL(digits, scale).
const (
	mostDecimalDigits = 65
	mostDecimalScale  = 30
)

// castBounds refuses casts to a DECIMAL that there is none of.
func castBounds(n sqlparser.SQLNode) error {
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		cast, ok := n.(*sqlparser.ConvertExpr)
		if !ok || cast.Type == nil || !strings.EqualFold(cast.Type.Type, "decimal") {
			return true, nil
		}
		digits, scale := castNumber(cast.Type.Length, castPrecision), castNumber(cast.Type.Scale, 0)
		of := sqlparser.String(cast.Expr)
		switch {
		case scale > mostDecimalScale:
			return false, sqlerr.New(sqlerr.ScaleTooBig, "Too big scale %d specified for column '%s'. Maximum is %d.", scale, of, mostDecimalScale)
		case digits > mostDecimalDigits:
			return false, sqlerr.New(sqlerr.PrecisionTooBig, "Too-big precision %d specified for '%s'. Maximum is %d.", digits, of, mostDecimalDigits)
		case digits > 0 && scale > digits:
			return false, sqlerr.New(sqlerr.ScaleOverPrecision,
				"For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '%s').", of)
		}
		return true, nil
	}, n)
}

// castNumber is a number of a type, or what it is where there is none.
func castNumber(v *sqlparser.SQLVal, absent int) int {
	if v == nil {
		return absent
	}
	n, err := strconv.Atoi(string(v.Val))
	if err != nil { // the grammar has digits there
		return mostDecimalDigits + 1
	}
	return n
}

// starredTables refuses name.* of no table of the FROM clause.
func starredTables(query *sqlparser.Select) error {
	names, known := make(map[string]bool), true
	for _, from := range query.From {
		known = tableNames(names, from) && known
	}
	for _, e := range query.SelectExprs {
		star, ok := e.(*sqlparser.StarExpr)
		if !ok || star.TableName.IsEmpty() || !known {
			continue
		}
		if name := star.TableName.Name.String(); !names[strings.ToLower(name)] {
			return sqlerr.New(sqlerr.UnknownStar, "Unknown table '%s'", name)
		}
	}
	return nil
}

// tableNames adds the lower-case names that a table expression gives; it reports whether these are all.
func tableNames(names map[string]bool, e sqlparser.TableExpr) bool {
	switch e := e.(type) {
	case *sqlparser.JoinTableExpr:
		left, right := tableNames(names, e.LeftExpr), tableNames(names, e.RightExpr)
		return left && right
	case *sqlparser.ParenTableExpr:
		all := true
		for _, inner := range e.Exprs {
			all = tableNames(names, inner) && all
		}
		return all
	case *sqlparser.AliasedTableExpr:
		table, _ := e.Expr.(sqlparser.TableName)
		name := e.As.String()
		if name == "" {
			name = table.Name.String()
		}
		names[strings.ToLower(name)] = true
		return name != ""
	}
	return false
}
