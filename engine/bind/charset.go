package bind

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Text is UTF-8 in the engine, of whatever character set its type is (MySQL 8.0 manual, 10.1). Another set shows where text becomes bytes, bytes become
// text, and text comes into a set that has fewer characters.

// recoding is what becomes of a value of a character set.
type recoding string

const (
	encoded recoding = "the bytes of"  // text as bytes of the set
	decoded recoding = "the text of"   // bytes as text
	fitted  recoding = "characters of" // text with question marks for characters that the set lacks
)

// recoder is the row-wise evaluator of a recoding.
type recoder struct {
	recoding
	set sql.CharacterSetID
}

// Clone implements expr.RowFunc.
func (r recoder) Clone() expr.RowFunc { return r }

// Same implements expr.RowFunc.
func (r recoder) Same(o expr.RowFunc) bool { return expr.RowFunc(r) == o }

// Eval implements expr.RowFunc. Bytes that are no text of the set are NULL, with a warning.
func (r recoder) Eval(env *expr.Env, args []types.Value) (types.Value, error) {
	if args[0].Null {
		return types.NullValue, nil
	}
	out, encoder := []byte(args[0].Str), r.set.Encoder()
	if r.recoding != decoded {
		out = encoder.EncodeReplaceUnknown(out)
	}
	if r.recoding != encoded {
		text, ok := encoder.Decode(out)
		if !ok {
			env.Warn(kernel.InvalidText(r.set.Name(), out))
			return types.NullValue, nil
		}
		out = text
	}
	return types.TextValue(string(out)), nil
}

func recode(as recoding, set sql.CharacterSetID, e expr.Expr, to types.Type) expr.Expr {
	text := string(as) + " " + set.Name() + " " + e.String() //nolint:forbidigo // for EXPLAIN
	return &expr.Fallback{Row: recoder{as, set}, Args: []expr.Expr{e}, Typ: to, Text: text}
}

// inBytes is what functions of bytes read of a string: text of another character set than UTF-8 has other bytes than here.
func inBytes(e expr.Expr) expr.Expr {
	t := e.Type()
	set := sql.CollationID(t.Collation).CharacterSet()
	if !t.IsText() || isUTF8(set) || set == sql.CharacterSet_ascii || set.Encoder() == nil {
		return e
	}
	return recode(encoded, set, e, types.Type{Kind: types.Varbinary, Length: t.Length * uint32(set.MaxLength())})
}

// isUTF8 reports a character set that has all the characters that texts have here.
func isUTF8(set sql.CharacterSetID) bool {
	return set == sql.CharacterSet_utf8mb4 || set == sql.CharacterSet_utf8mb3 || set == sql.CharacterSet_Unspecified
}

// readsBytes are the functions of the bytes of their first argument.
var readsBytes = map[expr.Func]bool{expr.Length: true, expr.Hex: true, expr.Ascii: true, "bit_length": true, "ord": true, "to_base64": true, "md5": true, "sha1": true,
	"sha2": true, "crc32": true, "compress": true}

// intoSet is an expression as text of a character set. Bytes are taken for text of the set.
func (x *expressions) intoSet(e expr.Expr, set sql.CharacterSetID) (expr.Expr, error) {
	t := e.Type()
	to := types.NewText(types.Varchar, int(t.Length), types.Collation(set.DefaultCollation()))
	switch {
	case t.IsBinary() && isUTF8(set):
		text, err := expr.New("char_using", e)
		if err != nil {
			return nil, err
		}
		return expr.NewCollate(text, to.Collation)
	case t.IsBinary():
		return recode(decoded, set, e, to), nil
	case !t.IsText():
		return expr.NewCast(e, types.NewText(types.Varchar, 0, to.Collation))
	case !isUTF8(set):
		to.Kind = t.Kind
		return recode(fitted, set, e, to), nil
	case isUTF8(sql.CollationID(t.Collation).CharacterSet()):
		return expr.NewCollate(e, to.Collation)
	}
	return expr.NewCast(e, to)
}
