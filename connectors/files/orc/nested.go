package orc

import (
	"fmt"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/files"
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

// newDocument makes the column of a nested type; a shape is how its values are written, nil: as the file has them.
func newDocument(r *stripeReader, n *node, shape *files.Shape, limit int) (column, error) {
	root, err := newValues(r, n, shape)
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", n.name, err)
	}
	return &document{base: base{mem: r.options.Memory}, root: root, limit: limit}, nil
}

func newValues(r *stripeReader, n *node, shape *files.Shape) (values, error) {
	if shape != nil && shape.Form != n.form() {
		return nil, files.Misshapen(n.String())
	}
	if !n.nested {
		return newLeaves(r, n, shape)
	}
	present := presence{base: r.base(n, nil)}
	if n.kind == kindStruct {
		fields, err := newFields(r, n, shape)
		return &structs{presence: present, fields: fields}, err
	}
	var children []values
	for i, child := range n.children {
		var of *files.Shape
		if shape != nil {
			of = &shape.Items[i]
		}
		v, err := newValues(r, child, of)
		if err != nil {
			return nil, err
		}
		children = append(children, v)
	}
	if n.kind == kindUnion {
		return &unions{presence: present, tags: &runBytes{stream: r.streamOf(n.column, data)}, branches: children}, nil
	}
	return &lists{presence: present, lengths: r.ints(n.column, length, false), items: children}, nil
}

// union is the form of what no table declares.
const union = files.Form(255)

func (n *node) form() files.Form {
	switch n.kind {
	case kindStruct:
		return files.Struct
	case kindList:
		return files.List
	case kindMap:
		return files.Map
	case kindUnion:
		return union
	}
	return files.Scalar
}

func newLeaves(r *stripeReader, n *node, shape *files.Shape) (values, error) {
	out := &leaves{write: arrowjson.Append}
	if shape != nil {
		out.write = arrowjson.Promoted(shape.As)
	}
	if n.kind == kindDecimal { // a number in JSON, whatever its digits
		out.column = newDecimal(r, n)
		return out, nil
	}
	var err error
	out.column, err = r.column(n, nil, mostStep/stepRows, false)
	return out, err
}

// newFields makes the fields of a struct, those of its shape if it has one: the others are not decoded.
func newFields(r *stripeReader, n *node, shape *files.Shape) ([]fieldValues, error) {
	var out []fieldValues
	if shape == nil {
		for i, child := range n.children {
			v, err := newValues(r, child, nil)
			if err != nil {
				return nil, err
			}
			out = append(out, fieldValues{name: n.fields[i], values: v})
		}
		return out, nil
	}
	at, err := shape.Find(r.file.shown.Identified(), len(n.children), func(i int) int { return n.children[i].id }, func(i int) string { return n.fields[i] })
	if err != nil {
		return nil, err
	}
	for i, f := range shape.Fields {
		field := fieldValues{name: f.Name, missing: f.Missing}
		if at[i] >= 0 {
			if field.values, err = newValues(r, n.children[at[i]], &f.Shape); err != nil {
				return nil, fmt.Errorf("field %s: %w", f.Name, err)
			}
		}
		out = append(out, field)
	}
	return out, nil
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
	write  arrowjson.Writer
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
	return l.write(dst, a, i)
}

func (l *leaves) free() {
	for _, a := range l.arrays {
		a.Release()
	}
	l.arrays, l.ends = l.arrays[:0], l.ends[:0]
}

func (l *leaves) close() {
	l.free()
	if c, ok := l.column.(interface{ close() }); ok {
		c.close()
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
	fields []fieldValues
}

// fieldValues are those of a field of a struct.
type fieldValues struct {
	name    string
	missing string // JSON of all of them, if the file has none
	values         // nil: the file has none
}

func (s *structs) load(n int) error {
	n, err := s.presence.load(n)
	if err != nil {
		return err
	}
	for _, f := range s.fields {
		if f.values == nil {
			continue
		}
		if err := f.load(n); err != nil {
			return err
		}
	}
	return nil
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
	for k, f := range s.fields {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(arrowjson.AppendText(dst, f.name), ": "...)
		if f.values == nil {
			dst = append(dst, f.missing...)
			continue
		}
		dst = appendJSON(dst, f.values, int(s.place[i]))
	}
	return append(dst, '}')
}

func (s *structs) close() {
	for _, f := range s.fields {
		if f.values != nil {
			f.values.close()
		}
	}
}

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
