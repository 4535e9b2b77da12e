package lake

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
)

// A split is at least so large, if there are as many neighbouring row groups: opening one has a price.
const (
	splitRows  = 64 << 10
	splitBytes = 1 << 20
)

// worthDividing is the size in bytes from which on several readers share a part whose rows are found only one after the
// other.
const worthDividing = 4 << 20

// What the open row groups of a scan hold of their files in memory: they share openBytes for the starts of their chunks
// and as much again for what follows, but each chunk is read by leastPiece at least. To that adds what the fetcher reads
// ahead (blob.Profile), and of each column one page and one dictionary, which a writer makes as large as it likes.
const (
	openBytes  = 16 << 20
	leastPiece = 64 << 10
)

// Admit implements connectors.Admitter. What a statement's scans hold is bounded for each statement, and so for all.
func (s *scan) Admit(ctx context.Context, tx *connectors.Tx) error {
	return s.table.Turns.Admit(ctx, tx)
}

// Start begins a run. Nothing is read before the splits are asked for.
func (s *scan) Start(ctx context.Context, run connectors.Scan) (connectors.Execution, error) {
	pool := blob.NewPool(run.Memory)
	fetch := blob.NewFetcher(s.table.Store, pool, run.Usage)
	fetch.UseCache(s.table.Bytes)
	if since, _ := connectors.FreshSince(ctx); s.table.Files != nil && s.table.Files.since(since) {
		fetch.Trust()
	}
	x := &execution{
		scan: s, run: run, pool: pool,
		fetch:  fetch,
		prune:  newPruner(s.conds, run.Env),
		warned: make(map[string]bool),
		open:   make(map[*reader]bool),
		blocks: make(map[files.Block]bool),
		held:   &heldAccount{},
	}
	if run.Env != nil && run.Env.Account != nil {
		x.held.of = run.Env.Account
	}
	return x, nil
}

// execution is one run of a scan.
type execution struct {
	scan  *scan
	run   connectors.Scan
	pool  *blob.Pool
	fetch *blob.Fetcher
	prune *pruner

	mu      sync.Mutex
	dynamic *dynamicFilter  // as it was last known
	idle    []*rowFilter    // that no reader uses
	warned  map[string]bool // of what a warning was given
	open    map[*reader]bool
	blocks  map[files.Block]bool // that were handed out and not opened
	reject  rejections
	closed  bool
	held    *heldAccount // of what says which rows are deleted
}

// split is some row groups of neighbouring files.
type split struct {
	parts []part
	rows  int64
	bytes int64
}

// part is one part of a file, such as a row group, or a block of a part that was divided.
type part struct {
	values  File
	file    *opened
	columns fileColumns
	group   int
	section files.Section
	block   files.Block // nil: the part is whole
	size    int64       // bytes of the pieces
	segment int         // of the fetcher: that of the first piece, which the others follow
}

// Close ends the run, closes its readers and frees what it read ahead.
func (x *execution) Close() error {
	x.mu.Lock()
	closed := x.closed
	x.closed = true
	readers := slices.Collect(maps.Keys(x.open))
	x.mu.Unlock()
	if closed {
		return nil
	}
	x.fetch.Close() // wakes readers that wait for bytes
	var errs []error
	for _, r := range readers {
		errs = append(errs, r.Close())
	}
	x.mu.Lock()
	blocks := slices.Collect(maps.Keys(x.blocks))
	x.mu.Unlock()
	for _, b := range blocks {
		if x.takeBlock(b) {
			b.Release()
		}
	}
	x.held.end()
	x.pool.Close()
	return errors.Join(errs...)
}

// dynamicFilter is what the joins above were known to want at some time.
type dynamicFilter struct {
	*pruner
	keys []connectors.ColumnKeys
}

