package expr

import (
	"testing"

	"github.com/silogate/silogate/engine/types"
)

func TestMap(t *testing.T) {
	bigint, text := types.Of(types.Int64), types.NewText(types.Varchar, 4, types.Utf8mb4Bin0900)
	column := &Column{ID: 1, Name: "a", Typ: bigint}
	in := func(last int64) Expr {
		e := &In{Arg: column}
		for _, v := range []int64{1, 2, 3, 4, 5, 6, 7, 8, last} {
			e.List = append(e.List, types.IntValue(v))
		}
		return e
	}
	word := func(s string) Expr { return &Literal{types.TextValue(s), text} }
	like := func(more ...Expr) Expr {
		return &Call{Func: Like, Args: append([]Expr{word("a"), word("|_%")}, more...), Typ: types.Of(types.Bool)}
	}
	random := &Fallback{Typ: bigint, Text: "rand()", Volatile: true}
	keys := []Expr{
		column, &Column{ID: 2, Name: "a", Typ: bigint}, in(9), in(10), word("x"), word("X"), like(), like(word("|")),
		&Literal{types.TextValue("x"), bigint}, &Call{Func: Like, Args: []Expr{in(9), word("x")}}, random,
	}
	m := make(Map[int])
	if _, ok := m.Get(column); ok {
		t.Error("an empty map has a column")
	}
	prints := make(map[uint64]bool)
	for i, e := range keys {
		m.Add(e, i)
		prints[Fingerprint(e)] = true
	}
	m.Add(in(10), -1) // has a value
	for i, e := range []Expr{
		&Column{ID: 1, Name: "other", Typ: bigint}, &Column{ID: 2, Typ: bigint}, in(9), in(10), word("x"), word("X"), like(), like(word("|")),
	} {
		if got, ok := m.Get(e); !ok || got != i {
			t.Errorf("%v is %d, %t instead of %d", e, got, ok, i)
		}
	}
	for _, e := range []Expr{random, in(11), like(word("!")), &Column{ID: 3, Typ: bigint}} {
		if got, ok := m.Get(e); ok {
			t.Errorf("%v is %d, though none like it was added", e, got)
		}
	}
	if len(prints) < len(keys)-1 { // the two texts x differ by their type alone
		t.Errorf("%d fingerprints of %d expressions", len(prints), len(keys))
	}
}
