package exec

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// gated yields nothing until it is opened; begun is closed when it is first read.
type gated struct {
	Operator
	begun, open chan struct{}
	once        bool
}

func (g *gated) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if !g.once {
		g.once = true
		close(g.begun)
	}
	select {
	case <-g.open:
		return g.Operator.Next(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestBufferOutlivesItsFirstReader cancels the reader that began to fill a buffer, directly and through another buffer that
// was filled from it.
func TestBufferOutlivesItsFirstReader(t *testing.T) {
	for _, nested := range []bool{false, true} {
		h := newHarness(t, setting{streams: 1, batch: 8}, 1)
		r := h.random(1, 100, 1000, types.Of(types.Int64))
		in := &gated{Operator: h.streams(r)[0], begun: make(chan struct{}), open: make(chan struct{})}
		b := NewBuffer(h.rt, Streams{in}, r.cols, h.reservation(nil), nil)
		first, second := b.Read(1, r.cols)[0], b.Read(1, r.cols)[0]
		if nested {
			outer := NewBuffer(h.rt, Streams{first}, r.cols, h.reservation(nil), nil)
			first, second = outer.Read(1, r.cols)[0], Closing(Streams{second}, []*Buffer{outer})[0]
		}
		query, end := context.WithCancel(context.Background())
		query = WithQuery(query)
		some, enough := context.WithCancel(query)
		failed := make(chan error)
		go func() {
			_, err := first.Next(some)
			failed <- err
		}()
		<-in.begun
		enough()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled reader: %v", err)
		}
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		close(in.open)
		rows := int64(0)
		for {
			batch, err := second.Next(query)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows += batch.NumRows()
			batch.Release()
		}
		if rows != 100 {
			t.Errorf("%d rows", rows)
		}
		end()
		if err := errors.Join(second.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestBufferEndsWithItsLastReader closes the readers of a buffer that is being filled, and the query of another one.
func TestBufferEndsWithItsLastReader(t *testing.T) {
	big := plan.Schema{column(1, "a", types.Of(types.Int64))}
	for _, kill := range []bool{false, true} {
		h := newHarness(t, setting{streams: 1, batch: 8, memory: 1 << 16}, 1)
		in := &gated{Operator: endless{h}, begun: make(chan struct{}), open: make(chan struct{})}
		b := NewBuffer(h.rt, Streams{in}, big, h.reservation(nil), nil)
		reader := b.Read(1, big)[0]
		query, end := context.WithCancel(context.Background())
		query = WithQuery(query)
		some, enough := context.WithCancel(query)
		failed := make(chan error)
		go func() {
			_, err := reader.Next(some)
			failed <- err
		}()
		<-in.begun
		if kill {
			end()
			<-b.filled.done // without a Close
		}
		enough()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := errors.Join(b.Close(), reader.Close()); err != nil { // goleak sees that the work has ended
			t.Error(err)
		}
		end()
	}
}

// TestBarrierSurvivesAPanic has work that panics while another stream waits for it.
func TestBarrierSurvivesAPanic(t *testing.T) {
	var b barrier
	begun, failed := make(chan struct{}), make(chan error)
	wait := func(work func(context.Context) error) { failed <- b.wait(context.Background(), work) }
	boom := make(chan struct{})
	go wait(func(context.Context) error {
		close(begun)
		<-boom
		panic("boom")
	})
	<-begun
	go wait(nil)
	close(boom)
	for range 2 {
		if err := <-failed; !sqlerr.Is(err, sqlerr.Internal) {
			t.Errorf("error %v", err)
		}
	}
}
