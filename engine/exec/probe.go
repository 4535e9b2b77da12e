package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// What is known of a row of the preserved side; more outweighs less.
const (
	unmatched uint8 = iota
	unknown         // a candidate whose IN comparison is NULL
	matched
)

func errManyRows() error {
	return sqlerr.New(sqlerr.SubqueryRows, "Subquery returns more than 1 row")
}

// prober finds the matches of probe batches in a table, for one stream.
type prober struct {
	run   *joinRun
	spec  *Join
	terms JoinTerms
	enc   *rowkey.Encoder
	out   *assembler
	pairs *assembler
	input pieces // of the source's last batch, with the keys
	table *joinTable
	marks []uint8 // of the table's rows, if the join needs them

	// the batch being probed
	batch                 arrow.RecordBatch
	keys                  []arrow.Array
	cursor                rowkey.Cursor
	cross                 crossCursor
	done                  bool
	states                []uint8    // of the batch's rows, if the join needs them
	carried               []uint8    // of the rows to come, as other tables left them; nil: nothing is known of them
	more                  bool       // another table is to come for the same rows
	outWidths, pairWidths sideWidths // of the batch's rows, in the result and in what a residual reads
	foundLeft, foundRight []int32    // pairs that are still to be yielded
	left                  []int32    // scratch: probe rows
	right                 []int32    // scratch: build rows
}

func newProber(run *joinRun, terms JoinTerms) *prober {
	return &prober{
		run: run, spec: run.spec, terms: terms, enc: rowkey.NewEncoder(run.spec.Keys),
		out: newAssembler(run.spec.Out), pairs: newAssembler(run.spec.PairCols),
		input: pieces{mem: run.rt.Mem, terms: terms.ProbeKeys},
	}
}

// use makes the prober look into t from now on.
func (p *prober) use(t *joinTable) { p.usePiece(t, nil, false) }

// usePiece makes the prober look into t, with what is known already of the rows to come; more if t is not the last table
// for them.
func (p *prober) usePiece(t *joinTable, carried []uint8, more bool) {
	p.table, p.carried, p.more = t, carried, more
	if p.spec.marksBuild() {
		p.marks = make([]uint8, t.rows)
	}
}

// start takes over the next batch to probe and its keys.
func (p *prober) start(batch arrow.RecordBatch, keys []arrow.Array) {
	p.batch, p.keys, p.cursor, p.cross, p.done = batch, keys, rowkey.Cursor{}, crossCursor{}, false
	if !p.spec.reduces() {
		p.outWidths = widthsOfSide(p.spec.Output, FromProbe, batch)
	}
	if p.terms.Residual != nil || p.terms.In != nil {
		p.pairWidths = widthsOfSide(p.spec.Pairs, FromProbe, batch)
	}
	rows := int(batch.NumRows())
	p.run.probeRows.Add(int64(rows))
	if len(p.spec.Keys) > 0 {
		p.enc.Encode(keys, rows)
		if p.spec.NullAware && p.spec.BuildLeft && anyNull(keys) {
			p.run.probeNulls.Store(true)
		}
	}
	switch {
	case !p.spec.keepsStates():
	case p.carried != nil:
		p.states, p.carried = p.carried[:rows:rows], p.carried[rows:]
	default:
		if cap(p.states) < rows {
			p.states = make([]uint8, rows)
		}
		p.states = p.states[:rows]
		clear(p.states)
	}
}

func anyNull(keys []arrow.Array) bool {
	for _, k := range keys {
		if k.NullN() > 0 || k.DataType().ID() == arrow.NULL && k.Len() > 0 {
			return true
		}
	}
	return false
}

// drop releases the batch that was probed.
func (p *prober) drop() {
	if p.batch != nil {
		p.batch.Release()
		p.batch = nil
	}
	releaseArrays(p.keys)
	p.keys = nil
	p.foundLeft, p.foundRight = nil, nil
}

// next returns the next part of the result for the batch, nil when there is no more.
func (p *prober) next(ctx context.Context) (arrow.RecordBatch, error) {
	for !p.done || len(p.foundLeft) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(p.foundLeft) > 0 {
			return p.emitFound()
		}
		if p.spec.reduces() && !p.spec.BuildLeft && p.terms.Residual == nil && p.terms.In == nil {
			p.first()
			continue
		}
		out, err := p.step()
		if out != nil || err != nil {
			return out, err
		}
	}
	if p.states == nil || p.batch == nil || p.more {
		return nil, nil
	}
	out, err := p.rest()
	p.drop()
	return out, err
}

// first finds out which rows of the batch have any candidate.
func (p *prober) first() {
	p.done = true
	rows := int(p.batch.NumRows())
	if p.table.index == nil {
		if p.table.rows > 0 {
			for i := range p.states {
				p.states[i] = matched
			}
		}
		return
	}
	p.left = resize(p.left, rows)
	p.table.index.First(p.enc, p.left)
	for i, row := range p.left {
		if row >= 0 {
			p.states[i] = matched
		}
	}
}

