package orc

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool"
)

// Bounds of texts, in bytes.
const (
	longestText = 1 << 30
	// What is made room for before the bytes are read.
	plainText = 4 << 20
)

// text are strings or bytes: one after the other with their lengths, or in a dictionary ("String, Char, and VarChar Columns").
type text struct {
	base
	limit   int  // bytes of a vector, unless one text is longer
	trimmed bool // spaces at the end are not part of it: CHAR
	bytes   *stream
	values  *ints // lengths, or codes of the dictionary

	rows  *validity // that are read and not all yielded; nil: none
	sizes []int64   // of rows: lengths or codes
	at    int       // rows that were yielded

	dict *dictionary // nil: there is none
}

func newText(r *stripeReader, n *node, limit int, encoded bool) column {
	e := r.stripe.encodings[n.column]
	c := &text{base: r.base(n, n.typ.Arrow()), limit: limit, trimmed: n.kind == kindChar}
	if e.dictionary {
		c.values = r.ints(n.column, data, false)
		c.dict = &dictionary{
			bytes: r.streamOf(n.column, dictionaryData), lengths: r.ints(n.column, length, false), entries: e.entries, rows: r.stripe.rows,
			scratch: r.options.Scratch, account: r.options.Account, encoded: encoded,
		}
	} else {
		c.bytes, c.values = r.streamOf(n.column, data), r.ints(n.column, length, false)
	}
	return c
}

func (c *text) seek(p *positions) error {
	c.seekPresent(p)
	if c.dict == nil {
		if c.bytes.seek(c.bytes.locate(p)); c.bytes.err != nil {
			return c.bytes.err
		}
	}
	c.values.seekRun(p)
	return c.values.err
}

// load reads the lengths or codes of the next n rows.
func (c *text) load(n int) error {
	if c.dict != nil && c.dict.list == nil {
		if err := c.dict.load(c.trimmed); err != nil {
			return fmt.Errorf("dictionary: %w", err)
		}
	}
	v, err := c.valid(n)
	if err != nil {
		return err
	}
	c.sizes = slices.Grow(c.sizes[:0], n)[:n]
	if err := c.values.next(c.sizes[:v.values()]); err != nil {
		v.release()
		return fmt.Errorf("lengths: %w", err)
	}
	most := int64(longestText)
	if c.dict != nil {
		most = int64(len(c.dict.list)) - 1
	}
	for _, s := range c.sizes[:v.values()] {
		if s < 0 || s > most {
			v.release()
			return fmt.Errorf("a text of length or code %d, where %d is the most", s, most)
		}
	}
	spread(v, c.sizes)
	c.rows, c.at = v, 0
	return nil
}

func (c *text) next(n int) (arrow.Array, error) {
	if c.rows == nil {
		if err := c.load(n); err != nil {
			return nil, err
		}
	}
	n = min(n, c.rows.rows-c.at)
	if c.dict != nil && c.dict.pays(n, c.limit) {
		return c.coded(n), nil
	}
	n, sum := c.fits(n)
	offsets := bufpool.NewBuffer(c.mem, 4*(n+1))
	var bytes *memory.Buffer
	if c.dict == nil {
		var err error
		if bytes, err = c.direct(view[int32](offsets.Bytes()), n, sum); err != nil {
			offsets.Release()
			return nil, err
		}
	} else {
		bytes = c.copied(view[int32](offsets.Bytes()), n, sum)
	}
	return c.yield(n).finish(c.dtype, nil, offsets, bytes), nil
}

// yield hands out the validity of the next n rows.
func (c *text) yield(n int) *validity {
	v := c.rows
	if c.at > 0 || n < v.rows {
		v = v.slice(c.at, n)
	}
	c.at += n
	if c.at == c.rows.rows {
		if v != c.rows {
			c.rows.release()
		}
		c.rows = nil
	}
	return v
}

// fits returns how many of the next n rows have room in a vector, at least one, and their bytes.
func (c *text) fits(n int) (rows int, sum int64) {
	for i, s := range c.sizes[c.at : c.at+n] {
		if c.dict != nil && c.rows.has(c.at+i) {
			e := c.dict.list[s]
			s = int64(e.to - e.from)
		}
		if i > 0 && sum+s > int64(c.limit) {
			return i, sum
		}
		sum += s
	}
	return n, sum
}

// direct reads the texts of n rows.
func (c *text) direct(offsets []int32, n int, sum int64) (*memory.Buffer, error) {
	buf := bufpool.NewBuffer(c.mem, int(min(sum, plainText)))
	for done := int64(0); done < sum; {
		if done == int64(buf.Len()) {
			buf.Resize(int(min(2*done, sum)))
		}
		if err := c.bytes.read(buf.Bytes()[done:]); err != nil {
			buf.Release()
			return nil, err
		}
		done = int64(buf.Len())
	}
	at := int32(0)
	for i, s := range c.sizes[c.at : c.at+n] {
		offsets[i] = at
		at += int32(s)
	}
	offsets[n] = at
	if c.trimmed {
		trim(offsets, buf.Bytes())
	}
	return buf, nil
}

// trim removes spaces at the end of texts.
func trim(offsets []int32, bytes []byte) {
	from, at := offsets[0], int32(0)
	for i := range len(offsets) - 1 {
		to := offsets[i+1]
		kept := bytes[from : int(from)+spaceless(bytes[from:to])]
		copy(bytes[at:], kept)
		offsets[i] = at
		at += int32(len(kept))
		from = to
	}
	offsets[len(offsets)-1] = at
}

