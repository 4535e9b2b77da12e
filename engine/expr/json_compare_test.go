package expr

import (
	"fmt"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestJSONComparison compares documents with values of all types, by the Reference Manual's "Comparison and Ordering of JSON Values".
func TestJSONComparison(t *testing.T) {
	json := func(s string) *Literal { return &Literal{types.TextValue(s), jsonType} }
	day := &Literal{types.IntValue(19723), types.Of(types.Date)} // 2024-01-01
	decimal := must(NewCast(textLit("1.50"), types.NewDecimal(5, 2)))
	for _, c := range []struct {
		doc   string
		with  Expr
		order int
	}{
		{`1`, json(`1.0`), 0}, {`2`, json(`10`), -1}, {`"2"`, json(`"10"`), 1}, {`"a"`, json(`"A"`), 1}, {`null`, json(`0`), -1},
		{`[1, 2]`, json(`[1, 2.0]`), 0}, {`[1]`, json(`[1, 0]`), -1}, {`[2]`, json(`[1, 3]`), 1}, {`[]`, json(`{}`), 1},
		{`{"a": 1, "b": 2}`, json(`{"b": 2.0, "a": 1e0}`), 0}, {`{"a": 1}`, json(`"z"`), 1}, {`false`, json(`[1]`), 1},
		{`18446744073709551615`, json(`18446744073709551614`), 1}, {`9007199254740993`, json(`9007199254740992.0`), 1},
		// An SQL value is what CAST(... AS JSON) makes of it, but a text is a string.
		{`5`, intLit(5), 0}, {`5.0`, intLit(5), 0}, {`"5"`, intLit(5), 1}, {`5`, textLit("5"), -1}, {`"abc"`, textLit("abc"), 0}, {`"abc"`, textLit("ABC"), 1},
		{`[1]`, textLit("[1]"), 1}, {`1.5`, decimal, 0}, {`1.4999`, decimal, -1}, {`null`, intLit(0), -1}, {`"é"`, textLit("é"), 0},
		{`true`, &Literal{types.BoolValue(true), types.Of(types.Bool)}, 0}, {`true`, intLit(1), 1}, {`false`, &Literal{types.BoolValue(true), types.Of(types.Bool)}, -1},
		{`"2024-01-01"`, day, -1}, {`true`, day, -1}, {`"x"`, &Literal{types.TextValue("x"), types.Type{Kind: types.Varbinary, Length: 1}}, -1},
	} {
		f := newFixture(t)
		doc := f.column("j", jsonType, c.doc, "NULL")
		for op, holds := range map[Func]bool{Eq: c.order == 0, Ne: c.order != 0, Lt: c.order < 0, Le: c.order <= 0, Gt: c.order > 0, Ge: c.order >= 0} {
			f.check(call(op, doc, c.with), fmt.Sprintf("%d,NULL", truthInt(holds)))
		}
		for op, holds := range map[Func]bool{Eq: c.order == 0, Lt: c.order > 0, Ge: c.order <= 0} {
			f.check(call(op, c.with, doc), fmt.Sprintf("%d,NULL", truthInt(holds)))
		}
		f.check(call(NullSafeEq, doc, c.with), fmt.Sprintf("%d,0", truthInt(c.order == 0)))
		f.check(call(NullSafeEq, doc, &Literal{types.NullValue, types.Of(types.Null)}), "0,1")
		in := must(NewIn(doc, []Expr{json(`"no"`), c.with, &Literal{types.NullValue, types.Of(types.Null)}}, false))
		if want := map[bool]string{true: "1,NULL", false: "NULL,NULL"}[c.order == 0]; true {
			f.check(in, want)
		}
		f.check(must(NewIn(doc, []Expr{json(`"no"`), c.with}, true)), fmt.Sprintf("%d,NULL", truthInt(c.order != 0)))
	}
}

// TestJSONInList is one look-up, not a comparison with each member.
func TestJSONInList(t *testing.T) {
	f := newFixture(t)
	doc := f.column("j", jsonType, `1.0`, `"a"`, `{"k": 2}`, `3`, "NULL")
	e := must(NewIn(doc, []Expr{intLit(1), textLit("a"), &Literal{types.TextValue(`{"k": 2e0}`), jsonType}}, false))
	if _, ok := e.(*In); !ok {
		t.Errorf("%s is %T", e, e)
	}
	f.check(e, "1,1,1,0,NULL")
	e = must(NewIn(intLit(3), []Expr{intLit(2), doc}, false)) // each pair by its types
	f.check(e, "0,0,0,1,NULL")
}

// TestMembersAsNumbers counts ENUM and SET as the numbers of their members.
func TestMembersAsNumbers(t *testing.T) {
	f := newFixture(t)
	enum := f.column("e", types.Type{Kind: types.Enum, Members: "x\x00y", Collation: types.Utf8mb4Bin0900}, "y", "x", "", "NULL")
	set := f.column("s", types.Type{Kind: types.Set, Members: "a\x00b\x00c", Collation: types.Utf8mb4Bin0900}, "a,c", "", "b", "NULL")
	f.check(call(Eq, enum, intLit(2)), "1,0,0,NULL")
	f.check(call(Lt, intLit(1), set), "1,0,1,NULL")
	f.check(call(Add, enum, set), "7,1,2,NULL")
	f.check(call(Eq, enum, textLit("x")), "0,1,0,NULL")
	f.check(must(NewIn(enum, []Expr{intLit(1), intLit(7)}, false)), "0,1,0,NULL")
	f.check(call(Eq, enum, f.column("n", types.NewDecimal(3, 1), "2.0", "1.5", "0", "1")), "1,0,1,NULL")
}

func truthInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
