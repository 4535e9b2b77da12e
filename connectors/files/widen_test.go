package files_test

import (
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

func TestWiden(t *testing.T) {
	of, decimal, moment := types.Of, types.NewDecimal, types.NewTemporal
	for _, c := range []struct{ a, b, want types.Type }{
		{of(types.Null), of(types.Date), of(types.Date)},
		{of(types.Null), of(types.Null), of(types.Null)},
		{of(types.Int64), of(types.Int64), of(types.Int64)},
		{of(types.Int64), decimal(38, 2), decimal(38, 2)},
		{of(types.Int64), decimal(38, 25), decimal(65, 25)},
		{decimal(38, 2), decimal(38, 4), decimal(65, 4)},
		{decimal(65, 30), decimal(38, 2), of(types.Float64)},
		{of(types.Int64), of(types.Float64), of(types.Float64)},
		{decimal(38, 2), of(types.Float64), of(types.Float64)},
		{of(types.Date), moment(types.Datetime, 0), moment(types.Datetime, 0)},
		{moment(types.Datetime, 0), moment(types.Datetime, 6), moment(types.Datetime, 6)},
		{moment(types.Datetime, 0), moment(types.Timestamp, 0), of(types.Text)},
		{of(types.Date), moment(types.Timestamp, 0), of(types.Text)},
		{of(types.Date), of(types.Int64), of(types.Text)},
		{of(types.Bool), of(types.Int64), of(types.Text)},
		{of(types.Time), of(types.Text), of(types.Text)},
		{of(types.JSON), of(types.Int64), of(types.JSON)},
		{of(types.JSON), of(types.Text), of(types.JSON)},
	} {
		for _, pair := range [][2]types.Type{{c.a, c.b}, {c.b, c.a}} {
			if got := files.Widen(pair[0], pair[1]); got != c.want {
				t.Errorf("%s and %s: %s, want %s", pair[0], pair[1], got, c.want)
			}
		}
	}
}