// spaceless is how long a text is without spaces at its end.
func spaceless(b []byte) int {
	n := len(b)
	for n > 0 && b[n-1] == ' ' {
		n--
	}
	return n
}

// copied copies the entries of n rows.
func (c *text) copied(offsets []int32, n int, sum int64) *memory.Buffer {
	buf := bufpool.NewBuffer(c.mem, int(sum))
	dst, at := buf.Bytes(), 0
	for i, s := range c.sizes[c.at : c.at+n] {
		offsets[i] = int32(at)
		if c.rows.has(c.at + i) {
			e := c.dict.list[s]
			at += copy(dst[at:], c.dict.data[e.from:e.to])
		}
	}
	offsets[n] = int32(at)
	return buf
}

// coded makes a vector of n codes.
func (c *text) coded(n int) arrow.Array {
	buf := bufpool.NewBuffer(c.mem, 4*n)
	dst := view[int32](buf.Bytes())
	for i, s := range c.sizes[c.at : c.at+n] {
		dst[i] = int32(s)
	}
	dtype := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: c.dtype}
	return c.yield(n).finish(dtype, c.dict.array(c.mem, c.dtype), buf)
}

func (c *text) close() {
	if c.rows != nil {
		c.rows.release()
		c.rows = nil
	}
	if c.dict != nil {
		c.dict.close()
	}
}

// dictionary is the texts of a stripe, each once.
type dictionary struct {
	bytes   *stream
	lengths *ints
	entries int64
	rows    int64 // of the stripe
	scratch memory.Allocator
	account files.Account
	encoded bool // vectors may be codes

	list    []entry // nil: not yet loaded
	data    []byte  // of scratch
	longest int
	held    int64 // bytes of account
	made    arrow.ArrayData
}

// entry is where a text lies.
type entry struct{ from, to uint32 }

// A dictionary of more bytes than freeDictionary is charged.
const (
	freeDictionary = 1 << 20
	entryBytes     = 8
)

// load reads the dictionary.
func (d *dictionary) load(trimmed bool) error {
	if d.entries > d.rows {
		return fmt.Errorf("%d entries for %d rows", d.entries, d.rows)
	}
	d.list = make([]entry, 0, min(d.entries, plainText/entryBytes))
	if err := d.reserve(d.entries * entryBytes); err != nil {
		return err
	}
	var lengths [longestRun]int64
	sum := int64(0)
	for left := d.entries; left > 0; {
		some := lengths[:min(left, longestRun)]
		if err := d.lengths.next(some); err != nil {
			return err
		}
		for _, n := range some {
			if n < 0 || sum+n > longestText {
				return fmt.Errorf("more than %d MiB", longestText>>20)
			}
			d.list = append(d.list, entry{uint32(sum), uint32(sum + n)})
			sum += n
			d.longest = max(d.longest, int(n))
		}
		left -= int64(len(some))
	}
	if err := d.reserve(sum); err != nil {
		return err
	}
	d.data = d.scratch.Allocate(int(min(sum, plainText)))
	for done := int64(0); done < sum; {
		if done == int64(len(d.data)) {
			d.data = d.scratch.Reallocate(int(min(2*done, sum)), d.data)
		}
		if err := d.bytes.read(d.data[done:]); err != nil {
			return err
		}
		done = int64(len(d.data))
	}
	for i, e := range d.list {
		if trimmed {
			d.list[i].to = e.from + uint32(spaceless(d.data[e.from:e.to]))
		}
	}
	return nil
}

func (d *dictionary) reserve(n int64) error {
	if n <= freeDictionary || d.account == nil {
		return nil
	}
	if err := d.account.Reserve(n); err != nil {
		return err
	}
	d.held += n
	return nil
}

// fewRepeats is how many rows an entry must stand for on average, so that what consumers find out once for an entry is worth it.
const fewRepeats = 4

// pays reports whether n rows may be codes: what is made of all of them has room in a vector.
func (d *dictionary) pays(n, limit int) bool {
	return d.encoded && len(d.list) > 0 && int64(len(d.list))*fewRepeats <= d.rows && d.longest*n <= limit
}

// array is the dictionary as an array, which stays its own.
func (d *dictionary) array(mem memory.Allocator, dtype arrow.DataType) arrow.ArrayData {
	if d.made == nil {
		offsets := bufpool.NewBuffer(mem, 4*(len(d.list)+1))
		bytes := bufpool.NewBuffer(mem, len(d.data))
		to, at := view[int32](offsets.Bytes()), 0
		for i, e := range d.list {
			to[i] = int32(at)
			at += copy(bytes.Bytes()[at:], d.data[e.from:e.to])
		}
		to[len(d.list)] = int32(at)
		d.made = array.NewData(dtype, len(d.list), []*memory.Buffer{nil, offsets, bytes}, nil, 0, 0)
		offsets.Release()
		bytes.Release()
	}
	return d.made
}

func (d *dictionary) close() {
	if d.data != nil {
		d.scratch.Free(d.data)
		d.data = nil
	}
	if d.made != nil {
		d.made.Release()
		d.made = nil
	}
	if d.held > 0 {
		d.account.Release(d.held)
		d.held = 0
	}
}