// filter returns what the dynamic filter knows now. A limit counts rows that the filter drops above it.
func (x *execution) filter() *dynamicFilter {
	var conds []expr.Expr
	var keys []connectors.ColumnKeys
	if x.scan.limit < 0 {
		conds, keys = x.run.Dynamic.Conds(), x.run.Dynamic.Keys()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if d := x.dynamic; d == nil || !slices.Equal(d.conds, conds) || !slices.Equal(d.keys, keys) {
		x.dynamic = &dynamicFilter{newPruner(conds, x.run.Env), keys}
	}
	return x.dynamic
}

// rowFilter returns a filter of rows for one reader, which gives it back. A limit counts the rows.
func (x *execution) rowFilter() *rowFilter {
	dynamic := x.filter()
	if x.scan.limit >= 0 {
		return &rowFilter{of: dynamic}
	}
	x.mu.Lock()
	for len(x.idle) > 0 {
		f := x.idle[len(x.idle)-1]
		x.idle = x.idle[:len(x.idle)-1]
		if f.of == dynamic {
			x.mu.Unlock()
			return f
		}
	}
	x.mu.Unlock()
	return x.newRowFilter(dynamic)
}

// Splits yields row groups that pruning leaves, several small ones together.
func (x *execution) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		whole := x.scan.limit >= 0 // a limit is counted in one place
		rows := int64(0)           // that there are at least
		var next split
		give := func(s split) bool {
			x.reject.begin()
			return yield(&s, nil)
		}
		defer x.reject.last(x)
		for p, err := range x.ahead(x.parts(ctx)) {
			if err != nil {
				yield(nil, x.scan.table.fail(err))
				return
			}
			if d, ok := x.divisible(p); ok {
				if !x.divide(ctx, p, d, give, yield) {
					return
				}
				continue
			}
			least, about := p.file.Count(p.group)
			if p.values.Deletes != nil {
				least = 0
			}
			next.parts = append(next.parts, p)
			next.rows += int64(about)
			next.bytes += p.size
			rows += least
			if whole && rows >= x.scan.limit+x.scan.skip {
				break
			}
			if !whole && (next.rows >= splitRows || next.bytes >= splitBytes) {
				if !give(next) {
					return
				}
				next = split{}
			}
		}
		if len(next.parts) > 0 {
			give(next)
		}
	}
}

// divisible returns the section of a part that several readers are to share. A limit counts the rows of the scan, and deletes those of a part from
// its start.
func (x *execution) divisible(p part) (files.Divisible, bool) {
	d, ok := p.section.(files.Divisible)
	return d, ok && x.scan.limit < 0 && p.values.Deletes == nil && x.run.Parallel > 1 && p.size >= worthDividing
}

// divide yields the blocks of a part, each as a split; false: no more are wanted, or reading it failed.
func (x *execution) divide(ctx context.Context, p part, d files.Divisible, give func(split) bool, yield func(connectors.Split, error) bool) bool {
	defer x.leave(p)
	for b, err := range d.Blocks(ctx, x.fetchOf(p), x.pool) {
		if err != nil {
			yield(nil, x.scan.table.fail(err))
			return false
		}
		x.mu.Lock()
		x.blocks[b] = true
		x.mu.Unlock()
		block := p
		block.block = b
		if !give(split{parts: []part{block}}) {
			return false
		}
	}
	return true
}

// fetchOf returns the pieces of a part.
func (x *execution) fetchOf(p part) files.Fetch {
	return func(ctx context.Context, piece int) (*blob.Data, error) { return x.fetch.Get(ctx, p.segment+piece) }
}

// parts yields the row groups that pruning leaves and tells the fetcher of them.
func (x *execution) parts(ctx context.Context) iter.Seq2[part, error] {
	s, t := x.scan, x.scan.table
	return func(yield func(part, error) bool) {
		list := s.files(ctx, x.run.Usage, x.prune, x.filter().pruner)
		var near indexedParts
		for f, err := range t.openAll(ctx, x.fetch.Opening(), list, x.run.Usage) {
			if err != nil {
				yield(part{}, err)
				return
			}
			columns := s.fileColumns(f.opened)
			s.readDeletes(&columns, f)
			if err := t.check(s, f, columns); err != nil {
				yield(part{}, err)
				return
			}
			if columns.unknown >= 0 {
				x.notShown(f.Columns[columns.unknown].Name, f.Location)
			}
			for g := range f.Parts() {
				intervals := s.groupIntervals(f.File, f.opened, columns, g)
				if _, rows := f.Count(g); rows == 0 || !x.prune.mayPass(intervals) || !x.filter().mayPass(intervals) {
					continue
				}
				if near.add(x.indexed(part{values: f.File, file: f.opened, columns: columns, group: g})) {
					continue
				}
				if !x.yieldPages(ctx, &near, yield) {
					return
				}
			}
		}
		x.yieldPages(ctx, &near, yield)
	}
}

// yieldPages yields what their page indexes leave of parts; false: no more are wanted, or reading an index failed.
func (x *execution) yieldPages(ctx context.Context, near *indexedParts, yield func(part, error) bool) bool {
	selections, err := x.prunePages(ctx, near.list)
	if err != nil {
		yield(part{}, err)
		return false
	}
	for i, p := range near.list {
		if only := selections[i]; only != nil && len(only.spans) == 0 {
			continue
		}
		if !yield(x.add(p.part, selections[i]), nil) {
			return false
		}
	}
	*near = indexedParts{}
	return true
}

