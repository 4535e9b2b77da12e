package agg

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// jsonGroups is what JSON_ARRAYAGG and JSON_OBJECTAGG have in common: of each group a text, which is empty before its first
// row and is its state.
type jsonGroups struct {
	spec   Spec
	groups [][]byte
	bytes  int64 // of the texts
}

func (j *jsonGroups) Grow(n int) { j.groups = extend(j.groups, n) }

func (j *jsonGroups) Reset() {
	clear(j.groups)
	j.groups, j.bytes = j.groups[:0], 0
}

func (j *jsonGroups) Bytes() int64 { return j.bytes + int64(24*cap(j.groups)) }

func (j *jsonGroups) set(group int32, text []byte) {
	j.bytes += int64(cap(text) - cap(j.groups[group]))
	j.groups[group] = text
}

func (j *jsonGroups) StateTypes() []types.Type { return []types.Type{types.Of(types.Blob)} }

func (j *jsonGroups) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := j.texts(mem, arrow.BinaryTypes.Binary, from, to, func(b *array.BinaryBuilder, group []byte) error {
		b.Append(group)
		return nil
	})
	return []arrow.Array{a}, err
}

// texts makes a vector of the texts of groups [from, to), each of which add appends.
func (j *jsonGroups) texts(mem memory.Allocator, t arrow.DataType, from, to int, add func(b *array.BinaryBuilder, group []byte) error) (arrow.Array, error) {
	b := array.NewBinaryBuilder(mem, t.(arrow.BinaryDataType))
	defer b.Release()
	b.Reserve(to - from)
	size := 0
	for _, g := range j.groups[from:to] {
		size += len(g) + len("[]")
	}
	b.ReserveData(min(size, math.MaxInt32)) // growing takes twice as much
	for _, g := range j.groups[from:to] {
		if err := add(b, g); err != nil {
			return nil, err
		}
		if b.DataLen() > math.MaxInt32 {
			return nil, sqlerr.New(sqlerr.OutOfMemory, "out of memory: the texts of %s exceed 2 GiB in %d groups", j.spec.Func, to-from)
		}
	}
	return b.NewArray(), nil
}

// fits refuses a result of at least so many bytes that is longer than a value may be, as MySQL does with documents.
func fits(s *Spec, size int) error {
	if size <= s.Longest {
		return nil
	}
	return sqlerr.New(sqlerr.TooLong, "Result of %s() was larger than max_allowed_packet (%d)", s.Func, s.Longest)
}

// jsonItem is row i of a vector of JSON; a NULL is null.
func jsonItem(a arrow.Array, i int) string {
	if isNull(a, i) {
		return "null"
	}
	return textAt(a, i)
}

// jsonArray is JSON_ARRAYAGG: the text of a group is what stands between the brackets.
type jsonArray struct{ jsonGroups }

func (j *jsonArray) Update(groups []int32, args []arrow.Array, rows int) error {
	for i := range rows {
		if err := appendItem(j, group(groups, i), jsonItem(args[0], i)); err != nil {
			return err
		}
	}
	return nil
}

// appendItem puts one item, or several as they stand in an array, behind those of a group.
func appendItem[T string | []byte](j *jsonArray, group int32, items T) error {
	text := j.groups[group]
	if len(text) > 0 {
		text = append(text, ", "...)
	}
	j.set(group, append(text, items...))
	return fits(&j.spec, len(j.groups[group])+len("[]"))
}

func (j *jsonArray) Merge(groups []int32, states []arrow.Array, rows int) error {
	for i := range rows {
		state := states[0].(*array.Binary).Value(i)
		if len(state) == 0 {
			continue // of no rows
		}
		if err := appendItem(j, group(groups, i), state); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonArray) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	var text []byte
	return j.texts(mem, j.spec.Result.Arrow(), from, to, func(b *array.BinaryBuilder, group []byte) error {
		if len(group) == 0 {
			b.AppendNull()
			return nil
		}
		text = append(append(append(text[:0], '['), group...), ']')
		b.Append(text)
		return nil
	})
}

// jsonObject is JSON_OBJECTAGG: the text of a group is its members, key and value each behind its length, in the order they
// came. Of members of one key the last counts: the others are dropped as soon as they may be half of the text.
type jsonObject struct {
	jsonGroups
	packed  []int // bytes of a group's text when it had each key once
	members []jsonMember
	text    []byte
}

