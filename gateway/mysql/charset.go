package mysql

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// recode turns a text into the bytes of a character set. What that lacks becomes a question mark, as in MySQL.
type recode func(text string) []byte

// charsets are those that a session and its client speak to each other in (MySQL 8.0 Reference Manual, 12.4).
type charsets struct {
	statements sql.CharacterSetID // character_set_client
	results    sql.CharacterSetID // character_set_results; Unspecified: texts are sent as they are
	collation  uint16             // that column definitions say texts to have
	width      uint32             // the most bytes of a character in results
}

// sameBytes reports a character set whose bytes are those of UTF-8, for the texts there are.
func sameBytes(id sql.CharacterSetID) bool {
	switch id {
	case sql.CharacterSet_Unspecified, sql.CharacterSet_utf8mb4, sql.CharacterSet_utf8mb3, sql.CharacterSet_binary:
		return true
	}
	return false
}

// read returns the text of what a client sent.
func (c charsets) read(sent []byte) (string, bool) {
	if sameBytes(c.statements) {
		return string(sent), true
	}
	text, ok := encoderOf(c.statements).Decode(sent)
	return string(text), ok
}

// decode has what a client says of itself be in UTF-8: it is in the character set of the collation that it names with it.
func decode(h *wire.Hello) {
	id, ok := clientCharset(types.Collation(h.Collation))
	if !ok || sameBytes(id) {
		return
	}
	texts := []*string{&h.User, &h.Database}
	for i := range h.Attributes {
		texts = append(texts, &h.Attributes[i].Name, &h.Attributes[i].Value)
	}
	for _, text := range texts {
		if decoded, ok := encoderOf(id).Decode([]byte(*text)); ok {
			*text = string(decoded)
		}
	}
}

// clientCharset is the character set that a client speaks which names a collation; false: the server's own.
func clientCharset(id types.Collation) (sql.CharacterSetID, bool) {
	name := id.Charset() // GMS knows nothing of numbers that are none
	return charsetNamed(name), checkClientCharset(name) == nil
}

// recode returns what turns texts into what the client reads; nil: nothing need be done.
func (c charsets) recode() recode {
	if sameBytes(c.results) {
		return nil
	}
	encoder := encoderOf(c.results)
	return func(text string) []byte { return encoder.EncodeReplaceUnknown([]byte(text)) }
}

// describe has column definitions say what the client gets: names and texts in its character set.
func (c charsets) describe(columns []wire.Column) {
	to := c.recode()
	for i := range columns {
		d := &columns[i]
		if d.Collation == wire.Utf8mb4Collation {
			d.Collation = c.collation
			if d.Length < 1<<31 {
				d.Length = d.Length / bytesPerChar * c.width
			}
		}
		if to == nil {
			continue
		}
		for _, name := range []*string{&d.Schema, &d.Table, &d.OrgTable, &d.Name, &d.OrgName} {
			*name = string(to(*name))
		}
	}
}

// charsetNamed finds a character set by its name; Unspecified: by none, which stands for sending bytes as they are.
func charsetNamed(name any) sql.CharacterSetID {
	text, _ := name.(string)
	if strings.EqualFold(text, "utf8") {
		text = "utf8mb3"
	}
	id, err := sql.ParseCharacterSet(strings.ToLower(text))
	if err != nil || text == "" {
		return sql.CharacterSet_Unspecified
	}
	return id
}
