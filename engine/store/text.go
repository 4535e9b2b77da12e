package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// shown is a value as a text, byte strings as they are.
func (r *Rules) shown(v types.Value, from types.Type) string {
	if from.Kind == types.Bit {
		b := binary.BigEndian.AppendUint64(nil, uint64(v.Int))
		return string(b[8-(max(from.Length, 1)+7)/8:])
	}
	return v.Format(from, r.Location)
}

// text stores into CHAR, VARCHAR and TEXT (11.3.2, 11.3.4).
func (r *Rules) text(v types.Value, from types.Type, to *Column) (types.Value, error) {
	s := r.shown(v, from)
	if from.IsFloat() {
		s = shortened(v.Float, s, int(to.Type.Length))
	}
	s, err := r.encodable(s, to)
	if err != nil {
		return types.NullValue, err
	}
	return r.bounded(s, to, func(s string) int {
		switch {
		case to.Empty:
			return 0
		case to.Type.Kind == types.Text:
			return prefixOfBytes(s, to.Bytes)
		}
		return prefixOfRunes(s, int(to.Type.Length))
	})
}

// shortened is a double with so many digits that its text fits, if there is such a number of digits; 0: any text does.
func shortened(f float64, s string, length int) string {
	const mostDigits = 17
	for digits := mostDigits; digits > 0 && length > 0 && len(s) > length; digits-- {
		if near, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', digits-1, 64), 64); err == nil {
			if short := types.FormatFloat(near, 64); len(short) <= length {
				return short
			}
		}
	}
	return s
}

// bytes stores into BINARY, VARBINARY and BLOB (11.3.3, 11.3.4).
func (r *Rules) bytes(v types.Value, from types.Type, to *Column) (types.Value, error) {
	s := r.shown(v, from)
	most := to.Bytes
	if to.Type.Kind != types.Blob {
		most = int64(to.Type.Length)
	}
	if from.IsFloat() {
		s = shortened(v.Float, s, int(most))
	}
	if (most > 0 || to.Empty) && int64(len(s)) > most {
		return types.TextValue(s[:most]), r.tooLong(to)
	}
	if to.Type.Kind == types.Binary && len(s) < int(to.Type.Length) {
		s += strings.Repeat("\x00", int(to.Type.Length)-len(s))
	}
	return types.TextValue(s), nil
}

// bounded cuts a text to the column's length. Spaces that are cut are noted, but of a CHAR, which has none at its end.
func (r *Rules) bounded(s string, to *Column, prefix func(string) int) (types.Value, error) {
	if to.Type.Kind == types.Char {
		s = strings.TrimRight(s, " ")
	}
	end := prefix(s)
	if end == len(s) {
		return types.TextValue(s), nil
	}
	rest := s[end:]
	if s = s[:end]; to.Type.Kind == types.Char {
		s = strings.TrimRight(s, " ")
	}
	if strings.Trim(rest, " ") != "" {
		return types.TextValue(s), r.tooLong(to)
	}
	r.cut(to)
	return types.TextValue(s), nil
}

// tooLong complains of a text or byte string of which the beginning is stored.
func (r *Rules) tooLong(to *Column) error {
	if !r.Strict {
		return r.truncated(to)
	}
	return r.complain(sqlerr.DataTooLong, "Data too long for column '%s' at row %d", to.Name, r.Row)
}

// prefixOfRunes is the bytes of the first n characters; 0: of all.
func prefixOfRunes(s string, n int) int {
	if n == 0 || len(s) <= n {
		return len(s)
	}
	for at := range s {
		if n == 0 {
			return at
		}
		n--
	}
	return len(s)
}

// prefixOfBytes is the bytes of the characters that are within the first n bytes; 0: of all.
func prefixOfBytes(s string, n int64) int {
	if n == 0 || int64(len(s)) <= n {
		return len(s)
	}
	end := int(n)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return end
}

// encodable is a text in the column's character set: what it lacks is an error, or a question mark.
func (r *Rules) encodable(s string, to *Column) (string, error) {
	bad := -1
	for at, c := range s {
		if c == utf8.RuneError && !strings.HasPrefix(s[at:], "\uFFFD") || to.Encodes != nil && c >= utf8.RuneSelf && !to.Encodes(c) {
			bad = at
			break
		}
	}
	if bad < 0 {
		return s, nil
	}
	if err := r.incorrect("string", quotedBytes(s[bad:]), to); err != nil {
		return s, err
	}
	var known strings.Builder
	for at := 0; at < len(s); {
		c, size := utf8.DecodeRuneInString(s[at:])
		if c == utf8.RuneError && size == 1 || to.Encodes != nil && c >= utf8.RuneSelf && !to.Encodes(c) {
			known.WriteByte('?')
		} else {
			known.WriteString(s[at : at+size])
		}
		at += size
	}
	return known.String(), nil
}

