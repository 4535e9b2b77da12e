package expr

import (
	"math"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

func TestEqual(t *testing.T) {
	bigint := types.Of(types.Int64)
	column := func(id ColumnID) Expr { return &Column{ID: id, Name: "a", Typ: bigint} }
	number := func(n int64) Expr { return &Literal{types.IntValue(n), bigint} }
	in := func(members ...int64) *In {
		e := &In{Arg: column(1)}
		for _, m := range members {
			e.List = append(e.List, types.IntValue(m))
		}
		return e
	}
	call := func(f Func, args ...Expr) Expr { return &Call{Func: f, Args: args, Typ: bigint} }
	row := func(text string, volatile bool) *Fallback {
		return &Fallback{Typ: bigint, Text: text, Volatile: volatile}
	}
	random := row("rand()", true)
	for _, c := range []struct {
		a, b Expr
		want bool
	}{
		{column(1), &Column{ID: 1, Name: "b", Typ: bigint}, true},
		{column(1), column(2), false},
		{number(1), number(1), true},
		{number(1), &Literal{types.IntValue(1), types.Of(types.Int32)}, false},
		{&Literal{types.Value{Float: math.Copysign(0, -1)}, types.Of(types.Float64)}, &Literal{types.Value{}, types.Of(types.Float64)}, false},
		{&Param{Ordinal: 0, Typ: bigint}, &Param{Ordinal: 1, Typ: bigint}, false},
		{call(Add, column(1), number(1)), call(Add, column(1), number(1)), true},
		{call(Add, column(1), number(1)), call(Sub, column(1), number(1)), false},
		{call(Add, column(1), number(1)), call(Add, column(1), number(2)), false},
		{in(1, 2, 3, 4, 5, 6, 7, 8, 9), in(1, 2, 3, 4, 5, 6, 7, 8, 9), true},
		{in(1, 2, 3, 4, 5, 6, 7, 8, 9), in(1, 2, 3, 4, 5, 6, 7, 8, 10), false},
		{in(1), &In{Arg: column(1), List: in(1).List, Not: true}, false},
		{in(1), &In{Arg: column(1), List: in(1).List, HasNull: true}, false},
		{&Cast{Arg: column(1), To: types.Of(types.Float64)}, &Cast{Arg: column(1), To: types.Of(types.Float64), Implicit: true}, true},
		{&Cast{Arg: column(1), To: types.Of(types.Float64)}, &Cast{Arg: column(1), To: bigint}, false},
		{&Case{Whens: []When{{in(1), number(1)}}, Typ: bigint}, &Case{Whens: []When{{in(1), number(1)}}, Typ: bigint}, true},
		{
			&Case{Whens: []When{{in(1), number(1)}}, Else: number(2), Typ: bigint},
			&Case{Whens: []When{{in(1), number(1)}}, Typ: bigint}, false,
		},
		{row("md5(a)", false), row("md5(a)", false), true},
		{row("md5(a)", false), row("sha1(a)", false), false},
		{random, random, false},
		{row("rand()", true), row("rand()", true), false},
		{call(Add, random, number(1)), call(Add, random, number(1)), false},
		{nil, nil, true},
		{number(1), nil, false},
	} {
		if Equal(c.a, c.b) != c.want || Equal(c.b, c.a) != c.want {
			t.Errorf("Equal(%v, %v) is not %t", c.a, c.b, c.want)
		}
	}
}
