package scratch

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// A key is encoded so that keys compare as bytes as their values compare in SQL, texts by their collations. Keys of values that
// are equal are the same, and none is the beginning of another.

// The first byte of each part.
const (
	nullPart  = 0x00
	valuePart = 0x01
)

// appendKey appends the key of the given parts of a row; null reports that one of them is NULL, which is equal to no other.
func appendKey(dst []byte, row []types.Value, parts []Part, columns []Column) (key []byte, null bool) {
	for _, p := range parts {
		v, t := row[p.Column], columns[p.Column].Type
		if v.Null {
			dst, null = append(dst, nullPart), true
			continue
		}
		dst = appendPart(append(dst, valuePart), v, t, p.Prefix)
	}
	return dst, null
}

func appendPart(dst []byte, v types.Value, t types.Type, prefix int) []byte {
	switch {
	case t.IsFloat():
		bits := math.Float64bits(v.Float + 0) // which makes -0 of 0
		if bits>>63 != 0 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		return binary.BigEndian.AppendUint64(dst, bits)
	case t.Kind == types.Decimal:
		words := v.Dec.Array()
		dst = binary.BigEndian.AppendUint64(dst, words[3]^1<<63)
		for _, w := range []uint64{words[2], words[1], words[0]} {
			dst = binary.BigEndian.AppendUint64(dst, w)
		}
		return dst
	case t.Kind == types.Enum: // in the order of its members
		return binary.BigEndian.AppendUint16(dst, uint16(slices.Index(t.MemberNames(), v.Str)+1))
	case t.IsText():
		text := v.Str
		if prefix > 0 {
			text = firstRunes(text, prefix)
		}
		if c, ok := collation.Of(t.Collation); ok {
			return appendEscaped(dst, string(c.AppendKey(nil, text)))
		}
		return appendEscaped(dst, text)
	case t.IsString():
		text := v.Str
		if prefix > 0 {
			text = text[:min(prefix, len(text))]
		}
		return appendEscaped(dst, text)
	case t.IsUnsigned():
		return binary.BigEndian.AppendUint64(dst, uint64(v.Int))
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int)^1<<63)
}

// appendEscaped appends bytes and an end that sorts before whatever they could go on with.
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

func firstRunes(s string, n int) string {
	at := 0
	for range n {
		if at == len(s) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return s[:at]
}

// comparable refuses keys over what can't be compared by bytes.
func (d *Definition) comparable() error {
	check := func(parts []Part) error {
		for _, p := range parts {
			t := d.Columns[p.Column].Type
			if t.IsText() && t.Kind != types.Enum && !collation.Has(t.Collation) {
				return sqlerr.New(sqlerr.Unsupported, "column '%s' of table %s: keys over texts of collation %s are not supported",
					d.Columns[p.Column].Name, d.Name, t.Collation)
			}
		}
		return nil
	}
	if err := check(d.Primary); err != nil {
		return err
	}
	for _, k := range d.uniques() {
		if err := check(k.Parts); err != nil {
			return err
		}
	}
	return nil
}
