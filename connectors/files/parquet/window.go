package parquet

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// test is a condition on a row group, with what it says of the dictionary of the only column that it reads.
type test struct {
	files.Condition
	known   bool
	verdict []bool        // for each entry, and for NULL
	some    bool          // it is true for an entry or NULL
	every   bool          // it is true for all of them
	values  []arrow.Array // scratch
}

// window is the next rows of a row group on their way to a batch.
type window struct {
	rows    int     // that were not yielded; 0: there is no window
	sel     []int32 // the positions of those that are left, if not all
	all     bool
	columns []windowColumn
	spare   []int32  // scratch: the next sel
	keep    []int32  // scratch
	picked  []uint32 // scratch
}

// windowColumn is one column of a window. Its values are known by their dictionary indices, or are decoded, or neither.
type windowColumn struct {
	decoder decoder
	codes   []uint32    // of the first rows of the window, whether they are left or not; nil: none
	values  arrow.Array // of those of the first rows that are left; nil: none
	covered int         // how many rows values is of
	passed  int         // how many rows the decoder is ahead
}

func (c *windowColumn) drop() {
	if c.values != nil {
		c.values.Release()
	}
	c.codes, c.values, c.covered, c.passed = nil, nil, 0, 0
}

// take returns the first n values, which are of the first rows of the window, and moves on to the rows after these.
func (c *windowColumn) take(n, rows int) arrow.Array {
	out := c.values
	c.values = nil
	if out.Len() > n || c.covered > rows {
		c.values = array.NewSlice(out, int64(n), int64(out.Len()))
		whole := out
		out = array.NewSlice(whole, 0, int64(n))
		whole.Release()
	}
	c.covered, c.passed = c.covered-rows, c.passed-rows
	if c.codes = c.codes[min(rows, len(c.codes)):]; len(c.codes) == 0 {
		c.codes = nil
	}
	return out
}

func (w *window) begin(rows int) { w.rows, w.sel, w.all = rows, w.sel[:0], true }

// end drops what was not yielded of the window.
func (w *window) end() {
	for i := range w.columns {
		c := &w.columns[i]
		c.decoder.skip(w.rows - c.passed)
		c.drop()
	}
	w.rows = 0
}

// left returns how many rows are left of the first n.
func (w *window) left(n int) int {
	if w.all {
		return n
	}
	return below(w.sel, n)
}

// narrow applies the conditions to a new window. They stop short at very long values: what they drop need not be dropped.
func (r *GroupReader) narrow(ctx context.Context) error {
	w := &r.window
	for i := range r.tests {
		t := &r.tests[i]
		ok, err := false, error(nil)
		if len(t.Columns) == 1 {
			ok, err = r.narrowByDictionary(ctx, t)
		}
		if err == nil && !ok {
			ok, err = r.narrowByValues(ctx, t)
		}
		if err != nil {
			return err
		}
		if !ok || !w.all && len(w.sel) == 0 {
			return nil
		}
	}
	return nil
}

func (r *GroupReader) named(column int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("column %s: %w", r.names[column], err)
}

// fewEntries is the size of a dictionary of which a condition is asked in any case; of a larger one if there are more rows.
const fewEntries = 1024

// narrowByDictionary applies a condition on one column to dictionary indices. ok is false if there are none, or fewer
// than rows.
func (r *GroupReader) narrowByDictionary(ctx context.Context, t *test) (ok bool, err error) {
	w := &r.window
	at := t.Columns[0]
	c := &w.columns[at]
	d, isCoded := c.decoder.(coded)
	if !isCoded || c.values != nil {
		return false, nil
	}
	if c.codes == nil {
		codes, err := d.read(ctx, w.rows)
		if err != nil || len(codes) == 0 {
			return false, r.named(at, err)
		}
		c.codes, c.passed = codes, len(codes)
		if c.passed < w.rows {
			if !w.untouchedBut(at) {
				return false, nil
			}
			w.rows = c.passed
		}
	}
	if d.entries() > max(fewEntries, int(r.left/2)) {
		return false, nil
	}
	if !t.known {
		t.learn(d)
	}
	switch {
	case t.every:
		return true, nil
	case !t.some:
		return true, w.restrict(r, w.keep[:0])
	}
	keep := grown(w.keep, w.rows)
	verdict, k := t.verdict, 0
	if w.all {
		for i, ix := range c.codes[:w.rows] {
			keep[k] = int32(i)
			if verdict[ix] {
				k++
			}
		}
	} else {
		for i, p := range w.sel {
			keep[k] = int32(i)
			if verdict[c.codes[p]] {
				k++
			}
		}
	}
	w.keep = keep
	return true, w.restrict(r, keep[:k])
}

