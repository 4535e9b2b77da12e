package jsontable

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Path is a JSON path (MySQL 11.3, "JSON Path Syntax").
type Path struct {
	text string
	legs []leg
}

// String is the path as it was written.
func (p Path) String() string { return p.text }

type legKind uint8

const (
	member   legKind = iota // .key
	members                 // .*
	cells                   // [from to to]
	allCells                // [*]
	ellipsis                // **
)

type leg struct {
	kind     legKind
	key      string
	from, to index
}

// index is the position of an array's element, from its beginning or its end.
type index struct {
	at      int
	fromEnd bool
}

func (i index) of(length int) int {
	if i.fromEnd {
		return length - 1 - i.at
	}
	return i.at
}

// ParsePath reads a path. The error names the position.
func ParsePath(text string) (Path, error) {
	p := pathParser{text: text}
	p.blanks()
	if !p.take("$") {
		return Path{}, p.fail()
	}
	var legs []leg
	for p.blanks(); p.at < len(text); p.blanks() {
		l, ok := p.leg()
		if !ok {
			return Path{}, p.fail()
		}
		legs = append(legs, l)
	}
	if n := len(legs); n > 0 && legs[n-1].kind == ellipsis {
		return Path{}, p.fail()
	}
	return Path{text: text, legs: legs}, nil
}

type pathParser struct {
	text string
	at   int
}

func (p *pathParser) fail() error {
	return sqlerr.New(sqlerr.BadJSONPath, "Invalid JSON path expression. The error is around character position %d.", p.at)
}

func (p *pathParser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *pathParser) take(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *pathParser) leg() (leg, bool) {
	switch {
	case p.take("**"):
		return leg{kind: ellipsis}, true
	case p.take("."):
		p.blanks()
		if p.take("*") {
			return leg{kind: members}, true
		}
		key, ok := p.key()
		return leg{kind: member, key: key}, ok
	case p.take("["):
		return p.cells()
	}
	return leg{}, false
}

// key reads a member's name, in double quotes or an identifier of ECMAScript.
func (p *pathParser) key() (string, bool) {
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, `"`) {
		d := json.NewDecoder(strings.NewReader(rest))
		var key string
		if d.Decode(&key) != nil {
			return "", false
		}
		p.at += int(d.InputOffset())
		return key, true
	}
	end := strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '$' && !unicode.Is(unicode.M, r)
	})
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || unicode.IsDigit(rune(rest[0])) {
		return "", false
	}
	p.at += end
	return rest[:end], true
}

func (p *pathParser) cells() (leg, bool) {
	p.blanks()
	if p.take("*") {
		p.blanks()
		return leg{kind: allCells}, p.take("]")
	}
	from, ok := p.index()
	if !ok {
		return leg{}, false
	}
	p.blanks()
	to := from
	if p.take("to") {
		p.blanks()
		if to, ok = p.index(); !ok {
			return leg{}, false
		}
		p.blanks()
	}
	return leg{kind: cells, from: from, to: to}, p.take("]")
}

func (p *pathParser) index() (index, bool) {
	if p.take("last") {
		p.blanks()
		if !p.take("-") {
			return index{fromEnd: true}, true
		}
		p.blanks()
		n, ok := p.number()
		return index{n, true}, ok
	}
	n, ok := p.number()
	return index{at: n}, ok
}

func (p *pathParser) number() (int, bool) {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	n, err := strconv.ParseUint(p.text[start:p.at], 10, 32)
	return int(n), err == nil
}

// Find returns the parts of a document that the path leads to. A scalar or object is, to a position, an array of itself.
func (p Path) Find(doc any) []any { return find(doc, p.legs, nil) }

func find(v any, legs []leg, out []any) []any {
	if len(legs) == 0 {
		return append(out, v)
	}
	l, rest := legs[0], legs[1:]
	object, _ := v.(map[string]any)
	array, isArray := v.([]any)
	switch l.kind {
	case member:
		if x, ok := object[l.key]; ok {
			out = find(x, rest, out)
		}
	case members:
		for _, k := range keysOf(object) {
			out = find(object[k], rest, out)
		}
	case allCells:
		for _, x := range array {
			out = find(x, rest, out)
		}
	case cells:
		if !isArray {
			array = []any{v}
		}
		for i := max(l.from.of(len(array)), 0); i <= l.to.of(len(array)) && i < len(array); i++ {
			if l.from == l.to && i != l.from.of(len(array)) {
				break // it lies before the array
			}
			out = find(array[i], rest, out)
		}
	case ellipsis:
		out = find(v, rest, out)
		for _, k := range keysOf(object) {
			out = find(object[k], legs, out)
		}
		for _, x := range array {
			out = find(x, legs, out)
		}
	}
	return out
}

// keysOf returns the keys of an object in MySQL's order.
func keysOf(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return keys
}
