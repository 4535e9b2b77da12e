package expr

import (
	"strconv"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestCommonCollation checks which collation texts get together and how readily that takes another's (Reference Manual
// 12.8.4).
func TestCommonCollation(t *testing.T) {
	ci, ai, bin := arg(t, "ci"), arg(t, "ai"), arg(t, "s")
	padded := &Column{Name: "p", Typ: types.NewText(types.Varchar, 10, types.Utf8mb4Bin)}
	three := &Column{Name: "t", Typ: types.NewText(types.Varchar, 10, types.Utf8mb3General)}
	literal := underCollation(textLit("x"), types.Utf8mb4AI0900)
	explicit := must(NewCollate(ci, types.Utf8mb4Unicode))
	mixed := call(Concat, ci, ai)
	for _, c := range []struct {
		name string
		list []Expr
		want types.Collation // 0: an error
	}{
		{"a column and a literal", []Expr{ci, literal}, types.Utf8mb4General},
		{"the other way", []Expr{literal, ci}, types.Utf8mb4General},
		{"columns", []Expr{ci, ai}, 0},
		{"a column and a binary one", []Expr{ci, bin}, types.Utf8mb4Bin0900},
		{"binary ones", []Expr{padded, bin}, types.Utf8mb4Bin0900},
		{"columns of character sets of which one has the other", []Expr{three, ai}, types.Utf8mb4AI0900},
		{"a column and Unicode", []Expr{arg(t, "latin"), ai}, types.Utf8mb4AI0900},
		{"an explicit one", []Expr{ai, explicit}, types.Utf8mb4Unicode},
		{"explicit ones", []Expr{explicit, must(NewCollate(ai, types.Utf8mb4Bin))}, 0},
		{"the same explicitly", []Expr{explicit, must(NewCollate(ai, types.Utf8mb4Unicode))}, types.Utf8mb4Unicode},
		{"a literal and a number", []Expr{literal, call(Concat, intLit(1), intLit(2))}, types.Utf8mb4AI0900},
		{"a literal and NULL", []Expr{&Literal{types.NullValue, types.Of(types.Varchar)}, literal}, types.Utf8mb4AI0900},
		{"a function of a literal", []Expr{call(Upper, literal), ci}, types.Utf8mb4General},
		{"a function of a column", []Expr{call(Upper, ci), ai}, 0},
		{"a cast", []Expr{must(NewCast(intLit(1), types.NewText(types.Varchar, 5, types.Utf8mb4AI0900))), ci}, 0},
		{"a mix and a literal", []Expr{mixed, literal}, 0},
		{"a mix and an explicit one", []Expr{mixed, explicit}, types.Utf8mb4Unicode},
	} {
		got, ok := commonCollation(strictMix, c.list)
		if ok != (c.want != 0) || ok && got != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, got, ok, c.want)
		}
	}
	if c := mixed.Type().Collation; c != types.Utf8mb4Bin {
		t.Errorf("a mix has %s", c)
	}
}

func TestIllegalMix(t *testing.T) {
	for call, want := range map[string]string{
		"=|ci|ai":                "1267 Illegal mix of collations (utf8mb4_general_ci,IMPLICIT) and (utf8mb4_0900_ai_ci,IMPLICIT) for operation '='",
		"like|ci|ai":             "1267 Illegal mix of collations (utf8mb4_general_ci,IMPLICIT) and (utf8mb4_0900_ai_ci,IMPLICIT) for operation 'like'",
		"replace|ci|ai|'x'":      "1270 Illegal mix of collations (utf8mb4_general_ci,IMPLICIT), (utf8mb4_0900_ai_ci,IMPLICIT), (utf8mb4_0900_ai_ci,COERCIBLE) for operation 'replace'",
		"greatest|ci|ai|'x'|uni": "1271 Illegal mix of collations for operation 'greatest'",
		"concat|ci|ai":           "",
		"coalesce|ci|ai":         "",
	} {
		_, err := parseCall(t, call)
		got := ""
		if err != nil {
			errno := sqlerr.CodeOf(err).Identity().Errno
			got = strings.TrimSpace(strings.Join([]string{strconv.Itoa(int(errno)), err.Error()}, " "))
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", call, got, want)
		}
	}
	if _, err := NewCollate(arg(t, "s"), 8); !sqlerr.Is(err, sqlerr.CollationCharset) {
		t.Errorf("latin1_swedish_ci of utf8mb4: %v", err)
	}
	if _, err := UnionType(arg(t, "ci"), arg(t, "ai")); !sqlerr.Is(err, sqlerr.CollationMixN) {
		t.Errorf("a union of columns: %v", err)
	}
	if typ, err := UnionType(textLit("x"), arg(t, "ai")); err != nil || typ.Collation != types.Utf8mb4AI0900 {
		t.Errorf("a union with a literal: %s, %v", typ, err)
	}
}

