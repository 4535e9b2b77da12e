package exec

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Aggregation describes a hash aggregate. Rows reach it as the values of a list of terms: the group keys, then the
// arguments of the aggregates, which may share terms.
type Aggregation struct {
	Keys   []rowkey.Field
	Groups plan.Schema // the keys' columns
	Args   [][]int     // for each aggregate the positions of its arguments among the terms
	Specs  []agg.Spec
	Aggs   plan.Schema  // the aggregates' columns
	Terms  []types.Type // of the terms
}

// raw reports whether every row has to reach the final table, because an aggregate has no mergeable state.
func (a *Aggregation) raw() (bool, error) {
	for _, s := range a.Specs {
		acc, err := agg.New(s)
		if err != nil {
			return false, err
		}
		if _, ok := acc.(agg.Mergeable); !ok {
			return true, nil
		}
	}
	return false, nil
}

// out returns the columns of the result.
func (a *Aggregation) out() plan.Schema {
	return append(append(plan.Schema{}, a.Groups...), a.Aggs...)
}

// between returns the columns that travel from partial to final tables: keys and states, or, raw, all terms.
func (a *Aggregation) between(raw bool) (plan.Schema, error) {
	if raw {
		cols := append(plan.Schema{}, a.Groups...)
		for _, t := range a.Terms[len(a.Groups):] {
			cols = append(cols, plan.Column{Name: "arg", Type: t, Nullable: true})
		}
		return cols, nil
	}
	cols := append(plan.Schema{}, a.Groups...)
	for _, s := range a.Specs {
		acc, err := agg.New(s)
		if err != nil {
			return nil, err
		}
		for _, t := range acc.(agg.Mergeable).StateTypes() {
			cols = append(cols, plan.Column{Name: "state", Type: t, Nullable: true})
		}
	}
	return cols, nil
}

// aggTable is a hash table of groups with their states. It belongs to one goroutine.
type aggTable struct {
	rt     *Runtime
	spec   *Aggregation
	enc    *rowkey.Encoder
	groups *rowkey.Groups
	accs   []agg.Accumulator
	keys   [][]arrow.Array // for each key column the values of the groups, in parts
	keyLen int64           // bytes of keys
	gids   []int32
	fresh  []int32
	args   []arrow.Array
}

func newAggTable(rt *Runtime, spec *Aggregation) (*aggTable, error) {
	t := &aggTable{
		rt: rt, spec: spec, enc: rowkey.NewEncoder(spec.Keys), groups: rowkey.NewGroups(),
		keys: make([][]arrow.Array, len(spec.Keys)),
	}
	for _, s := range spec.Specs {
		acc, err := agg.New(s)
		if err != nil {
			return nil, err
		}
		t.accs = append(t.accs, acc)
	}
	if len(spec.Keys) == 0 {
		t.grow(1)
	}
	return t, nil
}

func (t *aggTable) grow(n int) {
	for _, a := range t.accs {
		a.Grow(n)
	}
}

// len returns the number of groups; without keys there is always one.
func (t *aggTable) len() int {
	if len(t.spec.Keys) == 0 {
		return 1
	}
	return t.groups.Len()
}

// bytes returns the memory in use.
func (t *aggTable) bytes() int64 {
	n := t.groups.Bytes() + t.keyLen
	for _, a := range t.accs {
		n += a.Bytes()
	}
	return n
}

// find returns the group of each row, nil without keys, and keeps the keys of new groups.
func (t *aggTable) find(keys []arrow.Array, rows int) ([]int32, error) {
	if len(t.spec.Keys) == 0 {
		return nil, nil
	}
	t.enc.Encode(keys, rows)
	if cap(t.gids) < rows {
		t.gids = make([]int32, rows)
	}
	t.gids = t.gids[:rows]
	t.fresh = t.groups.Find(t.enc, t.gids, t.fresh[:0])
	if len(t.fresh) > 0 {
		for i, k := range keys {
			taken, err := kernel.Take(t.rt.Mem, k, t.fresh)
			if err != nil {
				return nil, err
			}
			t.keys[i] = append(t.keys[i], taken)
			t.keyLen += arrayBytes(taken)
		}
		t.grow(t.groups.Len())
	}
	return t.gids, nil
}

// update adds rows given as the values of all terms.
func (t *aggTable) update(terms []arrow.Array, rows int) error {
	gids, err := t.find(terms[:len(t.spec.Keys)], rows)
	if err != nil {
		return err
	}
	return t.updateGroups(gids, terms, rows)
}

func (t *aggTable) updateGroups(gids []int32, terms []arrow.Array, rows int) error {
	for i, a := range t.accs {
		t.args = t.args[:0]
		for _, p := range t.spec.Args[i] {
			t.args = append(t.args, terms[p])
		}
		if err := a.Update(gids, t.args, rows); err != nil {
			return err
		}
	}
	return nil
}

// merge adds rows of keys and states.
func (t *aggTable) merge(cols []arrow.Array, rows int) error {
	gids, err := t.find(cols[:len(t.spec.Keys)], rows)
	if err != nil {
		return err
	}
	at := len(t.spec.Keys)
	for _, a := range t.accs {
		m := a.(agg.Mergeable)
		n := len(m.StateTypes())
		if err := m.Merge(gids, cols[at:at+n], rows); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// keyColumns returns the keys of all groups; the caller releases them.
func (t *aggTable) keyColumns() ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(t.keys))
	for i, parts := range t.keys {
		if len(parts) == 0 {
			out = append(out, kernel.FromValues(t.rt.Mem, t.spec.Groups[i].Type, nil))
			continue
		}
		all, err := kernel.Concat(t.rt.Mem, parts)
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, all)
	}
	return out, nil
}

// states returns keys and states of all groups; the caller releases them.
func (t *aggTable) states() ([]arrow.Array, error) {
	keys, err := t.keyColumns()
	if err != nil {
		return nil, err
	}
	defer releaseArrays(keys)
	return t.statesFor(keys)
}

// statesFor returns keys, which it borrows, with the states of as many groups; the caller releases them.
func (t *aggTable) statesFor(keys []arrow.Array) ([]arrow.Array, error) {
	cols := append([]arrow.Array(nil), keys...)
	for _, k := range keys {
		k.Retain()
	}
	for _, a := range t.accs {
		s, err := a.(agg.Mergeable).States(t.rt.Mem)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, s...)
	}
	return cols, nil
}

// reset forgets all groups. Every accumulator must be mergeable.
func (t *aggTable) reset() {
	t.releaseKeys()
	t.groups.Reset()
	for _, a := range t.accs {
		a.(agg.Mergeable).Reset()
	}
}

func (t *aggTable) releaseKeys() {
	for i, parts := range t.keys {
		releaseArrays(parts)
		t.keys[i] = parts[:0]
	}
	t.keyLen = 0
}
