package jsondoc

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// Kinds of keys, in the order of the values. All numbers are of one kind.
const (
	keyOfNull = 1 + iota
	keyOfNumber
	keyOfString
	keyOfObject
	keyOfArray
	keyOfBool
	keyOfOther // a text that is not JSON
)

// AppendKey appends bytes to dst that are equal, and sort, as the documents are compared; that of no document is the beginning of
// another's. A text that is none, which a source may hold, comes behind all of them.
func AppendKey(dst, text []byte) []byte {
	v, err := Parse(string(text), true)
	if err != nil {
		return append(append(dst, keyOfOther), text...)
	}
	return v.appendKey(dst)
}

func (v *Value) appendKey(dst []byte) []byte {
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
		for i := range v.Items {
			dst = v.Items[i].appendKey(append(dst, 1))
		}
		return append(dst, 0)
	case Object:
		dst = binary.BigEndian.AppendUint32(append(dst, keyOfObject), uint32(len(v.Members)))
		for i := range v.Members {
			m := &v.Members[i]
			dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(m.Key))), m.Key...)
			dst = m.Value.appendKey(dst)
		}
		return dst
	}
	return appendNumberKey(append(dst, keyOfNumber), []byte(v.Text))
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
func appendNumberKey(dst, number []byte) []byte {
	number, negative := bytes.CutPrefix(number, []byte("-"))
	exponent := 0
	if at := bytes.IndexAny(number, "eE"); at >= 0 {
		exponent, _ = strconv.Atoi(string(number[at+1:])) // the nearest that there is
		number = number[:at]
	}
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	digits := append(bytes.Clone(whole), fraction...)
	significant := bytes.TrimLeft(digits, "0")
	point := len(whole) - (len(digits) - len(significant)) + min(max(exponent, math.MinInt32/2), math.MaxInt32/2)
	significant = bytes.TrimRight(significant, "0")
	if len(significant) == 0 {
		return append(dst, 1)
	}
	sign, start := byte(2), len(dst)+1
	if negative {
		sign = 0
	}
	dst = binary.BigEndian.AppendUint32(append(dst, sign), uint32(int32(point))^1<<31)
	dst = append(append(dst, significant...), 0)
	if negative {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}
