package csv

import (
	"bytes"
	"fmt"
	"math/bits"

	"github.com/silogate/silogate/connectors/files/text"
)

// dialect is text.Syntax of files that are written alike.
type dialect struct {
	delimiter byte
	quoted    bool // fields may be
	quote     byte
	escape    byte // 0: none
	null      []byte
	width     int // fields of a record
}

// Why a record is malformed.
const (
	unclosed = "a quoted field does not end"
	trailing = "a quoted field goes on after its quote"
)

// Last implements text.Syntax. A quoted line break ends no record.
func (d *dialect) Last(p []byte) int {
	last := 0
	if !d.quoted {
		return bytes.LastIndexByte(p, '\n') + 1
	}
	for at := 0; at < len(p); {
		q := bytes.IndexByte(p[at:], d.quote)
		if q < 0 {
			q = len(p) - at
		}
		if n := bytes.LastIndexByte(p[at:at+q], '\n'); n >= 0 {
			last = at + n + 1
		}
		at += q
		if at == len(p) {
			break
		}
		opens := at == 0 || p[at-1] == d.delimiter || p[at-1] == '\n'
		at++
		if opens {
			end, _, ok := d.closing(p, at)
			if !ok {
				break
			}
			at = end + 1
		}
	}
	return last
}

// closing finds the quote that ends a field which begins at a position; escaped reports doubled quotes and escapes before
// it.
func (d *dialect) closing(p []byte, at int) (end int, escaped, ok bool) {
	for at < len(p) {
		q := bytes.IndexByte(p[at:], d.quote)
		if d.escape != 0 {
			before := p[at:]
			if q >= 0 {
				before = p[at : at+q]
			}
			if e := bytes.IndexByte(before, d.escape); e >= 0 {
				at += e + 2
				escaped = true
				continue
			}
		}
		if q < 0 {
			break
		}
		at += q
		if at+1 < len(p) && p[at+1] == d.quote {
			at += 2
			escaped = true
			continue
		}
		return at, escaped, true
	}
	return len(p), escaped, false
}

// Unescape implements text.Syntax.
func (d *dialect) Unescape(dst, field []byte) []byte {
	for i := 0; i < len(field); i++ {
		c := field[i]
		if (c == d.quote || c == d.escape && d.escape != 0) && i+1 < len(field) {
			i++
			c = field[i]
		}
		dst = append(dst, c)
	}
	return dst
}

// The bytes of a word.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// field returns where the unquoted field that begins at a position ends: at a delimiter, a line break or the end.
func (d *dialect) field(p []byte, at int) int {
	delimiters, breaks := uint64(d.delimiter)*ones, uint64('\n')*ones
	for ; at+8 <= len(p); at += 8 {
		w := p[at : at+8 : at+8]
		word := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		a, b := word^delimiters, word^breaks
		// The lowest set high bit is that of the first byte that is zero in a or b.
		if found := ((a - ones) &^ a & highs) | ((b - ones) &^ b & highs); found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for at < len(p) && p[at] != d.delimiter && p[at] != '\n' {
		at++
	}
	return at
}

// next returns the field that begins at a position, and where it ends: at a delimiter, a line break or the end of p.
func (d *dialect) next(p []byte, at int) (c text.Cell, end int, why string) {
	if d.quoted && at < len(p) && p[at] == d.quote {
		last, escaped, ok := d.closing(p, at+1)
		if !ok {
			return text.Cell{}, len(p), unclosed
		}
		c = text.Cell{From: uint32(at + 1), To: uint32(last), Kind: text.Plain}
		if escaped || last == at+1 { // the empty text, and not NULL
			c.Kind = text.Escaped
		}
		if end = d.field(p, last+1); end > last+1 && !(string(p[last+1:end]) == "\r" && (end == len(p) || p[end] == '\n')) {
			return text.Cell{}, end, trailing
		}
		return c, end, ""
	}
	end = d.field(p, at)
	to := end
	if to > at && p[to-1] == '\r' && (end == len(p) || p[end] == '\n') {
		to--
	}
	c = text.Cell{From: uint32(at), To: uint32(to), Kind: text.Plain}
	if to-at == len(d.null) && string(p[at:to]) == string(d.null) {
		c = text.Cell{}
	}
	return c, end, ""
}

// record appends the fields of the record that begins at a position, and returns where the next one does.
func (d *dialect) record(p []byte, at int, fields []text.Cell) (out []text.Cell, next int, why string) {
	for {
		c, end, bad := d.next(p, at)
		fields = append(fields, c)
		if bad != "" {
			why = bad
		}
		if end == len(p) {
			return fields, end, why
		}
		at = end + 1
		if p[end] == '\n' {
			return fields, at, why
		}
	}
}

// Records implements text.Syntax.
func (d *dialect) Records(p []byte, g *text.Grid) int {
	at, line := 0, 0
	for at < len(p) && !g.Full() {
		if d.width > 1 && (p[at] == '\n' || p[at] == '\r' && (at+1 == len(p) || p[at+1] == '\n')) { // an empty line
			end := bytes.IndexByte(p[at:], '\n')
			if end < 0 {
				return len(p)
			}
			at += end + 1
			line++
			continue
		}
		row := g.Row(line)
		begin, n, why := at, 0, ""
		quoted := false
		for {
			quoted = quoted || d.quoted && at < len(p) && p[at] == d.quote
			c, end, bad := d.next(p, at)
			if n < d.width {
				if k := g.At[n]; k >= 0 {
					row[k] = c
				}
			}
			n++
			if bad != "" {
				why = bad
			}
			if at = end; at == len(p) {
				break
			}
			at++
			if p[end] == '\n' {
				break
			}
		}
		if n != d.width && why == "" {
			why = fmt.Sprintf("%d fields instead of %d", n, d.width)
		}
		g.Add(why)
		if quoted {
			line += bytes.Count(p[begin:at], newline)
		} else {
			line++
		}
	}
	return at
}

var newline = []byte{'\n'}