// ahead finds parts before they are asked for, as many as the fetcher reads ahead: it reads none that it has not heard of.
func (x *execution) ahead(parts iter.Seq2[part, error]) iter.Seq2[part, error] {
	most := x.scan.table.Store.Profile().ReadAhead
	if most == 0 || x.scan.limit >= 0 {
		return parts
	}
	return func(yield func(part, error) bool) {
		var waiting []part
		size := int64(0)
		for p, err := range parts {
			if err != nil {
				yield(part{}, err)
				return
			}
			waiting = append(waiting, p)
			for size += p.size; size > most; waiting = waiting[1:] {
				size -= waiting[0].size
				if !yield(waiting[0], nil) {
					return
				}
			}
		}
		for _, p := range waiting {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// add tells the fetcher of the bytes of a part, of only if it is not nil.
func (x *execution) add(p part, only *selection) part {
	budget := files.Budget{Bytes: openBytes / int64(max(x.run.Parallel, 1)), Least: leastPiece}
	if only == nil {
		p.section = p.file.Section(p.group, p.columns.read, budget)
	} else {
		p.section = only.index.Section(only.spans, x.scan.table.Store.Profile().Gap, budget)
	}
	segments := make([]blob.Segment, len(p.section.Ranges()))
	for i, ranges := range p.section.Ranges() {
		segments[i] = blob.Segment{Object: p.values.Object, Ranges: ranges}
		for _, r := range ranges {
			p.size += r.Len
		}
	}
	p.segment = x.fetch.Add(segments...)
	return p
}

// leave says that what was not read of a part will not be.
func (x *execution) leave(p part) {
	if p.block != nil {
		if x.takeBlock(p.block) {
			p.block.Release()
		}
		return
	}
	for i := range p.section.Ranges() {
		x.fetch.Skip(p.segment + i)
	}
}

// takeBlock reports whether a block was neither opened nor released; it is the caller's now.
func (x *execution) takeBlock(b files.Block) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	mine := x.blocks[b]
	delete(x.blocks, b)
	return mine
}

// check proves that a file can be read as one of the table's: the values of those columns that have
// types of their own have the table's.
func (t *table) check(s *scan, f found, columns fileColumns) error {
	if err := t.agrees(f.opened); err != nil {
		return err
	}
	if err := t.identifies(f.opened); err != nil {
		return err
	}
	used := s.pos
	if f.Deletes != nil {
		used = slices.Concat(s.pos, f.Deletes.Columns())
	}
	for _, pos := range used {
		at, c := columns.at[pos], t.columns[pos]
		if c.refused != nil {
			return c.refused
		}
		if at < 0 || f.Columns[at].Inferred || t.declares(pos, f.opened, at) {
			continue
		}
		if wide, ok := widen(c.typ, f.Columns[at].Type); !ok || wide != c.typ {
			return sqlerr.New(sqlerr.Corrupt, "column %s is %s in %s but %s in %s",
				f.Columns[at].Name, c.native, c.file, f.Columns[at].Native, f.Location)
		}
	}
	return nil
}

// Open begins to read a split, unless a dynamic filter that became known meanwhile excludes it.
func (x *execution) Open(_ context.Context, s connectors.Split) (connectors.Reader, error) {
	r := &reader{execution: x, parts: s.(*split).parts, skip: x.scan.skip, left: x.scan.limit}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, x.scan.table.fail(context.Canceled)
	}
	x.open[r] = true
	return r, nil
}

// excluded reports whether the dynamic filter rules out a part.
func (x *execution) excluded(p part) bool {
	return !x.filter().mayPass(x.scan.groupIntervals(p.values, p.file, p.columns, p.group))
}

// unrepresentable warns once per column that values which MySQL does not have are read as NULL.
func (x *execution) unrepresentable(column string) {
	x.warn("unrepresentable "+column, "column "+column+": values that MySQL does not have (NaN, an infinity or a year beyond 1 to 9999) are NULL")
}

// notShown warns once of a column that only files or rows outside the sample have, of which the table was described.
func (x *execution) notShown(column, location string) {
	x.warn("not shown", "column "+column+" of "+location+" is not shown: the files that were sampled do not have it")
}

// warn gives a warning, once for each key.
func (x *execution) warn(key, text string) {
	x.mu.Lock()
	first := !x.warned[key]
	x.warned[key] = true
	x.mu.Unlock()
	if env := x.run.Env; first && env != nil && env.Warn != nil {
		env.Warn(int(sqlerr.BadValue.Identity().Errno), "source "+x.scan.table.Source+", table "+x.scan.table.Name.String()+": "+text)
	}
}