// TestCollatedKernels evaluates over vectors and constants, on either side.
func TestCollatedKernels(t *testing.T) {
	f := newFixture(t)
	a := f.column("a", columns["ai"], "straße", "É", "a", "NULL", "b ")
	b := f.column("b", columns["ai"], "STRASSE", "e\u0301", "a ", "x", "B ")
	pattern := f.column("p", columns["ai"], "STRA_E", "e", "A%", "%", "b_")
	p := f.column("c", columns["uni"], "a", "a ", "A\t", "NULL", "ß")
	list := []Expr{textLit("SS"), textLit("b"), textLit("c"), textLit("d"), textLit("e"), textLit("f"), textLit("A")}
	f.check(call(Eq, a, b), "1,1,0,NULL,1")
	f.check(call(Ne, a, b), "0,0,1,NULL,0")
	f.check(call(Lt, a, b), "0,0,1,NULL,0")
	f.check(call(Ge, a, textLit("B")), "1,1,0,NULL,1")
	f.check(call(Gt, textLit("B"), a), "0,0,1,NULL,0")
	f.check(call(NullSafeEq, a, b), "1,1,0,0,1")
	f.check(call(NullSafeEq, a, textLit("e")), "0,1,0,0,0")
	f.check(call(Like, a, textLit("%S%")), "1,0,0,NULL,0")
	f.check(call(Like, a, pattern), "1,1,1,NULL,1")
	f.check(call(Like, a, textLit("éé"), textLit("é")), "0,1,0,NULL,0")
	f.check(call(Like, a, textLit("STRA%ß%E"), textLit("")), "1,0,0,NULL,0")
	f.check(call(Locate, textLit("SS"), a), "5,0,0,NULL,0")
	f.check(call(Locate, textLit("A"), a, intLit(4)), "4,0,0,NULL,0")
	f.check(call(Greatest, a, b), "straße,É,a ,NULL,b ")
	f.check(call(Least, a, b), "straße,É,a,NULL,b ")
	f.check(call(NullIf, a, textLit("E")), "straße,NULL,a,NULL,b ")
	f.check(must(NewIn(a, []Expr{textLit("strasse"), textLit("A")}, false)), "1,0,1,NULL,0")
	f.check(must(NewIn(p, list, false)), "1,1,0,NULL,1")
	f.check(must(NewIn(p, list, true)), "0,0,1,NULL,0")
	f.check(call(Eq, p, textLit("A  ")), "1,1,0,NULL,0")
	f.check(call(Lt, p, textLit("a")), "0,0,1,NULL,0")
	f.check(call("strcmp", a, b), "0,0,-1,NULL,0")
	f.check(call("field", a, textLit("E"), textLit("STRASSE"), b), "2,1,0,0,3")
	f.check(call("field", textLit("É"), textLit("e"), a), "1,1,1,1,1") // the column's collation is that of the literals too
	f.check(call("field", p, textLit("A")), "1,1,0,0,0")
	f.check(call("find_in_set", a, textLit("x,STRASSE,B ,E")), "2,4,0,NULL,3")
	f.check(call(Hex, call("weight_string", p)), "0E33,0E330209,0E330201,NULL,0FEA0FEA")
}
