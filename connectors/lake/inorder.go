package lake

import (
	"context"
	"iter"

	"github.com/silogate/silogate/engine/sqlerr"
)

// atOnce is how many files are opened, or parts of a table listed, at the same time.
const atOnce = 16

// inOrder does what work says to each element of a sequence, to several at once, and yields what comes of it in the sequence's
// order. After an error it stops.
func inOrder[A, B any](ctx context.Context, in iter.Seq2[A, error], work func(context.Context, A) (B, error)) iter.Seq2[B, error] {
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
			for !ended && len(begun) < atOnce {
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
