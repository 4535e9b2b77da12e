package bind

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Some statements are wrong by their text alone, and GMS takes them or has another error for them.

// uniqueCTEs refuses a WITH of two common table expressions of one name.
func uniqueCTEs(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
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

// doubles refuses numbers that no DOUBLE is, and hexadecimal literals without digits. An integer that no DECIMAL is becomes the greatest one.
func doubles(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.SQLVal:
			if n != nil && n.Type == sqlparser.HexNum && len(n.Val) == len("0x") {
				return false, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", n.Val)
			}
			if n != nil && n.Type == sqlparser.IntVal && len(bytes.TrimLeft(n.Val, "0")) > mostDecimalDigits {
				n.Val = bytes.Repeat([]byte{'9'}, mostDecimalDigits)
			}
			if n == nil || n.Type != sqlparser.FloatVal {
				break
			}
			switch _, err := strconv.ParseFloat(string(n.Val), 64); {
			case errors.Is(err, strconv.ErrRange):
				return false, sqlerr.New(sqlerr.IllegalDouble, "Illegal double '%s' value found during parsing", n.Val)
			case err != nil: // 1e, which is a name
				return false, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", n.Val)
			}
		}
		return true, nil
	}, n)
}

// UnknownQualifier says of an error in binding a statement which name is not there, and in which of its clauses that stands. A table that is
// not there may be the qualifier of a column: no table of the statement has that name. Of a variable that only the server has it says whether it
// was read or set.
func UnknownQualifier(ctx *sql.Context, err error, stmt sqlparser.Statement) error {
	if args := errorArguments(sql.ErrSystemVariableGlobalOnly, err); args != nil {
		if _, sets := stmt.(*sqlparser.Set); !sets {
			return sqlerr.New(sqlerr.ReadOnlyVariable, "Variable '%s' is a GLOBAL variable", args[0])
		}
	}
	if args := errorArguments(sql.ErrColumnNotFound, err); args != nil {
		return unknownColumn(err, stmt, "", args[0])
	}
	if args := errorArguments(sql.ErrTableColumnNotFound, err); args != nil {
		return unknownColumn(err, stmt, args[0], args[1])
	}
	args := errorArguments(sql.ErrTableNotFound, err)
	if args == nil {
		return err
	}
	if ddl, ok := stmt.(*sqlparser.DDL); ok && ddl.Action == sqlparser.DropStr {
		return sqlerr.New(sqlerr.UnknownStar, "Unknown table '%s'", args[0])
	}
	if qualified, ok := tableNamed(ctx, stmt, args[0]); ok {
		return sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", qualified)
	}
	return unknownColumn(err, stmt, args[0], "")
}

// tableNamed finds a table among those that a statement names, and returns its name with its database.
func tableNamed(ctx *sql.Context, stmt sqlparser.Statement, name string) (qualified string, found bool) {
	named := func(t sqlparser.TableName, db string) {
		if found || !strings.EqualFold(t.Name.String(), name) {
			return
		}
		if !t.DbQualifier.IsEmpty() {
			db = t.DbQualifier.String()
		}
		if db == "" {
			db = ctx.GetCurrentDatabase()
		}
		qualified, found = t.Name.String(), true
		if db != "" {
			qualified = db + "." + qualified
		}
	}
	switch n := stmt.(type) {
	case *sqlparser.Show:
		db := n.Database
		if n.ShowTablesOpt != nil && db == "" {
			db = n.ShowTablesOpt.DbName
		}
		named(n.Table, db)
	case *sqlparser.DDL:
		named(n.Table, "")
		for _, t := range n.FromTables {
			named(t, "")
		}
		if n.OptLike != nil {
			for _, t := range n.OptLike.LikeTables {
				named(t, "")
			}
		}
	case *sqlparser.AlterTable:
		named(n.Table, "")
	}
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		switch n := n.(type) {
		case *sqlparser.AliasedTableExpr:
			if t, ok := n.Expr.(sqlparser.TableName); ok {
				named(t, "")
			}
		case *sqlparser.Insert:
			named(n.Table, "")
		}
		return true, nil
	}, stmt)
	return qualified, found
}

// unknownColumn names the column that is not there, of a qualifier or name or both, and its clause; where none is found it returns err.
func unknownColumn(err error, stmt sqlparser.Statement, qualifier, name string) error {
	column, clause := "", ""
	find := func(part sqlparser.SQLNode, in string) {
		walkBlock(func(n sqlparser.SQLNode) bool {
			c, ok := n.(*sqlparser.ColName)
			if !ok || column != "" || qualifier != "" && !strings.EqualFold(c.Qualifier.Name.String(), qualifier) ||
				name != "" && !strings.EqualFold(c.Name.String(), name) {
				return true
			}
			column, clause = c.Name.String(), in
			if !c.Qualifier.IsEmpty() {
				column = c.Qualifier.Name.String() + "." + column
			}
			return true
		}, part)
	}
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		switch n := n.(type) {
		case *sqlparser.Select:
			find(n.SelectExprs, "field list")
			if n.Where != nil {
				find(n.Where, "where clause")
			}
			find(n.From, "on clause")
			find(n.GroupBy, "group statement")
			if n.Having != nil {
				find(n.Having, "having clause")
			}
			find(n.OrderBy, "order clause")
		case *sqlparser.SetOp:
			find(n.OrderBy, "order clause")
		case *sqlparser.Update:
			find(n.Exprs, "field list")
			if n.Where != nil {
				find(n.Where, "where clause")
			}
		case *sqlparser.Delete:
			if n.Where != nil {
				find(n.Where, "where clause")
			}
		}
		return true, nil
	}, stmt)
	if column == "" {
		return err
	}
	return sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in '%s'", column, clause)
}

