package exec

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Scan describes a remote scan: one run of a fragment.
type Scan struct {
	Fragment connectors.Fragment
	Source   string // names the source in errors
	Cols     plan.Schema
	Args     arrow.RecordBatch // rows of the fragment's plan.Keys, borrowed until Close; nil without
	Tx       *connectors.Tx
	Dynamic  connectors.DynamicFilter // nil: none
	Encoded  []int                    // columns, as positions in Cols, whose vectors may be dictionary-encoded
	// Ordered keeps each split's batches in one stream, so that a fragment of one split keeps its order; else any
	// stream takes any batch.
	Ordered bool
	Stats   *NodeStats
}

// NewRemoteScan returns n streams that share one run of a fragment. The run starts with the first Next, whose context
// governs it; n goroutines read splits ahead of the streams by a few batches. Every batch is checked against Cols.
func NewRemoteScan(rt *Runtime, n int, s Scan) Streams {
	if s.Dynamic == nil {
		s.Dynamic = connectors.NoFilter{}
	}
	run := &scanRun{Scan: s, rt: rt, streams: n}
	run.open.Store(int32(n))
	out := make(Streams, n)
	for i := range out {
		out[i] = &remoteScan{run: run, channel: i}
		if !s.Ordered {
			out[i].(*remoteScan).channel = 0
		}
	}
	return out
}

// scanDepth is how many batches each reader may be ahead.
const scanDepth = 2

// scanRun is the run that the streams of a scan share.
type scanRun struct {
	Scan
	rt      *Runtime
	streams int
	open    atomic.Int32 // streams not yet closed

	mu        sync.Mutex // guards the start
	err       error      // of the start
	execution connectors.Execution
	feed      *feed

	splitsMu sync.Mutex
	next     func() (connectors.Split, error, bool)
	stopIter func()
}

func (r *scanRun) start(ctx context.Context) (*feed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feed != nil || r.err != nil {
		return r.feed, r.err
	}
	usage := new(connectors.Usage)
	if r.Stats != nil {
		r.Stats.usage.Store(usage)
	}
	r.execution, r.err = r.Fragment.Start(ctx, connectors.Scan{
		Memory: r.rt.Mem, BatchRows: r.rt.batchRows(), Parallel: r.streams, Env: r.rt.Env,
		Args: r.Args, Tx: r.Tx, Dynamic: r.Dynamic, Encoded: r.Encoded, Usage: usage,
	})
	if r.err != nil {
		return nil, r.err
	}
	producers := make([]producer, r.streams)
	for i := range producers {
		producers[i] = r.read
	}
	channels := 1
	if r.Ordered {
		channels = r.streams
	}
	r.feed = startFeed(ctx, channels, scanDepth*r.streams/channels, producers)
	return r.feed, nil
}

// split returns the next split; false at the end.
func (r *scanRun) split(ctx context.Context) (connectors.Split, bool, error) {
	r.splitsMu.Lock()
	defer r.splitsMu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if r.next == nil {
		r.next, r.stopIter = iter.Pull2(r.execution.Splits(ctx))
	}
	s, err, ok := r.next()
	return s, ok && err == nil, err
}

// read sends the batches of splits until there are no more.
func (r *scanRun) read(ctx context.Context, send func(arrow.RecordBatch) error) error {
	for {
		split, ok, err := r.split(ctx)
		if err != nil || !ok {
			return err
		}
		if err := r.readSplit(ctx, split, send); err != nil {
			return err
		}
	}
}

func (r *scanRun) readSplit(ctx context.Context, split connectors.Split, send func(arrow.RecordBatch) error) (err error) {
	r.Stats.split(r.Dynamic)
	reader, err := r.execution.Open(ctx, split)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := reader.Close(); err == nil {
			err = cerr
		}
	}()
	for {
		batch, err := reader.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err = r.check(batch); err == nil {
			err = r.rt.Reads.take(batch)
		}
		if err != nil {
			batch.Release()
			return err
		}
		if err := sendSliced(batch, r.rt.batchRows(), send); err != nil {
			return err
		}
	}
}

// sendSliced sends a batch it takes over in slices of at most limit rows.
func sendSliced(batch arrow.RecordBatch, limit int, send func(arrow.RecordBatch) error) error {
	rows := batch.NumRows()
	if rows == 0 {
		batch.Release()
		return nil
	}
	if rows <= int64(limit) {
		return send(batch)
	}
	defer batch.Release()
	for from := int64(0); from < rows; from += int64(limit) {
		if err := send(batch.NewSlice(from, min(from+int64(limit), rows))); err != nil {
			return err
		}
	}
	return nil
}

// check verifies that a source keeps its word about the columns.
func (r *scanRun) check(batch arrow.RecordBatch) error {
	if int(batch.NumCols()) != len(r.Cols) {
		return sqlerr.New(sqlerr.Internal, "source %s gave %d columns for %s, which has %d",
			r.Source, batch.NumCols(), r.Fragment, len(r.Cols))
	}
	for i, c := range r.Cols {
		got := batch.Column(i).DataType()
		if d, ok := got.(*arrow.DictionaryType); ok && slices.Contains(r.Encoded, i) && d.IndexType.ID() == arrow.INT32 {
			got = d.ValueType
		}
		if !fits(got, c.Type) {
			return sqlerr.New(sqlerr.Internal, "source %s gave %s for column %s %s of %s",
				r.Source, got, c.Name, c.Type, r.Fragment)
		}
	}
	return nil
}

// fits reports whether vectors of type a may hold values of t.
func fits(a arrow.DataType, t types.Type) bool {
	if t.Kind != types.Decimal {
		return arrow.TypeEqual(a, t.Arrow())
	}
	d, ok := a.(arrow.DecimalType)
	return ok && d.GetScale() == int32(t.Scale) && d.BitWidth() >= int(types.W64) && d.BitWidth() <= int(types.W256)
}

func (r *scanRun) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feed != nil {
		r.feed.stop()
	}
	if r.stopIter != nil {
		r.stopIter()
	}
	if r.execution == nil {
		return nil
	}
	if err := r.execution.Close(); err != nil {
		return fmt.Errorf("source %s: close: %w", r.Source, err)
	}
	return nil
}

type remoteScan struct {
	run     *scanRun
	channel int
	feed    *feed
	closed  bool
}

func (s *remoteScan) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if s.feed == nil {
		f, err := s.run.start(ctx)
		if err != nil {
			return nil, err
		}
		s.feed = f
	}
	return s.feed.next(ctx, s.channel)
}

func (s *remoteScan) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.run.open.Add(-1) == 0 {
		return s.run.close()
	}
	return nil
}
