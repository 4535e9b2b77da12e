package rowkey

import (
	"bytes"
	"math/bits"
	"slices"
)

// Groups numbers distinct keys from 0. It belongs to one goroutine.
type Groups struct {
	// slots are an open-addressing table at the hash's upper bits. Upper half: lower half of the hash; lower half: group + 1,
	// 0 if free.
	slots []uint64
	shift uint // from a hash to its slot

	// by group
	hash []uint64
	keys keys
	rest []rest // by field, what its key's word does not hold
	heap heap
}

// rest are the values of a field that its words do not hold. A value that came lately is stored once for all its groups:
// comparing texts of which there are few then reads little memory, however many groups they are in.
type rest struct {
	at     []uint64 // by group, where in the heap; undefined where there is nothing
	lately []stored // by the word's lower bits
}

// stored says where in the heap the value of a word is. No such word is zero.
type stored struct{ word, at uint64 }

// latelyStored is how many values are remembered, a power of two.
const latelyStored = 512

// NewGroups returns an empty numbering.
func NewGroups() *Groups { return new(Groups) }

// Len returns the number of groups.
func (g *Groups) Len() int { return len(g.hash) }

// Hash returns the hash of each group's key.
func (g *Groups) Hash() []uint64 { return g.hash }

// Bytes returns the memory in use.
func (g *Groups) Bytes() int64 {
	n := 8*(cap(g.slots)+cap(g.hash)+cap(g.keys.words)+cap(g.keys.flags)) + g.heap.size
	for _, r := range g.rest {
		n += 8*cap(r.at) + 16*cap(r.lately)
	}
	return int64(n)
}

// GroupBytes returns the memory that a group of keys of fields takes, but for its text.
func GroupBytes(fields []Field) int64 {
	_, stride := arrange(fields)
	n := 2 + 1 + stride // slots, hash, words
	for _, f := range fields {
		if f.class == classBytes {
			n++ // where its text is
		}
	}
	return int64(8 * n)
}

// Reset forgets all groups and keeps the memory.
func (g *Groups) Reset() {
	clear(g.slots)
	g.hash, g.keys.words, g.keys.flags = g.hash[:0], g.keys.words[:0], g.keys.flags[:0]
	for k := range g.rest {
		g.rest[k].at = g.rest[k].at[:0]
		clear(g.rest[k].lately)
	}
	g.heap.reset()
}

// Find sets out[i] to the group of row i of what e encoded last, making groups for new keys, and returns the rows that
// made one, in the order of the groups. Every field must be non-strict.
//
// Rows find their groups by words, which tell nearly all keys apart. What words do not hold is then compared field by
// field, and a row that has the words of another key finds its group alone.
func (g *Groups) Find(e *Encoder, out []int32, fresh []int32) []int32 {
	if len(g.slots) == 0 {
		g.keys.stride, g.keys.flagged = e.stride, e.flagged
		g.grow()
	}
	l := lookup{Groups: g, e: e, out: out[:e.rows], first: g.Len(), fresh: fresh}
	l.fresh = l.fresh[len(fresh):]
	switch e.stride {
	case 1:
		findWords[uint64](&l)
	case 2:
		findWords[[2]uint64](&l)
	case 3:
		findWords[[3]uint64](&l)
	case 4:
		findWords[[4]uint64](&l)
	default:
		for i := range l.out {
			l.find(i, false)
		}
	}
	l.correct()
	l.keep()
	return append(fresh, l.fresh...)
}

// lookup is a call of Find.
type lookup struct {
	*Groups
	e     *Encoder
	out   []int32
	first int     // group of this call
	fresh []int32 // rows that made groups, from first on
}

// findWords finds the groups of rows by words, which are a K, and flags.
func findWords[K comparable](l *lookup) {
	keys, known := rowsOf[K](l.e.words), rowsOf[K](l.keys.words)
	hash, out := l.e.hash[:len(keys)], l.out[:len(keys)]
	slots, shift := l.slots, l.shift
	regular := !l.e.irregular() && !l.keys.irregular()
	runs := regular && inRuns(keys)
	for i := range keys {
		if runs && i > 0 && keys[i] == keys[i-1] {
			out[i] = out[i-1]
			continue
		}
		h := hash[i]
		mask := uint64(len(slots) - 1)
		for at := h >> shift; ; at = (at + 1) & mask {
			s := slots[at]
			if s == 0 {
				l.add(at, i)
				known, slots, shift = rowsOf[K](l.keys.words), l.slots, l.shift
				break
			}
			if group := uint32(s) - 1; s>>32 == h&half && known[group] == keys[i] &&
				(regular || l.keys.sameFlags(int(group), &l.e.keys, i)) {
				out[i] = int32(group)
				break
			}
		}
	}
}

