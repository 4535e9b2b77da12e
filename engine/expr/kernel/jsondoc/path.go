package jsondoc

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Path is a JSON path.
type Path []leg

// leg is one step of a path.
type leg struct {
	kind legKind
	key  string
	from index
	to   index // of a range
}

type legKind uint8

const (
	keyLeg     legKind = iota // .key
	anyKeyLeg                 // .*
	cellLeg                   // [n], [last-n]
	rangeLeg                  // [m to n]
	anyCellLeg                // [*]
	deepLeg                   // **
)

// index is a position in an array, counted from its end if last.
type index struct {
	n    int
	last bool
}

// in is the position in an array of a length, which may lie outside.
func (i index) in(length int) int {
	if i.last {
		return length - 1 - i.n
	}
	return i.n
}

// PathError says where a path is malformed.
type PathError struct{ Offset int }

func (e *PathError) Error() string {
	return fmt.Sprintf("Invalid JSON path expression. The error is around character position %d.", e.Offset)
}

// String writes the path.
func (p Path) String() string {
	text := "$"
	for _, l := range p {
		switch l.kind {
		case keyLeg:
			text += keyPath(l.key)
		case anyKeyLeg:
			text += ".*"
		case cellLeg:
			text += "[" + l.from.String() + "]"
		case rangeLeg:
			text += "[" + l.from.String() + " to " + l.to.String() + "]"
		case anyCellLeg:
			text += "[*]"
		case deepLeg:
			text += "**"
		}
	}
	return text
}

func (i index) String() string {
	switch {
	case !i.last:
		return strconv.Itoa(i.n)
	case i.n == 0:
		return "last"
	}
	return "last-" + strconv.Itoa(i.n)
}

// Several reports a path that may lead to more than one value: it has a wildcard or a range.
func (p Path) Several() bool {
	for _, l := range p {
		if l.kind != keyLeg && l.kind != cellLeg {
			return true
		}
	}
	return false
}

// ParsePath reads a path.
func ParsePath(text string) (Path, error) {
	p := parser{text: text}
	fail := func() (Path, error) { return nil, &PathError{p.at} }
	if p.space(); !p.take('$') {
		return fail()
	}
	path := Path{}
	for {
		if p.space(); p.at == len(text) {
			break
		}
		var l leg
		var ok bool
		switch {
		case p.take('.'):
			l, ok = p.memberLeg()
		case p.take('['):
			l, ok = p.cellLeg()
		case strings.HasPrefix(text[p.at:], "**"):
			p.at += 2
			l, ok = leg{kind: deepLeg}, true
		}
		if !ok {
			return fail()
		}
		path = append(path, l)
	}
	if len(path) > 0 && path[len(path)-1].kind == deepLeg {
		return fail()
	}
	return path, nil
}

func (p *parser) memberLeg() (leg, bool) {
	p.space()
	if p.take('*') {
		return leg{kind: anyKeyLeg}, true
	}
	if p.at < len(p.text) && p.text[p.at] == '"' {
		key, err := p.string()
		return leg{key: key}, err == nil
	}
	start := p.at
	for _, c := range p.text[start:] {
		if c == '.' || c == '[' || c == '*' || c == ' ' || c == '"' {
			break
		}
		if p.at == start && c >= '0' && c <= '9' || c < ' ' || strings.ContainsRune("-+/\\()=<>!@#%^&{}]:;,'`~?|", c) {
			return leg{}, false
		}
		p.at += len(string(c))
	}
	return leg{key: p.text[start:p.at]}, p.at > start
}

func (p *parser) cellLeg() (l leg, ok bool) {
	if p.space(); p.take('*') {
		l.kind = anyCellLeg
	} else {
		l.kind = cellLeg
		if l.from, ok = p.index(); !ok {
			return l, false
		}
		if p.space(); p.word("to") {
			l.kind = rangeLeg
			if l.to, ok = p.index(); !ok {
				return l, false
			}
		}
	}
	p.space()
	return l, p.take(']')
}

func (p *parser) index() (i index, ok bool) {
	p.space()
	if p.word("last") {
		i.last = true
		if p.space(); !p.take('-') {
			return i, true
		}
		p.space()
	}
	start := p.at
	if !p.digits() {
		return i, false
	}
	n, err := strconv.ParseUint(p.text[start:p.at], 10, 31)
	i.n = int(n)
	return i, err == nil
}

