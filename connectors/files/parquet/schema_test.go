package parquet

import (
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/silogate/silogate/engine/types"
)

// An annotation over a physical type that the format does not allow for it does not count: the values would be taken for
// others.
func TestMisplacedAnnotations(t *testing.T) {
	for _, c := range []struct {
		physical parquet.Type
		logical  schema.LogicalType
		want     types.Kind
	}{
		{parquet.Types.Double, schema.NewDecimalLogicalType(9, 2), types.Float64},
		{parquet.Types.Boolean, schema.NewDecimalLogicalType(9, 2), types.Bool},
		{parquet.Types.Int96, schema.NewDecimalLogicalType(9, 2), types.Datetime},
		{parquet.Types.Int32, schema.BSONLogicalType{}, types.Int32},
		{parquet.Types.Double, schema.UUIDLogicalType{}, types.Float64},
		{parquet.Types.Int64, schema.IntervalLogicalType{}, types.Int64},
		{parquet.Types.Int32, schema.Float16LogicalType{}, types.Int32},
		{parquet.Types.Int64, schema.StringLogicalType{}, types.Int64},
		{parquet.Types.Int64, schema.NewIntLogicalType(32, false), types.Int64},
		{parquet.Types.Int64, schema.DateLogicalType{}, types.Int64},
	} {
		for _, width := range []int{2, 12, 16} {
			column := Column{leaf: leaf{physical: c.physical, width: width}}
			got := column.mapLogical(c.logical)
			if got == (types.Type{}) {
				got = column.mapPhysical()
			}
			if got.Kind != c.want || column.Warning != "" {
				t.Errorf("%s over %s is %s (%s)", c.logical, c.physical, got, column.Warning)
			}
		}
	}
}

func TestChunkOfAnotherType(t *testing.T) {
	_, f, err := openFile(t, "testdata/pyarrow_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.check(0); err != nil {
		t.Fatal(err)
	}
	chunks := f.meta.RowGroups[0].Columns
	chunks[position(f, "i32")].MetaData.Type = chunks[position(f, "i64")].MetaData.Type
	if err := f.check(0); err == nil {
		t.Error("a chunk of INT64 passes for one of INT32")
	}
}
