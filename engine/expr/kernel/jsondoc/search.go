package jsondoc

import "strconv"

// Search returns the paths of the strings that match, below the values that paths lead to.
func (w *Work) Search(doc *Value, within []Path, match func(s string) bool, one bool) []string {
	if len(within) == 0 {
		within = []Path{{}}
	}
	s := search{work: w, match: match, one: one, seen: map[string]struct{}{}}
	for _, p := range within {
		for _, f := range w.find(p, []found{{doc, "$"}}, true) {
			s.path = append(s.path[:0], f.path...)
			if !s.value(f.value) {
				return s.out
			}
		}
	}
	return s.out
}

// search is a walk through a document.
type search struct {
	work  *Work
	match func(s string) bool
	one   bool
	path  []byte // to where it is
	out   []string
	seen  map[string]struct{} // those in out
}

// value looks at a value and what is in it, and reports whether to go on.
func (s *search) value(v *Value) bool {
	if !s.work.step(1) {
		return false
	}
	if v.Kind == String && s.match(v.Text) {
		if _, again := s.seen[string(s.path)]; !again {
			const entry = 64 // bytes
			if !s.work.spend(len(s.path) + entry) {
				return false
			}
			path := string(s.path)
			s.out, s.seen[path] = append(s.out, path), struct{}{}
			return !s.one
		}
	}
	length := len(s.path)
	for i, items := 0, v.Items(); i < len(items); i++ {
		s.path = append(strconv.AppendInt(append(s.path[:length], '['), int64(i), 10), ']')
		if !s.value(&items[i]) {
			return false
		}
	}
	for i, members := 0, v.Members(); i < len(members); i++ {
		s.path = append(s.path[:length], keyPath(members[i].Key)...)
		if !s.value(&members[i].Value) {
			return false
		}
	}
	return true
}
