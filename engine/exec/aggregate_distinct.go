package exec

import (
	"slices"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// distinctSet is a set of arguments that some aggregates take each distinct value of once.
type distinctSet struct {
	terms []int // the terms its grouping takes: the keys, the arguments and perhaps a sort key
	order bool
	rows  *grouping // its groups are the distinct rows, in the order of terms
	args  []aggArgs // the aggregates over rows
}

// isDistinct reports whether aggregate i takes distinct rows only. The extremes of a group and of its distinct values
// are the same.
func (a *Aggregation) isDistinct(i int) bool {
	f := a.Specs[i].Func
	return a.Distinct != nil && a.Distinct[i] && f != plan.Min && f != plan.Max && f != plan.AnyValue
}

// aggArgs says where the arguments of an aggregate lie among the columns of some rows.
type aggArgs struct {
	agg int
	at  []int
}

// plain returns the aggregates that take every row.
func (a *Aggregation) plain() []aggArgs {
	var out []aggArgs
	for i, at := range a.Args {
		if !a.isDistinct(i) {
			out = append(out, aggArgs{i, at})
		}
	}
	return out
}

// distinctSets returns the sets of arguments that are to be distinct.
func distinctSets(rt *Runtime, spec *Aggregation, res *Reservation, stats *NodeStats) ([]*distinctSet, error) {
	var sets []*distinctSet
	for i, s := range spec.Specs {
		if !spec.isDistinct(i) {
			continue
		}
		terms := append(allColumns(len(spec.Keys)), spec.Args[i]...)
		at := slices.IndexFunc(sets, func(o *distinctSet) bool {
			return o.order == s.Ordered && slices.Equal(o.terms, terms)
		})
		if at < 0 {
			at = len(sets)
			set := &distinctSet{terms: terms, order: s.Ordered}
			rows, err := newGrouping(rt, set.aggregation(spec, s), res.Sibling(), stats)
			if err != nil {
				return nil, err
			}
			set.rows = rows
			sets = append(sets, set)
		}
		sets[at].args = append(sets[at].args, aggArgs{i, allColumns(len(terms))[len(spec.Keys):]})
	}
	return sets, nil
}

// aggregation describes the grouping by keys and arguments. Of the sort keys that come with equal arguments the first
// counts, so that the order does not depend on which row came first.
func (set *distinctSet) aggregation(spec *Aggregation, s agg.Spec) *Aggregation {
	out := &Aggregation{Keys: slices.Clone(spec.Keys), Groups: slices.Clone(spec.Groups)}
	for _, k := range set.terms {
		out.Terms = append(out.Terms, spec.Terms[k])
	}
	last := len(set.terms)
	if set.order {
		last--
		key := types.Of(types.Blob)
		out.Specs = []agg.Spec{{Func: plan.Min, Args: []types.Type{key}, Result: key}}
		out.Args = [][]int{{last}}
		out.Aggs = plan.Schema{{Name: "order", Type: key, Nullable: true}}
	}
	for k, t := range out.Terms[len(spec.Keys):last] {
		var weigh WeightFunc
		if k < len(s.Weigh) {
			weigh = s.Weigh[k]
		}
		out.Keys = append(out.Keys, rowkey.Of(t, weigh))
		out.Groups = append(out.Groups, plan.Column{Name: "distinct", Type: t, Nullable: true})
	}
	return out
}
