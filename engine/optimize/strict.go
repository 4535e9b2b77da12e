package optimize

import (
	"context"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// refuseFullRead is silogate_strict_pushdown: it errs if answering the offered part means reading a whole table, with
// nothing that reduces it taken by the source.
func (pl *placer) refuseFullRead(ctx context.Context, offered, out plan.Node) error {
	if reducers(out) < reducers(offered) {
		return nil
	}
	var tables []*plan.Scan
	walk(offered, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			tables = append(tables, s)
		}
	})
	var err error
	walk(out, func(n plan.Node) {
		remote, ok := n.(*plan.Remote)
		if !ok || err != nil || remote.Keys != nil {
			return
		}
		for _, s := range tables {
			if overlaps(s.Cols.Set(), remote.Cols.Set()) && !pl.reduced(ctx, s, remote) {
				err = sqlerr.New(sqlerr.PushdownRequired,
					"source %s: table %s would be read whole (silogate_strict_pushdown is on)", s.Site.Source, s.Table.Name)
			}
		}
	})
	return err
}

// reducers counts what makes a plan yield less than its tables hold.
func reducers(n plan.Node) int {
	count := 0
	walk(n, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Filter:
			count += len(n.Conds)
		case *plan.Join:
			count += len(n.On)
		case *plan.Aggregate, *plan.Limit:
			count++
		}
	})
	return count
}

// reduced reports whether a fragment expects to send fewer rows than its table has: a superset of a condition that is
// rechecked here.
func (pl *placer) reduced(ctx context.Context, s *plan.Scan, remote *plan.Remote) bool {
	f, ok := remote.Fragment.(connectors.Fragment)
	if !ok {
		return false
	}
	est, err := f.Estimate(ctx)
	return err == nil && est.Rows < pl.est.of(ctx, s).rows
}
