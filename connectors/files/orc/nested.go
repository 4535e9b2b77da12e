package orc

import (
	"fmt"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Bounds of nested values.
const (
	stepRows  = 64      // rows that are decoded at once
	mostItems = 1 << 24 // of one level, of these rows
	mostText  = 64 << 20
	mostStep  = 512 << 20 // bytes of the texts of one level, of these rows
)

// document are nested values, shown as JSON.
type document struct {
	base
	root  values
	limit int // bytes of a vector, unless one value is longer

	loaded, at int // rows of root, and how many of them were yielded
	text       []byte
}

// values are some values of a type at any level.
type values interface {
	// load decodes the next n values in place of those before.
	load(n int) error
	isNull(i int) bool
	// json appends value i, which is not NULL. It may stop beyond mostText bytes.
	json(dst []byte, i int) []byte
	// close frees what is loaded.
	close()
}

func newDocument(r *stripeReader, n *node, limit int) (column, error) {
	root, err := newValues(r, n)
	if err != nil {
		return nil, err
	}
	return &document{base: base{mem: r.options.Memory}, root: root, limit: limit}, nil
}

func newValues(r *stripeReader, n *node) (values, error) {
	if n.kind == kindDecimal { // a number in JSON, whatever its digits
		return &leaves{column: newDecimal(r, n)}, nil
	}
	if !n.nested {
		c, err := r.column(n, mostStep/stepRows, false)
		return &leaves{column: c}, err
	}
	var children []values
	for _, child := range n.children {
		v, err := newValues(r, child)
		if err != nil {
			return nil, err
		}
		children = append(children, v)
	}
	present := presence{base: r.base(n, nil)}
	switch n.kind {
	case kindStruct:
		return &structs{presence: present, names: n.fields, fields: children}, nil
	case kindUnion:
		return &unions{presence: present, tags: &runBytes{stream: r.streamOf(n.column, data)}, branches: children}, nil
	}
	return &lists{presence: present, lengths: r.ints(n.column, length, false), items: children}, nil
}

func (c *document) next(n int) (arrow.Array, error) {
	b := array.NewStringBuilder(c.mem)
	defer b.Release()
	b.Reserve(n)
	for b.Len() < n && (b.Len() == 0 || b.DataLen() < c.limit) {
		if err := c.step(n - b.Len()); err != nil {
			return nil, err
		}
		i := c.at
		c.at++
		if c.root.isNull(i) {
			b.AppendNull()
			continue
		}
		if c.text = c.root.json(c.text[:0], i); len(c.text) > mostText {
			return nil, sqlerr.New(sqlerr.Unsupported, "a value whose JSON is longer than %d MiB", mostText>>20)
		}
		b.BinaryBuilder.Append(c.text)
	}
	return b.NewArray(), nil
}

// step loads rows if none are left; n more are wanted.
func (c *document) step(n int) error {
	if c.at < c.loaded {
		return nil
	}
	c.loaded, c.at = min(n, stepRows), 0
	return c.root.load(c.loaded)
}

// skip passes over n rows.
func (c *document) skip(n int64) error {
	for n > 0 {
		if err := c.step(int(min(n, stepRows))); err != nil {
			return err
		}
		k := min(n, int64(c.loaded-c.at))
		c.at, n = c.at+int(k), n-k
	}
	return nil
}

// seek is not for nested values: those of a row lie as far apart as others' make them.
func (c *document) seek(*positions) error { return errPosition }

func (c *document) close() { c.root.close() }

// leaves are values of a type that has none within.
type leaves struct {
	column column
	arrays []arrow.Array
	ends   []int // of each array, in values
}

func (l *leaves) load(n int) error {
	l.free()
	bytes := uint64(0)
	for done := 0; done < n; {
		a, err := l.column.next(n - done)
		if err != nil {
			return err
		}
		done += a.Len()
		l.arrays, l.ends = append(l.arrays, a), append(l.ends, done)
		if bytes += a.Data().SizeInBytes(); bytes > mostStep {
			return fmt.Errorf("more than %d MiB of values within %d rows", mostStep>>20, stepRows)
		}
	}
	return nil
}

// at returns where value i is.
func (l *leaves) at(i int) (arrow.Array, int) {
	k := 0
	if len(l.ends) > 1 {
		k = sort.SearchInts(l.ends, i+1)
	}
	if k > 0 {
		i -= l.ends[k-1]
	}
	return l.arrays[k], i
}

func (l *leaves) isNull(i int) bool {
	a, i := l.at(i)
	return a.IsNull(i)
}

func (l *leaves) json(dst []byte, i int) []byte {
	a, i := l.at(i)
	return arrowjson.Append(dst, a, i)
}

func (l *leaves) free() {
	for _, a := range l.arrays {
		a.Release()
	}
	l.arrays, l.ends = l.arrays[:0], l.ends[:0]
}

func (l *leaves) close() {
	l.free()
	if t, ok := l.column.(*text); ok {
		t.close()
	}
}

// presence says which values are there, and which of those that follow belong to them.
type presence struct {
	base
	place []int32 // for each value its place among those that are not NULL; -1: it is NULL
}

// load reads which of n values are there and returns how many.
func (p *presence) load(n int) (int, error) {
	v, err := p.valid(n)
	if err != nil {
		return 0, err
	}
	defer v.release()
	p.place = p.place[:0]
	at := int32(0)
	for i := range n {
		if !v.has(i) {
			p.place = append(p.place, -1)
			continue
		}
		p.place = append(p.place, at)
		at++
	}
	return int(at), nil
}

func (p *presence) isNull(i int) bool { return p.place[i] < 0 }

// structs are values of several fields.
type structs struct {
	presence
	names  []string
	fields []values
}

func (s *structs) load(n int) error {
	n, err := s.presence.load(n)
	if err != nil {
		return err
	}
	return loadAll(s.fields, n)
}

func loadAll(list []values, n int) error {
	for _, v := range list {
		if err := v.load(n); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(list []values) {
	for _, v := range list {
		v.close()
	}
}

func (s *structs) json(dst []byte, i int) []byte {
	dst = append(dst, '{')
	for f, name := range s.names {
		if f > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(arrowjson.AppendText(dst, name), ": "...)
		dst = appendJSON(dst, s.fields[f], int(s.place[i]))
	}
	return append(dst, '}')
}

func (s *structs) close() { closeAll(s.fields) }

// appendJSON appends a value that may be NULL.
func appendJSON(dst []byte, v values, i int) []byte {
	if v.isNull(i) {
		return append(dst, "null"...)
	}
	return v.json(dst, i)
}

// lists are lists of items, or maps of keys and values.
type lists struct {
	presence
	lengths *ints
	items   []values // those of a list, or keys and values
	ends    []int64  // of each list, among the items
}

func (l *lists) load(n int) error {
	n, err := l.presence.load(n)
	if err != nil {
		return err
	}
	l.ends = append(l.ends[:0], make([]int64, n)...)
	if err := l.lengths.next(l.ends); err != nil {
		return fmt.Errorf("lengths: %w", err)
	}
	sum := int64(0)
	for i, size := range l.ends {
		if size < 0 || size > mostItems-sum {
			return fmt.Errorf("a list of %d items, or more than %d within %d rows", size, mostItems, stepRows)
		}
		sum += size
		l.ends[i] = sum
	}
	return loadAll(l.items, int(sum))
}

func (l *lists) json(dst []byte, i int) []byte {
	from, to := 0, int(l.ends[l.place[i]])
	if l.place[i] > 0 {
		from = int(l.ends[l.place[i]-1])
	}
	if len(l.items) == 2 {
		return l.mapJSON(dst, from, to)
	}
	dst = append(dst, '[')
	for k := from; k < to && len(dst) <= mostText; k++ {
		if k > from {
			dst = append(dst, ", "...)
		}
		dst = appendJSON(dst, l.items[0], k)
	}
	return append(dst, ']')
}

// mapJSON appends a map as an object; a key that is no text is its JSON as text.
func (l *lists) mapJSON(dst []byte, from, to int) []byte {
	dst = append(dst, '{')
	for k := from; k < to && len(dst) <= mostText; k++ {
		if k > from {
			dst = append(dst, ", "...)
		}
		start := len(dst)
		if dst = appendJSON(dst, l.items[0], k); dst[start] != '"' {
			key := string(dst[start:])
			dst = arrowjson.AppendText(dst[:start], key)
		}
		dst = append(dst, ": "...)
		dst = appendJSON(dst, l.items[1], k)
	}
	return append(dst, '}')
}

func (l *lists) close() { closeAll(l.items) }

// unions are values each of one of several types.
type unions struct {
	presence
	tags     *runBytes
	branches []values
	of       []byte  // the branch of each value that is not NULL
	at       []int32 // its place in the branch
}

func (u *unions) load(n int) error {
	n, err := u.presence.load(n)
	if err != nil {
		return err
	}
	u.of = append(u.of[:0], make([]byte, n)...)
	if err := u.tags.next(u.of); err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	counts := make([]int32, len(u.branches))
	u.at = u.at[:0]
	for _, b := range u.of {
		if int(b) >= len(counts) {
			return fmt.Errorf("branch %d of a union of %d", b, len(counts))
		}
		u.at = append(u.at, counts[b])
		counts[b]++
	}
	for i, b := range u.branches {
		if err := b.load(int(counts[i])); err != nil {
			return err
		}
	}
	return nil
}

func (u *unions) isNull(i int) bool {
	k := u.place[i]
	return k < 0 || u.branches[u.of[k]].isNull(int(u.at[k]))
}

func (u *unions) json(dst []byte, i int) []byte {
	k := u.place[i]
	return u.branches[u.of[k]].json(dst, int(u.at[k]))
}

func (u *unions) close() { closeAll(u.branches) }