// inRuns guesses from the first keys whether most are that of the row before, as where rows come in their order. Where they
// are not, asking for each row costs more than it saves.
func inRuns[K comparable](keys []K) bool {
	const sample = 128
	same := 0
	for i := 1; i < min(sample, len(keys)); i++ {
		if keys[i] == keys[i-1] {
			same++
		}
	}
	return 2*same > min(sample, len(keys))
}

// find finds the group of a row by words and flags, and by all of its key if that is to be compared too.
func (l *lookup) find(i int, all bool) {
	h := l.e.hash[i]
	mask := uint64(len(l.slots) - 1)
	for at := h >> l.shift; ; at = (at + 1) & mask {
		s := l.slots[at]
		if s == 0 {
			l.add(at, i)
			return
		}
		group := int(uint32(s) - 1)
		if s>>32 == h&half && l.keys.same(group, &l.e.keys, i) && (!all || l.sameRest(group, i)) {
			l.out[i] = int32(group)
			return
		}
	}
}

// sameRest reports whether what the words of a row do not hold is equal to what those of a group do not.
func (l *lookup) sameRest(group, i int) bool {
	for _, k := range l.e.long {
		if text := l.e.rest(i, k); len(text) > 0 && !bytes.Equal(text, l.restOf(group, k)) {
			return false
		}
	}
	return true
}

// restOf returns what the word of a group's field k does not hold. That of a new group still lies in its row.
func (l *lookup) restOf(group, k int) []byte {
	if group >= l.first {
		return l.e.texts[k].at(int(l.fresh[group-l.first]))
	}
	return l.heap.at(l.rest[k].at[group])
}

// add makes a group of row i at a free slot.
func (l *lookup) add(at uint64, i int) {
	g, e, group := l.Groups, l.e, l.Len()
	g.slots[at] = e.hash[i]<<32 | uint64(group+1)
	g.hash = append(g.hash, e.hash[i])
	g.keys.add(group, &e.keys, i)
	l.out[i] = int32(group)
	l.fresh = append(l.fresh, int32(i))
	if 2*len(g.hash) >= len(g.slots) {
		g.grow()
	}
}

// correct finds the groups of the rows that have the words of another key.
func (l *lookup) correct() {
	var wrong []int32
	for _, k := range l.e.long {
		texts, short, irregular := &l.e.texts[k], l.e.fields[k].inline(), l.e.irregular()
		for i, group := range l.out {
			text := texts.at(i)
			if len(text) <= short || irregular && l.e.flag(i, k) == isNull { // as rest
				continue
			}
			if !bytes.Equal(text, l.restOf(int(group), k)) {
				wrong = append(wrong, int32(i))
			}
		}
	}
	slices.Sort(wrong)
	for _, i := range slices.Compact(wrong) {
		l.find(int(i), true)
	}
}

// keep stores what the words of the new groups do not hold.
func (l *lookup) keep() {
	if l.rest == nil {
		l.rest = make([]rest, len(l.e.fields))
	}
	for _, k := range l.e.long {
		r, place, mask := &l.rest[k], l.e.places[k], l.e.fields[k].mask()
		if cap(r.at) < l.Len() {
			r.at = withRoom(r.at, cap(l.hash))
		}
		r.at = extend(r.at, l.Len())
		for n, i := range l.fresh {
			if text := l.e.rest(int(i), k); len(text) > 0 {
				word := l.e.wordsOf(int(i))[place.word] >> place.shift & mask
				r.at[l.first+n] = l.store(r, word, text)
			}
		}
	}
}

// store returns where a value of a field is in the heap, and stores it if it did not come lately.
func (g *Groups) store(r *rest, word uint64, text []byte) uint64 {
	if r.lately == nil {
		r.lately = make([]stored, latelyStored)
	}
	s := &r.lately[word%latelyStored]
	if s.word != word || !bytes.Equal(g.heap.at(s.at), text) {
		*s = stored{word, g.heap.add(text)}
	}
	return s.at
}

// half selects the lower half of a hash.
const half = 1<<32 - 1

// smallest is the number of slots of a table's first allocation.
const smallest = 256

// grow doubles the slots and the room for groups, which are half as many.
func (g *Groups) grow() {
	g.slots = make([]uint64, max(smallest, 2*len(g.slots)))
	g.shift = uint(64 - bits.TrailingZeros(uint(len(g.slots))))
	mask := uint64(len(g.slots) - 1)
	for group, h := range g.hash {
		at := h >> g.shift
		for g.slots[at] != 0 {
			at = (at + 1) & mask
		}
		g.slots[at] = h<<32 | uint64(group+1)
	}
	room := len(g.slots) / 2
	g.hash = withRoom(g.hash, room)
	g.keys.words = withRoom(g.keys.words, room*g.keys.stride)
}

// withRoom returns s with the capacity n.
func withRoom(s []uint64, n int) []uint64 { return append(make([]uint64, 0, n), s...) }
