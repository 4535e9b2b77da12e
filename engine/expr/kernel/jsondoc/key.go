package jsondoc

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// Kinds of keys, in the order of the values. All numbers are of one kind.
const (
	keyOfNull = 1 + iota
	keyOfNumber
	keyOfString
	keyOfObject
	keyOfArray
	keyOfBool
	keyOfOpaque // a value that no document holds: a date, a time or a byte string
	keyOfOther  // a text that is not JSON
)

// AppendKey appends bytes to dst that are equal, and sort, as the documents are compared; that of no document is the beginning of
// another's. A text that is none, which a source may hold, comes behind all of them.
func AppendKey(dst, text []byte) []byte { return (*Work)(nil).AppendKey(dst, string(text)) }

// AppendKey is the AppendKey of a text that is kept no longer than the call.
func (w *Work) AppendKey(dst []byte, text string) []byte {
	v, err := w.Parse(text, true)
	switch {
	case w.Err() != nil:
		return dst
	case err != nil:
		return append(append(dst, keyOfOther), text...)
	}
	return v.AppendKey(dst)
}

// AppendOpaqueKey appends a key that comes behind those of all documents, for a value that is not like any.
func AppendOpaqueKey(dst []byte) []byte { return append(dst, keyOfOpaque) }

// AppendKey appends the key of a document.
func (v *Value) AppendKey(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, keyOfNull)
	case String:
		return appendTextKey(append(dst, keyOfString), v.Text)
	case Bool:
		if v.Bool {
			return append(dst, keyOfBool, 1)
		}
		return append(dst, keyOfBool, 0)
	case Array:
		dst = append(dst, keyOfArray)
		for i, items := 0, v.Items(); i < len(items); i++ {
			dst = items[i].AppendKey(append(dst, 1))
		}
		return append(dst, 0)
	case Object:
		dst = binary.BigEndian.AppendUint32(append(dst, keyOfObject), uint32(v.Length()))
		for i, members := 0, v.Members(); i < len(members); i++ {
			m := &members[i]
			dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(m.Key))), m.Key...)
			dst = m.Value.AppendKey(dst)
		}
		return dst
	}
	return appendNumberKey(append(dst, keyOfNumber), v.Text)
}

// appendTextKey ends the text by a zero byte; one in it becomes two other bytes.
func appendTextKey(dst []byte, text string) []byte {
	for i := range len(text) {
		if text[i] <= 1 {
			dst = append(dst, 1)
		}
		dst = append(dst, text[i]+b2u(text[i] <= 1))
	}
	return append(dst, 0)
}

func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// appendNumberKey appends the sign, the place of the point before the first digit that is not zero, and the digits from there on.
func appendNumberKey(dst []byte, number string) []byte {
	number, negative := strings.CutPrefix(number, "-")
	exponent := 0
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		exponent, _ = strconv.Atoi(number[at+1:]) // the nearest that there is
		number = number[:at]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	point := len(whole) + min(max(exponent, math.MinInt32/2), math.MaxInt32/2)
	kept := strings.TrimLeft(whole, "0")
	if point -= len(whole) - len(kept); kept == "" {
		significant := strings.TrimLeft(fraction, "0")
		point -= len(fraction) - len(significant)
		fraction = significant
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		kept = strings.TrimRight(kept, "0")
	}
	if kept == "" && fraction == "" {
		return append(dst, 1)
	}
	sign, start := byte(2), len(dst)+1
	if negative {
		sign = 0
	}
	dst = binary.BigEndian.AppendUint32(append(dst, sign), uint32(int32(point))^1<<31)
	dst = append(append(append(dst, kept...), fraction...), 0)
	if negative {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}
