package mysql

import (
	"math"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestHistograms reads those of MySQL 8, as its manual shows them.
func TestHistograms(t *testing.T) {
	c := fromMySQL(`{"buckets": [[1, 0.3333333333333333], [2, 0.6666666666666666], [3, 0.9]], "null-values": 0.1, "last-updated": "2022-10-11 16:13:14.563319",
		"sampling-rate": 1.0, "histogram-type": "singleton", "number-of-buckets-specified": 128, "data-type": "int", "collation-id": 8}`, types.Of(types.Int32))
	if !c.Known || c.Distinct != 3 || c.NullFrac != 0.1 || !c.HasRange || c.Min.Int != 1 || c.Max.Int != 3 || len(c.Common) != 3 ||
		c.Common[2].Value.Int != 3 || math.Abs(c.Common[2].Share-0.2333) > 0.001 || c.Bounds != nil {
		t.Errorf("singleton: %+v", c)
	}
	c = fromMySQL(`{"buckets": [["2020-01-01", "2020-03-31", 0.25, 90], ["2020-04-01", "2020-06-30", 0.5, 91], ["2020-07-01", "2020-09-30", 0.75, 92],
		["2020-10-01", "2020-12-31", 1.0, 92]], "null-values": 0.0, "histogram-type": "equi-height", "data-type": "date"}`, types.Of(types.Date))
	if c.Distinct != 365 || len(c.Bounds) != 5 || c.Bounds[0].Int != 18262 || c.Bounds[4].Int != 18262+365 || c.Common != nil {
		t.Errorf("equi-height: %+v", c)
	}
	c = fromMySQL(`{"buckets": [["base64:type254:YQ==", 0.5], ["base64:type254:w6Q=", 1.0]], "null-values": 0.0, "histogram-type": "singleton", "data-type": "string"}`,
		types.Of(types.Text))
	if len(c.Common) != 2 || c.Common[0].Value.Str != "a" || c.Common[1].Value.Str != "ä" {
		t.Errorf("texts: %+v", c)
	}
	if c := fromMySQL(`no JSON`, types.Of(types.Int32)); c.Known {
		t.Errorf("%+v", c)
	}
}
