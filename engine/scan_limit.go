package engine

import (
	"context"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// refuseScans is silogate_max_scan_bytes: it errs if the leaves of a placed plan are estimated to read more than most bytes
// out of their sources, and names the leaf that reads most. A leaf of which that is not known counts as nothing.
func refuseScans(ctx context.Context, placed plan.Node, most uint64) error {
	total, largest := 0.0, 0.0
	var from *plan.Remote
	for _, leaf := range remotes(nil, placed) {
		f, ok := leaf.Fragment.(connectors.Fragment)
		if !ok {
			continue
		}
		// A source that can't tell now will say so when it is read.
		est, err := f.Estimate(ctx)
		if err != nil || !(est.Bytes > 0) { // also for NaN
			continue
		}
		total += est.Bytes
		if est.Bytes > largest {
			largest, from = est.Bytes, leaf
		}
	}
	if from == nil || total <= float64(most) {
		return nil
	}
	return sqlerr.New(sqlerr.ScanTooBig,
		"source %s: table %s: the statement is estimated to read %.0f bytes, %.0f of them here, which is more than silogate_max_scan_bytes (%d)",
		from.Site.Source, tableNames(from), total, largest, most)
}

// remotes appends the leaves of a plan that read sources, those of subplans included.
func remotes(dst []*plan.Remote, n plan.Node) []*plan.Remote {
	if leaf, ok := n.(*plan.Remote); ok {
		return append(dst, leaf)
	}
	for _, c := range n.Children() {
		dst = remotes(dst, c)
	}
	return dst
}

func tableNames(leaf *plan.Remote) string {
	names := make([]string, len(leaf.Tables))
	for i, t := range leaf.Tables {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}
