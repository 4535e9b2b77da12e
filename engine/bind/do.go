package bind

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/parse"
)

// done is a DO: a query whose row nobody sees. It is a relation without children that GMS can't look into, for it has been analyzed.
type done struct {
	query   sql.Node
	builder sql.NodeExecBuilder
}

var _ sql.ExecSourceRel = (*done)(nil)

// takeDo returns what a DO, which the grammar has as a query INTO a variable of its own, does; nil if n is none.
func takeDo(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (sql.Node, error) {
	into, ok := n.(*gmsplan.Into)
	if !ok || len(into.IntoVars) != 1 {
		return nil, nil
	}
	if v, ok := into.IntoVars[0].(*expression.UserVar); !ok || v.Name != parse.DoneVariable {
		return nil, nil
	}
	query, err := a.Analyze(ctx, into.Child, nil, flags)
	if err != nil {
		return nil, err
	}
	return &done{query, a.ExecBuilder}, nil
}

// Resolved implements sql.Node.
func (d *done) Resolved() bool { return true }

// String implements sql.Node.
func (d *done) String() string { return "Do" }

// Schema implements sql.Node.
func (d *done) Schema(*sql.Context) sql.Schema { return gmstypes.OkResultSchema }

// Children implements sql.Node.
func (d *done) Children() []sql.Node { return nil }

// IsReadOnly implements sql.Node.
func (d *done) IsReadOnly() bool { return d.query.IsReadOnly() }

// WithChildren implements sql.Node.
func (d *done) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(children), 0)
	}
	return d, nil
}

// RowIter implements sql.ExecSourceRel.
func (d *done) RowIter(ctx *sql.Context, row sql.Row) (sql.RowIter, error) {
	rows, err := d.builder.Build(ctx, d.query, row)
	for err == nil {
		_, err = rows.Next(ctx)
	}
	if rows != nil {
		err = errors.Join(err, rows.Close(ctx))
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return sql.RowsToRowIter(sql.NewRow(gmstypes.NewOkResult(0))), nil
}
