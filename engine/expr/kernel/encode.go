package kernel

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// warnWrongString is ER_WRONG_VALUE_FOR_TYPE.
const warnWrongString = 1411

// Unhex computes UNHEX(text): NULL with a warning for what is not hexadecimal. An odd first digit is a byte.
func Unhex(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	start := len(dst)
	if len(s)%2 == 1 {
		s = append([]byte{'0'}, s...)
	}
	dst, err := hex.AppendDecode(dst, s)
	if err != nil {
		r.Warn(warnWrongString, "Incorrect string value: '"+string(r.Text(0))+"' for function unhex")
		return dst[:start], false
	}
	return dst, true
}

// base64Line is the characters of a line of TO_BASE64.
const base64Line = 76

// ToBase64 computes TO_BASE64(text), in lines.
func ToBase64(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	const bytesOfLine = base64Line / 4 * 3
	for len(s) > bytesOfLine {
		dst = append(base64.StdEncoding.AppendEncode(dst, s[:bytesOfLine]), '\n')
		s = s[bytesOfLine:]
	}
	return base64.StdEncoding.AppendEncode(dst, s), true
}

// FromBase64 computes FROM_BASE64(text), which skips white space: NULL for what is not base 64.
func FromBase64(r *Row, dst []byte) ([]byte, bool) {
	var digits []byte
	for _, c := range r.Text(0) {
		switch c {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			digits = append(digits, c)
		}
	}
	start := len(dst)
	dst, err := base64.StdEncoding.AppendDecode(dst, digits)
	if err != nil {
		return dst[:start], false
	}
	return dst, true
}

// Quote computes QUOTE(text): the text as a literal of SQL, NULL as the word. It is lenient.
func Quote(r *Row, dst []byte) ([]byte, bool) {
	if r.Null(0) {
		return append(dst, "NULL"...), true
	}
	dst = append(dst, '\'')
	for _, c := range r.Text(0) {
		switch c {
		case '\'', '\\':
			dst = append(dst, '\\', c)
		case 0:
			dst = append(dst, '\\', '0')
		case 0x1a:
			dst = append(dst, '\\', 'Z')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\''), true
}

// soundexCodes are the digits of the letters A to Z; the ones with 0 are not coded.
const soundexCodes = "01230120022455012623010202"

// Soundex computes SOUNDEX(text): at least four characters, as long as the text asks for. Letters beyond A to Z count as vowels.
func Soundex(r *Row, dst []byte) ([]byte, bool) {
	start := len(dst)
	last := byte('0')
	for s := r.Text(0); len(s) > 0; {
		c, size := utf8.DecodeRune(s)
		s = s[size:]
		if !unicode.IsLetter(c) {
			continue
		}
		c = unicode.ToUpper(c)
		code := byte('0')
		if c >= 'A' && c <= 'Z' {
			code = soundexCodes[c-'A']
		}
		switch {
		case len(dst) == start:
			dst = utf8.AppendRune(dst, c)
			last = code
		case code != '0' && code != last: // a vowel between two of a kind does not part them
			dst = append(dst, code)
			last = code
		}
	}
	if len(dst) == start {
		return dst, true
	}
	for utf8.RuneCount(dst[start:]) < 4 {
		dst = append(dst, '0')
	}
	return dst, true
}

// Ord computes ORD(text): the bytes of the first character as a number.
func Ord(r *Row) (int64, bool) {
	s := r.Text(0)
	if len(s) == 0 {
		return 0, true
	}
	var v int64
	for _, c := range s[:runeBytes(s)] {
		v = v<<8 | int64(c)
	}
	return v, true
}

// Chars computes CHAR(n, ...) without a character set: the bytes of the numbers, NULLs left out. It is lenient.
func Chars(r *Row, dst []byte) ([]byte, bool) {
	for k := range r.Len() {
		if r.Null(k) {
			continue
		}
		v := uint32(r.Int(k))
		for shift := 24; shift >= 0; shift -= 8 {
			if v>>shift != 0 || shift == 0 {
				dst = append(dst, byte(v>>shift))
			}
		}
	}
	return dst, true
}

// InvalidText is the errno and the message of bytes that are no text of a character set (ER_INVALID_CHARACTER_STRING).
func InvalidText(set string, s []byte) (errno int, message string) {
	const most = 6 // bytes that it shows
	return 1300, fmt.Sprintf("Invalid %s character string: '%X'", set, s[:min(len(s), most)])
}

// TextOfBytes computes CONVERT(bytes USING utf8mb4): NULL with a warning for what is no UTF-8.
func TextOfBytes(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	if !utf8.Valid(s) {
		r.Warn(InvalidText("utf8mb4", s))
		return dst, false
	}
	return append(dst, s...), true
}

// uuidGroups are the ends of the groups of digits of a UUID that hyphens follow.
var uuidGroups = [...]int{8, 12, 16, 20}

// parseUUID reads a UUID: 32 digits, with the hyphens or without, the former in braces or not.
func parseUUID(s []byte) (id [16]byte, ok bool) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	var digits [32]byte
	switch len(s) {
	case 32:
		copy(digits[:], s)
	case 36:
		at := 0
		for i, c := range s {
			if i == 8 || i == 13 || i == 18 || i == 23 {
				if c != '-' {
					return id, false
				}
				continue
			}
			digits[at] = c
			at++
		}
	default:
		return id, false
	}
	_, err := hex.Decode(id[:], digits[:])
	return id, err == nil
}

// IsUUID computes IS_UUID(text).
func IsUUID(r *Row) (int64, bool) {
	_, ok := parseUUID(r.Text(0))
	return int64(b2u(ok)), true
}

// swapped reports whether the argument behind a UUID asks for its time parts to change places.
func swapped(r *Row) bool { return r.Len() > 1 && !r.Null(1) && r.Int(1) != 0 }

// UUIDToBin computes UUID_TO_BIN(text[, swap]): an error for what is no UUID. It is lenient: a NULL flag is 0.
func UUIDToBin(r *Row, dst []byte) ([]byte, bool) {
	if r.Null(0) {
		return dst, false
	}
	id, ok := parseUUID(r.Text(0))
	if !ok {
		r.Fail(wrongUUID(r.Text(0), "uuid_to_bin"))
		return dst, false
	}
	if swapped(r) {
		return append(append(append(append(dst, id[6:8]...), id[4:6]...), id[:4]...), id[8:]...), true
	}
	return append(dst, id[:]...), true
}

// BinToUUID computes BIN_TO_UUID(bytes[, swap]), the inverse.
func BinToUUID(r *Row, dst []byte) ([]byte, bool) {
	if r.Null(0) {
		return dst, false
	}
	s := r.Text(0)
	if len(s) != 16 {
		r.Fail(wrongUUID(s, "bin_to_uuid"))
		return dst, false
	}
	id := append([]byte(nil), s...)
	if swapped(r) {
		copy(id, s[4:8])
		copy(id[4:], s[2:4])
		copy(id[6:], s[:2])
	}
	digits := hex.AppendEncode(nil, id)
	at := 0
	for _, end := range uuidGroups {
		dst = append(append(dst, digits[at:end]...), '-')
		at = end
	}
	return append(dst, digits[at:]...), true
}
