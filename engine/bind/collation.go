package bind

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Weights returns the function that appends the sort key of a text under a collation to dst: the keys of two texts
// compare bytewise as the texts compare under the collation, and are equal where they are. It is safe for concurrent
// use. ok is false for a collation without.
func Weights(c types.Collation) (key func(dst, text []byte) []byte, ok bool) {
	if own, ok := collation.Of(c); ok {
		return func(dst, text []byte) []byte {
			return own.AppendKey(dst, unsafe.String(unsafe.SliceData(text), len(text)))
		}, true
	}
	if !weighsCharacters(c) {
		return nil, false
	}
	weight := sql.CollationID(c).Sorter()
	return func(dst, text []byte) []byte {
		// All of these are PAD SPACE: the shorter text counts as filled with spaces. Cutting the trailing ones of both is the
		// same, but for characters that sort before the space: control characters, which MySQL's manual excludes too.
		for _, r := range strings.TrimRight(string(text), " ") {
			// Flipping the sign bit makes the order of signed weights that of their bytes.
			dst = binary.BigEndian.AppendUint32(dst, uint32(weight(r))^1<<31)
		}
		return dst
	}, true
}

// weighsCharacters reports a collation of a character set other than Unicode's that gives each character one weight, which is
// all that GMS knows of any.
func weighsCharacters(c types.Collation) bool {
	return collations[sql.CollationID(c)] && !strings.HasPrefix(c.Charset(), "utf") && c.String() != "latin1_german2_ci"
}

// weighed refuses to have GMS compare texts under a collation that it does not compare as MySQL does.
func weighed(args []expr.Expr) error {
	for _, a := range args {
		t := a.Type()
		if t.IsText() && t.Kind != types.JSON && t.Collation != types.NoCollation && !collation.Has(t.Collation) && !weighsCharacters(t.Collation) {
			return sqlerr.New(sqlerr.UnknownCollation, "texts are not compared under the collation %s", t.Collation)
		}
	}
	return nil
}
