package collation

import (
	"unicode"

	"github.com/silogate/silogate/engine/types"
)

// ToUpper is the capital of a character, as UPPER() makes it: one character, if Unicode had it when the collation was made.
func (c *Collation) ToUpper(r rune) rune {
	if c.old() {
		if r == 'ϲ' { // since UCA 4 it has a capital of its own
			return 'Σ'
		}
		if unicode.Is(caselessOnce, r) {
			return r
		}
	}
	return c.ifKnown(r, unicode.ToUpper(r))
}

// ToLower is the small letter of a character, as LOWER() makes it.
func (c *Collation) ToLower(r rune) rune {
	if c.old() && unicode.Is(caselessOnce, r) {
		return r
	}
	return c.ifKnown(r, unicode.ToLower(r))
}

// old reports a collation whose letters are those of Unicode 3.0: MySQL has one table for all that are not named after a
// version, whatever the version of their weights.
func (c *Collation) old() bool {
	return c.kind != byUCA520 && c.kind != byUCA900 && c.id != types.Utf8mb4Bin0900
}

// ifKnown is to, if the tables of the collation's time have both. Pairs of letters never change once they are in Unicode.
func (c *Collation) ifKnown(r, to rune) rune {
	if r == to {
		return r
	}
	known := uca900
	switch {
	case c.old():
		known = uca400
	case c.kind == byUCA520:
		known = uca520
	}
	if t := known(); t.entry(r) == absent || t.entry(to) == absent {
		return r
	}
	return to
}

// caselessOnce are letters of UCA 4.0 that were no pairs in Unicode 3.0.
var caselessOnce = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x019E, Hi: 0x0220, Stride: 0x0220 - 0x019E}, {Lo: 0x03D8, Hi: 0x03D9, Stride: 1}, {Lo: 0x03F4, Hi: 0x03FB, Stride: 1}, {Lo: 0x048A, Hi: 0x048B, Stride: 1},
	{Lo: 0x04C5, Hi: 0x04C6, Stride: 1}, {Lo: 0x04C9, Hi: 0x04CA, Stride: 1}, {Lo: 0x04CD, Hi: 0x04CE, Stride: 1}, {Lo: 0x0500, Hi: 0x050F, Stride: 1},
}}
