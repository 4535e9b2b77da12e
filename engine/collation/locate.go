package collation

import (
	"strings"
	"unicode/utf8"
)

// Index returns where in text a part starts that equals what, or -1. As in MySQL the part is as many bytes long as what: 'ß'
// is found as 'ss', 'é' is not found as 'e'. Trailing spaces count.
//
// MySQL also finds parts that break off within a character (its bug 113933); here those equal nothing.
func (c *Collation) Index(text, what string) int {
	return c.IndexWhile(text, what, func() bool { return true })
}

// IndexWhile is Index as long as goesOn, which it calls now and then; it is -1 where that is false.
func (c *Collation) IndexWhile(text, what string, goesOn func() bool) int {
	if c.kind == byBytes || what == "" {
		return strings.Index(text, what)
	}
	work := 0
	for at := 0; at+len(what) <= len(text); {
		if work += len(what); work >= between {
			if !goesOn() {
				return -1
			}
			work = 0
		}
		if c.equalPart(text[at:at+len(what)], what) {
			return at
		}
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	return -1
}

// equalPart reports whether a part of a text equals what, which is as long. One that breaks off within a character does not.
func (c *Collation) equalPart(part, what string) bool {
	if part == what {
		return true
	}
	if b, w := part[0], what[0]; b < utf8.RuneSelf && w < utf8.RuneSelf && c.fold[b] != c.fold[w] &&
		c.ascii[0][b] != 0 && c.ascii[0][w] != 0 {
		return false
	}
	return !breaksOff(part) && c.compare(part, what, false) == 0
}

// breaksOff reports whether text ends within a character.
func breaksOff(text string) bool {
	for n := len(text) - 1; n >= 0 && n >= len(text)-utf8.UTFMax; n-- {
		if !continues(text[n]) {
			return !utf8.FullRuneInString(text[n:])
		}
	}
	return false
}

// FindInSet returns the number, from 1, of the member of a list divided by commas that equals a text, or 0. Trailing spaces
// count. As in MySQL a text of more bytes than the list is not in it.
func (c *Collation) FindInSet(text, list string) int {
	if list == "" || len(list) < len(text) || strings.Contains(text, ",") {
		return 0
	}
	for i := 1; ; i++ {
		member, rest, more := strings.Cut(list, ",")
		if member == text || c.compare(member, text, false) == 0 {
			return i
		}
		if !more {
			return 0
		}
		list = rest
	}
}
