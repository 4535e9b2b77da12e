package iceberg

import (
	"slices"

	format "github.com/apache/iceberg-go"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/types"
)

// manifested is what the manifests say of a data file.
type manifested struct {
	file    format.DataFile
	columns []lake.DeclaredColumn
	fields  []format.NestedField // of the columns
	spec    *format.PartitionSpec
}

// Rows implements lake.Metadata.
func (m *manifested) Rows() int64 { return m.file.Count() }

// Stored implements lake.Metadata.
func (m *manifested) Stored(column int) (int64, bool) {
	n, ok := m.file.ColumnSizes()[m.columns[column].ID]
	return n, ok
}

// Constant implements lake.Metadata: a file of a table that was moved to Iceberg may lack the columns that it is partitioned by.
func (m *manifested) Constant(column int) (types.Value, bool) {
	for _, f := range m.spec.Fields() {
		if _, ok := f.Transform.(format.IdentityTransform); ok && slices.Equal(f.SourceIDs, []int{m.columns[column].ID}) {
			v, found := m.file.Partition()[f.FieldID]
			if !found {
				return types.Value{}, false
			}
			return valueOf(v, m.columns[column].Type)
		}
	}
	return types.Value{}, false
}

// Bounds implements lake.Metadata.
func (m *manifested) Bounds(column int) (files.Bounds, bool) {
	id, t := m.columns[column].ID, m.columns[column].Type
	out := files.Bounds{Type: t, Rows: m.file.Count(), Nulls: -1}
	if v, ok := m.Constant(column); ok && !t.IsFloat() {
		out.Min, out.Max, out.HasMin, out.HasMax = v, v, !v.Null, !v.Null
		if v.Null {
			out.Nulls = out.Rows
		} else if !t.IsTemporal() {
			out.Nulls = 0
		}
		return out, true
	}
	nulls, counted := m.file.NullValueCounts()[id]
	if t.Kind == types.JSON || !counted {
		return out, false
	}
	// Of floats and moments more may be NULL: what MySQL does not have.
	if nulls == out.Rows || !t.IsFloat() && !t.IsTemporal() {
		out.Nulls = nulls
	}
	switch m.fields[column].Type.(type) {
	case format.TimestampNsType, format.TimestampTzNsType, format.GeometryType, format.GeographyType:
		return out, true
	}
	out.Min, out.HasMin = m.bound(m.file.LowerBoundValues()[id], column)
	out.Max, out.HasMax = m.bound(m.file.UpperBoundValues()[id], column)
	return out, true
}

// writtenAs is the type that a bound was written in: that of a column that was promoted since is narrower.
func writtenAs(t format.Type, bound []byte) format.Type {
	switch t.(type) {
	case format.Int64Type:
		if len(bound) == 4 {
			return format.PrimitiveTypes.Int32
		}
	case format.Float64Type:
		if len(bound) == 4 {
			return format.PrimitiveTypes.Float32
		}
	case format.TimestampType, format.TimestampTzType:
		if len(bound) == 4 {
			return format.PrimitiveTypes.Date
		}
	}
	return t
}

// bound decodes one bound of a column's values. One that is no value of the column's type, such as an infinity, bounds nothing.
func (m *manifested) bound(data []byte, column int) (types.Value, bool) {
	if data == nil {
		return types.Value{}, false
	}
	l, err := format.LiteralFromBytes(writtenAs(m.fields[column].Type, data), data)
	if err != nil {
		return types.Value{}, false
	}
	v, ok := valueOf(l.Any(), m.columns[column].Type)
	return v, ok && !v.Null
}
