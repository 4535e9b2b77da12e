package parquet

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// Bounds implements files.Bounded by the statistics of a row group.
func (f *File) Bounds(group, column int) files.Bounds {
	c := f.Columns[column]
	of := statistic{rows: f.Rows(group)}
	if !c.flat {
		return f.bounds(column, of)
	}
	if s := f.meta.RowGroups[group].Columns[c.leaves[0]].MetaData.Statistics; s != nil {
		of.low, of.high, of.nulls = s.MinValue, s.MaxValue, s.NullCount
		if of.low == nil && of.high == nil && legacyOrder(c) {
			of.low, of.high, of.legacy = s.Min, s.Max, true
		}
	}
	return f.bounds(column, of)
}

// statistic is what a file says of some rows of a column in its own form.
type statistic struct {
	rows      int64
	low, high []byte // nil: unknown
	nulls     *int64 // nil: unknown
	legacy    bool   // of the deprecated fields
}

// bounds decodes a statistic.
func (f *File) bounds(column int, s statistic) files.Bounds {
	c := f.Columns[column]
	b := files.Bounds{Type: c.Type, Rows: s.rows, Nulls: -1}
	if !c.flat {
		return b
	}
	float := c.Type.IsFloat()
	if s.legacy || signedOrder(c) || f.typeOrder(c.leaves[0]) {
		b.Min, b.HasMin = c.bound(s.low)
		b.Max, b.HasMax = c.bound(s.high)
	}
	// NULLs that NaN, infinities and dates beyond MySQL's turn into are not in the file's count.
	lossy := float || c.Type.IsTemporal() && !inRange(b)
	if !c.leaf.optional && !lossy {
		b.Nulls = 0
	}
	if n := s.nulls; n != nil && *n >= 0 && *n <= b.Rows && (!lossy || *n == b.Rows) {
		b.Nulls = *n
	}
	// A NaN among the bounds says nothing of the rest; so does a pair in the wrong order.
	if float && b.HasMin != b.HasMax && s.low != nil && s.high != nil {
		b.HasMin, b.HasMax = false, false
	}
	return b
}

// signedOrder reports a column whose physical type has only one order.
func signedOrder(c Column) bool {
	switch c.leaf.physical {
	case parquet.Types.Int32, parquet.Types.Int64:
		return !c.Type.IsUnsigned()
	}
	return c.leaf.physical == parquet.Types.Boolean
}

// legacyOrder reports a column for which the deprecated min and max, compared as signed, are in the right order.
func legacyOrder(c Column) bool {
	return signedOrder(c) || c.leaf.physical == parquet.Types.Float || c.leaf.physical == parquet.Types.Double
}

// typeOrder reports that the file declares min_value and max_value to be in the order of the column's type.
func (f *File) typeOrder(leaf int) bool {
	orders := f.meta.ColumnOrders
	return leaf < len(orders) && orders[leaf] != nil && orders[leaf].TYPE_ORDER != nil
}

// bound decodes one statistic; ok is false where it is absent, malformed, or in an order unlike the engine's.
func (c Column) bound(b []byte) (v types.Value, ok bool) {
	if b == nil {
		return v, false
	}
	switch c.leaf.physical {
	case parquet.Types.Boolean:
		return types.BoolValue(len(b) == 1 && b[0] != 0), len(b) == 1
	case parquet.Types.Int32:
		if len(b) != 4 {
			return v, false
		}
		n := int64(int32(binary.LittleEndian.Uint32(b)))
		if c.Type.Kind == types.Uint32 || c.Type.Kind == types.Uint16 || c.Type.Kind == types.Uint8 {
			n = int64(uint32(n))
		}
		return c.integer(n)
	case parquet.Types.Int64:
		if len(b) != 8 {
			return v, false
		}
		return c.integer(int64(binary.LittleEndian.Uint64(b)))
	case parquet.Types.Float:
		if len(b) != 4 {
			return v, false
		}
		return finite(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case parquet.Types.Double:
		if len(b) != 8 {
			return v, false
		}
		return finite(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case parquet.Types.FixedLenByteArray:
		if len(b) != c.leaf.width {
			return v, false
		}
		return c.fixedBound(b)
	case parquet.Types.ByteArray:
		if c.Type.Kind == types.JSON || c.Type.Kind == types.Decimal {
			return v, false
		}
		return types.TextValue(string(b)), true
	}
	return v, false
}

// integer is a bound of a column that is an integer in the file.
func (c Column) integer(n int64) (types.Value, bool) {
	switch {
	case c.Type.Kind == types.Decimal:
		return types.Value{Dec: decimal256.FromI64(n)}, true
	case c.Type.Kind == types.Datetime || c.Type.Kind == types.Timestamp || c.Type.Kind == types.Time:
		if n > math.MaxInt64/c.leaf.multiply || n < math.MinInt64/c.leaf.multiply {
			return types.Value{}, false
		}
		return types.IntValue(floorDiv(n*c.leaf.multiply, c.leaf.divide)), true
	}
	return types.IntValue(n), true
}

// fixedBound is a bound of a fixed-length column. A UUID's text sorts as its bytes do.
func (c Column) fixedBound(b []byte) (types.Value, bool) {
	switch c.Type.Kind {
	case types.Decimal:
		v, ok := bigEndian[int256](b)
		return types.Value{Dec: decimal256.New(v[3], v[2], v[1], v[0])}, ok
	case types.Char:
		return types.TextValue(string(formatUUID(nil, b))), true
	case types.Binary, types.Blob:
		return types.TextValue(string(b)), true
	}
	return types.Value{}, false
}

func finite(f float64) (types.Value, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return types.Value{}, false
	}
	return types.FloatValue(f), true
}
