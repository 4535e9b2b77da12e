package exec

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// What begins with a row.
const (
	newPartition = 1 << iota
	newPeers
)

// boundaries finds where partitions and groups of peers begin in the rows of a window.
type boundaries struct {
	spec             *Window
	byPartition      keyChanges
	byOrder          keyChanges
	flags            []uint8
	partition, peers int64   // the last to begin
	starts           []int64 // of the partitions that are not forgotten
}

func newBoundaries(spec *Window) *boundaries {
	return &boundaries{
		spec:        spec,
		byPartition: newKeyChanges(spec.Partition, spec.PartitionCols),
		byOrder:     newKeyChanges(spec.Order, spec.OrderCols),
	}
}

// of returns the flags of the rows of a batch, which are valid until the next call; base is the number of the first. peers
// is the first row that begins a group of peers, or -1.
func (b *boundaries) of(batch arrow.RecordBatch, base int64) (flags []uint8, peers int) {
	rows := int(batch.NumRows())
	b.flags = slices.Grow(b.flags[:0], rows)[:rows]
	clear(b.flags)
	b.byPartition.mark(b.flags, batch, newPartition|newPeers)
	b.byOrder.mark(b.flags, batch, newPeers)
	if base == 0 {
		b.flags[0] = newPartition | newPeers
	}
	peers = -1
	for i, f := range b.flags {
		if f == 0 {
			continue
		}
		if peers < 0 {
			peers = i
		}
		b.peers = base + int64(i)
		if f&newPartition != 0 {
			b.partition = b.peers
			b.starts = append(b.starts, b.peers)
		}
	}
	return b.flags, peers
}

// forget drops the partitions before the one that row is in.
func (b *boundaries) forget(row int64) {
	i, found := slices.BinarySearch(b.starts, row)
	if !found {
		i--
	}
	if i > 0 {
		b.starts = append(b.starts[:0], b.starts[i:]...)
	}
}

// windowChunk is the rows that functions are computed for at once: those of a page, or some of them.
type windowChunk struct {
	log        *windowLog
	page       *windowPage
	batch      arrow.RecordBatch // of the rows
	start, end int64             // of the rows
	flags      []uint8
	later      []uint8 // flags of the page's rows behind them
	starts     []int64 // of partitions, from the one of the first row on

	// By row, on demand: the first row of the partition and the one behind its last, as far as it has come; the same of the
	// row's peers.
	first, last         []int64
	firstPeer, lastPeer []int64
	partition, peers    int64 // of the last row of the chunk before
	haveEnds, havePeers bool
}

// begin makes the chunk that of some rows of a page; the caller releases its batch.
func (c *windowChunk) begin(p *windowPage, from, to int64, b *boundaries, flagColumn int) {
	c.page, c.start, c.end = p, from, to
	c.batch = p.batch.NewSlice(from-p.start, to-p.start)
	flags := p.batch.Column(flagColumn).(*array.Uint8).Uint8Values()
	c.flags, c.later = flags[from-p.start:to-p.start], flags[to-p.start:]
	c.starts = b.starts
	c.haveEnds, c.havePeers = false, false
	rows := int(c.end - c.start)
	for _, list := range []*[]int64{&c.first, &c.last, &c.firstPeer, &c.lastPeer} {
		*list = slices.Grow((*list)[:0], rows)[:rows]
	}
	partition, peers := c.partition, c.peers
	for i, f := range c.flags {
		if f != 0 {
			peers = c.start + int64(i)
			if f&newPartition != 0 {
				partition = peers
			}
		}
		c.first[i], c.firstPeer[i] = partition, peers
	}
	c.partition, c.peers = partition, peers
}

// ends returns for each row the end of its partition, or of the rows that have come.
func (c *windowChunk) ends() []int64 {
	if c.haveEnds {
		return c.last
	}
	c.haveEnds = true
	next, _ := slices.BinarySearch(c.starts, c.end)
	end := c.log.rows
	if next < len(c.starts) {
		end = c.starts[next]
	}
	for i := len(c.last) - 1; i >= 0; i-- {
		c.last[i] = end
		if c.flags[i]&newPartition != 0 {
			end = c.start + int64(i)
		}
	}
	return c.last
}

// peerEnds returns for each row the row behind its last peer.
func (c *windowChunk) peerEnds() []int64 {
	if c.havePeers {
		return c.lastPeer
	}
	c.havePeers = true
	end := c.end + int64(slices.IndexFunc(c.later, func(f uint8) bool { return f != 0 }))
	if end < c.end {
		end = c.log.peersEnd(c.page.end)
	}
	for i := len(c.lastPeer) - 1; i >= 0; i-- {
		c.lastPeer[i] = end
		if c.flags[i] != 0 {
			end = c.start + int64(i)
		}
	}
	return c.lastPeer
}
