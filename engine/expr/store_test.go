package expr

import (
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestStore stores values into columns: what a cast would cut, clamp or wrap is an error.
func TestStore(t *testing.T) {
	bigint, unsigned, tiny := types.Of(types.Int64), types.Of(types.Uint64), types.Of(types.Int8)
	text := func(length int) types.Type { return types.NewText(types.Varchar, length, types.Utf8mb4Bin0900) }
	for _, c := range []struct {
		from, to types.Type
		value    types.Value
		errno    uint16 // 0: it fits
	}{
		{text(0), text(3), types.TextValue("äöü"), 0},
		{text(0), text(3), types.TextValue("abcd"), 1406},
		{text(0), text(3), types.NullValue, 0},
		{bigint, tiny, types.IntValue(-128), 0},
		{bigint, tiny, types.IntValue(128), 1264},
		{bigint, unsigned, types.IntValue(-1), 1264},
		{bigint, unsigned, types.NullValue, 0},
		{unsigned, bigint, types.UintValue(1 << 63), 1264},
		{unsigned, bigint, types.UintValue(1<<63 - 1), 0},
		{bigint, types.NewDecimal(3, 1), types.IntValue(99), 0},
		{bigint, types.NewDecimal(3, 1), types.IntValue(100), 1264},
		{types.Of(types.Float64), bigint, types.FloatValue(1e30), 1264},
		{text(0), types.Of(types.Date), types.TextValue("2024-02-29"), 0},
		{text(0), types.Of(types.Date), types.TextValue("2023-02-29"), 1366},
		{bigint, text(2), types.IntValue(123), 1406},
	} {
		e, err := NewStore(&Column{ID: 1, Name: "v", Typ: c.from, Null: true}, c.to, "c")
		if err != nil {
			t.Fatalf("%s into %s: %v", c.from, c.to, err)
		}
		mem := bufpooltest.New()
		ev, err := Compile(e, Layout{1: 0}, &Env{Location: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		in := kernel.FromValues(mem, c.from, []types.Value{c.value, types.NullValue})
		batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "v", Type: in.DataType(), Nullable: true}}, nil), []arrow.Array{in}, 2)
		in.Release()
		out, err := ev.Eval(mem, batch)
		batch.Release()
		if out != nil {
			out.Release()
		}
		var known *sqlerr.Error
		switch {
		case c.errno == 0 && err != nil, c.errno != 0 && (!errors.As(err, &known) || known.Code.Identity().Errno != c.errno):
			t.Errorf("%v of %s into %s: %v, want errno %d", c.value, c.from, c.to, err, c.errno)
		}
		mem.AssertSize(t, 0)
	}
}
