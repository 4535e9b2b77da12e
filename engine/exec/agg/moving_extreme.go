package agg

import (
	"bytes"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// monotone is the candidates for the extreme of a frame: the rows that no younger row beats, each better than those behind
// it. The first is the extreme. Places of other rows are zero, so that nothing holds what these had.
type monotone[T any] struct {
	beats       func(a, b T) bool
	drops       bool
	at          []int64 // the number of the row, counted from Restart
	values      []T
	head        int   // the first candidate
	first, next int64 // rows of the frame
}

func (m *monotone[T]) restart() {
	clear(m.values)
	m.at, m.values, m.head, m.first, m.next = m.at[:0], m.values[:0], 0, 0, 0
}

// skip takes a NULL into the frame.
func (m *monotone[T]) skip() { m.next++ }

func (m *monotone[T]) push(v T) {
	defer func() { m.next++ }()
	if !m.drops {
		switch {
		case len(m.values) == 0:
			m.at, m.values = append(m.at, m.next), append(m.values, v)
		case m.beats(v, m.values[0]):
			m.values[0] = v
		}
		return
	}
	n := len(m.values)
	for n > m.head && !m.beats(m.values[n-1], v) {
		n--
	}
	clear(m.values[n:])
	m.at, m.values = append(m.at[:n], m.next), append(m.values[:n], v)
}

func (m *monotone[T]) drop(n int) {
	m.first += int64(n)
	for m.head < len(m.at) && m.at[m.head] < m.first {
		clear(m.values[m.head : m.head+1])
		m.head++
	}
	if m.head > len(m.at)/2 && m.head > 64 {
		kept := copy(m.at, m.at[m.head:])
		copy(m.values, m.values[m.head:])
		clear(m.values[kept:])
		m.at, m.values, m.head = m.at[:kept], m.values[:kept], 0
	}
}

// value is the extreme; false if all rows are NULL.
func (m *monotone[T]) value() (v T, ok bool) {
	if m.head == len(m.values) {
		return v, false
	}
	return m.values[m.head], true
}

// newMovingExtreme returns MIN or MAX over a moving frame; nil for what is neither.
func newMovingExtreme(of Accumulator, drops bool) Moving {
	switch of := of.(type) {
	case *extreme[int8]:
		return newMovingFixed(of, drops)
	case *extreme[int16]:
		return newMovingFixed(of, drops)
	case *extreme[int32]:
		return newMovingFixed(of, drops)
	case *extreme[int64]:
		return newMovingFixed(of, drops)
	case *extreme[uint8]:
		return newMovingFixed(of, drops)
	case *extreme[uint16]:
		return newMovingFixed(of, drops)
	case *extreme[uint32]:
		return newMovingFixed(of, drops)
	case *extreme[uint64]:
		return newMovingFixed(of, drops)
	case *extreme[float32]:
		return newMovingFixed(of, drops)
	case *extreme[float64]:
		return newMovingFixed(of, drops)
	case *extremeDecimal:
		beats := decimal256.Num.Less
		if of.keep == highest {
			beats = decimal256.Num.Greater
		}
		return &movingDecimal{out: of, frame: monotone[decimal256.Num]{beats: beats, drops: drops}}
	case *extremeText:
		sign := 1
		if of.keep == highest {
			sign = -1
		}
		return &movingText{out: of, frame: monotone[weighed]{drops: drops, beats: func(a, b weighed) bool {
			return sign*bytes.Compare(a.weight, b.weight) < 0
		}}}
	}
	return nil
}

// movingFixed is MIN and MAX of fixed-width values.
type movingFixed[T ordered] struct {
	out   *extreme[T]
	frame monotone[T]
}

func newMovingFixed[T ordered](of *extreme[T], drops bool) *movingFixed[T] {
	beats := func(a, b T) bool { return a < b }
	if of.keep == highest {
		beats = func(a, b T) bool { return a > b }
	}
	return &movingFixed[T]{out: of, frame: monotone[T]{beats: beats, drops: drops}}
}

func (m *movingFixed[T]) Restart() { m.frame.restart() }

func (m *movingFixed[T]) Add(args []arrow.Array, from, to int) {
	vals := fixed[T](args[0])
	nulls, some := nullsOf(args[0])
	for i := from; i < to; i++ {
		if some && !nulls.ok(i) {
			m.frame.skip()
		} else {
			m.frame.push(vals[i])
		}
	}
}

func (m *movingFixed[T]) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingFixed[T]) Append(n int) {
	v, ok := m.frame.value()
	for range n {
		m.out.values, m.out.set = append(m.out.values, v), append(m.out.set, ok)
	}
}

func (m *movingFixed[T]) Bytes() int64 {
	var v T
	return m.out.Bytes() + int64(cap(m.frame.at)*8+cap(m.frame.values)*sizeOf(v))
}

func (m *movingFixed[T]) Take(mem memory.Allocator) (arrow.Array, error) {
	a, err := m.out.Result(mem, 0, len(m.out.set))
	m.out.Reset()
	return a, err
}

// movingDecimal is MIN and MAX of decimals.
type movingDecimal struct {
	out   *extremeDecimal
	frame monotone[decimal256.Num]
}

func (m *movingDecimal) Restart() { m.frame.restart() }

func (m *movingDecimal) Add(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if args[0].IsNull(i) {
			m.frame.skip()
		} else {
			m.frame.push(wide(args[0], i))
		}
	}
}

func (m *movingDecimal) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingDecimal) Append(n int) {
	v, ok := m.frame.value()
	for range n {
		m.out.wide, m.out.set = append(m.out.wide, v), append(m.out.set, ok)
	}
}

func (m *movingDecimal) Bytes() int64 {
	return m.out.Bytes() + int64(cap(m.frame.at)*8+cap(m.frame.values)*32)
}

func (m *movingDecimal) Take(mem memory.Allocator) (arrow.Array, error) {
	a := decimals(mem, m.out.scale, m.out.wide, m.out.set)
	m.out.wide, m.out.set = m.out.wide[:0], m.out.set[:0]
	return a, nil
}

// weighed is a text and the bytes that it is compared by.
type weighed struct {
	text   string
	weight []byte
}

// movingText is MIN and MAX of strings.
type movingText struct {
	out   *extremeText
	frame monotone[weighed]
}

func (m *movingText) Restart() { m.frame.restart() }

func (m *movingText) Add(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if args[0].IsNull(i) {
			m.frame.skip()
			continue
		}
		w := weighed{text: strings.Clone(textAt(args[0], i))}
		if m.out.weigh != nil {
			w.weight = m.out.weigh(nil, []byte(w.text))
		} else {
			w.weight = []byte(w.text)
		}
		m.frame.push(w)
	}
}

func (m *movingText) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingText) Append(n int) {
	w, ok := m.frame.value()
	for range n {
		m.out.values, m.out.set = append(m.out.values, w.text), append(m.out.set, ok)
	}
}

func (m *movingText) Bytes() int64 {
	n := m.out.Bytes() + int64(cap(m.frame.at)*8+cap(m.frame.values)*40)
	for _, w := range m.frame.values[m.frame.head:] {
		n += int64(len(w.text) + cap(w.weight))
	}
	return n
}

func (m *movingText) Take(mem memory.Allocator) (arrow.Array, error) {
	a := texts(mem, m.out.typ, m.out.values, m.out.set)
	clear(m.out.values)
	m.out.values, m.out.set = m.out.values[:0], m.out.set[:0]
	return a, nil
}
