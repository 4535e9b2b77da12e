package lake

import (
	"context"
	"iter"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// leastAtOnce is how many files are opened, or parts of a table listed, at the same time, unless the store is far away.
const leastAtOnce = 16

// AtOnce is how many requests must be in flight for their waits not to add up.
func AtOnce(store blob.Store) int { return max(leastAtOnce, store.Profile().Parallel) }

// InOrder does what work says to each element of a sequence, to most at once, and yields what comes of it in the sequence's
// order. After an error it stops.
func InOrder[A, B any](ctx context.Context, most int, in iter.Seq2[A, error], work func(context.Context, A) (B, error)) iter.Seq2[B, error] {
	type result struct {
		value B
		err   error
	}
	return func(yield func(B, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		next, stop := iter.Pull2(in)
		var begun []chan result
		defer func() {
			cancel()
			stop()
			for _, c := range begun {
				<-c
			}
		}()
		for ended := false; ; {
			for !ended && len(begun) < most {
				a, err, more := next()
				if ended = !more || err != nil; !more {
					break
				}
				c := make(chan result, 1)
				begun = append(begun, c)
				if err != nil {
					c <- result{err: err}
					break
				}
				go func() {
					var r result
					r.err = sqlerr.Guarded(func() (err error) {
						r.value, err = work(ctx, a)
						return err
					})()
					c <- r
				}()
			}
			if len(begun) == 0 {
				return
			}
			r := <-begun[0]
			begun = begun[1:]
			if !yield(r.value, r.err) || r.err != nil {
				return
			}
		}
	}
}