type jsonMember struct{ key, value []byte }

// What a member in the list takes, and the bytes of a text up to which none are dropped.
const jsonMemberBytes, smallObject = 48, 512

func (j *jsonObject) Grow(n int) {
	j.jsonGroups.Grow(n)
	j.packed = extend(j.packed, n)
}

func (j *jsonObject) Reset() {
	j.jsonGroups.Reset()
	clear(j.packed)
	j.packed = j.packed[:0]
}

func (j *jsonObject) Bytes() int64 {
	return j.jsonGroups.Bytes() + int64(8*cap(j.packed)+jsonMemberBytes*cap(j.members)+cap(j.text))
}

func (j *jsonObject) Update(groups []int32, args []arrow.Array, rows int) error {
	for i := range rows {
		if isNull(args[0], i) {
			return errNullKey()
		}
		g := group(groups, i)
		j.set(g, appendMember(j.groups[g], textAt(args[0], i), jsonItem(args[1], i)))
		if err := j.pack(g); err != nil {
			return err
		}
	}
	return nil
}

func errNullKey() error {
	return sqlerr.New(sqlerr.JSONNullKey, "JSON documents may not contain NULL member names.")
}

func appendMember[T string | []byte](dst []byte, key, value T) []byte {
	dst = append(binary.AppendUvarint(dst, uint64(len(key))), key...)
	return append(binary.AppendUvarint(dst, uint64(len(value))), value...)
}

func (j *jsonObject) Merge(groups []int32, states []arrow.Array, rows int) error {
	for i := range rows {
		g := group(groups, i)
		j.set(g, append(j.groups[g], states[0].(*array.Binary).Value(i)...))
		if err := j.pack(g); err != nil {
			return err
		}
	}
	return nil
}

// pack drops the members of a group that do not count, if the text has grown to twice what it was without such.
func (j *jsonObject) pack(g int32) error {
	text := j.groups[g]
	if len(text) < smallObject || len(text) < 2*j.packed[g] {
		return nil
	}
	j.text = j.text[:0]
	least := 0 // bytes of the result
	for _, m := range j.parse(text) {
		least += len(m.key) + len(m.value)
		j.text = appendMember(j.text, m.key, m.value)
	}
	j.packed[g] = len(j.text)
	if len(j.text) < len(text) {
		j.set(g, bytes.Clone(j.text))
	}
	return fits(&j.spec, least)
}

// parse returns the members of a text that count, in MySQL's order of keys; they are valid until the next call.
func (j *jsonObject) parse(text []byte) []jsonMember {
	next := func() []byte {
		n, width := binary.Uvarint(text)
		field := text[width : width+int(n)]
		text = text[width+int(n):]
		return field
	}
	j.members = j.members[:0]
	for len(text) > 0 {
		key := next()
		j.members = append(j.members, jsonMember{key, next()})
	}
	return lastOfEach(j.members)
}

// lastOfEach sorts members by their keys, as jsondoc does, and keeps the last of each key.
func lastOfEach(members []jsonMember) []jsonMember {
	slices.SortStableFunc(members, func(a, b jsonMember) int {
		return cmp.Or(cmp.Compare(len(a.key), len(b.key)), bytes.Compare(a.key, b.key))
	})
	kept := members[:0]
	for i, m := range members {
		if i+1 == len(members) || !bytes.Equal(members[i+1].key, m.key) {
			kept = append(kept, m)
		}
	}
	return kept
}

// appendObject appends the object of members, one of each key.
func appendObject(dst []byte, members []jsonMember) []byte {
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(jsondoc.AppendQuoted(dst, string(m.key)), ": "...)
		dst = append(dst, m.value...)
	}
	return append(dst, '}')
}

func (j *jsonObject) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return j.texts(mem, j.spec.Result.Arrow(), from, to, func(b *array.BinaryBuilder, group []byte) error {
		if len(group) == 0 {
			b.AppendNull()
			return nil
		}
		j.text = appendObject(j.text[:0], j.parse(group))
		b.Append(j.text)
		return fits(&j.spec, len(j.text))
	})
}

// newJSON returns JSON_ARRAYAGG or JSON_OBJECTAGG.
func newJSON(s Spec) Accumulator {
	if s.Func == plan.JSONArrayAgg {
		return &jsonArray{jsonGroups{spec: s}}
	}
	return &jsonObject{jsonGroups: jsonGroups{spec: s}}
}
