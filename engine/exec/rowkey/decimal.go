package rowkey

import (
	"encoding/binary"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
)

// scalesUp is by how many digits the scale of decimal type t is less than the field's.
func (f Field) scalesUp(t arrow.DataType) int32 {
	return max(f.scale-t.(arrow.DecimalType).GetScale(), 0)
}

// rescale brings a value to a scale of up digits more; false if it does not fit 256 bits there.
func rescale(v decimal256.Num, up int32) (decimal256.Num, bool) {
	if up == 0 {
		return v, true
	}
	n := scaled(v, up)
	if n.BitLen() > 255 {
		return decimal256.Num{}, false
	}
	return decimal256.FromBigInt(n), true
}

func scaled(v decimal256.Num, up int32) *big.Int {
	power := decimal256.GetScaleMultiplier(int(up)).BigInt()
	return power.Mul(power, v.BigInt())
}

func fitsInt64(v decimal256.Num) bool {
	w := v.Array()
	sign := uint64(int64(w[0]) >> 63)
	return w[1] == sign && w[2] == sign && w[3] == sign
}

// wideBytes are the bytes of a number that does not fit 256 bits at its field's scale: any value has 512 there.
const wideBytes = 64

// appendNum appends the 32 bytes of a number. Of two with the same sign the less one has the less bytes.
func appendNum(dst []byte, v decimal256.Num) []byte {
	w := v.Array()
	for k := len(w) - 1; k >= 0; k-- {
		dst = binary.BigEndian.AppendUint64(dst, w[k])
	}
	return dst
}

// appendBeyond is appendNum, in wideBytes, of a value that does not fit 256 bits once it has up digits more.
func appendBeyond(dst []byte, v decimal256.Num, up int32) []byte {
	n := scaled(v, up)
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*wideBytes))
	}
	var digits [wideBytes]byte
	return append(dst, n.FillBytes(digits[:])...)
}

// The classes of numbers in an order, by how many bytes they take. The common widths share one, between longer negative and
// longer positive numbers.
const (
	classCommon = 0x80
	classWide   = 1 // more, or less where negative: 256 bits
	classBeyond = 2 // the like: more than that
)

// appendDecimal appends a value brought to a scale of up digits more: a byte for sign and length, then its bytes.
func appendDecimal(dst []byte, v decimal256.Num, up int32) []byte {
	n, fits := rescale(v, up)
	if fits && fitsInt64(n) {
		return binary.BigEndian.AppendUint64(append(dst, classCommon), n.LowBits()^1<<63)
	}
	longer := byte(classWide)
	if !fits {
		longer = classBeyond
	}
	if v.Sign() < 0 {
		longer = -longer
	}
	if dst = append(dst, classCommon+longer); fits {
		return appendNum(dst, n)
	}
	return appendBeyond(dst, v, up)
}
