package agg

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// movingJSON is JSON_ARRAYAGG and JSON_OBJECTAGG: it keeps the rows of the frame, of which each value is made anew.
type movingJSON struct {
	spec    Spec
	rows    []jsonMember // of the frame from head on; the members of an array have no key
	head    int
	held    int64        // bytes of the rows' texts
	members []jsonMember // of the object that is made
	text    []byte
	values  []string
	set     []bool
	noted   int64 // bytes of values, each counted once
	size    int64 // bytes of the vector of values
	err     error // what Take fails with
}

func (m *movingJSON) Restart() {
	clear(m.rows)
	m.rows, m.head, m.held = m.rows[:0], 0, 0
}

func (m *movingJSON) Add(args []arrow.Array, from, to int) {
	value := args[len(args)-1]
	for i := from; i < to; i++ {
		row := jsonMember{value: []byte(jsonItem(value, i))}
		if m.spec.Func == plan.JSONObjectAgg {
			if isNull(args[0], i) {
				m.err = errNullKey()
				continue
			}
			row.key = []byte(textAt(args[0], i))
		}
		m.rows = append(m.rows, row)
		m.held += int64(len(row.key) + len(row.value))
	}
}

func (m *movingJSON) Drop(_ []arrow.Array, from, to int) {
	if m.err != nil {
		return // there are fewer rows than came
	}
	for range to - from {
		row := &m.rows[m.head]
		m.held -= int64(len(row.key) + len(row.value))
		*row = jsonMember{}
		m.head++
	}
	if m.head > len(m.rows)/2 && m.head > 64 {
		kept := copy(m.rows, m.rows[m.head:])
		clear(m.rows[kept:])
		m.rows, m.head = m.rows[:kept], 0
	}
}

func (m *movingJSON) Append(n int) {
	rows := m.rows[m.head:]
	value := ""
	if len(rows) > 0 && m.err == nil {
		if m.spec.Func == plan.JSONObjectAgg {
			m.members = append(m.members[:0], rows...)
			m.text = appendObject(m.text[:0], lastOfEach(m.members))
		} else {
			m.text = appendArray(m.text[:0], rows)
		}
		m.err = fits(&m.spec, len(m.text))
		value = string(m.text)
		m.noted += int64(len(value))
	}
	m.size += int64(n) * int64(len(value))
	for range n {
		m.values, m.set = append(m.values, value), append(m.set, len(rows) > 0)
	}
}

func appendArray(dst []byte, rows []jsonMember) []byte {
	dst = append(dst, '[')
	for i, r := range rows {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, r.value...)
	}
	return append(dst, ']')
}

// Held implements Collecting.
func (m *movingJSON) Held() int64 { return m.held }

func (m *movingJSON) Bytes() int64 {
	return m.held + m.noted + int64(jsonMemberBytes*(cap(m.rows)+cap(m.members))+cap(m.text)+16*cap(m.values)+cap(m.set))
}

func (m *movingJSON) Take(mem memory.Allocator) (arrow.Array, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.size > math.MaxInt32 {
		return nil, sqlerr.New(sqlerr.OutOfMemory, "out of memory: the texts of %s exceed 2 GiB in %d rows", m.spec.Func, len(m.values))
	}
	a := texts(mem, m.spec.Result, m.values, m.set)
	clear(m.values)
	m.values, m.set, m.noted = m.values[:0], m.set[:0], 0
	m.size = 0
	return a, nil
}
