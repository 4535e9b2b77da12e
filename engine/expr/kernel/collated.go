package kernel

import (
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
)

// collated is the collation that texts of type t are compared under; nil where bytes are compared.
func collated(t types.Type) *collation.Collation {
	if !t.IsText() || t.Collation.Bytewise() {
		return nil
	}
	c, _ := collation.Of(t.Collation)
	return c
}

// borrowed is a view of bytes as a string, for as long as they do not change.
func borrowed(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// compareCollated compares texts under a collation.
func compareCollated(c *collation.Collation, op Op, out []byte, x, y arrow.Array) {
	a, b := vectorTexts(x), vectorTexts(y)
	holds := op.holds()
	clear(out)
	for i := range x.Len() {
		out[i>>3] |= holds[c.Compare(borrowed(a.at(i)), borrowed(b.at(i)))+1] << (i & 7)
	}
}

// testEach is a predicate that tests texts one by one.
type testEach func(text string) bool

func (p testEach) Bits(out []byte, a arrow.Array) {
	texts := vectorTexts(a)
	clear(out)
	for i := range a.Len() {
		out[i>>3] |= b2u(p(borrowed(texts.at(i)))) << (i & 7)
	}
}

func (p testEach) Filter(sel []int32, a arrow.Array) []int32 {
	texts := vectorTexts(a)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(p(borrowed(texts.at(int(i))))))
	}
	return sel[:k]
}

// collatedConst compares texts with a constant under a collation.
func collatedConst(c *collation.Collation, op Op, constant string) Predicate {
	holds := op.holds()
	return testEach(func(text string) bool { return holds[c.Compare(text, constant)+1] != 0 })
}

// collatedIn looks for texts among some under a collation: a few one by one, many by their keys.
func collatedIn(c *collation.Collation, list []types.Value) Predicate {
	if len(list) <= fewMembers {
		return testEach(func(text string) bool {
			for _, v := range list {
				if c.Equal(text, v.Str) {
					return true
				}
			}
			return false
		})
	}
	keys := make(map[string]struct{}, len(list))
	for _, v := range list {
		keys[string(c.AppendKey(nil, v.Str))] = struct{}{}
	}
	return testEach(func(text string) bool {
		var room [128]byte // predicates are shared by goroutines
		_, found := keys[string(c.AppendKey(room[:0], text))]
		return found
	})
}

// collatedLike is LIKE under a collation, or with an escape that is not a byte.
func collatedLike(t types.Type, pattern string, escape rune) *collation.Pattern {
	c := collated(t)
	if c == nil {
		c, _ = collation.Of(types.Utf8mb4Bin0900)
	}
	return c.NewPattern(pattern, escape)
}

// comparesCharacters reports whether LIKE looks at characters: they are compared under a collation, or the escape is none of
// ASCII's.
func comparesCharacters(t types.Type, escape rune) bool {
	return t.IsText() && (collated(t) != nil || escape >= utf8.RuneSelf)
}

// locateCollated is LOCATE under a collation.
func locateCollated(c *collation.Collation, needle, s []byte, position int64, ask *asker) int64 {
	if position < 1 || position > int64(utf8.RuneCount(s))+1 {
		return 0
	}
	start := prefixBytes(s, int(position)-1)
	hit := c.IndexWhile(borrowed(s[start:]), borrowed(needle), ask.goesOn)
	if hit < 0 {
		return 0
	}
	return int64(utf8.RuneCount(s[:start+hit])) + 1
}

// WeightString returns the function of WEIGHT_STRING of strings of type t: the weights that they are compared by.
func WeightString(t types.Type) func(r *Row, dst []byte) ([]byte, bool) {
	c := collated(t)
	return func(r *Row, dst []byte) ([]byte, bool) {
		if c == nil {
			return append(dst, r.Text(0)...), true
		}
		return c.AppendWeights(dst, borrowed(r.Text(0))), true
	}
}
