package objectstore

import (
	"iter"
	"slices"
	"strings"
)

// ascending turns the order of keys into that of the names made of them. A store lists `a-b/` before `a.parquet` before
// `a/`, but the name a comes before a-b: a name waits while a shorter one that it begins with may still come.
type ascending struct {
	waiting []string // ascending
}

// add takes the next name and its key, both without the common prefix, and returns the names that no later one precedes.
func (a *ascending) add(name, key string) []string {
	if at, found := slices.BinarySearch(a.waiting, name); !found {
		a.waiting = slices.Insert(a.waiting, at, name)
	}
	n := 0
	for n < len(a.waiting) && !mayPrecede(a.waiting[n], key) {
		n++
	}
	ready := slices.Clone(a.waiting[:n])
	a.waiting = slices.Delete(a.waiting, 0, n)
	return ready
}

// rest returns what still waits when the listing has ended.
func (a *ascending) rest() []string { return a.waiting }

// mayPrecede reports whether a key after the given one can be of a name up to m: of m itself, as a folder, or of a shorter
// name that m begins with.
func mayPrecede(m, key string) bool {
	for i := 1; i <= len(m); i++ {
		if strings.Compare(m[:i]+"/", key) > 0 && (i == len(m) || m[i] < '/') {
			return true
		}
	}
	return false
}

// merged yields names and those of a sequence, both ascending, in order and once each. After an error it stops.
func merged(names []string, found iter.Seq2[string, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for name, err := range found {
			if err != nil {
				yield("", err)
				return
			}
			for len(names) > 0 && names[0] < name {
				if !yield(names[0], nil) {
					return
				}
				names = names[1:]
			}
			if len(names) > 0 && names[0] == name {
				names = names[1:]
			}
			if !yield(name, nil) {
				return
			}
		}
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}
