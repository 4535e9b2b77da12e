package bind

import (
	"encoding/binary"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/types"
)

// Weights returns the function that appends the sort key of a text under a collation to dst: the keys of two texts
// compare bytewise as the texts compare under the collation, and are equal where they are. It is safe for concurrent
// use. A collation that needs no key (Collation.Bytewise) gets the text itself. ok is false for an id that MySQL does not
// have.
func Weights(c types.Collation) (key func(dst []byte, text string) []byte, ok bool) {
	if c.Bytewise() {
		return func(dst []byte, text string) []byte { return append(dst, text...) }, true
	}
	id := sql.CollationID(c)
	if !collations[id] {
		return nil, false
	}
	weight := id.Sorter()
	padded := id.PadAttribute() == "PAD SPACE"
	return func(dst []byte, text string) []byte {
		if padded {
			// Under PAD SPACE the shorter text counts as filled with spaces. Cutting the trailing ones of both is the
			// same, but for characters that sort before the space: control characters, which MySQL's manual excludes too.
			text = strings.TrimRight(text, " ")
		}
		for _, r := range text {
			// Flipping the sign bit makes the order of signed weights that of their bytes.
			dst = binary.BigEndian.AppendUint32(dst, uint32(weight(r))^1<<31)
		}
		return dst
	}, true
}
