package exec

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/exec/spill"
)

// rowKeys are the encoded keys of the rows of a batch.
type rowKeys struct {
	text []byte
	ends []int
}

func (k *rowKeys) key(i int32) []byte {
	start := 0
	if i > 0 {
		start = k.ends[i-1]
	}
	return k.text[start:k.ends[i]]
}

// encode makes the keys of a borrowed batch's rows.
func (k *rowKeys) encode(rt *Runtime, order *rowkey.Order, terms []Term, batch arrow.RecordBatch) error {
	k.text, k.ends = k.text[:0], k.ends[:0]
	return eachEvaluated(rt.Mem, terms, batch, func(part arrow.RecordBatch, keys []arrow.Array) error {
		k.text, k.ends = order.Append(k.text, k.ends, keys, int(part.NumRows()))
		return nil
	})
}

// pick returns a copy of the keys of some rows, of no more memory than they need.
func (k *rowKeys) pick(rows []int32) rowKeys {
	n := 0
	for _, i := range rows {
		n += len(k.key(i))
	}
	out := rowKeys{text: make([]byte, 0, n), ends: make([]int, 0, len(rows))}
	for _, i := range rows {
		out.add(k.key(i))
	}
	return out
}

func (k *rowKeys) add(key []byte) {
	k.text = append(k.text, key...)
	k.ends = append(k.ends, len(k.text))
}

func (k *rowKeys) bytes() int64 { return int64(cap(k.text) + 8*cap(k.ends)) }

// sortRow is a row of several batches.
type sortRow struct {
	prefix     uint64 // of the key, behind what all keys have in common
	batch, row int32
}

// sortRowBytes is the memory of a sortRow.
const sortRowBytes = 16

// sortRows orders the rows of batches with these keys by key, then by position.
func sortRows(ctx context.Context, keys []rowKeys, rows int) ([]sortRow, error) {
	out := make([]sortRow, 0, rows)
	same := commonBytes(keys)
	for b := range keys {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range keys[b].ends {
			out = append(out, sortRow{rowkey.Prefix(keys[b].key(int32(i))[same:]), int32(b), int32(i)})
		}
	}
	compare := func(a, b sortRow) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := bytes.Compare(keys[a.batch].key(a.row), keys[b.batch].key(b.row)); c != 0 {
			return c
		}
		if a.batch != b.batch {
			return cmp.Compare(a.batch, b.batch)
		}
		return cmp.Compare(a.row, b.row)
	}
	if slices.IsSortedFunc(out, compare) { // dividing them would take longer
		return out, nil
	}
	return out, sortParts(ctx, out, compare)
}

// partRows is the most rows that are sorted without a look at the context.
const partRows = 1 << 20

// sortParts sorts rows of which no two are equal. Many are divided first, which takes no memory and is what a sort begins
// with anyway.
func sortParts(ctx context.Context, rows []sortRow, compare func(a, b sortRow) int) error {
	for len(rows) > partRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := divideRows(rows, compare)
		if err := sortParts(ctx, rows[:at], compare); err != nil {
			return err
		}
		rows = rows[at:]
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	slices.SortFunc(rows, compare)
	return nil
}

// sampled is how many rows divideRows takes the median of.
const sampled = 127

// divideRows moves the rows that are less than one of them, about the median, before the others, and returns where these
// begin. There are some on each side.
func divideRows(rows []sortRow, compare func(a, b sortRow) int) int {
	var sample [sampled]sortRow
	step := len(rows) / sampled
	for k := range sample {
		sample[k] = rows[k*step+rand.IntN(step)] // at random, so that no order of rows is a bad one
	}
	slices.SortFunc(sample[:], compare)
	pivot := sample[sampled/2]
	for i, j := 0, len(rows)-1; ; i, j = i+1, j-1 {
		for compare(rows[i], pivot) < 0 {
			i++
		}
		for compare(pivot, rows[j]) < 0 {
			j--
		}
		if i >= j {
			return i
		}
		rows[i], rows[j] = rows[j], rows[i]
	}
}

// commonBytes returns how many bytes all keys begin with: they say nothing of the order.
func commonBytes(keys []rowKeys) int {
	if len(keys) == 0 || len(keys[0].ends) == 0 {
		return 0
	}
	common := keys[0].key(0)
	for b := range keys {
		for i := range keys[b].ends {
			key := keys[b].key(int32(i))
			for !bytes.HasPrefix(key, common) {
				common = common[:len(common)-1]
			}
			if len(common) == 0 {
				return 0
			}
		}
	}
	return len(common)
}

// sortedRun is a sequence of sorted rows: of batches in memory with their keys, or of a file.
type sortedRun struct {
	batches []arrow.RecordBatch
	keys    []rowKeys
	rows    []sortRow
	res     *Reservation // of held
	held    int64

	file     *spill.File
	reader   *spill.Reader
	keyBytes int   // most keys of a batch in the file
	head     int64 // most memory that merging takes for a batch in the file
}

func (r *sortedRun) release() {
	if r.batches != nil {
		releaseBatches(r.batches)
		r.batches, r.keys, r.rows = nil, nil, nil
		r.res.Shrink(r.held)
	}
	if r.reader != nil {
		r.reader.Close()
		r.reader = nil
	}
	if r.file != nil {
		_ = r.file.Release() // nobody needs it any more
		r.file = nil
	}
}

// write merges runs into one on disk. They stay.
func (s *sorter) write(ctx context.Context, runs []*sortedRun, terms []Term) (_ *sortedRun, err error) {
	file, err := s.rt.Spill.Create()
	if err != nil {
		return nil, err
	}
	out := &sortedRun{file: file}
	m := newRunMerge(s, runs, terms, s.block)
	m.measure = true
	defer m.close()
	defer func() {
		s.stats.spill(file.Size())
		if err != nil {
			out.release()
		}
	}()
	err = drain(ctx, m, func(b arrow.RecordBatch) error {
		out.keyBytes = max(out.keyBytes, m.keyBytes)
		// While a batch is read, what the file has of it is in memory too, which is no more than the batch.
		out.head = max(out.head, heldBytes(b)+batchBytes(b)+paddingBytes*b.NumCols()+
			int64(m.keyBytes)+8*b.NumRows()+spill.ReaderBytes)
		return file.Write(s.rt.Mem, b)
	})
	if err != nil {
		return nil, err
	}
	return out, file.Finish()
}
