package collation

import "unicode/utf8"

// elements is room for those of a character without an entry.
type elements [3]element

// elements returns the collation elements of a character. Where they have to be made they are made in room.
func (c *Collation) elements(r rune, room *elements) []element {
	switch e := c.table.entry(r); {
	case e&single != 0:
		room[0] = element(e &^ single)
		return room[:1]
	case e&run != 0:
		at, n := (e&^run)>>4, e&0xf
		return c.table.runs[at : at+n]
	}
	switch {
	case c.kind == byFold && r > 0xffff, c.kind == byUCA400 && r > 0xffff:
		room[0] = newElement(beyondPlane, 0, 0)
		return room[:1]
	case c.kind == byFold:
		room[0] = newElement(uint32(r), 0, 0)
		return room[:1]
	case c.kind == byUCA900 && r >= hangulFirst && r <= hangulLast:
		return c.hangul(uint32(r-hangulFirst), room)
	}
	first, second := c.implicit(uint32(r))
	room[0] = newElement(first, secondaryCommon, tertiaryCommon)
	room[1] = newElement(second, 0, 0)
	return room[:2]
}

// beyondPlane is the weight of all characters beyond the Basic Multilingual Plane where only that is known.
const beyondPlane = 0xFFFD

// The weights of the second and third level that most elements have.
const secondaryCommon, tertiaryCommon = 0x20, 0x02

// implicit returns the weights on the first level of a character that the table does not have. The versions of the
// algorithm know different ideographs.
func (c *Collation) implicit(r uint32) (first, second uint32) {
	const core, extension, other = 0xFB40, 0xFB80, 0xFBC0
	base := uint32(other)
	switch {
	case c.kind != byUCA900:
		switch {
		case r >= 0x3400 && r <= 0x4DB5:
			base = extension
		case r >= 0x4E00 && r <= 0x9FA5:
			base = core
		}
	case r >= 0x17000 && r <= 0x18AFF:
		return 0xFB00, (r - 0x17000) | 0x8000 // Tangut
	case r >= 0x3400 && r <= 0x4DB5, r >= 0x20000 && r <= 0x2A6D6, r >= 0x2A700 && r <= 0x2B734,
		r >= 0x2B740 && r <= 0x2B81D, r >= 0x2B820 && r <= 0x2CEA1:
		base = extension
	case r >= 0x4E00 && r <= 0x9FD5, r >= 0xFA0E && r <= 0xFA29:
		base = core
	}
	return base + r>>15, r&0x7FFF | 0x8000
}

// The block of Hangul syllables, each of which has the elements of the letters (jamo) that it is made of.
const (
	hangulFirst, hangulLast           = 0xAC00, 0xD7AF
	leadFirst, vowelFirst, trailFirst = 0x1100, 0x1161, 0x11A7
	hangulVowels, hangulTrails        = 21, 28
)

// hangulTertiary is from where on MySQL's table has the syllables themselves, with third weights greater by one.
const hangulTertiary = 0xD700

func (c *Collation) hangul(syllable uint32, room *elements) []element {
	letters := [3]uint32{
		leadFirst + syllable/(hangulVowels*hangulTrails),
		vowelFirst + syllable%(hangulVowels*hangulTrails)/hangulTrails,
		trailFirst + syllable%hangulTrails,
	}
	n := 3
	if letters[2] == trailFirst {
		n = 2 // nothing trails
	}
	for i, letter := range letters[:n] {
		room[i] = element(c.table.entry(rune(letter)) &^ single)
		if hangulFirst+syllable >= hangulTertiary {
			room[i]++
		}
	}
	return room[:n]
}

// mostElements is how many elements a character has at the most.
const mostElements = 8

// scanner yields the weights of a text on a level.
type scanner struct {
	c     *Collation
	text  string
	level int
	at    int
	// Elements of the last character: those from i up to n are still to come. They are copied, since a slice of the
	// scanner's own would move it to the heap.
	pending [mostElements]element
	i, n    int
}

// ended is what next returns after the last weight.
const ended = -1

// malformed is the weight of a byte that is not UTF-8; the byte itself follows. Sources deliver well-formed text, but what is
// different must stay so.
const malformed = 0xffff

func (s *scanner) next() int {
	for {
		for s.i < s.n {
			w := s.pending[s.i].weight(s.level)
			s.i++
			if w != 0 || s.c.kind == byFold {
				return int(w)
			}
		}
		if s.at == len(s.text) {
			return ended
		}
		if b := s.text[s.at]; b < utf8.RuneSelf {
			s.at++
			if w := s.c.ascii[s.level][b]; w != 0 || s.c.kind == byFold {
				return int(w)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		if r == utf8.RuneError && n == 1 {
			s.pending[0], s.pending[1] = newElement(malformed, 0, 0), newElement(uint32(s.text[s.at]), 0, 0)
			s.n = 2
		} else {
			var room elements
			s.n = copy(s.pending[:], s.c.elements(r, &room))
		}
		s.i = 0
		s.at += n
	}
}

// EqualRunes reports whether two characters are equal where texts are compared character by character, as LIKE does. A
// character that a table of the Unicode Collation Algorithm lacks is equal to itself alone.
func (c *Collation) EqualRunes(a, b rune) bool {
	if a == b {
		return true
	}
	if c.kind == byBytes {
		return false
	}
	if c.kind != byFold && (c.table.entry(a) == absent || c.table.entry(b) == absent) {
		return false
	}
	var roomA, roomB elements
	x, y := c.elements(a, &roomA), c.elements(b, &roomB)
	for level := range c.levels {
		if !sameWeights(x, y, level) {
			return false
		}
	}
	return true
}

// sameWeights reports whether elements have the same weights on a level, but for those that are ignored.
func sameWeights(x, y []element, level int) bool {
	for {
		for len(x) > 0 && x[0].weight(level) == 0 {
			x = x[1:]
		}
		for len(y) > 0 && y[0].weight(level) == 0 {
			y = y[1:]
		}
		switch {
		case len(x) == 0 || len(y) == 0:
			return len(x) == len(y)
		case x[0].weight(level) != y[0].weight(level):
			return false
		}
		x, y = x[1:], y[1:]
	}
}
