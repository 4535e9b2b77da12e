// Package jsondoc holds JSON documents as MySQL understands them: the order of an object's keys, how numbers are shown, paths, and
// what the JSON functions do with documents.
//
// A document is parsed from text and printed as text; between functions JSON is text in MySQL's form. Documents are not changed in
// place: an operation returns a new one that shares what did not change.
package jsondoc

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is what a value is.
type Kind uint8

// The kinds, in the order in which values of different ones sort.
const (
	Null Kind = iota
	Integer
	Unsigned
	Double
	Decimal
	String
	Object
	Array
	Bool
)

// Value is a JSON value. The zero value is null.
type Value struct {
	Kind    Kind
	Bool    bool
	Text    string // of a String; of a number its digits
	Items   []Value
	Members []Member // sorted by MySQL's order of keys, each once
}

// Member is a member of an object.
type Member struct {
	Key   string
	Value Value
}

// OfText is a string.
func OfText(s string) Value { return Value{Kind: String, Text: s} }

// OfBool is a truth value.
func OfBool(b bool) Value { return Value{Kind: Bool, Bool: b} }

// OfInt is an integer.
func OfInt(v int64) Value { return Value{Kind: Integer, Text: strconv.FormatInt(v, 10)} }

// OfUint is an unsigned integer.
func OfUint(v uint64) Value { return Value{Kind: Unsigned, Text: strconv.FormatUint(v, 10)} }

// OfDouble is a double.
func OfDouble(v float64) Value { return Value{Kind: Double, Text: doubleText(v)} }

// OfDecimal is an exact number in plain notation.
func OfDecimal(text string) Value { return Value{Kind: Decimal, Text: text} }

// OfItems is an array.
func OfItems(items []Value) Value { return Value{Kind: Array, Items: items} }

// OfMembers is an object; of members of one key the last counts.
func OfMembers(members []Member) Value {
	slices.SortStableFunc(members, func(a, b Member) int { return compareKeys(a.Key, b.Key) })
	kept := members[:0]
	for i, m := range members {
		if i+1 < len(members) && members[i+1].Key == m.Key {
			continue
		}
		kept = append(kept, m)
	}
	return Value{Kind: Object, Members: kept}
}

// compareKeys is MySQL's order of keys: shorter ones first, then by bytes.
func compareKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// member finds a member.
func (v *Value) member(key string) (at int, ok bool) {
	return slices.BinarySearchFunc(v.Members, key, func(m Member, key string) int { return compareKeys(m.Key, key) })
}

// doubleText is how MySQL shows a double in JSON: one that is whole has a zero behind its point.
func doubleText(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-15 || a >= 1e17) {
		s := strconv.FormatFloat(v, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		n, err := strconv.Atoi(exponent)
		if err != nil {
			return s
		}
		return mantissa + "e" + strconv.Itoa(n)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.ContainsRune(s, '.') {
		s += ".0"
	}
	return s
}

// IsScalar reports neither an array nor an object.
func (v *Value) IsScalar() bool { return v.Kind != Array && v.Kind != Object }

func (v *Value) isNumber() bool { return v.Kind >= Integer && v.Kind <= Decimal }

// TypeName is what JSON_TYPE shows.
func (v *Value) TypeName() string {
	return [...]string{"NULL", "INTEGER", "UNSIGNED INTEGER", "DOUBLE", "DECIMAL", "STRING", "OBJECT", "ARRAY", "BOOLEAN"}[v.Kind]
}

// Depth is the greatest depth: of a scalar or an empty array or object 1.
func (v *Value) Depth() int {
	deepest := 0
	for i := range v.Items {
		deepest = max(deepest, v.Items[i].Depth())
	}
	for i := range v.Members {
		deepest = max(deepest, v.Members[i].Value.Depth())
	}
	return deepest + 1
}

// Length is the number of items or members, of a scalar 1.
func (v *Value) Length() int {
	switch v.Kind {
	case Array:
		return len(v.Items)
	case Object:
		return len(v.Members)
	}
	return 1
}

// Append prints the value as MySQL does.
func (v *Value) Append(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.Bool)
	case String:
		return AppendQuoted(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i := range v.Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = v.Items[i].Append(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i := range v.Members {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(AppendQuoted(dst, v.Members[i].Key), ": "...)
			dst = v.Members[i].Value.Append(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.Text...)
}

// AppendPretty prints the value over several lines.
func (v *Value) AppendPretty(dst []byte, indent int) []byte {
	line := func() {
		dst = append(dst, '\n')
		for range indent + 2 {
			dst = append(dst, ' ')
		}
	}
	switch {
	case v.Kind == Array && len(v.Items) > 0:
		dst = append(dst, '[')
		for i := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			line()
			dst = v.Items[i].AppendPretty(dst, indent+2)
		}
	case v.Kind == Object && len(v.Members) > 0:
		dst = append(dst, '{')
		for i := range v.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			line()
			dst = append(AppendQuoted(dst, v.Members[i].Key), ": "...)
			dst = v.Members[i].Value.AppendPretty(dst, indent+2)
		}
	default:
		return v.Append(dst)
	}
	indent -= 2
	line()
	if v.Kind == Array {
		return append(dst, ']')
	}
	return append(dst, '}')
}

// AppendQuoted prints a string as JSON.
func AppendQuoted(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}

// Unquoted is the text of a string, of anything else what it prints as.
func (v *Value) Unquoted(dst []byte) []byte {
	if v.Kind == String {
		return append(dst, v.Text...)
	}
	return v.Append(dst)
}

// Compare orders values as MySQL does: by what they are, then by their worth. Objects that differ have some order.
func Compare(a, b *Value) int {
	if a.isNumber() && b.isNumber() {
		x, okX := new(big.Rat).SetString(a.Text)
		y, okY := new(big.Rat).SetString(b.Text)
		if okX && okY {
			return x.Cmp(y)
		}
	}
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	switch a.Kind {
	case Bool:
		switch {
		case a.Bool == b.Bool:
			return 0
		case b.Bool:
			return -1
		}
		return 1
	case Array:
		for i := range min(len(a.Items), len(b.Items)) {
			if c := Compare(&a.Items[i], &b.Items[i]); c != 0 {
				return c
			}
		}
		return len(a.Items) - len(b.Items)
	case Object:
		if len(a.Members) != len(b.Members) {
			return len(a.Members) - len(b.Members)
		}
		for i := range a.Members {
			if c := compareKeys(a.Members[i].Key, b.Members[i].Key); c != 0 {
				return c
			}
			if c := Compare(&a.Members[i].Value, &b.Members[i].Value); c != 0 {
				return c
			}
		}
		return 0
	}
	return strings.Compare(a.Text, b.Text)
}

// valid reports whether a string is one of JSON's: UTF-8.
func valid(s string) bool { return utf8.ValidString(s) }
