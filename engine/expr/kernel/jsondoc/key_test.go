package jsondoc

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestKeys compares keys as their documents are.
func TestKeys(t *testing.T) {
	for _, list := range [][]string{ // of equal ones
		{`1`, `1.0`, `1e0`, `10e-1`, `0.1e1`}, {`0`, `-0`, `0.0`, `-0.0e5`, `0e99999`}, {`{"b": 1, "aa": [0.5]}`, `{"aa":[5e-1],"b":1.00}`},
		{`18446744073709551615`, `1.8446744073709551615e19`}, {`"é"`, `"\u00e9"`},
	} {
		for _, text := range list[1:] {
			if !bytes.Equal(key(list[0]), key(text)) {
				t.Errorf("%s and %s are not equal", list[0], text)
			}
		}
	}
	ascending := []string{
		`null`, `-1e400`, `-1e20`, `-18446744073709551616`, `-12.5`, `-12`, `-2`, `-1.001`, `-1`, `-0.5`, `-1e-7`, `0`, `1e-400`, `1e-7`, `0.5`, `1`, `1.001`,
		`2`, `9`, `10`, `12`, `12.5`, `9007199254740992`, `9007199254740993`, `18446744073709551615`, `1e20`, `1e400`,
		`""`, `"\u0000"`, `"\u0000a"`, `"\u0001"`, `"a"`, `"a\u0000"`, `"aa"`, `"b"`, `"é"`,
		`{}`, `{"b": 2}`, `{"b": 10}`, `{"aa": 1}`, `{"a": 1, "b": null}`, `{"a": 1, "b": 2}`,
		`[]`, `[null]`, `[1]`, `[1, 2]`, `[1, "a"]`, `[2]`, `[10]`, `["a"]`, `["a", 1]`, `["aa"]`, `[[]]`, `[[1]]`, `[[1], 0]`, `[[1, 0]]`,
		`false`, `true`, `no JSON`,
	}
	for i, a := range ascending {
		for _, b := range ascending[i+1:] {
			if bytes.Compare(key(a), key(b)) >= 0 {
				t.Errorf("%s is not below %s: %x, %x", a, b, key(a), key(b))
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		a, b := random(r, 3), random(r, 3)
		if got, want := bytes.Compare(a.AppendKey(nil), b.AppendKey(nil)), Compare(&a, &b); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Fatalf("%s and %s: %d, want %d", a.Append(nil), b.Append(nil), got, want)
		}
	}
}

func key(text string) []byte { return AppendKey(nil, []byte(text)) }

func random(r *rand.Rand, depth int) Value {
	switch n := r.IntN(8); {
	case n == 0:
		return Value{}
	case n == 1:
		return OfBool(r.IntN(2) == 0)
	case n == 2:
		return OfInt(r.Int64N(7) - 3)
	case n == 3:
		return OfDouble(float64(r.IntN(9)-4) / 2)
	case n == 4:
		return OfDecimal([]string{"1.50", "-0.5", "0.00", "2"}[r.IntN(4)])
	case n == 5 || depth == 0:
		return OfText([]string{"", "a", "a\x00", "\x01", "b"}[r.IntN(5)])
	case n == 6:
		items := make([]Value, r.IntN(3))
		for i := range items {
			items[i] = random(r, depth-1)
		}
		return OfItems(items)
	}
	members := make([]Member, r.IntN(3))
	for i := range members {
		members[i] = Member{[]string{"a", "b", "cc"}[r.IntN(3)], random(r, depth-1)}
	}
	return OfMembers(members)
}
