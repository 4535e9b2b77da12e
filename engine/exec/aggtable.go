package exec

import (
	"slices"
	"sort"

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
	Keys     []rowkey.Field
	Groups   plan.Schema // the keys' columns
	Args     [][]int     // for each aggregate the positions of its arguments among the terms
	Specs    []agg.Spec
	Distinct []bool       // for each aggregate whether it takes only distinct arguments; nil: none does
	Aggs     plan.Schema  // the aggregates' columns
	Terms    []types.Type // of the terms
}

// out returns the columns of the result.
func (a *Aggregation) out() plan.Schema {
	return append(append(plan.Schema{}, a.Groups...), a.Aggs...)
}

// between returns the columns that travel from partial to final tables: keys and states.
func (a *Aggregation) between() (plan.Schema, error) {
	cols := append(plan.Schema{}, a.Groups...)
	for _, s := range a.Specs {
		acc, err := agg.New(s)
		if err != nil {
			return nil, err
		}
		for _, t := range acc.StateTypes() {
			cols = append(cols, plan.Column{Name: "state", Type: t, Nullable: true})
		}
	}
	return cols, nil
}

func newKeyEncoder(a *Aggregation) *rowkey.Encoder { return rowkey.NewEncoder(a.Keys) }

// aggTable is a hash table of groups with their states. It belongs to one goroutine.
type aggTable struct {
	rt     *Runtime
	spec   *Aggregation
	enc    *rowkey.Encoder
	groups *rowkey.Groups
	accs   []agg.Accumulator
	keys   [][]arrow.Array // for each key column the values of the groups, in parts
	ends   []int           // of the parts, in groups
	keyLen int64           // bytes of keys
	room   int             // groups that fit without growing
	gids   []int32
	fresh  []int32
	args   []arrow.Array
}

func newAggTable(rt *Runtime, spec *Aggregation) (*aggTable, error) {
	t := &aggTable{
		rt: rt, spec: spec, enc: newKeyEncoder(spec), groups: rowkey.NewGroups(),
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
	if n > t.room {
		t.room = max(n, 2*t.room)
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
	n := t.groups.Bytes() + t.keyLen + t.enc.Bytes() + int64(4*(cap(t.gids)+cap(t.fresh)))
	for _, a := range t.accs {
		n += a.Bytes()
	}
	return n
}

// stateBytes is about what the state of an aggregate takes.
const stateBytes = 32

// bytesWith returns the memory in use when rows were added that are all new groups, without what their text takes.
// Slices double, so that a table may take much more than its groups.
func (t *aggTable) bytesWith(rows int) int64 {
	n := t.bytes()
	if len(t.spec.Keys) > 0 && t.len()+rows > t.room {
		n += int64(max(rows, t.room)) * (rowkey.GroupBytes(t.spec.Keys) + stateBytes*int64(len(t.accs)))
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
	if len(t.fresh) == 0 {
		return t.gids, nil
	}
	for i, k := range keys {
		taken, err := takePlain(t.rt.Mem, k, t.fresh)
		if err != nil {
			return nil, err
		}
		t.keys[i] = append(t.keys[i], taken)
		t.keyLen += arrayBytes(taken) + arrayOverhead
	}
	t.ends = append(t.ends, t.groups.Len())
	t.grow(t.groups.Len())
	return t.gids, nil
}

// arrayOverhead is what an array takes besides its values: the array, its buffers and their padding.
const arrayOverhead = 512

// update adds rows for the aggregates that args names.
func (t *aggTable) update(cols []arrow.Array, rows int, args []aggArgs) error {
	gids, err := t.find(cols[:len(t.spec.Keys)], rows)
	if err != nil {
		return err
	}
	return t.updateGroups(gids, cols, rows, args)
}

func (t *aggTable) updateGroups(gids []int32, cols []arrow.Array, rows int, args []aggArgs) error {
	for _, a := range args {
		t.args = t.args[:0]
		for _, p := range a.at {
			t.args = append(t.args, cols[p])
		}
		if err := t.accs[a.agg].Update(gids, t.args, rows); err != nil {
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
		n := len(a.StateTypes())
		if err := a.Merge(gids, cols[at:at+n], rows); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// piece returns where a batch of groups that begins at from ends: after the rows of a batch, or less where the groups
// are large.
func (t *aggTable) piece(from int) int {
	each := max(t.bytes()/int64(max(t.len(), 1)), 1)
	rows := min(int64(t.rt.batchRows()), max(pieceBytes/each, 1))
	return min(from+int(rows), t.len())
}

// keyColumns returns the keys of groups [from, to); the caller releases them.
func (t *aggTable) keyColumns(from, to int) ([]arrow.Array, error) {
	first := sort.SearchInts(t.ends, from+1)
	out := make([]arrow.Array, 0, len(t.keys))
	for _, parts := range t.keys {
		var pieces []arrow.Array
		for k := first; k < len(parts); k++ {
			begin := t.ends[k] - parts[k].Len()
			if begin >= to {
				break
			}
			pieces = append(pieces, sliceArray(parts[k], max(from, begin)-begin, min(to, t.ends[k])-begin))
		}
		all, err := kernel.Concat(t.rt.Mem, pieces)
		releaseArrays(pieces)
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, all)
	}
	return out, nil
}

// results returns keys and aggregates of groups [from, to); the caller releases them.
func (t *aggTable) results(from, to int) ([]arrow.Array, error) {
	cols, err := t.keyColumns(from, to)
	if err != nil {
		return nil, err
	}
	for _, a := range t.accs {
		c, err := a.Result(t.rt.Mem, from, to)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, c)
	}
	return cols, nil
}

// states returns keys and states of groups [from, to); the caller releases them.
func (t *aggTable) states(from, to int) ([]arrow.Array, error) {
	keys, err := t.keyColumns(from, to)
	if err != nil {
		return nil, err
	}
	return t.appendStates(keys, from, to)
}

// appendStates appends the states of groups [from, to) to cols, which it takes over.
func (t *aggTable) appendStates(cols []arrow.Array, from, to int) ([]arrow.Array, error) {
	for _, a := range t.accs {
		s, err := a.States(t.rt.Mem, from, to)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, s...)
	}
	return cols, nil
}

// statesOf returns keys and states of rows, each a group of its own; the table is empty before and after.
func (t *aggTable) statesOf(asm *assembler, each []int32, keys, cols []arrow.Array, args []aggArgs) (arrow.RecordBatch, error) {
	defer t.reset()
	t.grow(len(each))
	if err := t.updateGroups(each, cols, len(each), args); err != nil {
		return nil, err
	}
	for _, k := range keys {
		k.Retain()
	}
	out, err := t.appendStates(slices.Clone(keys), 0, len(each))
	if err != nil {
		return nil, err
	}
	return asm.batch(out, len(each)), nil
}

// reset forgets all groups.
func (t *aggTable) reset() {
	t.releaseKeys()
	t.groups.Reset()
	for _, a := range t.accs {
		a.Reset()
	}
	if len(t.spec.Keys) == 0 {
		t.grow(1)
	}
}

func (t *aggTable) releaseKeys() {
	for i, parts := range t.keys {
		releaseArrays(parts)
		clear(parts) // a released array still refers to its values
		t.keys[i] = parts[:0]
	}
	t.ends, t.keyLen = t.ends[:0], 0
}
