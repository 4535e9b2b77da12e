package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Apply describes a dependent join: for each row of the outer side the inner side is run with the row's values of the
// Binding columns, and joined to the row as Join says, without keys. Rows with the same values share a run, if not Anew.
type Apply struct {
	Join    *Join // Probe is the outer side, Build the inner one
	Binding []int // positions in Probe
	// Anew says that every row has a run of its own.
	Anew bool
	// Inner returns the streams of the inner side for values of the Binding columns.
	Inner func(values []types.Value) (Streams, error)
}

// NewApply applies one stream of outer rows, keeping their order.
func NewApply(rt *Runtime, outer Operator, terms JoinTerms, spec *Apply, res *Reservation) Operator {
	run := &joinRun{rt: rt, spec: spec.Join, res: res, terms: []JoinTerms{terms}}
	fields := make([]rowkey.Field, len(spec.Binding))
	for i, at := range spec.Binding {
		fields[i] = rowkey.Of(spec.Join.Probe[at].Type, nil)
	}
	return &apply{
		rt: rt, spec: spec, outer: outer, run: run, res: res,
		prober: newProber(run, terms), asm: newAssembler(spec.Join.Probe),
		enc: rowkey.NewEncoder(fields), seen: rowkey.NewGroups(),
	}
}

type apply struct {
	rt     *Runtime
	spec   *Apply
	outer  Operator
	run    *joinRun
	res    *Reservation
	prober *prober
	asm    *assembler

	batch  arrow.RecordBatch
	groups []int32 // of the batch's rows: which binding
	at     int     // next row of the batch
	enc    *rowkey.Encoder
	seen   *rowkey.Groups
	tables []*joinTable // by binding; nil: not run or forgotten
	known  int64        // reserved for what is known of bindings beside the rows of tables
	closed bool
}

func (a *apply) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if a.prober.batch != nil {
			out, err := a.prober.next(ctx)
			if out != nil || err != nil {
				return out, err
			}
			a.prober.drop()
		}
		if a.batch == nil || a.at == int(a.batch.NumRows()) {
			if err := a.advance(ctx); err != nil {
				return nil, err
			}
		}
		if err := a.probe(ctx); err != nil {
			return nil, err
		}
	}
}

// advance takes the next batch of outer rows.
func (a *apply) advance(ctx context.Context) error {
	if a.batch != nil {
		a.batch.Release()
		a.batch = nil
	}
	batch, err := a.outer.Next(ctx)
	if err != nil {
		return err
	}
	a.batch, a.at = batch, 0
	rows := int(batch.NumRows())
	keys := make([]arrow.Array, len(a.spec.Binding))
	for i, at := range a.spec.Binding {
		keys[i] = batch.Column(at)
	}
	a.enc.Encode(keys, rows)
	a.groups = resize(a.groups, rows)
	a.seen.Find(a.enc, a.groups, nil)
	if err := a.remember(); err != nil {
		return err
	}
	for len(a.tables) < a.seen.Len() {
		a.tables = append(a.tables, nil)
	}
	return nil
}

// tableBytes is what a table takes beside its rows, for each binding.
const tableBytes = 512

// remember reserves memory for what is known of bindings, or forgets those of the batches before.
func (a *apply) remember() error {
	now := a.seen.Bytes() + tableBytes*int64(a.seen.Len())
	if now <= a.known {
		return nil
	}
	if a.res.Grow(now-a.known) != nil {
		a.forget()
		a.tables, a.seen = nil, rowkey.NewGroups()
		a.seen.Find(a.enc, a.groups, nil)
		a.res.Shrink(a.known)
		now, a.known = a.seen.Bytes()+tableBytes*int64(a.seen.Len()), 0
		if err := a.res.Must(now); err != nil {
			return err
		}
	}
	a.known = now
	return nil
}

// probe starts joining the next rows that share a binding.
func (a *apply) probe(ctx context.Context) error {
	from, group := a.at, a.groups[a.at]
	for a.at++; !a.spec.Anew && a.at < len(a.groups) && a.groups[a.at] == group; {
		a.at++
	}
	if t := a.tables[group]; t != nil && a.spec.Anew {
		t.release()
		a.tables[group] = nil
	}
	if a.tables[group] == nil {
		t, err := a.runInner(ctx, from)
		if err != nil {
			return err
		}
		a.tables[group] = t
	}
	a.prober.use(a.tables[group])
	a.prober.start(a.batch.NewSlice(int64(from), int64(a.at)), nil) // its join has no keys
	return nil
}

// runInner runs the inner side for a row of the batch.
func (a *apply) runInner(ctx context.Context, row int) (*joinTable, error) {
	values := make([]types.Value, len(a.spec.Binding))
	for i, at := range a.spec.Binding {
		values[i] = kernel.ValueAt(a.batch.Column(at), row)
	}
	streams, err := a.spec.Inner(values)
	if err != nil {
		return nil, err
	}
	inner := Gather(streams)
	var batches []arrow.RecordBatch
	var held int64
	reserve := func(size int64) error {
		if a.res.Grow(size) != nil {
			a.forget()
			if err := a.res.Must(size); err != nil {
				return err
			}
		}
		held += size
		return nil
	}
	err = drain(ctx, inner, func(b arrow.RecordBatch) error {
		own, size, err := keep(a.rt.Mem, b)
		if err != nil {
			return err
		}
		batches = append(batches, own)
		return reserve(size)
	})
	if cerr := inner.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		extra, _ := a.run.extraBytes(batches)
		err = reserve(extra)
	}
	if err != nil {
		releaseBatches(batches)
		a.res.Shrink(held)
		return nil, err
	}
	return a.run.newTable(ctx, nil, batches, held, a.res, 1)
}

// forget drops the results of earlier runs.
func (a *apply) forget() {
	for i, t := range a.tables {
		if t != nil {
			t.release()
			a.tables[i] = nil
		}
	}
}

func (a *apply) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	a.prober.drop()
	if a.batch != nil {
		a.batch.Release()
		a.batch = nil
	}
	a.forget()
	err := a.outer.Close()
	a.res.Free()
	return err
}
