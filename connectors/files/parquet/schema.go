package parquet

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// Column is a top-level field of a file.
type Column struct {
	files.Column
	leaves []int // the leaf columns below the field
	flat   bool  // decoded by this package: one leaf, not repeated
	leaf   leaf  // of a flat column
}

// leaf is the physical side of a flat column.
type leaf struct {
	physical parquet.Type
	width    int // bytes of a FIXED_LEN_BYTE_ARRAY
	optional bool
	// Temporal columns: microseconds = value * multiply / divide.
	multiply, divide int64
}

// columns maps the schema of a file.
func columns(meta *metadata.FileMetaData) []Column {
	root := meta.Schema.Root()
	out := make([]Column, root.NumFields())
	for i := range out {
		out[i].Column = files.Column{Name: root.Field(i).Name(), Nullable: true, ID: int(max(root.Field(i).FieldID(), 0))}
	}
	for l := range meta.Schema.NumColumns() {
		field := root.FieldIndexByField(meta.Schema.ColumnRoot(l))
		out[field].leaves = append(out[field].leaves, l)
	}
	for i := range out {
		node, column := root.Field(i), &out[i]
		primitive, ok := node.(*schema.PrimitiveNode)
		if !ok || node.RepetitionType() == parquet.Repetitions.Repeated {
			column.Type = types.Of(types.JSON)
			column.Native = nested(node)
			column.Warning = "shown as JSON"
			continue
		}
		column.mapLeaf(primitive)
	}
	return out
}

// nested names a nested field's type in short.
func nested(node schema.Node) string {
	switch node.LogicalType().(type) {
	case schema.ListLogicalType:
		return "list"
	case schema.MapLogicalType:
		return "map"
	}
	if node.RepetitionType() == parquet.Repetitions.Repeated {
		return "repeated"
	}
	return "struct"
}

// mapLeaf maps a primitive field.
func (c *Column) mapLeaf(node *schema.PrimitiveNode) {
	logical := node.LogicalType()
	c.leaf = leaf{
		physical: node.PhysicalType(),
		width:    node.TypeLength(),
		optional: node.RepetitionType() == parquet.Repetitions.Optional,
		multiply: 1, divide: 1,
	}
	c.flat = true
	c.Nullable = c.leaf.optional
	c.Native = c.leaf.physical.String()
	if logical != nil && !logical.IsNone() {
		c.Native += " " + logical.String()
	}
	c.Type = c.mapLogical(logical)
	if c.Type == (types.Type{}) && c.Warning == "" {
		c.Type = c.mapPhysical()
	}
	if c.Type.IsTemporal() {
		c.Nullable = true // MySQL may not have it
	}
}

// mapLogical maps an annotation; the zero Type without a Warning means that there is none that counts.
func (c *Column) mapLogical(logical schema.LogicalType) types.Type {
	physical := c.leaf.physical
	bytes, fixed := physical == parquet.Types.ByteArray, physical == parquet.Types.FixedLenByteArray
	switch t := logical.(type) {
	case schema.StringLogicalType, schema.EnumLogicalType:
		if bytes {
			return types.Of(types.Text)
		}
	case schema.JSONLogicalType:
		if bytes {
			return types.Of(types.JSON)
		}
	case schema.BSONLogicalType:
		if bytes {
			c.Warning = "BSON is shown as bytes"
			return types.Of(types.Blob)
		}
	case schema.UUIDLogicalType:
		if fixed && c.leaf.width == 16 {
			return types.NewText(types.Char, 36, types.Utf8mb4Bin0900)
		}
	case schema.IntervalLogicalType:
		if fixed && c.leaf.width == 12 {
			c.Warning = "shown as text"
			return types.Of(types.Text)
		}
	case schema.Float16LogicalType:
		if fixed && c.leaf.width == 2 {
			c.Nullable = true
			return types.Of(types.Float32)
		}
	case schema.DateLogicalType:
		if physical == parquet.Types.Int32 {
			return types.Of(types.Date)
		}
	case schema.IntLogicalType:
		if physical == parquet.Types.Int32 && t.BitWidth() <= 32 || physical == parquet.Types.Int64 && t.BitWidth() == 64 {
			return mapInt(int(t.BitWidth()), t.IsSigned())
		}
	case schema.TimeLogicalType:
		if physical == parquet.Types.Int32 || physical == parquet.Types.Int64 {
			return c.mapTemporal(types.Time, t.TimeUnit())
		}
	case schema.TimestampLogicalType:
		kind := types.Datetime
		if t.IsAdjustedToUTC() {
			kind = types.Timestamp
		}
		if physical == parquet.Types.Int64 {
			return c.mapTemporal(kind, t.TimeUnit())
		}
	case schema.DecimalLogicalType:
		if bytes || fixed || physical == parquet.Types.Int32 || physical == parquet.Types.Int64 {
			return c.mapDecimal(int(t.Precision()), int(t.Scale()))
		}
	case schema.NullLogicalType:
		c.Nullable = true
		c.Warning = "holds nothing but NULL"
	}
	return types.Type{}
}

func mapInt(bits int, signed bool) types.Type {
	kinds := map[int][2]types.Kind{
		8: {types.Int8, types.Uint8}, 16: {types.Int16, types.Uint16},
		32: {types.Int32, types.Uint32}, 64: {types.Int64, types.Uint64},
	}
	pair, ok := kinds[bits]
	switch {
	case !ok:
		return types.Type{}
	case signed:
		return types.Of(pair[0])
	}
	return types.Of(pair[1])
}

func (c *Column) mapTemporal(kind types.Kind, unit schema.TimeUnitType) types.Type {
	switch unit {
	case schema.TimeUnitMillis:
		c.leaf.multiply = 1000
		return types.NewTemporal(kind, 3)
	case schema.TimeUnitNanos:
		c.leaf.divide = 1000
		c.Warning = "nanoseconds are cut to microseconds"
	}
	return types.NewTemporal(kind, types.MaxFSP)
}

// mapDecimal maps a decimal. What MySQL's DECIMAL can't hold becomes text, and variable-length ones are left to arrow-go.
func (c *Column) mapDecimal(precision, scale int) types.Type {
	if precision < 1 || scale < 0 || scale > precision {
		return types.Type{}
	}
	if c.leaf.physical == parquet.Types.ByteArray || precision > types.MaxPrecision || scale > types.MaxScale {
		c.flat = false
	}
	if precision > types.MaxPrecision || scale > types.MaxScale {
		c.Warning = fmt.Sprintf("DECIMAL(%d,%d) exceeds MySQL's limits and is shown as text", precision, scale)
		return types.Of(types.Text)
	}
	return types.NewDecimal(precision, scale)
}

// mapPhysical maps a leaf without an annotation.
func (c *Column) mapPhysical() types.Type {
	switch c.leaf.physical {
	case parquet.Types.Boolean:
		return types.Of(types.Bool)
	case parquet.Types.Int32:
		return types.Of(types.Int32)
	case parquet.Types.Int64:
		return types.Of(types.Int64)
	case parquet.Types.Int96:
		c.Unzoned = true
		return types.NewTemporal(types.Datetime, types.MaxFSP)
	case parquet.Types.Float:
		c.Nullable = true // NaN and infinities
		return types.Of(types.Float32)
	case parquet.Types.Double:
		c.Nullable = true
		return types.Of(types.Float64)
	case parquet.Types.FixedLenByteArray:
		if c.leaf.width <= 255 {
			return types.Type{Kind: types.Binary, Length: uint32(c.leaf.width)}
		}
	}
	return types.Of(types.Blob)
}
