package rowkey

import (
	"fmt"
	"slices"

	"github.com/silogate/silogate/engine/types"
)

// class is how the values of a field are compared.
type class uint8

const (
	classNull    class = iota // only NULL
	classInt                  // integers, Bool, temporal kinds; word: the value
	classMixed                // BIGINT UNSIGNED against a signed integer; word: values of an int64, others as they are
	classFloat                // word: the bits of the float64
	classDecimal              // at the field's scale; word: values of an int64, the hash of others
	classBytes                // word: length and up to seven bytes, or the hash
)

// Field is one column of a key.
type Field struct {
	class  class
	bits   uint8 // of the word form
	scale  int32 // classDecimal
	strict bool
	weigh  func(dst, value []byte) []byte
}

// Of returns the field of values of type t, where NULL equals NULL. Strings are compared by their bytes, or by what
// weigh appends for them if it is not nil.
func Of(t types.Type, weigh func(dst, value []byte) []byte) Field {
	switch {
	case t.Kind == types.Null:
		return Field{class: classNull}
	case t.Kind == types.Decimal:
		return Field{class: classDecimal, bits: 64, scale: int32(t.Scale)}
	case t.IsFloat():
		return Field{class: classFloat, bits: 64}
	case t.IsString():
		bits := uint8(64)
		if t.IsText() && t.Length == 1 {
			bits = 32
		}
		return Field{class: classBytes, bits: bits, weigh: weigh}
	}
	return Field{class: classInt, bits: intBits(t)}
}

// Plain reports whether values of one vector are equal as keys just where they are equal as they lie there.
func (f Field) Plain() bool { return f.weigh == nil }

func intBits(t types.Type) uint8 {
	switch t.Kind {
	case types.Bool, types.Int8, types.Uint8:
		return 8
	case types.Int16, types.Uint16, types.Year:
		return 16
	case types.Int32, types.Uint32, types.Date:
		return 32
	}
	return 64
}

// Pair returns the field that compares values of type a with values of type b, which must be of one comparison class.
func Pair(a, b types.Type, weigh func(dst, value []byte) []byte) (Field, error) {
	if a.Kind == types.Null || b.Kind == types.Null {
		return Field{class: classNull}, nil
	}
	f, g := Of(a, weigh), Of(b, weigh)
	if f.class != g.class {
		return Field{}, fmt.Errorf("keys of %s and %s are not comparable", a, b)
	}
	switch {
	case f.class == classDecimal:
		f.scale = max(f.scale, g.scale)
	case f.class == classBytes:
		f.bits = max(f.bits, g.bits)
	case f.class == classInt && a.IsUnsigned() == b.IsUnsigned():
		f.bits = max(f.bits, g.bits)
	case f.class == classInt:
		f.bits = 64
		if a.Kind == types.Uint64 || a.Kind == types.Bit || b.Kind == types.Uint64 || b.Kind == types.Bit {
			f.class = classMixed
		}
	}
	return f, nil
}

// Strict returns the field with NULL equal to nothing, as in SQL's =.
func (f Field) Strict() Field {
	f.strict = true
	return f
}

// place is where a field lies in the words of a key.
type place struct {
	word  int
	shift uint
}

// arrange packs fields into words, first fit.
func arrange(fields []Field) (places []place, words int) {
	used := []int{0}
	for _, f := range fields {
		w := slices.IndexFunc(used, func(n int) bool { return n+int(f.bits) <= 64 })
		if w < 0 {
			w = len(used)
			used = append(used, 0)
		}
		places = append(places, place{word: w, shift: uint(used[w])})
		used[w] += int(f.bits)
	}
	return places, len(used)
}

// mask has the bits of the word form.
func (f Field) mask() uint64 { return ^uint64(0) >> (64 - f.bits) }

// inline is the number of bytes that the word of a field of strings holds. A longer string has its hash there.
func (f Field) inline() int {
	if f.class != classBytes {
		return 0
	}
	return int(f.bits)/8 - 1
}

// IsStrict reports whether NULL equals nothing in the field.
func (f Field) IsStrict() bool { return f.strict }
