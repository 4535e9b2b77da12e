package expr

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// choices is a source of random numbers that are read from a text: a small change of the text is a small change of what is
// made of them. After its end come pseudo-random ones.
type choices struct {
	text []byte
	then *rand.PCG
}

// Uint64 implements rand.Source. The numbers are two bytes, as the most significant ones.
func (c *choices) Uint64() uint64 {
	if len(c.text) < 2 {
		return c.then.Uint64()
	}
	v := binary.BigEndian.Uint16(c.text)
	c.text = c.text[2:]
	return uint64(v) << 48
}

// FuzzKernels evaluates expressions that a text chooses, over columns that it chooses, and compares with the reference.
func FuzzKernels(f *testing.F) {
	for _, text := range []string{"", "0", "the quick brown fox", "\x00\x01\x02\x03\x04\x05\x06\x07", "\xff\xfe\xfd\xfc\x80\x40\x20\x10", "\x80\x00\x80\x00\x80\x00"} {
		f.Add([]byte(text), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, calls uint8) {
		g := newGenerator(t, 0, 3)
		g.Rand = rand.New(&choices{text, rand.NewPCG(uint64(len(text)), uint64(calls))})
		g.grow(t, int(calls%16)+1)
		for _, e := range g.pool[len(randomTypes):] {
			if !referable(e) {
				continue
			}
			g.f.checkAgainstReference(e, "chosen")
			if folded := Fold(e); folded != e {
				g.f.checkAgainstReference(folded, "chosen, folded")
			}
		}
	})
}

// referable reports whether the reference knows all of e: it compares texts as their bytes, and reads as dates and times only
// the texts that columns have.
func referable(e Expr) bool {
	all := true
	Walk(e, func(e Expr) bool {
		t := e.Type()
		if t.IsString() && !t.Collation.Bytewise() && !t.IsBinary() {
			all = false
		}
		if c, ok := e.(*Cast); ok && t.IsTemporal() && c.Arg.Type().IsString() {
			_, column := c.Arg.(*Column)
			all = all && column
		}
		return all
	})
	return all
}
