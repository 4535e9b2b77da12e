package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// memberText is the text of an ENUM or SET. GMS passes the number of its member on where an expression returns one of its operands.
type memberText struct {
	expression.UnaryExpressionStub
}

// memberTexts has the operands that expressions of a query of GMS's may return be texts: its information_schema is full of ENUMs.
func memberTexts(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeExprsWithOpaque(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		switch e.(type) {
		case *function.Coalesce, *function.If, *function.IfNull, *function.NullIf, *function.Greatest, *function.Least, *expression.Case:
		default:
			return e, transform.SameTree, nil
		}
		same := transform.SameTree
		children := e.Children()
		list := make([]sql.Expression, len(children))
		for i, c := range children {
			list[i] = c
			switch c.Type(ctx).(type) {
			case sql.EnumType, sql.SetType:
				list[i], same = &memberText{expression.UnaryExpressionStub{Child: c}}, transform.NewTree
			}
		}
		if same {
			return e, same, nil
		}
		changed, err := e.WithChildren(ctx, list...)
		return changed, same, err
	})
}

// String implements sql.Expression.
func (m *memberText) String() string { return m.Child.String() }

// Type implements sql.Expression.
func (m *memberText) Type(*sql.Context) sql.Type { return gmstypes.LongText }

// WithChildren implements sql.Expression.
func (m *memberText) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(m, len(children), 1)
	}
	return &memberText{expression.UnaryExpressionStub{Child: children[0]}}, nil
}

// Eval implements sql.Expression.
func (m *memberText) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	v, err := m.Child.Eval(ctx, row)
	if v == nil || err != nil {
		return nil, err
	}
	switch t := m.Child.Type(ctx).(type) {
	case sql.EnumType:
		if at, ok := v.(uint16); ok {
			text, _ := t.At(int(at))
			return text, nil
		}
	case sql.SetType:
		if bits, ok := v.(uint64); ok {
			return t.BitsToString(bits)
		}
	}
	text, _, err := gmstypes.LongText.Convert(ctx, v)
	return text, err
}
