// Package jsondoc holds JSON documents as MySQL understands them: the order of an object's keys, how numbers are shown, paths, and
// what the JSON functions do with documents.
//
// A document is parsed from text and printed as text; between functions JSON is text in MySQL's form. Documents are not changed in
// place: an operation returns a new one that shares what did not change.
package jsondoc

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
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
	Kind Kind
	Bool bool
	Text string    // of a String; of a number its digits
	in   *contents // of an Array or Object that is not empty
}

// contents are what is in an array or object. They lie behind a pointer since most values are scalars.
type contents struct {
	items   []Value
	members []Member // sorted by MySQL's order of keys, each once
}

// The bytes of the parts of a document.
const (
	valueBytes    = int(unsafe.Sizeof(Value{}))
	memberBytes   = int(unsafe.Sizeof(Member{}))
	contentsBytes = int(unsafe.Sizeof(contents{}))
)

// Items are those of an array.
func (v *Value) Items() []Value {
	if v.in == nil {
		return nil
	}
	return v.in.items
}

// Members are those of an object, in MySQL's order of keys.
func (v *Value) Members() []Member {
	if v.in == nil {
		return nil
	}
	return v.in.members
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
func OfItems(items []Value) Value {
	if len(items) == 0 {
		return Value{Kind: Array}
	}
	return Value{Kind: Array, in: &contents{items: items}}
}

// OfMembers is an object; of members of one key the last counts.
func OfMembers(members []Member) Value { return (*Work)(nil).ofMembers(members) }

func (w *Work) ofMembers(members []Member) Value {
	ascending := func(a, b Member) int { return compareKeys(a.Key, b.Key) }
	if !slices.IsSortedFunc(members, ascending) {
		members = w.sorted(members)
	}
	kept := members[:0]
	for i, m := range members {
		if i+1 < len(members) && members[i+1].Key == m.Key {
			continue
		}
		kept = append(kept, m)
	}
	return ofSorted(kept)
}

// ofSorted is an object of members that are in order, each once.
func ofSorted(members []Member) Value {
	if len(members) == 0 {
		return Value{Kind: Object}
	}
	return Value{Kind: Object, in: &contents{members: members}}
}

// sorted returns members in order; those of one key stay in theirs.
func (w *Work) sorted(members []Member) []Member {
	if !w.spend(len(members) * (memberBytes + 4)) {
		return nil
	}
	order := make([]int32, len(members))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if !w.step(1) {
			return 0
		}
		return cmp.Or(compareKeys(members[a].Key, members[b].Key), int(a-b))
	})
	out := make([]Member, len(members))
	for i, at := range order {
		out[i] = members[at]
	}
	return out
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
	return slices.BinarySearchFunc(v.Members(), key, func(m Member, key string) int { return compareKeys(m.Key, key) })
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
	for i, items := 0, v.Items(); i < len(items); i++ {
		deepest = max(deepest, items[i].Depth())
	}
	for i, members := 0, v.Members(); i < len(members); i++ {
		deepest = max(deepest, members[i].Value.Depth())
	}
	return deepest + 1
}

// Length is the number of items or members, of a scalar 1.
func (v *Value) Length() int {
	switch v.Kind {
	case Array:
		return len(v.Items())
	case Object:
		return len(v.Members())
	}
	return 1
}

// valid reports whether a string is one of JSON's: UTF-8.
func valid(s string) bool { return utf8.ValidString(s) }
