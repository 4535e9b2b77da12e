package collation

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/types"
)

// AppendKey appends the sort key of a text to dst: bytes that compare as the texts do, and that are equal where they are.
func (c *Collation) AppendKey(dst []byte, text string) []byte {
	switch {
	case c.kind == byBytes && c.pad:
		return appendPaddedBytes(dst, text)
	case c.kind == byBytes:
		return append(dst, text...)
	case c.pad:
		return c.appendPadded(dst, text)
	}
	return c.AppendWeights(dst, text)
}

// AppendWeights appends what WEIGHT_STRING() returns of a text: its weights, two bytes each, levels set apart by a weight of 0.
// Under PAD SPACE that is no sort key.
func (c *Collation) AppendWeights(dst []byte, text string) []byte {
	if c.kind == byBytes {
		if !c.pad {
			return append(dst, text...)
		}
		for _, r := range text {
			if c.id != types.Utf8mb3Bin {
				dst = append(dst, byte(r>>16))
			}
			dst = append(dst, byte(r>>8), byte(r))
		}
		return dst
	}
	dst = slices.Grow(dst, 2*c.levels*(len(text)+1))
	for level := range c.levels {
		if level > 0 {
			dst = append(dst, 0, 0)
		}
		s := scanner{c: c, text: text, level: level}
		for s.at < len(text) || s.i < s.n {
			dst = s.appendASCII(dst)
			if w := s.next(); w != ended {
				dst = append(dst, byte(w>>8), byte(w))
			}
		}
	}
	return dst
}

// appendASCII appends the weights of the ASCII characters that come next, but for those that are ignored.
func (s *scanner) appendASCII(dst []byte) []byte {
	if s.i < s.n {
		return dst
	}
	weights := &s.c.ascii[s.level]
	for ; s.at < len(s.text) && s.text[s.at] < utf8.RuneSelf; s.at++ {
		w := weights[s.text[s.at]]
		if w == 0 {
			break
		}
		dst = append(dst, byte(w>>8), byte(w))
	}
	return dst
}

// Under PAD SPACE a text counts as followed by spaces without end. In its key a run of spaces is the weight of one, then
// what comes of the run: less, where something smaller than a space follows, and the sooner the less; endless, where
// nothing does; more, where something greater follows, and the sooner the more.
const (
	runLess    = 1
	runEndless = 2
	runMore    = 3
)

// longRun is the least number of spaces that is not written in one byte.
const longRun = 0xff

// appendRun appends what follows the weight of a space: n spaces and then something smaller or greater.
func appendRun(dst []byte, n int, less bool) []byte {
	flip := byte(0)
	if less {
		dst = append(dst, runLess)
	} else {
		dst, flip = append(dst, runMore), 0xff
	}
	if n < longRun {
		return append(dst, byte(n)^flip)
	}
	at := len(dst)
	dst = binary.BigEndian.AppendUint32(append(dst, longRun), uint32(n))
	for i := at; i < len(dst); i++ {
		dst[i] ^= flip
	}
	return dst
}

func (c *Collation) appendPadded(dst []byte, text string) []byte {
	high, low := byte(c.space>>8), byte(c.space)
	dst = slices.Grow(dst, 2*len(text)+3)
	s := scanner{c: c, text: text}
	spaces := 0
	for w := s.next(); w != ended; w = s.next() {
		if w == int(c.space) {
			spaces++
			continue
		}
		if spaces > 0 {
			dst = appendRun(append(dst, high, low), spaces, w < int(c.space))
			spaces = 0
		}
		dst = append(dst, byte(w>>8), byte(w))
	}
	return append(dst, high, low, runEndless)
}

func appendPaddedBytes(dst []byte, text string) []byte {
	spaces := 0
	for i := range len(text) {
		b := text[i]
		if b == ' ' {
			spaces++
			continue
		}
		if spaces > 0 {
			dst = appendRun(append(dst, ' '), spaces, b < ' ')
			spaces = 0
		}
		dst = append(dst, b)
	}
	return append(dst, ' ', runEndless)
}
