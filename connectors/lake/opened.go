package lake

import (
	"cmp"
	"context"
	"iter"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
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

// found is a file of a table, and that file opened.
type found struct {
	File
	*opened
}

// openAll yields the files of a table, opened, in order, opening several at once. After an error it stops. Store is that of the
// table, or one that reads it.
func (s *Spec) openAll(ctx context.Context, store blob.Store, list iter.Seq2[File, error], usage *connectors.Usage) iter.Seq2[found, error] {
	return InOrder(ctx, AtOnce(store), list, func(ctx context.Context, f File) (found, error) {
		o, err := s.Cache.Open(ctx, cmp.Or(f.Format, s.Format), store, f.Object, usage)
		if err != nil {
			return found{}, err
		}
		return found{f, newOpened(o)}, nil
	})
}
