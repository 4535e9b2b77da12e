package jsontable

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Convert reads a text as a date or time; it fails where that is none.
type Convert func(text string, to types.Type) (types.Value, error)

// Storable reports whether a column may have the type.
func Storable(t types.Type) bool {
	return t.IsNumeric() && t.Kind != types.Bit && t.Kind != types.Year || t.IsTemporal() || t.IsBinary() ||
		t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Text || t.Kind == types.JSON
}

// store is a part of a document as a value of the column.
func (c *Column) store(v *jsondoc.Value, convert Convert) (types.Value, error) {
	if c.Type.Kind == types.JSON {
		return types.TextValue(string(v.Append(nil))), nil
	}
	if v.Kind == jsondoc.Null {
		return types.NullValue, nil
	}
	if !v.IsScalar() {
		return types.Value{}, c.uncastable()
	}
	switch t := c.Type; {
	case t.IsString():
		return c.text(v)
	case t.Kind == types.Bool || t.IsInteger():
		return c.integer(v)
	case t.IsFloat():
		return c.float(v)
	case t.Kind == types.Decimal:
		return c.decimal(v)
	case t.IsTemporal() && v.Kind == jsondoc.String:
		if value, err := convert(v.Text, t); err == nil && !value.Null {
			return value, nil
		}
	}
	return types.Value{}, c.uncastable()
}

func (c *Column) uncastable() error {
	return sqlerr.New(sqlerr.JSONCast, "Invalid JSON value for CAST to %s from column %s", strings.ToUpper(c.Type.String()), c.Name)
}

func (c *Column) outOfRange() error {
	return sqlerr.New(sqlerr.JSONTableRange, "Value is out of range for JSON_TABLE's column '%s'", c.Name)
}

func (c *Column) text(v *jsondoc.Value) (types.Value, error) {
	s := string((*jsondoc.Work)(nil).Unquoted(nil, v))
	length := len(s)
	if c.Type.IsText() {
		length = utf8.RuneCountInString(s)
	}
	if c.Type.Length > 0 && length > int(c.Type.Length) {
		return types.Value{}, c.outOfRange()
	}
	return types.TextValue(s), nil
}

// integerBits are the widths of integers.
var integerBits = map[types.Kind]uint{
	types.Int8: 8, types.Uint8: 8, types.Int16: 16, types.Uint16: 16, types.Int32: 32, types.Uint32: 32, types.Int64: 64, types.Uint64: 64,
}

func (c *Column) integer(v *jsondoc.Value) (types.Value, error) {
	whole, err := c.whole(v)
	if err != nil {
		return types.Value{}, err
	}
	if c.Type.Kind == types.Bool {
		return types.BoolValue(whole.Sign() != 0), nil
	}
	bits := integerBits[c.Type.Kind]
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), bits)
	if !c.Type.IsUnsigned() {
		high.Rsh(high, 1)
		low.Neg(high)
	}
	if whole.Cmp(low) < 0 || whole.Cmp(high) >= 0 {
		return types.Value{}, c.outOfRange()
	}
	if whole.IsInt64() {
		return types.IntValue(whole.Int64()), nil
	}
	return types.UintValue(whole.Uint64()), nil
}

// whole is the integer of a scalar: a number is rounded, a text is to be one.
func (c *Column) whole(v *jsondoc.Value) (*big.Int, error) {
	if v.Kind == jsondoc.Bool {
		return big.NewInt(types.BoolValue(v.Bool).Int), nil
	}
	if n, ok := new(big.Int).SetString(v.Text, 10); ok {
		return n, nil
	}
	if v.Kind == jsondoc.String {
		return nil, c.uncastable()
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil {
		return nil, c.outOfRange()
	}
	n, _ := big.NewFloat(math.RoundToEven(f)).Int(nil)
	return n, nil
}

func (c *Column) float(v *jsondoc.Value) (types.Value, error) {
	bits := 64
	if c.Type.Kind == types.Float32 {
		bits = 32
	}
	if v.Kind == jsondoc.Bool {
		return types.FloatValue(float64(types.BoolValue(v.Bool).Int)), nil
	}
	f, err := strconv.ParseFloat(v.Text, bits)
	switch {
	case math.IsInf(f, 0) && err != nil:
		return types.Value{}, c.outOfRange()
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		return types.Value{}, c.uncastable()
	}
	return types.FloatValue(f), nil
}

// mostExponent bounds what a decimal is computed with: beyond it a number fits no type.
const mostExponent = 1000

func (c *Column) decimal(v *jsondoc.Value) (types.Value, error) {
	text := v.Text
	if v.Kind == jsondoc.Bool {
		text = strconv.FormatInt(types.BoolValue(v.Bool).Int, 10)
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if n, err := strconv.Atoi(text[at+1:]); err != nil || n > mostExponent || n < -mostExponent {
			return types.Value{}, c.outOfRange()
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/xXpP_") {
		return types.Value{}, c.uncastable()
	}
	r.Mul(r, new(big.Rat).SetInt(power(int(c.Type.Scale))))
	unscaled := rounded(r)
	if new(big.Int).Abs(unscaled).Cmp(power(int(c.Type.Precision))) >= 0 {
		return types.Value{}, c.outOfRange()
	}
	return types.Value{Dec: decimal256.FromBigInt(unscaled)}, nil
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rounded is the nearest integer; halves go away from zero.
func rounded(r *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	twice.Add(twice, r.Denom())
	n := twice.Quo(twice, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}
