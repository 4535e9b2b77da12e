package rest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// execution is one run of a fragment.
type execution struct {
	*fragment
	scan     connectors.Scan
	version  *version
	partners *partners       // of the keys; nil: there are none
	ctx      context.Context // of the run: what is read ahead ends with it
	end      context.CancelCauseFunc

	budget budget
	held   atomic.Int64 // bytes of pages

	mu     sync.Mutex
	open   map[*reader]bool
	lost   map[string]bool // columns of which a warning was given
	closed bool
}

// split is some lists that are read one after the other, with the first page of the first one if it came already.
type split struct {
	calls []*call
	first *page
}

// splitsPerReader is in how many parts a list of keys is divided for each reader, so that none waits long for the last.
const splitsPerReader = 4

// mostCalls bounds the requests of a split.
const mostCalls = 64

// Splits divides keys, or the rows of a list that tells its total, among the readers.
func (x *execution) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		calls, err := x.calls()
		if err != nil {
			yield(nil, err)
			return
		}
		if x.limit >= 0 || x.order != nil {
			if len(calls) > 0 {
				yield(&split{calls: calls}, nil)
			}
			return
		}
		if offset, ok := x.endpoint.Paging.(Offset); ok && offset.Total != "" && len(calls) == 1 && x.scan.Parallel > 1 {
			x.ranges(ctx, calls[0], offset, yield)
			return
		}
		size := min(max(len(calls)/(max(x.scan.Parallel, 1)*splitsPerReader), 1), mostCalls)
		for part := range slices.Chunk(calls, size) {
			if !yield(&split{calls: part}, nil) {
				return
			}
		}
	}
}

// ranges divides a list by the total that its first page tells. All but that page are of the same state of the table, if the
// server knows one.
func (x *execution) ranges(ctx context.Context, l *call, paging Offset, yield func(connectors.Split, error) bool) {
	p, err := x.fetch(ctx, l)
	if err != nil {
		yield(nil, err)
		return
	}
	rows := p.count()
	first := *l
	first.at = position{end: rows}
	if rows > 0 && !yield(&split{calls: []*call{&first}, first: p}, nil) {
		return
	}
	total, err := int64(0), error(nil)
	if !p.gone {
		total, err = totalOf(p, paging.Total)
	}
	if err == nil && rows == 0 && total > 0 {
		err = sqlerr.New(sqlerr.SourceError, "the list ended after 0 rows of %d", total)
	}
	if err != nil {
		yield(nil, x.failure(p, err))
		return
	}
	if rows == 0 {
		return
	}
	pages := (total - rows + rows - 1) / rows
	each := max(pages/int64(max(x.scan.Parallel, 1)), 1) * rows
	for from := rows; from < total; from += each {
		part := *l
		part.at = position{offset: from, end: min(from+each, total), number: int(from / rows)}
		if !yield(&split{calls: []*call{&part}}, nil) {
			return
		}
	}
}

// fetch asks for a page of the state that the statement reads.
func (x *execution) fetch(ctx context.Context, l *call) (*page, error) {
	settled, err := x.version.settle(ctx)
	if err != nil {
		return nil, fmt.Errorf("source %s, table %s: %w", x.name, x.table.Name, err)
	}
	defer settled()
	p, err := l.fetch(ctx, x.connector, x.version, x.budget)
	if err != nil {
		return nil, err
	}
	x.held.Add(p.held)
	return p, nil
}

// free gives back the memory of a page that was decoded, or is not wanted.
func (x *execution) free(p *page) {
	if p != nil && p.held > 0 {
		x.budget.release(p.held)
		x.held.Add(-p.held)
		p.held = 0
	}
}

// failure is an error of a page.
func (x *execution) failure(p *page, err error) error {
	r := &request{method: x.endpoint.method(), shown: x.endpoint.Path, number: p.number}
	return x.about(x.table, sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s: %s", x.name, r.where()))
}

// loses warns of the first number of a column that MySQL does not have, or refuses it.
func (x *execution) loses(c *Column) error {
	if x.strict {
		return sqlerr.New(sqlerr.BadValue, "column %s: %s has no such value (%s)", c.Name, c.Type, errLost)
	}
	x.mu.Lock()
	first := !x.lost[c.Name]
	x.lost[c.Name] = true
	x.mu.Unlock()
	if first && x.scan.Env != nil && x.scan.Env.Warn != nil {
		x.scan.Env.Warn(int(sqlerr.BadValue.Identity().Errno), fmt.Sprintf(
			"source %s: table %s: column %s: a value that %s does not have (%s) is NULL", x.name, x.table.Name, c.Name, c.Type, errLost))
	}
	return nil
}

// Open implements connectors.Execution.
func (x *execution) Open(ctx context.Context, s connectors.Split) (connectors.Reader, error) {
	of, ok := s.(*split)
	if !ok {
		return nil, fmt.Errorf("source %s: a split of another source", x.name)
	}
	r := newReader(ctx, x, of)
	x.mu.Lock()
	closed := x.closed
	if !closed {
		x.open[r] = true
	}
	x.mu.Unlock()
	if closed {
		return nil, errors.Join(fmt.Errorf("source %s: %w", x.name, context.Canceled), r.Close())
	}
	return r, nil
}

// Close ends the run, and waits for what it reads ahead.
func (x *execution) Close() error {
	x.mu.Lock()
	x.closed = true
	readers := slices.Collect(maps.Keys(x.open))
	x.open = nil
	x.mu.Unlock()
	x.end(context.Canceled)
	var errs []error
	for _, r := range readers {
		errs = append(errs, r.Close())
	}
	if left := x.held.Swap(0); left > 0 { // of pages whose splits were not opened
		x.budget.release(left)
	}
	return errors.Join(errs...)
}
