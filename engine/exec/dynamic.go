package exec

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// ScanFilter is what joins tell one remote scan about the rows that can match: a connectors.DynamicFilter. Every join
// that will contribute is promised before the query runs.
type ScanFilter struct {
	pending atomic.Int32
	ready   chan struct{}
	mu      sync.Mutex
	conds   []expr.Expr
	keys    []connectors.ColumnKeys
}

// NewScanFilter returns a filter that nothing contributes to.
func NewScanFilter() *ScanFilter { return &ScanFilter{ready: make(chan struct{})} }

// Promise announces one call of Fulfil.
func (f *ScanFilter) Promise() { f.pending.Add(1) }

// Fulfil adds conjuncts over the fragment's columns and the keys of some; neither if nothing was learnt.
func (f *ScanFilter) Fulfil(conds []expr.Expr, keys ...connectors.ColumnKeys) {
	f.mu.Lock()
	f.conds = append(f.conds[:len(f.conds):len(f.conds)], conds...)
	f.keys = append(f.keys[:len(f.keys):len(f.keys)], keys...)
	f.mu.Unlock()
	if f.pending.Add(-1) == 0 {
		close(f.ready)
	}
}

// Ready is closed when every promise was fulfilled.
func (f *ScanFilter) Ready() <-chan struct{} { return f.ready }

// Conds returns what is known now.
func (f *ScanFilter) Conds() []expr.Expr {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conds
}

// Keys returns what is known now of the columns whose values are looked up.
func (f *ScanFilter) Keys() []connectors.ColumnKeys {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keys
}

// The most distinct keys that a condition lists one by one, and the rows looked at in a step while counting them.
const (
	maxKeys  = 4096
	keyChunk = 4096
)

// ListedBytes is about the memory of listing so many keys.
func ListedBytes(keys int) int64 { return 48 * int64(keys) }

// Comparable reports whether keys of type key can be turned into a filter on a column of type col.
func Comparable(col, key types.Type) bool {
	switch {
	case col.IsInteger():
		return key.IsInteger() && col.IsUnsigned() == key.IsUnsigned()
	case col.Kind == types.Decimal:
		return key.Kind == types.Decimal && col.Scale == key.Scale
	case col.IsText():
		return key.IsText() && col.Collation.Bytewise() && key.Collation.Bytewise() && col.Kind != types.JSON && key.Kind != types.JSON
	}
	return col.Kind == key.Kind && (col.IsTemporal() || col.IsBinary())
}

// KeyConds returns what equality with some value of keys says of col: a range and, for few keys, their list. The types
// must be Comparable.
func KeyConds(col *expr.Column, key types.Type, keys arrow.Array) ([]expr.Expr, error) {
	low, err := bound(plan.Min, key, keys)
	if err != nil {
		return nil, err
	}
	high, err := bound(plan.Max, key, keys)
	if err != nil || low.Null {
		return nil, err
	}
	if low == high {
		if !holds(col.Typ, low) {
			return nil, nil
		}
		return []expr.Expr{compare(expr.Eq, col, low)}, nil
	}
	var conds []expr.Expr
	if holds(col.Typ, low) {
		conds = append(conds, compare(expr.Ge, col, low))
	}
	if holds(col.Typ, high) {
		conds = append(conds, compare(expr.Le, col, high))
	}
	if list := fewKeys(col.Typ, key, keys); len(list) > 0 {
		conds = append(conds, &expr.In{Arg: col, List: list})
	}
	return conds, nil
}

func compare(f expr.Func, col *expr.Column, v types.Value) expr.Expr {
	return &expr.Call{
		Func: f, Args: []expr.Expr{col, &expr.Literal{Value: v, Typ: col.Typ}},
		Typ: types.Of(types.Bool), Null: col.Null,
	}
}

// bound returns the least or greatest key.
func bound(f plan.AggFunc, t types.Type, keys arrow.Array) (types.Value, error) {
	acc, err := agg.New(agg.Spec{Func: f, Args: []types.Type{t}, Result: t})
	if err != nil {
		return types.NullValue, err
	}
	acc.Grow(1)
	if err := acc.Update(nil, []arrow.Array{keys}, keys.Len()); err != nil {
		return types.NullValue, err
	}
	a, err := acc.Result(memory.DefaultAllocator, 0, 1)
	if err != nil {
		return types.NullValue, err
	}
	defer a.Release()
	return ownedValue(a, 0), nil
}

// ownedValue is a value that outlives its array.
func ownedValue(a arrow.Array, i int) types.Value {
	v := kernel.ValueAt(a, i)
	v.Str = string([]byte(v.Str))
	return v
}

// holds reports whether an integer type has v; other types have every value of a comparable one.
func holds(t types.Type, v types.Value) bool {
	switch t.Kind {
	case types.Int8:
		return v.Int == int64(int8(v.Int))
	case types.Int16, types.Year:
		return v.Int == int64(int16(v.Int))
	case types.Int32:
		return v.Int == int64(int32(v.Int))
	case types.Uint8:
		return v.Int == int64(uint8(v.Int))
	case types.Uint16:
		return v.Int == int64(uint16(v.Int))
	case types.Uint32:
		return v.Int == int64(uint32(v.Int))
	}
	return true
}

// fewKeys returns the different keys that col can have, or nil if they are too many for a condition.
func fewKeys(col, key types.Type, keys arrow.Array) []types.Value {
	rows := distinctKeys(col, key, keys, maxKeys)
	list := make([]types.Value, len(rows))
	for i, row := range rows {
		list[i] = ownedValue(keys, int(row))
	}
	return list
}

// ListKeys returns the different keys that col can have, if a condition does not list them and they are no more than most;
// else nil. The list is nobody's to release. The types must be Comparable.
func ListKeys(col, key types.Type, keys arrow.Array, most int) (arrow.Array, error) {
	if keys.Len() <= maxKeys || most <= maxKeys {
		return nil, nil
	}
	rows := distinctKeys(col, key, keys, most)
	if len(rows) <= maxKeys {
		return nil, nil
	}
	return kernel.Take(memory.DefaultAllocator, keys, rows)
}

// distinctKeys returns rows that have the different keys that col can have, or nil if there are more than most.
func distinctKeys(col, key types.Type, keys arrow.Array, most int) []int32 {
	enc := rowkey.NewEncoder([]rowkey.Field{rowkey.Of(key, nil)})
	groups := rowkey.NewGroups()
	var rows, out, fresh []int32
	for from := 0; from < keys.Len(); from += keyChunk {
		part := array.NewSlice(keys, int64(from), int64(min(from+keyChunk, keys.Len())))
		out = resize(out, part.Len())
		enc.Encode([]arrow.Array{part}, part.Len())
		fresh = groups.Find(enc, out, fresh[:0])
		part.Release()
		if groups.Len() > most {
			return nil
		}
		for _, i := range fresh {
			rows = append(rows, int32(from)+i)
		}
	}
	return slices.DeleteFunc(rows, func(row int32) bool {
		v := kernel.ValueAt(keys, int(row))
		return v.Null || !holds(col, v)
	})
}
