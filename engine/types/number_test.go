package types

import "testing"

func TestNumbersAreReadAsWritten(t *testing.T) {
	for text, want := range map[string]struct {
		rest string
		Number
	}{
		"decimal(5,2)": {"decimal(5,2)", Number{}}, "decimal(5,2) unsigned": {"decimal(5,2)", Number{Unsigned: true}},
		"float": {"float", Number{}}, "float unsigned": {"float", Number{Unsigned: true}}, "double(7,2)": {"double", Number{Digits: 7, Decimals: 2}},
		"float(30,0) unsigned": {"float", Number{Unsigned: true, Digits: 30}}, "int unsigned": {"int unsigned", Number{}}, "enum('float','double(7,2)')": {"enum('float','double(7,2)')", Number{}},
	} {
		rest, n := CutNumber(text)
		if rest != want.rest || n != want.Number {
			t.Errorf("%s is %s and %+v", text, rest, n)
		}
		of := map[string]Type{"decimal(5,2)": NewDecimal(5, 2), "float": Of(Float32), "double": Of(Float64)}
		if typ, ok := of[rest]; ok && n.Of(typ) != text {
			t.Errorf("%s was written as %s", text, n.Of(typ))
		}
	}
}
