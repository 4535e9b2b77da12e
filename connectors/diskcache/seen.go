package diskcache

// seen remembers which ranges were wanted lately: those of the last limit to twice that many bytes.
type seen struct {
	limit          int64
	current, older map[span]struct{}
	bytes          int64 // of current
}

// mostSeen bounds the ranges of a generation.
const mostSeen = 1 << 16

// note notes that a range is wanted and reports whether it was before.
func (s *seen) note(r span) bool {
	if s.current == nil || s.bytes+r.len > s.limit || len(s.current) == mostSeen {
		s.current, s.older, s.bytes = make(map[span]struct{}), s.current, 0
	}
	if _, ok := s.current[r]; ok {
		return true
	}
	_, again := s.older[r]
	s.current[r] = struct{}{}
	s.bytes += r.len
	return again
}