// grown returns a slice of n elements that reuses s.
func grown(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// untouchedBut reports that no other column was looked at.
func (w *window) untouchedBut(column int) bool {
	for i := range w.columns {
		if i != column && w.columns[i].passed > 0 {
			return false
		}
	}
	return true
}

// learn asks the condition of a dictionary.
func (t *test) learn(d coded) {
	entries := d.dictionary()
	defer entries.Release()
	sel, all := t.Select([]arrow.Array{entries}, entries.Len())
	t.known, t.every, t.some = true, all, all || len(sel) > 0
	t.verdict = make([]bool, entries.Len())
	for i := range t.verdict {
		t.verdict[i] = all
	}
	for _, i := range sel {
		t.verdict[i] = true
	}
}

// narrowByValues applies a condition to decoded columns. ok is false if one of them does not cover the window.
func (r *GroupReader) narrowByValues(ctx context.Context, t *test) (ok bool, err error) {
	w := &r.window
	if first := t.Columns[0]; w.untouchedBut(first) && w.columns[first].passed == 0 {
		if err := r.decode(ctx, first); err != nil {
			return false, err
		}
		w.rows = w.columns[first].covered // the window may be as short as its first column
	}
	t.values = t.values[:0]
	for _, at := range t.Columns {
		if err := r.decode(ctx, at); err != nil {
			return false, err
		}
		if w.columns[at].covered < w.rows {
			return false, nil
		}
		t.values = append(t.values, w.columns[at].values)
	}
	sel, all := t.Select(t.values, w.left(w.rows))
	if all {
		return true, nil
	}
	return true, w.restrict(r, sel)
}

// restrict keeps of the rows that are left those at the positions keep.
func (w *window) restrict(r *GroupReader, keep []int32) error {
	if len(keep) == w.left(w.rows) {
		return nil
	}
	for i := range w.columns {
		c := &w.columns[i]
		if c.values == nil {
			continue
		}
		taken, err := kernel.Take(r.mem, c.values, keep)
		if err != nil {
			return r.named(i, err)
		}
		c.values.Release()
		c.values = taken
	}
	next := grown(w.spare, len(keep))
	if w.all {
		copy(next, keep)
	} else {
		for i, k := range keep {
			next[i] = w.sel[k]
		}
	}
	w.sel, w.spare, w.all = next, w.sel, false
	return nil
}

// decode decodes the rows of a column that are left.
func (r *GroupReader) decode(ctx context.Context, column int) (err error) {
	w := &r.window
	c := &w.columns[column]
	switch {
	case c.values != nil:
		return nil
	case c.codes != nil:
		err = c.decodeCodes(w)
	case w.all:
		if c.values, err = c.decoder.next(ctx, w.rows); err == nil {
			c.covered = c.values.Len()
		}
		c.passed = c.covered
	default:
		c.values, c.covered, err = c.decoder.pick(ctx, w.rows, w.sel)
		c.passed = c.covered
	}
	return r.named(column, err)
}

// decodeCodes decodes the values of dictionary indices.
func (c *windowColumn) decodeCodes(w *window) (err error) {
	codes, n := c.codes, w.left(len(c.codes))
	if !w.all {
		w.picked = slices.Grow(w.picked[:0], n)
		for _, p := range w.sel[:n] {
			w.picked = append(w.picked, codes[p])
		}
		codes = w.picked
	}
	if c.values, err = c.decoder.(coded).decode(codes[:n]); err != nil {
		return err
	}
	switch n = min(n, c.values.Len()); {
	case n == len(codes):
		c.covered = len(c.codes)
	case w.all:
		c.covered = n
	default:
		c.covered = int(w.sel[n])
	}
	return nil
}

// yield returns the first rows of the window that are left, as many as all columns have, and how many of its rows they
// stand for. It decodes what is needed for that.
func (r *GroupReader) yield(ctx context.Context) (out []arrow.Array, rows, passed int, err error) {
	w := &r.window
	passed = w.rows
	if w.left(w.rows) == 0 {
		w.end()
		return nil, 0, passed, nil
	}
	for i := range w.columns {
		if err := r.decode(ctx, i); err != nil {
			return nil, 0, 0, err
		}
		passed = min(passed, w.columns[i].covered)
	}
	rows = w.left(passed)
	out = make([]arrow.Array, len(w.columns))
	for i := range w.columns {
		out[i] = w.columns[i].take(rows, passed)
	}
	w.rows -= passed
	if !w.all {
		w.sel = w.sel[rows:]
		for i := range w.sel {
			w.sel[i] -= int32(passed)
		}
	}
	if rows == 0 {
		release(out)
		out = nil
	}
	return out, rows, passed, nil
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
