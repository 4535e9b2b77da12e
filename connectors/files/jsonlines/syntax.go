package jsonlines

import (
	"bytes"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/connectors/files/text"
)

// syntax is text.Syntax of lines whose keys are columns.
type syntax struct {
	names  []string
	places map[string]int
}

// Last implements text.Syntax. A line break within a text is escaped in JSON.
func (x *syntax) Last(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// Unescape implements text.Syntax.
func (x *syntax) Unescape(dst, cell []byte) []byte {
	quoted := make([]byte, 0, len(cell)+2)
	quoted = append(append(append(quoted, '"'), cell...), '"')
	return append(dst, gjson.ParseBytes(quoted).Str...)
}

// lineAt returns the line that begins at a position, without spaces around it, and where the next one begins.
func lineAt(data []byte, at int) (line []byte, next int) {
	next = len(data)
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		next = at + n + 1
	}
	return bytes.Trim(data[at:next], " \t\r\n"), next
}

// maxDepth is how deep a line may nest: checking it takes a frame of the stack for each level.
const maxDepth = 10_000

// check says why a line is no JSON object; "": it is one.
func check(line []byte) string {
	if line[0] != '{' {
		return "it is no JSON object"
	}
	if bytes.Count(line, []byte{'['})+bytes.Count(line, []byte{'{'}) > maxDepth && depth(line) > maxDepth {
		return "it nests too deep"
	}
	if !gjson.Valid(unsafe.String(unsafe.SliceData(line), len(line))) {
		return "it is not JSON"
	}
	return ""
}

// depth is how deep brackets nest in what may be JSON.
func depth(line []byte) (most int) {
	now := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			i, _ = closing(line, i+1)
		case '[', '{':
			now++
			most = max(most, now)
		case ']', '}':
			now--
		}
	}
	return most
}

// closing returns where the text ends that begins at a position, after its quote, and whether it has escapes.
func closing(p []byte, at int) (end int, escaped bool) {
	for at < len(p) {
		q := bytes.IndexByte(p[at:], '"')
		if q < 0 {
			break
		}
		b := bytes.IndexByte(p[at:at+q], '\\')
		if b < 0 {
			return at + q, escaped
		}
		escaped = true
		at += b + 2
	}
	return len(p), escaped
}

// members visits the members of an object that is known to be valid, with cells from its start on.
func members(p []byte, visit func(key []byte, escaped bool, c text.Cell)) {
	at := space(p, 1)
	for at < len(p) && p[at] == '"' {
		end, escaped := closing(p, at+1)
		key := p[at+1 : end]
		at = space(p, end+1) + 1 // past the colon
		var c text.Cell
		c, at = value(p, space(p, at))
		visit(key, escaped, c)
		if at = space(p, at); at < len(p) && p[at] == ',' {
			at = space(p, at+1)
		}
	}
}

func space(p []byte, at int) int {
	for at < len(p) && (p[at] == ' ' || p[at] == '\t' || p[at] == '\r') {
		at++
	}
	return at
}

// value returns the valid value that begins at a position, and where it ends.
func value(p []byte, at int) (c text.Cell, end int) {
	switch p[at] {
	case '"':
		end, escaped := closing(p, at+1)
		c = text.Cell{From: uint32(at + 1), To: uint32(end), Kind: text.String}
		if escaped {
			c.Kind = text.EscapedString
		}
		return c, end + 1
	case '{', '[':
		end = at
		for now := 0; ; end++ {
			switch p[end] {
			case '"':
				end, _ = closing(p, end+1)
			case '{', '[':
				now++
			case '}', ']':
				now--
			}
			if now == 0 {
				break
			}
		}
		end++
		return text.Cell{From: uint32(at), To: uint32(end), Kind: text.Nested}, end
	case 't':
		return text.Cell{From: uint32(at), To: uint32(at + 4), Kind: text.True}, at + 4
	case 'f':
		return text.Cell{From: uint32(at), To: uint32(at + 5), Kind: text.False}, at + 5
	case 'n':
		return text.Cell{}, at + 4
	}
	for end = at; end < len(p) && p[end] != ',' && p[end] != '}' && p[end] != ' ' && p[end] != '\t' && p[end] != '\r'; {
		end++
	}
	return text.Cell{From: uint32(at), To: uint32(end), Kind: text.Number}, end
}

// Records implements text.Syntax.
func (x *syntax) Records(p []byte, g *text.Grid) int {
	at := 0
	for line := 0; at < len(p) && !g.Full(); line++ {
		object, next := lineAt(p, at)
		if len(object) == 0 {
			at = next
			continue
		}
		row := g.Row(line)
		why := check(object)
		if why == "" {
			offset := uint32(at + bytes.IndexByte(p[at:next], '{'))
			x.cells(object, offset, row, g)
		}
		g.Add(why)
		at = next
	}
	return at
}

// cells notes the cells of an object that begins at an offset.
func (x *syntax) cells(object []byte, offset uint32, row []text.Cell, g *text.Grid) {
	n := 0
	members(object, func(key []byte, escaped bool, c text.Cell) {
		var place int
		if n < len(x.names) && !escaped && string(key) == x.names[n] { // objects mostly have the same keys in one order
			place = n
		} else {
			name := key
			if escaped {
				name = x.Unescape(nil, key)
			}
			at, known := x.places[string(name)]
			if !known {
				g.Unknown(name)
				return
			}
			place = at
		}
		n = place + 1
		if k := g.At[place]; k >= 0 {
			if c.Kind != text.Null {
				c.From, c.To = c.From+offset, c.To+offset
			}
			row[k] = c
		}
	})
}
