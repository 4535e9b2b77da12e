package scratch

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// A row is encoded as a bitmap of its NULLs and then its other values in order. It is read with the columns that it was written with:
// a table whose columns change is written anew.

const decimalBytes = 32

func appendRow(dst []byte, row []types.Value, columns []Column) []byte {
	nulls := len(dst)
	dst = append(dst, make([]byte, (len(columns)+7)/8)...)
	for i, v := range row {
		if v.Null {
			dst[nulls+i/8] |= 1 << (i % 8)
			continue
		}
		switch t := columns[i].Type; {
		case t.IsFloat():
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float))
		case t.Kind == types.Decimal:
			dst = appendDecimal(dst, v.Dec)
		case t.IsString():
			dst = binary.AppendUvarint(dst, uint64(len(v.Str)))
			dst = append(dst, v.Str...)
		default:
			dst = binary.AppendVarint(dst, v.Int)
		}
	}
	return dst
}

// appendDecimal writes a decimal by its length: most fit a word.
func appendDecimal(dst []byte, d decimal256.Num) []byte {
	words := d.Array()
	if small := int64(words[0]); d == decimal256.FromI64(small) {
		dst = append(dst, 1)
		return binary.LittleEndian.AppendUint64(dst, words[0])
	}
	dst = append(dst, 4)
	for _, w := range words {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// decoder reads one row after the other into the columns that are asked for. Texts share the memory of the row.
type decoder struct {
	columns []Column
	wanted  []int // for each column where its value goes, -1 for nowhere
	last    int   // the last column that is wanted
	key     int   // where the row's key goes, -1 for nowhere
}

func newDecoder(columns []Column, pos []int) *decoder {
	d := &decoder{columns: columns, wanted: make([]int, len(columns)), last: -1, key: -1}
	for i := range d.wanted {
		d.wanted[i] = -1
	}
	for to, from := range pos {
		if from == len(columns) {
			d.key = to
			continue
		}
		d.wanted[from] = to
		d.last = max(d.last, from)
	}
	return d
}

// read decodes the row under a key; values of dst that were not asked for stay.
func (d *decoder) read(key, row string, dst []types.Value) error {
	if d.key >= 0 {
		dst[d.key] = types.TextValue(key)
	}
	at := (len(d.columns) + 7) / 8
	if len(row) < at {
		return corrupt()
	}
	nulls := row[:at]
	for i := 0; i <= d.last; i++ {
		v := types.NullValue
		if nulls[i/8]&(1<<(i%8)) == 0 {
			value, n := readValue(row[at:], d.columns[i].Type)
			if n <= 0 {
				return corrupt()
			}
			v, at = value, at+n
		}
		if to := d.wanted[i]; to >= 0 {
			dst[to] = v
		}
	}
	return nil
}

func corrupt() error { return sqlerr.New(sqlerr.Corrupt, "a row of a scratch table is corrupted") }

// readValue returns a value and the bytes it takes, which are 0 or less if there are too few.
func readValue(s string, t types.Type) (types.Value, int) {
	const word = 8
	switch {
	case t.IsFloat():
		if len(s) < word {
			return types.Value{}, 0
		}
		return types.FloatValue(math.Float64frombits(readWord(s))), word
	case t.Kind == types.Decimal:
		return readDecimal(s)
	case t.IsString():
		length, n := readUvarint(s)
		if n <= 0 || length > uint64(len(s)-n) {
			return types.Value{}, 0
		}
		return types.TextValue(s[n : n+int(length)]), n + int(length)
	}
	u, n := readUvarint(s)
	return types.IntValue(int64(u>>1) ^ -int64(u&1)), n
}

func readDecimal(s string) (types.Value, int) {
	const word = 8
	switch {
	case len(s) > word && s[0] == 1:
		return types.Value{Dec: decimal256.FromI64(int64(readWord(s[1:])))}, 1 + word
	case len(s) > decimalBytes && s[0] == 4:
		return types.Value{Dec: decimal256.New(readWord(s[25:]), readWord(s[17:]), readWord(s[9:]), readWord(s[1:]))}, 1 + decimalBytes
	}
	return types.Value{}, 0
}

func readWord(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// readUvarint is binary.Uvarint of a string.
func readUvarint(s string) (uint64, int) {
	var u uint64
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		u |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return u, i + 1
		}
	}
	return 0, 0
}
