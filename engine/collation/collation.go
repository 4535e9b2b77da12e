package collation

import (
	"cmp"
	"strings"
	"sync"

	"github.com/silogate/silogate/engine/types"
)

// Collation compares texts as one of MySQL's collations does. It is immutable.
type Collation struct {
	id     types.Collation
	kind   kind
	levels int
	pad    bool // PAD SPACE: the shorter text counts as filled with spaces
	table  *table
	ascii  [3][utf8RuneSelf]uint16 // weights of ASCII by level: none has more than one
	fold   [utf8RuneSelf]byte      // the least ASCII character that is equal to each
	space  uint16                  // the weight of a space
}

const utf8RuneSelf = 0x80

// kind is how a collation makes weights of characters.
type kind uint8

const (
	byBytes  kind = iota // the bytes of UTF-8, whose order is that of code points
	byFold               // one weight for each character; none is ignored
	byUCA400             // the Unicode Collation Algorithm, by the version of its table
	byUCA520
	byUCA900
)

// recipes are the collations that there are, by the id of their utf8mb4 variant.
var recipes = []struct {
	ids    []types.Collation
	kind   kind
	levels int
	pad    bool
	table  func() *table
}{
	{[]types.Collation{types.Utf8mb4Bin0900, types.BinaryCollation}, byBytes, 1, false, nil},
	{[]types.Collation{types.Utf8mb4Bin, types.Utf8mb3Bin}, byBytes, 1, true, nil},
	{[]types.Collation{types.Utf8mb4General, types.Utf8mb3General}, byFold, 1, true, general},
	{[]types.Collation{types.Utf8mb4Unicode, types.Utf8mb3Unicode}, byUCA400, 1, true, uca400},
	{[]types.Collation{types.Utf8mb4Unicode520, types.Utf8mb3Unicode520}, byUCA520, 1, true, uca520},
	{[]types.Collation{types.Utf8mb4AI0900}, byUCA900, 1, false, uca900},
	{[]types.Collation{types.Utf8mb4ASCI0900}, byUCA900, 2, false, uca900},
	{[]types.Collation{types.Utf8mb4ASCS0900}, byUCA900, 3, false, uca900},
}

// known makes each collation when it is first asked for.
var known = sync.OnceValue(func() map[types.Collation]func() *Collation {
	list := map[types.Collation]func() *Collation{}
	for _, r := range recipes {
		for _, id := range r.ids {
			list[id] = sync.OnceValue(func() *Collation {
				c := &Collation{id: id, kind: r.kind, levels: r.levels, pad: r.pad, space: ' '}
				if r.table != nil {
					c.table = r.table()
					c.fillASCII()
				}
				return c
			})
		}
	}
	return list
})

// Of returns the collation of an id; ok is false for those that this package does not have.
func Of(id types.Collation) (c *Collation, ok bool) {
	make, ok := known()[id]
	if !ok {
		return nil, false
	}
	return make(), true
}

// Has reports whether Of has the collation, without making it.
func Has(id types.Collation) bool {
	_, ok := known()[id]
	return ok
}

// ID is the collation's id in MySQL.
func (c *Collation) ID() types.Collation { return c.id }

// PadSpace reports whether trailing spaces do not count.
func (c *Collation) PadSpace() bool { return c.pad }

// fillASCII looks up what texts mostly consist of.
func (c *Collation) fillASCII() {
	var room elements
	for b := range rune(utf8RuneSelf) {
		list := c.elements(b, &room)
		for level := range c.levels {
			if len(list) > 0 {
				c.ascii[level][b] = list[0].weight(level)
			}
		}
		c.fold[b] = byte(b)
		for other := range b {
			if c.EqualRunes(other, b) {
				c.fold[b] = byte(other)
				break
			}
		}
	}
	c.space = c.ascii[0][' ']
}

// Equal reports whether two texts are equal.
func (c *Collation) Equal(a, b string) bool { return a == b || c.Compare(a, b) == 0 }

// Compare returns -1, 0 or 1 as a sorts before, with or after b.
func (c *Collation) Compare(a, b string) int { return c.compare(a, b, c.pad) }

func (c *Collation) compare(a, b string, pad bool) int {
	same := commonPrefix(a, b)
	a, b = a[same:], b[same:]
	switch {
	case a == "" && b == "":
		return 0
	case c.kind == byBytes && pad:
		return comparePadded(a, b)
	case c.kind == byBytes:
		return strings.Compare(a, b)
	}
	for level := range c.levels {
		if order := c.compareLevel(a, b, level, pad); order != 0 {
			return order
		}
	}
	return 0
}

func (c *Collation) compareLevel(a, b string, level int, pad bool) int {
	weights := &c.ascii[level]
	start := 0
	for ; start < len(a) && start < len(b) && a[start] < utf8RuneSelf && b[start] < utf8RuneSelf; start++ {
		v, w := weights[a[start]], weights[b[start]]
		if v != w && v != 0 && w != 0 {
			return cmp.Compare(v, w)
		}
		if v != w || v == 0 {
			break // something is ignored
		}
	}
	x, y := scanner{c: c, text: a, level: level, at: start}, scanner{c: c, text: b, level: level, at: start}
	for {
		v, w := x.next(), y.next()
		switch {
		case v == w:
			if v == ended {
				return 0
			}
		case pad && v == ended:
			return -y.compareSpaces(w)
		case pad && w == ended:
			return x.compareSpaces(v)
		case v < w:
			return -1
		default:
			return 1
		}
	}
}

// compareSpaces compares the rest of a text, whose next weight is w, with spaces without end.
func (s *scanner) compareSpaces(w int) int {
	for ; w != ended; w = s.next() {
		switch space := int(s.c.space); {
		case w < space:
			return -1
		case w > space:
			return 1
		}
	}
	return 0
}

// commonPrefix is the length of the characters that two texts have in common at their start. Characters of the collations
// here have their weights whatever stands before or after them.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && continues(a[n]) || n < len(b) && continues(b[n])) {
		n--
	}
	return n
}

// continues reports a byte that is not the first of a character.
func continues(b byte) bool { return b&0xc0 == 0x80 }

// comparePadded compares bytes under PAD SPACE.
func comparePadded(a, b string) int {
	n := min(len(a), len(b))
	if order := strings.Compare(a[:n], b[:n]); order != 0 {
		return order
	}
	rest, sign := a[n:], 1
	if len(b) > n {
		rest, sign = b[n:], -1
	}
	for i := range len(rest) {
		switch {
		case rest[i] < ' ':
			return -sign
		case rest[i] > ' ':
			return sign
		}
	}
	return 0
}
