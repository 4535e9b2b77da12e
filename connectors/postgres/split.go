package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// ctidRange is a split: the rows of one scan that lie in the pages from first up to last, of every part of the table. The
// ranges of an execution cover all pages there can be, whatever was known of the table's size. The zero value is everything.
type ctidRange struct {
	scan        *plan.Scan
	first, last int64 // 0: open
}

// restrict is the condition on the scan's rows.
func (r *ctidRange) restrict(scan *plan.Scan, alias string) string {
	switch {
	case scan != r.scan || r.first == 0 && r.last == 0:
		return ""
	case r.first == 0:
		return fmt.Sprintf("%s.ctid < '(%d,0)'::tid", alias, r.last)
	case r.last == 0:
		return fmt.Sprintf("%s.ctid >= '(%d,0)'::tid", alias, r.first)
	}
	return fmt.Sprintf("%s.ctid >= '(%d,0)'::tid AND %s.ctid < '(%d,0)'::tid", alias, r.first, alias, r.last)
}

const (
	splitPages     = 2048 // least pages of a split
	splitsEach     = 4    // most splits of a scan for each reader, so that none is idle for long at the end
	joinedPageRate = 4    // a join is split if the split table has so many times the pages that each split reads again
)

// Splits implements connectors.Execution.
func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		scan, count := e.plan(e.scan.Parallel)
		if e.small() {
			scan, count = nil, 1
		}
		pages := int64(0)
		if scan != nil {
			pages = scan.Table.Handle.(*relation).longest
		}
		for i := range int64(count) {
			r := &ctidRange{scan: scan, first: i * pages / int64(count), last: (i + 1) * pages / int64(count)}
			if i == int64(count)-1 {
				r.last = 0 // the table may have grown
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// plan returns the scan to split and into how many ranges; without a scan it is one.
func (f *fragment) plan(parallel int) (*plan.Scan, int) {
	scan := splittable(f.tree)
	if scan == nil || parallel < 2 || f.extra == 0 {
		return nil, 1
	}
	pages, again := scan.Table.Handle.(*relation).pages, int64(0)
	for _, t := range f.tables {
		if t != scan.Table {
			again += t.Handle.(*relation).pages
		}
	}
	most := int64(splitsEach * parallel)
	if len(f.tables) > 1 {
		most = int64(parallel)
		if pages < joinedPageRate*again {
			most = 1
		}
	}
	// Every range has a page: the longest part of a table of many parts may be shorter than there are ranges.
	return scan, int(max(1, min(most, pages/splitPages, scan.Table.Handle.(*relation).longest)))
}

// splittable returns the largest scan whose parts give parts of the result, or nil.
func splittable(n plan.Node) *plan.Scan {
	switch n := n.(type) {
	case *plan.Scan:
		if n.Table.Handle.(*relation).ranges {
			return n
		}
	case *plan.Filter:
		return splittable(n.Input)
	case *plan.Project:
		return splittable(n.Input)
	case *plan.Join:
		left := splittable(n.Left)
		if n.Kind != plan.Inner {
			return left
		}
		right := splittable(n.Right)
		if left == nil || right != nil && pagesOf(right) > pagesOf(left) {
			return right
		}
		return left
	}
	return nil
}

func pagesOf(s *plan.Scan) int64 { return s.Table.Handle.(*relation).pages }

// readers are those of an execution, to be closed with it.
type readers struct {
	mu   sync.Mutex
	open []io.Closer
}

func (r *readers) add(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, c)
}

// Close closes the readers; those that are closed already do not mind.
func (r *readers) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, c := range r.open {
		errs = append(errs, c.Close())
	}
	r.open = nil
	return errors.Join(errs...)
}
