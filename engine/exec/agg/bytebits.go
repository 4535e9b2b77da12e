package agg

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// byteBits is BIT_AND, BIT_OR and BIT_XOR of byte strings of one length. Without any it is never NULL either, but as long as the
// result's type says. A state is NULL there.
type byteBits struct {
	op     kernel.BitOp
	result types.Type
	values [][]byte // nil: none
	text   int64    // bytes of values
}

var byteOperators = map[plan.AggFunc]kernel.BitOp{plan.BitAnd: kernel.BitAnd, plan.BitOr: kernel.BitOr, plan.BitXor: kernel.BitXor}

func newByteBits(s Spec) *byteBits { return &byteBits{op: byteOperators[s.Func], result: s.Result} }

func (b *byteBits) Grow(n int) { b.values = extend(b.values, n) }

func (b *byteBits) Reset() {
	clear(b.values)
	b.values, b.text = b.values[:0], 0
}

func (b *byteBits) Bytes() int64 { return b.text + int64(24*cap(b.values)) }

func (b *byteBits) Update(groups []int32, args []arrow.Array, rows int) error {
	vals := textsOf(args[0])
	for i := range rows {
		if isNull(args[0], i) {
			continue
		}
		v, g := vals.at(i), group(groups, i)
		if len(v) > kernel.MaxBitAggregate {
			return kernel.BitAggregateTooLong()
		}
		if b.values[g] == nil {
			b.values[g] = append(make([]byte, 0, len(v)), v...)
			b.text += int64(len(v))
		} else if err := kernel.CombineBits(b.op, b.values[g], v); err != nil {
			return err
		}
	}
	return nil
}

func (b *byteBits) StateTypes() []types.Type { return []types.Type{b.result} }

func (b *byteBits) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	list, set := make([]string, to-from), make([]bool, to-from)
	for i, v := range b.values[from:to] {
		list[i], set[i] = string(v), v != nil
	}
	return []arrow.Array{texts(mem, b.result, list, set)}, nil
}

func (b *byteBits) Merge(groups []int32, states []arrow.Array, rows int) error {
	return b.Update(groups, states, rows)
}

func (b *byteBits) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	list, set := make([]string, to-from), make([]bool, to-from)
	for i, v := range b.values[from:to] {
		if v == nil {
			v = b.nothing()
		}
		list[i], set[i] = string(v), true
	}
	return texts(mem, b.result, list, set), nil
}

// nothing is the value of no rows.
func (b *byteBits) nothing() []byte {
	bit := byte(0)
	if b.op == kernel.BitAnd {
		bit = 0xff
	}
	return bytes.Repeat([]byte{bit}, int(b.result.Length))
}

// byteState is the bits of rows, nil of none, or what was wrong with them.
type byteState struct {
	bytes []byte
	err   error
}

// movingByteBits is byteBits over a moving frame. Only rows that share a frame must be of one length.
type movingByteBits struct {
	out   *byteBits
	frame twoStacks[byteState]
	err   error // of a frame
}

func newMovingByteBits(of *byteBits, drops bool) *movingByteBits {
	merge := func(a, b byteState) byteState {
		switch {
		case a.err != nil || b.bytes == nil && b.err == nil:
			return a
		case b.err != nil || a.bytes == nil:
			return b
		}
		to := append(make([]byte, 0, len(a.bytes)), a.bytes...)
		if err := kernel.CombineBits(of.op, to, b.bytes); err != nil {
			return byteState{err: err}
		}
		return byteState{bytes: to}
	}
	return &movingByteBits{out: of, frame: newTwoStacks(merge, drops)}
}

func (m *movingByteBits) Restart() { m.frame.restart() }

func (m *movingByteBits) Add(args []arrow.Array, from, to int) {
	vals := textsOf(args[0])
	for i := from; i < to; i++ {
		var s byteState
		if !isNull(args[0], i) {
			v := vals.at(i)
			if s.bytes = append(make([]byte, 0, len(v)), v...); len(v) > kernel.MaxBitAggregate {
				s = byteState{err: kernel.BitAggregateTooLong()}
			}
		}
		m.frame.push(s)
	}
}

func (m *movingByteBits) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingByteBits) Append(n int) {
	s := m.frame.value()
	if s.err != nil {
		m.err = s.err
	}
	for range n {
		m.out.values = append(m.out.values, s.bytes)
		m.out.text += int64(len(s.bytes))
	}
}

func (m *movingByteBits) Bytes() int64 {
	return m.out.Bytes() + (40+int64(m.out.result.Length))*m.frame.cap()
}

func (m *movingByteBits) Take(mem memory.Allocator) (arrow.Array, error) {
	defer m.out.Reset()
	if m.err != nil {
		return nil, m.err
	}
	return m.out.Result(mem, 0, len(m.out.values))
}
