package lake

import (
	"fmt"
	"sync"

	"github.com/silogate/silogate/connectors/files"
)

// rejections counts the values that were made NULL and the rows that were left out because they are not what their columns
// say. When the last split has been read to its end, one warning of each says how many there are and where the first one
// met is; a run that ends early warns of none.
type rejections struct {
	mu       sync.Mutex
	unread   int  // splits that were yielded and not read to their ends
	complete bool // all splits were yielded
	nulls    rejected
	dropped  rejected
}

// rejected is how many times, and where.
type rejected struct {
	count int64
	first files.Rejection
}

func (r *rejected) add(what files.Rejection) {
	if r.count++; r.count == 1 {
		r.first = what
	}
}

// begin notes a split.
func (r *rejections) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread++
}

// end notes the end of a split.
func (r *rejections) end(x *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread--
	r.report(x)
}

// last says that no more splits will be yielded.
func (r *rejections) last(x *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complete = true
	r.report(x)
}

func (r *rejections) add(what files.Rejection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if what.Dropped {
		r.dropped.add(what)
	} else {
		r.nulls.add(what)
	}
}

// report warns once everything was read. The caller holds mu.
func (r *rejections) report(x *execution) {
	if !r.complete || r.unread > 0 {
		return
	}
	if n := r.nulls; n.count > 0 {
		x.warn("made NULL", fmt.Sprintf("%d values that do not have their columns' types are NULL, such as in %s", n.count, n.first))
	}
	if d := r.dropped; d.count > 0 {
		x.warn("left out", fmt.Sprintf("%d bad rows are left out, such as in %s", d.count, d.first))
	}
}