// Find returns what a path leads to, in the order of the document, each once.
func (p Path) Find(v *Value) []*Value { return (*Work)(nil).Find(p, v) }

// Find returns what a path leads to, in the order of the document, each once.
func (w *Work) Find(p Path, v *Value) []*Value {
	list := w.find(p, []found{{value: v}}, false)
	out := make([]*Value, len(list))
	for i, f := range list {
		out[i] = f.value
	}
	return out
}

// found is a value that a path leads to, and the path to it where that is asked for.
type found struct {
	value *Value
	path  string
}

const foundBytes = int(unsafe.Sizeof(found{}))

// finder follows a leg.
type finder struct {
	work  *Work
	paths bool
	out   []found
}

func (w *Work) find(p Path, list []found, paths bool) []found {
	deep := false
	for _, l := range p {
		next := finder{work: w, paths: paths}
		for _, f := range list {
			next.step(l, f)
		}
		if deep = deep || l.kind == deepLeg; deep && len(next.out) > 1 { // a value below another that was found is found again
			next.out = next.unique()
		}
		list = next.out
	}
	return list
}

func (n *finder) unique() []found {
	const entry = 32 // bytes
	if !n.work.spend(len(n.out) * entry) {
		return nil
	}
	seen := make(map[*Value]bool, len(n.out))
	return slices.DeleteFunc(n.out, func(f found) bool {
		again := seen[f.value]
		seen[f.value] = true
		return again
	})
}

// add adds what was found.
func (n *finder) add(f found) bool {
	if !n.work.step(1) {
		return false
	}
	before := cap(n.out)
	n.out = append(n.out, f)
	return n.work.spend((cap(n.out)-before)*foundBytes + len(f.path))
}

// items adds the items of an array from one on to another.
func (n *finder) items(f found, from, to int) {
	items := f.value.Items()
	for i := max(from, 0); i <= min(to, len(items)-1); i++ {
		if !n.add(n.item(f, i)) {
			return
		}
	}
}

func (n *finder) item(f found, i int) found {
	g := found{value: &f.value.Items()[i]}
	if n.paths {
		g.path = f.path + "[" + strconv.Itoa(i) + "]"
	}
	return g
}

func (n *finder) member(f found, i int) found {
	m := &f.value.Members()[i]
	g := found{value: &m.Value}
	if n.paths {
		g.path = f.path + keyPath(m.Key)
	}
	return g
}

// step follows one leg.
func (n *finder) step(l leg, f found) {
	v := f.value
	switch l.kind {
	case keyLeg:
		if i, ok := v.member(l.key); ok {
			n.add(n.member(f, i))
		}
	case anyKeyLeg:
		for i := range v.Members() {
			if !n.add(n.member(f, i)) {
				return
			}
		}
	case anyCellLeg:
		n.items(f, 0, math.MaxInt)
	case cellLeg:
		if v.Kind == Array {
			at := l.from.in(v.Length())
			if at >= 0 {
				n.items(f, at, at)
			}
		} else if l.from.in(1) == 0 {
			n.add(f) // a value is an array of itself
		}
	case rangeLeg:
		if v.Kind == Array {
			n.items(f, l.from.in(v.Length()), l.to.in(v.Length()))
		} else if l.from.in(1) <= 0 && l.to.in(1) >= 0 {
			n.add(f)
		}
	case deepLeg:
		n.descend(f)
	}
}

// descend adds a value and all that is in it.
func (n *finder) descend(f found) {
	if !n.add(f) {
		return
	}
	for i := 0; i < len(f.value.Items()) && n.work.Err() == nil; i++ {
		n.descend(n.item(f, i))
	}
	for i := 0; i < len(f.value.Members()) && n.work.Err() == nil; i++ {
		n.descend(n.member(f, i))
	}
}

// keyPath writes a key as a leg of a path, in quotes if it is no name.
func keyPath(key string) string {
	name := key != "" && (key[0] < '0' || key[0] > '9')
	for _, c := range key {
		name = name && (c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80)
	}
	if name {
		return "." + key
	}
	return "." + string(AppendQuoted(nil, key))
}
