package optimize

// rules lists the rules in the order they run. A name may stand twice; disabling it leaves out every run.
func rules() []rule {
	return []rule{
		{name: "inline_with", apply: inlineWith},
		{name: "simplify", apply: simplify},
		{name: "merge", apply: merge},
		{name: "decorrelate", apply: decorrelate},
		{name: "inline_with", apply: inlineWith},
		{name: "push_filters", apply: pushFilters},
		{name: "self_joins", apply: selfJoins},
		{name: "ranges", apply: ranges},
		{name: "simplify", apply: simplify},
		{name: "prune", apply: prune},
		{name: "merge", apply: merge},
		{name: "push_filters", apply: pushFilters},
		{name: "split_exists", apply: splitExists},
		{name: "split_rollup", apply: splitRollup},
		{name: "windows", apply: windows},
		{name: "order", apply: order},
		{name: "limits", apply: limits},
		{name: "late_columns", apply: lateColumns},
		{name: "sum_offsets", apply: sumOffsets},
		{name: "join_order", apply: joinOrder},
		{name: "eager_aggregate", apply: eagerAggregate},
		{name: "products", apply: products},
		{name: "expand_or", apply: expandOr},
		{name: "narrow", apply: narrow},
		{name: "merge", apply: merge},
		{name: "send_keys", apply: sendKeys},
		{name: "place", apply: place, required: true},
		{name: "build_side", apply: buildSide},
	}
}
