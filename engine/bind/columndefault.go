package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// columnDefault is DEFAULT(column) of a table that a query reads. That of a column that is written is a writtenColumn.
type columnDefault struct{ expression.UnaryExpressionStub }

var _ sql.FunctionExpression = (*columnDefault)(nil)

func newColumnDefault(column sql.Expression) *columnDefault {
	return &columnDefault{expression.UnaryExpressionStub{Child: column}}
}

// FunctionName implements sql.FunctionExpression.
func (*columnDefault) FunctionName() string { return defaultFunction }

// Description implements sql.FunctionExpression.
func (*columnDefault) Description() string { return "what a column holds by default" }

// String implements sql.Expression.
func (d *columnDefault) String() string { return "default(" + d.Child.String() + ")" }

// Type implements sql.Expression.
func (d *columnDefault) Type(ctx *sql.Context) sql.Type { return d.Child.Type(ctx) }

// IsNullable implements sql.Expression.
func (*columnDefault) IsNullable(*sql.Context) bool { return true }

// Eval implements sql.Expression. Who imports it knows the column's table.
func (d *columnDefault) Eval(*sql.Context, sql.Row) (any, error) { return nil, d.unknown() }

// WithChildren implements sql.Expression.
func (d *columnDefault) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(children), 1)
	}
	return newColumnDefault(children[0]), nil
}

func (d *columnDefault) unknown() error {
	return sqlerr.New(sqlerr.Unsupported, "%s is not supported here: the defaults of scratch tables are known, those of a source's are not", d)
}

// counterDefault is DEFAULT(column) of an AUTO_INCREMENT column: 0, for which a row that is inserted gets the next number.
func (x *expressions) counterDefault(c *sql.Column, typ types.Type) (expr.Expr, error) {
	value, err := fromGMS(x.ctx, c.Type.Zero(), c.Type, typ, sessionLocation(x.ctx))
	return &expr.Literal{Value: value, Typ: typ}, err
}

// columnDefaults makes of DEFAULT(column), where the grammar has it, the call that parse.Widen makes of it elsewhere. Those that a write gives to
// columns stay: see writtenRows.
func columnDefaults(n sqlparser.SQLNode) error {
	found := false
	err := Walk(func(n sqlparser.SQLNode) (bool, error) {
		d, ok := n.(*sqlparser.Default)
		found = found || ok && d.ColName != ""
		return !found, nil
	}, n)
	if err != nil || !found {
		return err
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.AliasedExpr:
			return true, replaceWritten(&n.Expr, columnDefaultCall)
		case *sqlparser.Order:
			return true, replaceWritten(&n.Expr, columnDefaultCall)
		case *sqlparser.Where:
			if n != nil {
				return true, replaceWritten(&n.Expr, columnDefaultCall)
			}
		case *sqlparser.JoinTableExpr:
			return true, replaceWritten(&n.Condition.On, columnDefaultCall)
		case *sqlparser.Select:
			for i := range n.GroupBy {
				if err := replaceWritten(&n.GroupBy[i], columnDefaultCall); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	}, n)
}

func columnDefaultCall(e sqlparser.Expr) sqlparser.Expr {
	d, ok := e.(*sqlparser.Default)
	if !ok || d.ColName == "" {
		return nil
	}
	column := sqlparser.NewColName(strings.Trim(d.ColName, "`"))
	return &sqlparser.FuncExpr{Name: sqlparser.NewColIdent(defaultFunction), Exprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: column}}}
}

// columnDefault imports the default of a scratch table's column, if it has one that is no expression.
func (x *expressions) columnDefault(d *columnDefault) (expr.Expr, error) {
	arg, err := x.expr(d.Child)
	if err != nil {
		return nil, err
	}
	column, ok := arg.(*expr.Column)
	if !ok {
		return nil, d.unknown()
	}
	id := column.ID
	if of, ok := x.anyOf[id]; ok {
		id = of
	}
	from := x.origins[id]
	table, ok := from.table.(Writable)
	if !ok {
		return nil, d.unknown()
	}
	schema := x.withDefaults(from.database, table, table.Schema(x.ctx))
	return x.givenDefault(newWrittenTable(x.ctx, from.database, table, schema), from.column.Name)
}
