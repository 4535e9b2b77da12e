package diskcache

import "sync/atomic"

// sieve is the order in which entries leave (Zhang et al., SIEVE is simpler than LRU, NSDI 2024): they stand in the order in which they came,
// and a hand goes from the oldest to the newest. It takes the first that was not asked for since it passed last. An entry that is asked
// for is not moved, so that a hit changes one bit.
type sieve struct {
	oldest, newest *entry
	hand           *entry // nil: the oldest
	size           int64
	count          int
}

// node is an entry's place in the order.
type node struct {
	older, newer *entry
	asked        atomic.Bool // since the hand passed
	placed       bool
}

func (s *sieve) add(e *entry) {
	e.placed, e.older = true, s.newest
	if s.newest != nil {
		s.newest.newer = e
	} else {
		s.oldest = e
	}
	s.newest = e
	s.size += e.cost()
	s.count++
}

func (s *sieve) remove(e *entry) {
	if s.hand == e {
		s.hand = e.newer
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		s.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		s.newest = e.older
	}
	e.older, e.newer, e.placed = nil, nil, false
	s.size -= e.cost()
	s.count--
}

// victim returns the entry that is to leave; there is one.
func (s *sieve) victim() *entry {
	for {
		e := s.hand
		if e == nil {
			e = s.oldest
		}
		s.hand = e.newer
		if !e.asked.Swap(false) {
			return e
		}
	}
}
