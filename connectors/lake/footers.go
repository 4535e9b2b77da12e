package lake

import (
	"context"
	"iter"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files/parquet"
)

// footersAhead is how many footers are read at once.
const footersAhead = 16

// openAll yields the footers of files in order, reading several at once. After an error it stops.
func openAll(ctx context.Context, store blob.Store, cache *parquet.Cache, files []File, usage *connectors.Usage) iter.Seq2[*parquet.File, error] {
	type result struct {
		file *parquet.File
		err  error
	}
	return func(yield func(*parquet.File, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		opened := make([]chan result, len(files))
		started := 0
		defer func() {
			cancel()
			for _, c := range opened[:started] {
				if c != nil {
					<-c
				}
			}
		}()
		for i := range files {
			for ; started < len(files) && started < i+footersAhead; started++ {
				c, o := make(chan result, 1), files[started].Object
				opened[started] = c
				go func() {
					f, err := cache.Open(ctx, store, o, usage)
					c <- result{f, err}
				}()
			}
			r := <-opened[i]
			opened[i] = nil
			if !yield(r.file, r.err) || r.err != nil {
				return
			}
		}
	}
}