func resize(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// step finds the next pairs, marks their rows and returns them if the join yields pairs.
func (p *prober) step() (arrow.RecordBatch, error) {
	limit := p.pairLimit()
	if cap(p.left) < limit || cap(p.right) < limit {
		p.left, p.right = make([]int32, 0, limit), make([]int32, 0, limit)
	}
	left, right := p.left[:0:limit], p.right[:0:limit]
	if p.table.index != nil {
		left, right = p.table.index.Probe(p.enc, &p.cursor, left, right)
		p.done = p.cursor.Done()
	} else {
		left, right = p.cross.next(int(p.batch.NumRows()), p.table.rows, left, right)
		p.done = p.cross.row == int(p.batch.NumRows()) || p.table.rows == 0
	}
	var err error
	if p.terms.Residual != nil && len(left) > 0 {
		if left, right, err = p.recheck(left, right); err != nil {
			return nil, err
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	if p.terms.In != nil {
		return nil, p.markIn(left, right)
	}
	if err := p.mark(left, right); err != nil {
		return nil, err
	}
	if p.spec.reduces() {
		return nil, nil
	}
	p.foundLeft, p.foundRight = left, right
	return p.emitFound()
}

// recheck keeps the pairs that pass the residual.
func (p *prober) recheck(left, right []int32) ([]int32, []int32, error) {
	batch, err := p.pair(left, right)
	if err != nil {
		return nil, nil, err
	}
	defer batch.Release()
	sel, all, err := p.terms.Residual.Select(p.run.rt.Mem, batch)
	if err != nil || all {
		return left, right, err
	}
	for i, s := range sel {
		left[i], right[i] = left[s], right[s]
	}
	return left[:len(sel)], right[:len(sel)], nil
}

// pair makes the batch of pairs that the residual reads.
func (p *prober) pair(left, right []int32) (arrow.RecordBatch, error) {
	cols, err := p.columns(p.spec.Pairs, left, right, nil)
	if err != nil {
		return nil, err
	}
	return p.pairs.batch(cols, len(left)), nil
}

// mark records that pairs match.
func (p *prober) mark(left, right []int32) error {
	single := p.spec.Kind == plan.Single
	if p.states != nil {
		for _, i := range left {
			if single && p.states[i] == matched {
				return errManyRows()
			}
			p.states[i] = matched
		}
	}
	if p.marks != nil {
		for _, i := range right {
			if single && p.marks[i] == matched {
				return errManyRows()
			}
			p.marks[i] = matched
		}
	}
	return nil
}

// markIn records what the IN comparison says of pairs.
func (p *prober) markIn(left, right []int32) error {
	batch, err := p.pair(left, right)
	if err != nil {
		return err
	}
	defer batch.Release()
	in := []Term{{Eval: p.terms.In}}
	return eachEvaluated(p.run.rt.Mem, in, batch, func(part arrow.RecordBatch, values []arrow.Array) error {
		n := part.NumRows()
		p.markPairs(left[:n], right[:n], values[0].(*array.Boolean))
		left, right = left[n:], right[n:]
		return nil
	})
}

func (p *prober) markPairs(left, right []int32, in *array.Boolean) {
	for i := range left {
		state := unmatched
		if in.IsNull(i) {
			state = unknown
		} else if in.Value(i) {
			state = matched
		}
		if p.states != nil {
			p.states[left[i]] = max(p.states[left[i]], state)
		}
		if p.marks != nil {
			p.marks[right[i]] = max(p.marks[right[i]], state)
		}
	}
}

// rest yields what the batch's rows themselves add to the result, after all their candidates were seen.
func (p *prober) rest() (arrow.RecordBatch, error) {
	if p.spec.NullAware && p.terms.In == nil && p.run.buildRows.Load() > 0 {
		all := p.run.buildNulls.Load()
		for i := range p.states {
			if p.states[i] == unmatched && (all || p.enc.NullRow(i)) {
				p.states[i] = unknown
			}
		}
	}
	return p.remaining(p.states, 0, FromProbe)
}

// remaining yields the rows, from row base on of the preserved side, that a join adds after matching: those without a
// match, or, for reducing joins, those it keeps.
func (p *prober) remaining(states []uint8, base int, side Side) (arrow.RecordBatch, error) {
	if p.spec.Kind == plan.Mark {
		p.left = resize(p.left, len(states))
		for i := range p.left {
			p.left[i] = int32(base + i)
		}
		return p.emitSide(p.left, states, side)
	}
	rows := resize(p.left, len(states))[:0]
	if p.spec.Kind == plan.Semi {
		for i, s := range states {
			if s == matched {
				rows = append(rows, int32(base+i))
			}
		}
	} else {
		for i, s := range states {
			if s == unmatched {
				rows = append(rows, int32(base+i))
			}
		}
	}
	p.left = rows
	if len(rows) == 0 {
		return nil, nil
	}
	return p.emitSide(rows, nil, side)
}

// crossCursor is a position among all pairs of a batch and the table.
type crossCursor struct{ row, build int }

func (c *crossCursor) next(rows, builds int, left, right []int32) ([]int32, []int32) {
	for c.row < rows && builds > 0 && len(left) < cap(left) {
		n := min(builds-c.build, cap(left)-len(left))
		for k := range n {
			left = append(left, int32(c.row))
			right = append(right, int32(c.build+k))
		}
		if c.build += n; c.build == builds {
			c.row, c.build = c.row+1, 0
		}
	}
	return left, right
}

// join is one stream of a join.
type join struct {
	run    *joinRun
	res    *Reservation // for the tables of partitions; nil until there are any
	stream int
	prober *prober
	source Operator  // what is probed: the input, or a partition of it
	pair   *pairJoin // of the partition; nil: of the input
	at     int       // next build row to yield after probing
	ended  bool      // probing the current table is over
	last   bool      // and this stream yields the build rows
	closed bool
}

func (j *join) Next(ctx context.Context) (arrow.RecordBatch, error) {
	r := j.run
	if err := r.built.wait(ctx, r.gather); err != nil {
		return nil, err
	}
	if r.spec.emptyWithoutBuild() && r.buildRows.Load() == 0 {
		return nil, io.EOF
	}
	for {
		if j.prober.table == nil {
			if err := j.open(ctx); err != nil {
				return nil, err
			}
		}
		out, err := j.advance(ctx)
		if out != nil || err != nil {
			return out, err
		}
		if r.grace.Load() == nil {
			return nil, io.EOF
		}
		j.leave()
	}
}

// open gives the prober its table: the whole build side, or the next partition. It returns io.EOF after the last.
func (j *join) open(ctx context.Context) error {
	j.ended, j.last, j.at = false, false, 0
	g := j.run.grace.Load()
	if g == nil {
		j.source = j.run.probe[j.stream]
		j.prober.use(j.run.table)
		return nil
	}
	if j.res == nil {
		j.res = j.run.res.Sibling()
	}
	for {
		if j.pair == nil {
			pair, err := g.next(ctx, j.prober.terms, j.res)
			if err != nil {
				return err
			}
			j.pair = pair
		}
		table, err := j.pair.next(ctx)
		if err == nil {
			j.source = j.pair.probe()
			j.prober.usePiece(table, j.pair.states, !j.pair.ended)
			return nil
		}
		if err != io.EOF {
			return err
		}
		j.pair.release()
		j.pair = nil
	}
}

// leave releases a table of a partition that was probed.
func (j *join) leave() {
	j.prober.drop()
	j.prober.input.release()
	if j.pair == nil || j.prober.table == nil {
		return
	}
	_ = j.source.Close() // a partition's reader: nothing is lost
	j.prober.table.release()
	j.prober.table = nil
}

// advance returns the next batch of the current table's result, nil at its end.
func (j *join) advance(ctx context.Context) (arrow.RecordBatch, error) {
	p := j.prober
	for !j.ended {
		if p.batch != nil {
			out, err := p.next(ctx)
			if out != nil || err != nil {
				return out, err
			}
			p.drop()
		}
		part, keys, err := p.input.next()
		if err != nil {
			return nil, err
		}
		if part != nil {
			p.start(part, keys)
			continue
		}
		batch, err := j.source.Next(ctx)
		if err == io.EOF {
			if err := j.end(); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, err
		}
		p.input.start(batch)
		batch.Release()
	}
	if !j.last {
		return nil, nil
	}
	return j.buildRest()
}

// end is called when everything was probed.
func (j *join) end() (err error) {
	j.ended = true
	switch {
	case !j.run.spec.marksBuild():
	case j.pair != nil:
		j.last = true
	default:
		j.last, err = j.run.end(j.prober.marks)
		if j.last {
			j.prober.marks = j.run.marks
		}
	}
	return err
}

// buildRest yields what the build rows add to the result after probing.
func (j *join) buildRest() (arrow.RecordBatch, error) {
	p, r := j.prober, j.run
	for j.at < len(p.marks) {
		from, to := j.at, j.at+1
		size := p.table.out.of(int32(from))
		for to < min(from+r.rt.batchRows(), len(p.marks)) {
			if size += p.table.out.of(int32(to)); size > outputBytes {
				break
			}
			to++
		}
		j.at = to
		states := p.marks[from:to]
		if r.spec.NullAware && p.terms.In == nil && r.probeRows.Load() > 0 {
			all := r.probeNulls.Load()
			for i := range states {
				if states[i] == unmatched && (all || p.table.index.NullRow(from+i)) {
					states[i] = unknown
				}
			}
		}
		out, err := p.remaining(states, from, FromBuild)
		if out != nil || err != nil {
			return out, err
		}
	}
	return nil, nil
}

func (j *join) Close() error {
	if j.closed {
		return nil
	}
	j.closed = true
	j.leave()
	if j.pair != nil {
		j.pair.release()
	}
	if j.res != nil {
		j.res.Free()
	}
	if j.run.open.Add(-1) == 0 {
		return j.run.close()
	}
	return nil
}
