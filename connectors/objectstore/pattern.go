package objectstore

import (
	"path"
	"strings"
)

// pattern is the names of a path, of which some may be globs: *, ? and [...] stand for characters of a name, and the name ** for any
// number of names.
type pattern []string

// wild reports a name that is a glob.
func wild(name string) bool { return strings.ContainsAny(name, `*?[\`) }

// match reports a path that the pattern stands for.
func (p pattern) match(relative string) bool { return p.matches(strings.Split(relative, "/"), true) }

// leads reports a folder, which ends in a slash, in which paths that the pattern stands for may lie.
func (p pattern) leads(folder string) bool {
	return p.matches(strings.Split(strings.TrimSuffix(folder, "/"), "/"), false)
}

// matches compares names; whole: all of them, else those of a folder above.
func (p pattern) matches(names []string, whole bool) bool {
	switch {
	case len(names) == 0 && !whole:
		return len(p) > 0
	case len(p) == 0:
		return len(names) == 0
	case p[0] == "**":
		return p[1:].matches(names, whole) || len(names) > 0 && p.matches(names[1:], whole)
	case len(names) == 0:
		return false
	}
	ok, err := path.Match(p[0], names[0])
	return ok && err == nil && p[1:].matches(names[1:], whole)
}

// literal is what the paths of the pattern begin with.
func (p pattern) literal() string {
	at := strings.IndexAny(p[0], `*?[\`)
	if at < 0 {
		return strings.Join(p, "/") // a pattern has globs from its first name on, or none
	}
	return p[0][:at]
}