// emptyNames refuses columns and tables without a name, which GMS takes for none or for all.
func emptyNames(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.ColName:
			if n.Name.IsEmpty() {
				qualifier := ""
				if !n.Qualifier.IsEmpty() {
					qualifier = n.Qualifier.Name.String() + "."
				}
				return false, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", qualifier)
			}
		case *sqlparser.AliasedTableExpr:
			if table, ok := n.Expr.(sqlparser.TableName); ok && table.IsEmpty() {
				return false, sqlerr.New(sqlerr.Errno(1103), "Incorrect table name ''") // ER_WRONG_TABLE_NAME
			}
		}
		return true, nil
	}, n)
}

// mostDecimalScale and mostDecimalDigits are MySQL's limits of DECIMAL(digits, scale).
const (
	mostDecimalDigits = 65
	mostDecimalScale  = 30
)

// viewVariables refuses a view that depends on variables: it is the same for whoever reads it.
func viewVariables(n sqlparser.SQLNode) error {
	ddl, ok := n.(*sqlparser.DDL)
	if !ok || ddl.ViewSpec == nil {
		return nil
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if c, ok := n.(*sqlparser.ColName); ok && strings.HasPrefix(c.Name.String(), "@") {
			return false, sqlerr.New(sqlerr.ViewVariable, "View's SELECT contains a variable or parameter")
		}
		return true, nil
	}, ddl.ViewSpec.ViewExpr)
}

// castBounds refuses casts to a DECIMAL that there is none of, and to a character set that GMS knows by name alone.
func castBounds(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if using, ok := n.(*sqlparser.ConvertUsingExpr); ok && using != nil {
			if set, err := sql.ParseCharacterSet(using.Type); err != nil || set.Encoder() == nil {
				return false, sqlerr.New(sqlerr.UnknownCharset, "Unknown character set: '%s'", using.Type)
			}
		}
		cast, ok := n.(*sqlparser.ConvertExpr)
		if ok && cast.Type != nil && cast.Type.Charset != "" {
			if set, err := sql.ParseCharacterSet(cast.Type.Charset); err != nil || set.Encoder() == nil {
				return false, sqlerr.New(sqlerr.UnknownCharset, "Unknown character set: '%s'", cast.Type.Charset)
			}
		}
		if ok && cast.Type != nil && temporal[strings.ToLower(cast.Type.Type)] && castNumber(cast.Type.Length, 0) > types.MaxFSP {
			return false, sqlerr.New(sqlerr.PrecisionTooBig, "Too-big precision %s specified for 'CAST'. Maximum is %d.", cast.Type.Length.Val, types.MaxFSP)
		}
		if ok && cast.Type != nil && cast.Type.Length != nil && widest[strings.ToLower(cast.Type.Type)] {
			if _, err := strconv.ParseUint(string(cast.Type.Length.Val), 10, 32); err != nil {
				return false, sqlerr.New(sqlerr.DisplayWidth, "Display width out of range for column '%s' (max = %d)", parse.Restore(sqlparser.String(cast.Expr)), uint32(math.MaxUint32))
			}
		}
		if !ok || cast.Type == nil || !strings.EqualFold(cast.Type.Type, "decimal") {
			return true, nil
		}
		digits, scale := castNumber(cast.Type.Length, castPrecision), castNumber(cast.Type.Scale, 0)
		of := parse.Restore(sqlparser.String(cast.Expr))
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

// widest are the types of a length in bytes or characters.
var widest = map[string]bool{"char": true, "nchar": true, "binary": true}

// temporal are the types with digits of a second.
var temporal = map[string]bool{"time": true, "datetime": true}

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

// callForms refuses calls that are no syntax of MySQL's: of functions whose arguments its grammar counts, intervals in units that there
// are none of, and partitions, which no table has.
func callForms(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.FuncExpr:
			if n.Name.EqualString(parse.AssignFunction) && slices.ContainsFunc(n.Exprs, isStar) {
				return false, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near '*': it is no value to assign")
			}
			if name := n.Name.Lowered(); (name == "substring" || name == "substr" || name == "mid") && (len(n.Exprs) < 2 || len(n.Exprs) > 3) {
				return false, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near '%s': it takes two or three arguments", n.Name)
			}
		case *sqlparser.IntervalExpr:
			if unit := strings.ToUpper(n.Unit); n.Unit != "" && !slices.Contains(units, unit) {
				return false, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near '%s': it is no unit of an interval", n.Unit)
			}
		case *sqlparser.AliasedTableExpr:
			if len(n.Partitions) > 0 {
				return false, sqlerr.New(sqlerr.NoPartitions, "PARTITION () clause on non partitioned table")
			}
		}
		return true, nil
	}, n)
}

// units are those of an interval.
var units = []string{"MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "SECOND_MICROSECOND", "MINUTE_MICROSECOND",
	"MINUTE_SECOND", "HOUR_MICROSECOND", "HOUR_SECOND", "HOUR_MINUTE", "DAY_MICROSECOND", "DAY_SECOND", "DAY_MINUTE", "DAY_HOUR", "YEAR_MONTH"}
