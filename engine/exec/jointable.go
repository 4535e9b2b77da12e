package exec

import (
	"context"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// joinTable is a build side in memory.
type joinTable struct {
	batch arrow.RecordBatch
	keys  []arrow.Array // what the index refers to
	index *rowkey.Index // nil without keys
	rows  int
	out   sideWidths   // of the rows in the result
	pairs sideWidths   // and in what a residual reads
	res   *Reservation // of held
	held  int64
}

func (t *joinTable) release() {
	if t.batch != nil {
		t.batch.Release()
		t.batch = nil
		releaseArrays(t.keys)
	}
	t.res.Shrink(t.held)
	t.held = 0
}

// newTable indexes batches, which it takes over together with held bytes that res has for building the table. What the
// table does not take in the end is given back.
func (r *joinRun) newTable(ctx context.Context, terms []Term, batches []arrow.RecordBatch, held int64, res *Reservation, workers int) (_ *joinTable, err error) {
	t := &joinTable{res: res, held: held}
	defer func() {
		if err != nil {
			t.release()
		}
	}()
	if t.batch, err = r.append(ctx, batches); err != nil {
		return nil, err
	}
	t.rows = int(t.batch.NumRows())
	if err = t.evaluate(ctx, r.rt.Mem, terms); err != nil {
		return nil, err
	}
	settle(t.batch.Columns())
	settle(t.keys)
	if len(t.keys) > 0 {
		if t.index, err = rowkey.NewIndex(ctx, r.spec.Keys, t.keys, t.rows, workers); err != nil {
			return nil, err
		}
	}
	if r.spec.NullAware && anyNull(t.keys) {
		r.buildNulls.Store(true)
	}
	t.out = widthsOfSide(r.spec.Output, FromBuild, t.batch)
	t.pairs = widthsOfSide(r.spec.Pairs, FromBuild, t.batch)
	now := t.bytes() + r.markBytes(int64(t.rows)) + r.setBytes(int64(t.rows))
	if now > t.held {
		if err := res.Must(now - t.held); err != nil {
			return nil, err
		}
	} else {
		res.Shrink(t.held - now)
	}
	t.held = now
	return t, nil
}

// evaluate computes the keys. For their texts it takes more memory than was guessed, for a time twice as much as they
// have.
func (t *joinTable) evaluate(ctx context.Context, mem memory.Allocator, terms []Term) error {
	need := func(bytes int64) error {
		if err := t.res.Must(bytes); err != nil {
			return err
		}
		t.held += bytes
		return nil
	}
	parts := make([][]arrow.Array, len(terms))
	defer func() {
		for _, p := range parts {
			releaseArrays(p)
		}
	}()
	for k, term := range terms {
		if term.Eval == nil { // read, not computed
			a, _ := term.eval(mem, t.batch)
			parts[k] = []arrow.Array{a}
		}
	}
	if err := eachEvaluated(mem, terms, t.batch, func(_ arrow.RecordBatch, values []arrow.Array) error {
		var made int64
		for k, v := range values {
			if terms[k].Eval != nil {
				v.Retain()
				parts[k] = append(parts[k], v)
				made += terms[k].made(v)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return need(made)
	}); err != nil {
		return err
	}
	for k, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(p) == 1 {
			p[0].Retain()
			t.keys = append(t.keys, p[0])
			continue
		}
		var size int64
		for _, v := range p {
			size += terms[k].made(v)
		}
		if err := need(size); err != nil {
			return err
		}
		whole, err := kernel.Concat(mem, p)
		if err != nil {
			return err
		}
		t.keys = append(t.keys, whole)
	}
	return nil
}

// bytes is the memory of the table.
func (t *joinTable) bytes() int64 {
	n := heldBytes(t.batch)
	if t.index != nil {
		n += t.index.Bytes()
	}
	for _, k := range t.keys {
		n += computedBytes(t.batch, k)
	}
	return n
}

// computedBytes is the memory of a key unless it is a column of the batch.
func computedBytes(batch arrow.RecordBatch, key arrow.Array) int64 {
	for _, c := range batch.Columns() {
		if c == key {
			return 0
		}
	}
	return arrayBytes(key)
}

// markBytes is the memory of what each stream, and all together, remember of the rows.
func (r *joinRun) markBytes(rows int64) int64 {
	if !r.spec.marksBuild() {
		return 0
	}
	return rows * int64(len(r.probe)+1)
}

// setBytes is the memory of what scans of the probe side are told of the keys.
func (r *joinRun) setBytes(rows int64) int64 {
	return int64(r.spec.Told)*rowkey.SetBytes(int(rows)) + ListedBytes(min(r.spec.Listed, r.spec.Told*int(rows)))
}

// indexBytes is about the memory that a table takes for the rows of a batch beside the batch.
func (r *joinRun) indexBytes(terms []Term, batch arrow.RecordBatch) int64 {
	return r.keyBytes(terms, batch.NumRows(), func(column int) int64 { return arrayBytes(batch.Column(column)) })
}

// keyBytes is about the memory that a table takes for rows beside their batches, whose columns have so many bytes.
func (r *joinRun) keyBytes(terms []Term, rows int64, column func(int) int64) int64 {
	n := r.markBytes(rows) + r.setBytes(rows)
	if len(r.spec.Keys) == 0 {
		return n
	}
	text := make([]int64, len(terms))
	for i, t := range terms {
		switch {
		case t.Eval != nil:
			n += guessedKey * rows
		case r.spec.Build[t.Column].Type.IsString():
			text[i] = column(t.Column)
		}
	}
	return n + rowkey.Estimate(r.spec.Keys, int(rows)) + rowkey.Text(r.spec.Keys, text, int(rows))
}

// guessedKey is what the value of a key that has yet to be computed is taken to need.
const guessedKey = 16

// maxText is the most bytes of text of one vector.
const maxText = math.MaxInt32

// extraBytes is the memory that making one batch of many takes beside theirs at its fullest: they are appended column
// by column. It returns true if a column is too long for one vector.
func (r *joinRun) extraBytes(batches []arrow.RecordBatch) (most int64, tooLong bool) {
	if len(batches) < 2 {
		return 0, false
	}
	var grown int64 // by widening decimals
	for c := range r.spec.Build {
		var size, rows, widest int64
		mixed := false
		for _, b := range batches {
			col := b.Column(c)
			size, rows = size+arrayBytes(col), rows+b.NumRows()
			w := int64(kernel.Width(col)) / 8
			mixed = mixed || widest > 0 && w != widest
			widest = max(widest, w)
		}
		switch {
		case mixed:
			wide := rows*widest + rows/8
			grown += wide - size
			most = max(most, 2*wide) // the parts are widened first
		default:
			most = max(most, size)
		}
		tooLong = tooLong || size > maxText
	}
	return most + grown, tooLong
}

// append makes one batch of many, which it takes over. The columns of the many are given up one by one, so that no two
// copies of all are in memory.
func (r *joinRun) append(ctx context.Context, batches []arrow.RecordBatch) (arrow.RecordBatch, error) {
	switch len(batches) {
	case 0:
		return concatBatches(r.rt.Mem, r.spec.Build, nil)
	case 1:
		return batches[0], nil
	}
	rows := 0
	parts := make([][]arrow.Array, len(r.spec.Build))
	for _, b := range batches {
		rows += int(b.NumRows())
		for c := range parts {
			col := b.Column(c)
			col.Retain()
			parts[c] = append(parts[c], col)
		}
		b.Release()
	}
	cols := make([]arrow.Array, 0, len(parts))
	for c := range parts {
		var col arrow.Array
		err := ctx.Err()
		if err == nil {
			col, err = kernel.Concat(r.rt.Mem, parts[c])
		}
		if err != nil {
			releaseArrays(cols)
			for _, rest := range parts[c:] {
				releaseArrays(rest)
			}
			return nil, err
		}
		releaseArrays(parts[c])
		parts[c] = nil
		cols = append(cols, col)
	}
	return newAssembler(r.spec.Build).batch(cols, rows), nil
}
