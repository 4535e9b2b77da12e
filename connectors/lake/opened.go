package lake

import (
	"context"
	"iter"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
)

// opened is a file of a table, and what it can do.
type opened struct {
	files.File
	*files.Description
	bounded files.Bounded // nil: it has no statistics
	indexed files.Indexed // nil: it has no indexes
}

func newOpened(f files.File) *opened {
	o := &opened{File: f, Description: f.Describe()}
	o.bounded, _ = f.(files.Bounded)
	o.indexed, _ = f.(files.Indexed)
	return o
}

// bounds returns what is known of a column (a position in Columns) in a part.
func (f *opened) bounds(part, column int) (files.Bounds, bool) {
	if f.bounded == nil {
		return files.Bounds{}, false
	}
	return f.bounded.Bounds(part, column), true
}

// openAhead is how many files are opened at once.
const openAhead = 16

// openAll yields the files of a table, opened, in order, opening several at once. After an error it stops.
func (s *Spec) openAll(ctx context.Context, list []File, usage *connectors.Usage) iter.Seq2[*opened, error] {
	type result struct {
		file *opened
		err  error
	}
	return func(yield func(*opened, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		opened := make([]chan result, len(list))
		started := 0
		defer func() {
			cancel()
			for _, c := range opened[:started] {
				if c != nil {
					<-c
				}
			}
		}()
		for i := range list {
			for ; started < len(list) && started < i+openAhead; started++ {
				c, o := make(chan result, 1), list[started].Object
				opened[started] = c
				go func() {
					f, err := s.Cache.Open(ctx, s.Format, s.Store, o, usage)
					if err != nil {
						c <- result{nil, err}
						return
					}
					c <- result{newOpened(f), nil}
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
