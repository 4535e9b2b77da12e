package mysql

import (
	"bytes"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// decimals collects numbers at the narrowest width that holds a batch's values.
type decimals struct {
	mem    memory.Allocator
	typ    types.Type
	narrow []decimal.Decimal64
	valid  []bool
	wide   []types.Value // all values, once one of them has too many digits for narrow
	text   []byte        // scratch: the digits of a number
}

func newDecimals(mem memory.Allocator, t types.Type) *decimals { return &decimals{mem: mem, typ: t} }

func (d *decimals) null() {
	if d.wide != nil {
		d.wide = append(d.wide, types.NullValue)
		return
	}
	d.narrow, d.valid = append(d.narrow, 0), append(d.valid, false)
}

// add reads plain decimal notation. False if the type does not have the number.
func (d *decimals) add(text []byte) bool {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	whole = bytes.TrimLeft(whole, "0")
	scale := int(d.typ.Scale)
	for len(fraction) > scale {
		if fraction[len(fraction)-1] != '0' {
			return false
		}
		fraction = fraction[:len(fraction)-1]
	}
	if len(whole)+scale > int(d.typ.Precision) && len(whole) > 0 {
		return false
	}
	d.text = append(append(d.text[:0], whole...), fraction...)
	for range scale - len(fraction) {
		d.text = append(d.text, '0')
	}
	if len(d.text) > types.Digits64 || d.wide != nil {
		return d.addWide(negative)
	}
	n := int64(0)
	for _, c := range d.text {
		if c < '0' || c > '9' {
			return false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	d.narrow, d.valid = append(d.narrow, decimal.Decimal64(n)), append(d.valid, true)
	return true
}

// addWide adds the number whose digits are in text.
func (d *decimals) addWide(negative bool) bool {
	if d.wide == nil {
		d.wide = make([]types.Value, len(d.narrow), cap(d.narrow)+1)
		for i, n := range d.narrow {
			d.wide[i] = types.Value{Null: !d.valid[i], Dec: decimal256.FromI64(int64(n))}
		}
	}
	if len(d.text) == 0 {
		d.text = append(d.text, '0')
	}
	n, ok := new(big.Int).SetString(string(d.text), 10)
	if !ok {
		return false
	}
	if negative {
		n.Neg(n)
	}
	d.wide = append(d.wide, types.Value{Dec: decimal256.FromBigInt(n)})
	return true
}

// take returns what was collected since the last take.
func (d *decimals) take() arrow.Array {
	defer func() { d.narrow, d.valid, d.wide = d.narrow[:0], d.valid[:0], nil }()
	if d.wide != nil {
		return kernel.FromValues(d.mem, d.typ, d.wide)
	}
	b := array.NewDecimal64Builder(d.mem, types.DecimalArrow(types.W64, int(d.typ.Scale)).(*arrow.Decimal64Type))
	defer b.Release()
	b.AppendValues(d.narrow, d.valid)
	return b.NewArray()
}
