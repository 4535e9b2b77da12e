package mysql

import (
	"bytes"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// encoder converts between UTF-8 and a character set. GMS's encoders are some.
type encoder interface {
	// Decode returns what a text of the character set is in UTF-8; false: it is none.
	Decode(text []byte) ([]byte, bool)
	// EncodeReplaceUnknown returns what a text in UTF-8 is in the character set, with question marks for what that lacks.
	EncodeReplaceUnknown(text []byte) []byte
}

// foreign are the character sets that clients may speak though GMS can't convert them: those of package encoding that are MySQL's, character by
// character, but for control characters from U+0080 on. Others (big5, sjis, ujis, gb2312 and their kin) have characters in other places there.
var foreign = map[sql.CharacterSetID]encoding.Encoding{
	sql.CharacterSet_cp1250:   charmap.Windows1250,
	sql.CharacterSet_cp1251:   charmap.Windows1251,
	sql.CharacterSet_cp850:    charmap.CodePage850,
	sql.CharacterSet_cp852:    charmap.CodePage852,
	sql.CharacterSet_euckr:    korean.EUCKR,
	sql.CharacterSet_gbk:      simplifiedchinese.GBK,
	sql.CharacterSet_koi8r:    charmap.KOI8R,
	sql.CharacterSet_latin2:   charmap.ISO8859_2,
	sql.CharacterSet_latin5:   charmap.ISO8859_9,
	sql.CharacterSet_macroman: charmap.Macintosh,
	sql.CharacterSet_tis620:   charmap.Windows874,
}

// encoderOf returns the encoder of a character set; nil: there is none.
func encoderOf(id sql.CharacterSetID) encoder {
	if own := id.Encoder(); own != nil {
		return own
	}
	if e, ok := foreign[id]; ok {
		return foreignEncoder{e}
	}
	return nil
}

type foreignEncoder struct{ encoding.Encoding }

// Decode implements encoder.
func (e foreignEncoder) Decode(text []byte) ([]byte, bool) {
	decoded, err := e.NewDecoder().Bytes(text)
	return decoded, err == nil && !bytes.ContainsRune(decoded, utf8.RuneError)
}

// EncodeReplaceUnknown implements encoder.
func (e foreignEncoder) EncodeReplaceUnknown(text []byte) []byte {
	encoder := e.NewEncoder()
	if all, err := encoder.Bytes(text); err == nil {
		return all
	}
	var out []byte
	for len(text) > 0 {
		_, size := utf8.DecodeRune(text)
		one, err := encoder.Bytes(text[:size])
		if err != nil {
			one = []byte{'?'}
		}
		out, text = append(out, one...), text[size:]
	}
	return out
}