// quotedBytes shows the first bytes of a text that can't be.
func quotedBytes(s string) string {
	const most = 6
	var b strings.Builder
	for _, c := range []byte(s[:min(len(s), most)]) {
		if c >= ' ' && c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\x%02X", c)
		}
	}
	if len(s) > most {
		b.WriteString("...")
	}
	return b.String()
}

// member returns the index of a member of an ENUM or SET that a text is under the column's collation, -1 for none.
func member(s string, names []string, t types.Type) int {
	if i := slices.Index(names, s); i >= 0 {
		return i
	}
	c, ok := collation.Of(t.Collation)
	if !ok {
		return -1
	}
	key := c.AppendKey(nil, strings.TrimRight(s, " "))
	return slices.IndexFunc(names, func(n string) bool { return string(c.AppendKey(nil, strings.TrimRight(n, " "))) == string(key) })
}

// enum stores into ENUM (11.3.5): a text is a member, or the number of one; a number is that of one. What another ENUM holds of no member goes on
// as that.
func (r *Rules) enum(v types.Value, from types.Type, to *Column) (types.Value, error) {
	names := to.Type.MemberNames()
	var at int
	if from.IsTemporal() {
		v, from = types.TextValue(r.shown(v, from)), types.Of(types.Varchar)
	}
	if from.Kind == types.Enum && v.Str == "" { // which one without a strict mode stored of no member
		return v, nil
	}
	if from.IsString() {
		if at = member(v.Str, names, to.Type); at < 0 {
			if n, err := strconv.ParseUint(strings.TrimRight(v.Str, " "), 10, 16); err == nil {
				at = int(n) - 1
			}
		}
	} else {
		whole, err := r.cutNumber(v, from, to)
		if err != nil {
			return types.NullValue, err
		}
		at = int(min(max(whole, 0), 1<<16)) - 1
	}
	if at < 0 || at >= len(names) {
		return types.TextValue(""), r.truncated(to)
	}
	return types.TextValue(names[at]), nil
}

// cutNumber is a number without what is behind its point, at most the largest.
func (r *Rules) cutNumber(v types.Value, from types.Type, to *Column) (int64, error) {
	n, err := r.numberOf(v, from, to, "integer")
	if err != nil {
		return 0, err
	}
	whole := new(big.Int).Quo(n.unscaled, powerOfTen(n.scale))
	switch {
	case whole.IsInt64():
		return whole.Int64(), nil
	case whole.IsUint64():
		return int64(whole.Uint64()), nil
	case whole.Sign() < 0:
		return math.MinInt64, nil
	}
	return math.MaxInt64, nil
}

// set stores into SET (11.3.6): a text is members with commas between them, or the number whose bits are some; a number has bits.
func (r *Rules) set(v types.Value, from types.Type, to *Column) (types.Value, error) {
	names := to.Type.MemberNames()
	all := uint64(1)<<len(names) - 1
	var chosen uint64
	unknown := false
	if from.IsTemporal() {
		v, from = types.TextValue(r.shown(v, from)), types.Of(types.Varchar)
	}
	if from.IsString() {
		for m := range strings.SplitSeq(v.Str, ",") {
			if i := member(m, names, to.Type); i >= 0 {
				chosen |= 1 << i
			} else {
				unknown = unknown || v.Str != ""
			}
		}
		if n, err := strconv.ParseUint(v.Str, 10, 64); unknown && err == nil && n <= all {
			chosen, unknown = n, false
		}
	} else {
		whole, err := r.cutNumber(v, from, to)
		if err != nil {
			return types.NullValue, err
		}
		chosen = uint64(whole)
		unknown = chosen > all
	}
	var list []string
	for left := chosen & all; left != 0; left &= left - 1 {
		list = append(list, names[bits.TrailingZeros64(left)])
	}
	stored := types.TextValue(strings.Join(list, ","))
	if unknown {
		return stored, r.truncated(to)
	}
	return stored, nil
}

// json stores into JSON (11.5): a document, or the text of one. What is none is an error in any mode.
func (r *Rules) json(v types.Value, from types.Type, to *Column) (types.Value, error) {
	switch {
	case from.Kind == types.JSON:
		return v, nil
	case from.IsBinary():
		return types.NullValue, sqlerr.New(sqlerr.Errno(3144), "Cannot create a JSON value from a string with CHARACTER SET 'binary'.") // ER_INVALID_JSON_CHARSET
	case !from.IsText():
		return types.NullValue, r.noDocument("not a JSON text, may need CAST", 0, to)
	}
	doc, err := jsondoc.Parse(v.Str, false)
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
		return types.NullValue, r.noDocument(syntax.Message, syntax.Offset, to)
	}
	if err != nil {
		return types.NullValue, sqlerr.New(sqlerr.JSONDepth, "%s", err)
	}
	return types.TextValue(string(doc.Append(nil))), nil
}

func (r *Rules) noDocument(why string, position int, to *Column) error {
	return sqlerr.New(sqlerr.InvalidJSON, `Invalid JSON text: "%s" at position %d in value for column '%s.%s'.`, why, position, to.Table, to.Name)
}
