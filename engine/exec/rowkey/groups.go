package rowkey

import (
	"math/bits"
	"strings"
)

// Groups numbers distinct keys from 0 in the order they first appear. It belongs to one goroutine.
type Groups struct {
	hash  []uint64 // by group
	one   groupTable[uint64]
	two   groupTable[[2]uint64]
	text  groupTable[string]
	bytes int64 // of the keys kept as text
}

// groupTable is an open-addressing table of the groups whose key has form K.
type groupTable[K comparable] struct {
	slots []uint64 // at the hash's upper bits; upper half: lower half of the hash; lower half: group + 1, 0 if free
	shift uint     // from a hash to its slot
	keys  []K      // by group
	count int
}

// NewGroups returns an empty numbering.
func NewGroups() *Groups { return new(Groups) }

// Len returns the number of groups.
func (g *Groups) Len() int { return len(g.hash) }

// Hash returns the hash of each group's key.
func (g *Groups) Hash() []uint64 { return g.hash }

// Bytes returns the memory in use.
func (g *Groups) Bytes() int64 {
	return g.bytes + int64(8*cap(g.hash)+8*cap(g.one.slots)+8*cap(g.one.keys)+
		8*cap(g.two.slots)+16*cap(g.two.keys)+8*cap(g.text.slots)+16*cap(g.text.keys))
}

// Reset forgets all groups and keeps the memory.
func (g *Groups) Reset() {
	g.hash = g.hash[:0]
	g.one.reset()
	g.two.reset()
	g.text.reset()
	g.bytes = 0
}

func (t *groupTable[K]) reset() {
	clear(t.slots)
	clear(t.keys)
	t.keys = t.keys[:0]
	t.count = 0
}

// Find sets out[i] to the group of row i of what e encoded last, making groups for new keys, and returns the rows that
// made one, in the order of the groups. Every field must be non-strict.
func (g *Groups) Find(e *Encoder, out []int32, fresh []int32) []int32 {
	switch {
	case e.layout == oneWord && !e.irregular:
		fresh = findAll(g, &g.one, e.one(), e.hash, out, fresh)
	case e.layout == twoWords && !e.irregular:
		fresh = findAll(g, &g.two, e.two(), e.hash, out, fresh)
	default:
		fresh = g.findMixed(e, out, fresh)
	}
	return fresh
}

// findAll is Find where every row is regular.
func findAll[K comparable](g *Groups, t *groupTable[K], keys []K, hash []uint64, out, fresh []int32) []int32 {
	hash, out = hash[:len(keys)], out[:len(keys)]
	for i := range keys {
		if 2*(t.count+1) > len(t.slots) {
			t.grow(g.hash)
		}
		h := hash[i]
		mask := uint64(len(t.slots) - 1)
		for at := h >> t.shift; ; at = (at + 1) & mask {
			s := t.slots[at]
			if s == 0 {
				out[i] = int32(t.add(g, at, keys[i], h))
				fresh = append(fresh, int32(i))
				break
			}
			if group := uint32(s) - 1; s>>32 == h&half && t.keys[group] == keys[i] {
				out[i] = int32(group)
				break
			}
		}
	}
	return fresh
}

// findMixed is Find row by row, for batches with escaped rows.
func (g *Groups) findMixed(e *Encoder, out, fresh []int32) []int32 {
	one, two := []uint64(nil), [][2]uint64(nil)
	switch e.layout {
	case oneWord:
		one = e.one()
	case twoWords:
		two = e.two()
	}
	for i := range e.rows {
		var isNew bool
		switch {
		case e.state[i] == escaped:
			out[i], isNew = g.text.find(g, e.text[i], e.hash[i])
			if isNew {
				owned := strings.Clone(e.text[i])
				g.text.keys[out[i]] = owned
				g.bytes += int64(len(owned))
			}
		case one != nil:
			out[i], isNew = g.one.find(g, one[i], e.hash[i])
		default:
			out[i], isNew = g.two.find(g, two[i], e.hash[i])
		}
		if isNew {
			fresh = append(fresh, int32(i))
		}
	}
	return fresh
}

// find returns the group of one key and whether it is new.
func (t *groupTable[K]) find(g *Groups, key K, h uint64) (int32, bool) {
	if 2*(t.count+1) > len(t.slots) {
		t.grow(g.hash)
	}
	mask := uint64(len(t.slots) - 1)
	for at := h >> t.shift; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s == 0 {
			return int32(t.add(g, at, key, h)), true
		}
		if group := uint32(s) - 1; s>>32 == h&half && t.keys[group] == key {
			return int32(group), false
		}
	}
}

// add makes the next group at a free slot.
func (t *groupTable[K]) add(g *Groups, at uint64, key K, h uint64) int {
	group := len(g.hash)
	g.hash = append(g.hash, h)
	for len(t.keys) < group {
		var none K
		t.keys = append(t.keys, none) // groups of another form
	}
	t.keys = append(t.keys, key)
	t.slots[at] = h<<32 | uint64(group+1)
	t.count++
	return group
}

// half selects the lower half of a hash.
const half = 1<<32 - 1

// smallest is the number of slots of a table's first allocation.
const smallest = 256

func (t *groupTable[K]) grow(hash []uint64) {
	old := t.slots
	t.slots = make([]uint64, max(smallest, 2*len(old)))
	t.shift = uint(64 - bits.TrailingZeros(uint(len(t.slots))))
	mask := uint64(len(t.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := hash[uint32(s)-1] >> t.shift
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}
