package postgres

import (
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// mostKeys is how many keys are sent with a query. Planning it takes time for each of them, at 100,000 as much as reading
// some 10,000 rows.
const mostKeys = 1 << 17

// hashedArrays is the first version that looks values up in an array by their hash.
const hashedArrays = 140000

// MostKeys implements connectors.KeyLister.
func (f *fragment) MostKeys() int {
	if f.tables[0].Handle.(*relation).server.version < hashedArrays {
		return 0
	}
	return mostKeys
}

// keyLists are the keys that are sent with an execution's queries, of which each split has one, as they are written.
type keyLists struct {
	mu    sync.Mutex
	texts map[keyList]string // empty: they can't be sent
}

// keyList names the keys of a column.
type keyList struct {
	column expr.ColumnID
	set    connectors.KeySet
}

// of returns the text of keys of type t.
func (l *keyLists) of(d *dialect, keys connectors.ColumnKeys, t types.Type) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := keyList{keys.Column, keys.Set}
	text, ok := l.texts[name]
	if !ok {
		if l.texts == nil {
			l.texts = make(map[keyList]string)
		}
		text, _ = d.arrayText(keys.Values.Len(), t, func(i int) types.Value { return kernel.ValueAt(keys.Values, i) })
		l.texts[name] = text
	}
	return text
}

// filtered returns the tree with what is known of the dynamic filter, as far as the dialect takes it, and the texts of the
// arrays that its memberships stand for.
func (e *execution) filtered() (plan.Node, map[*expr.In]string) {
	tree, lists := e.tree, make(map[*expr.In]string)
	add := func(cond expr.Expr) {
		step := &plan.Filter{Input: tree, Conds: []expr.Expr{cond}}
		d := e.dialect.forTree(step, nil)
		d.lists = lists
		if d.Take(step).Verdict != pushdown.None {
			tree = step
		}
	}
	for _, cond := range e.scan.Dynamic.Conds() {
		add(cond)
	}
	for _, keys := range e.scan.Dynamic.Keys() {
		at := e.tree.Schema().Index(keys.Column)
		if keys.Values == nil || at < 0 {
			continue
		}
		column := e.tree.Schema()[at].Ref()
		if text := e.lists.of(e.dialect, keys, column.Typ); text != "" {
			in := &expr.In{Arg: column, List: []types.Value{kernel.ValueAt(keys.Values, 0)}}
			lists[in] = text
			add(in)
		}
	}
	return tree, lists
}
