package mysql

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/gateway/session"
	"github.com/silogate/silogate/gateway/shadow"
)

// federated runs a query that the binder took over, or explains it. prepared is its plan if it has one already.
func (s *statement) federated(leaf *bind.Leaf, prepared *engine.Prepared) (err error) {
	lift, err := s.limit()
	if err != nil {
		return err
	}
	defer func() { err = lift(err) }()
	defer func() { s.server.forget(leaf, err) }()
	s.session().readSource = s.session().readSource || leaf.Explain != bind.ExplainPlan && readsSource(leaf, leaf.Plan)
	env, err := bind.NewEnv(s.ctx, leaf)
	if err != nil {
		return err
	}
	if prepared == nil {
		without := s.server.cfg.Shadow.Bars(func() string { return s.digest(leaf) })
		if prepared, err = s.server.plan(s.ctx, leaf, without); err != nil {
			return err
		}
		if leaf.Explain == bind.Run {
			s.keepPlan(leaf, prepared)
		}
	}
	switch leaf.Explain {
	case bind.ExplainPlan:
		return s.explain(prepared.Explain(), leaf.JSON)
	case bind.ExplainAnalyze:
		measured, err := prepared.Analyze(s.ctx, env)
		if err != nil {
			return err
		}
		return s.explain(measured, leaf.JSON)
	}
	result, err := prepared.RunEncoded(env)
	if err != nil {
		return err
	}
	watch, err := s.watch(leaf, prepared, env)
	if err != nil {
		return errors.Join(err, result.Close())
	}
	s.server.results.Store(s.conn.id, result)
	defer s.server.results.Delete(s.conn.id)
	return s.rows(leafColumns(leaf), &engineRows{
		statement: s, result: execution{result, s.server, leaf}, watch: watch,
		formatter: newFormatter(wireSchema(leaf), env.Location, s.binary, s.conn.session.charsets().recode()),
	})
}

// watch returns what digests the answer, if the statement is one of those that are checked.
func (s *statement) watch(leaf *bind.Leaf, prepared *engine.Prepared, env *expr.Env) (*shadow.Watch, error) {
	rate, err := variable(s.ctx, session.ShadowRate)
	if err != nil {
		return nil, err
	}
	share, _ := rate.(float64)
	return s.server.cfg.Shadow.Watch(prepared, env, share, func() string { return s.digest(leaf) }), nil
}

// digest is the text that a query has in common with those that differ from it in literals only; an EXPLAIN has that of its query.
func (s *statement) digest(leaf *bind.Leaf) string {
	text := s.text
	if leaf.Explain != bind.Run {
		text = parse.Explained(text)
	}
	return parse.Digest(text, bind.Mode(s.ctx))
}

// selected keeps what FOUND_ROWS and ROW_COUNT say after a query.
func (s *statement) selected(rows int64) {
	info := s.ctx.GetLastQueryInfo()
	info.FoundRows.Store(rows)
	info.RowCount.Store(-1)
}

// explain sends a plan as MySQL does: JSON is one row, the lines of a text are one row each.
func (s *statement) explain(e *engine.Explanation, inJSON bool) error {
	var table [][]string
	if inJSON {
		text, err := e.JSON()
		if err != nil {
			return err
		}
		table = [][]string{{text}}
	} else {
		for line := range strings.Lines(e.Text()) {
			table = append(table, []string{strings.TrimSuffix(line, "\n")})
		}
	}
	return s.texts(explainColumns(), table)
}

// explainColumns is the one column of an EXPLAIN, by MySQL's name for it.
func explainColumns() []wire.Column { return textColumns("EXPLAIN") }

// plan optimizes a query under the session's settings, without what is barred for it alone.
func (v *Server) plan(ctx *sql.Context, leaf *bind.Leaf, without optimize.Bars) (*engine.Prepared, error) {
	settings, err := v.settings(ctx)
	if err != nil {
		return nil, err
	}
	settings.Barred = without
	settings.Local = leaf.Local
	return v.cfg.Engine.Prepare(ctx, leaf.Plan, settings)
}

// settings are the session's choices for a statement.
func (v *Server) settings(ctx *sql.Context) (engine.Settings, error) {
	settings, err := session.Read(func(name string) (any, error) { return variable(ctx, name) })
	return settings.Engine, err
}

// rows runs a query for GMS, which needs its rows in a statement of its own.
func (v *Server) rows(ctx *sql.Context, leaf *bind.Leaf) (bind.Rows, error) {
	env, err := bind.NewEnv(ctx, leaf)
	if err != nil {
		return nil, err
	}
	prepared, err := v.plan(ctx, leaf, nil)
	if err != nil {
		v.forget(leaf, err)
		return nil, err
	}
	result, err := prepared.Run(env)
	if err != nil {
		return nil, err
	}
	return execution{result, v, leaf}, nil
}

// execution is the result of a query. Others read it when the statement that made it is over: GMS, and a cursor's client.
type execution struct {
	*engine.Result
	server *Server
	leaf   *bind.Leaf
}

// Next implements bind.Rows. A failure ends the result, as GMS does not close the rows of every expression that fails, and a change of its tables
// is not met again.
func (r execution) Next(ctx context.Context) (arrow.RecordBatch, error) {
	batch, err := r.Result.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		r.server.forget(r.leaf, err)
		err = errors.Join(err, r.Close())
	}
	return batch, err
}

// readsSource reports a part of a query that reads a table that is no table of the gateway itself.
func readsSource(leaf *bind.Leaf, n plan.Node) bool {
	if scan, ok := n.(*plan.Scan); ok && leaf.Local[scan.Site] == nil {
		return true
	}
	return slices.ContainsFunc(n.Children(), func(child plan.Node) bool { return readsSource(leaf, child) })
}

// stale reports an error that says that a table is not what it was bound as.
func stale(err error) bool {
	switch sqlerr.CodeOf(err) {
	case sqlerr.UnknownTable, sqlerr.UnknownColumn, sqlerr.SourceChanged:
		return true
	}
	return false
}

// forget drops what the catalog remembers of a query's sources if it failed for what a change of their tables looks like.
func (v *Server) forget(leaf *bind.Leaf, err error) {
	if err != nil && (stale(err) || sqlerr.CodeOf(err) == sqlerr.SourceError) {
		v.forgetBelow(leaf.Plan)
	}
}

func (v *Server) forgetBelow(n plan.Node) {
	if scan, ok := n.(*plan.Scan); ok {
		v.cfg.Catalog.Forget(scan.Site.Source)
	}
	for _, child := range n.Children() {
		v.forgetBelow(child)
	}
}
