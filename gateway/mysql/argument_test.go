package mysql

import (
	"testing"

	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// TestArguments checks the literals that parameters of the binary protocol become; dates and times are as the protocol layer
// writes them.
func TestArguments(t *testing.T) {
	for _, c := range []struct {
		typ           querypb.Type
		written, want string
	}{
		{sqltypes.Int64, "-7", "-7"},
		{sqltypes.Uint64, "18446744073709551615", "18446744073709551615"},
		{sqltypes.Float64, "-1.5", "-1.5e+00"},
		{sqltypes.Decimal, "1.250", "1.250"},
		{sqltypes.VarBinary, "it's", `'it\'s'`},
		{sqltypes.Blob, "text", "'text'"},
		{sqltypes.Blob, "\x00\xff", "X'00ff'"},
		{sqltypes.VarChar, "2024-1-2", "'2024-01-02'"},
		{sqltypes.VarChar, "2024-1-2 3:4:5", "'2024-01-02 03:04:05'"},
		{sqltypes.VarChar, "2024-1-2 3:4:5.6", "'2024-01-02 03:04:05.000006'"},
		{sqltypes.VarChar, "2024-11-12 13:14:15.120000", "'2024-11-12 13:14:15.120000'"},
		{sqltypes.VarChar, "-30:4:5.70", "'-30:04:05.000070'"},
		{sqltypes.VarChar, "1:2:3", "'01:02:03'"},
		{sqltypes.Null, "", "null"},
	} {
		args, err := arguments(map[string]*querypb.BindVariable{"v1": {Type: c.typ, Value: []byte(c.written)}})
		if err != nil {
			t.Errorf("%s %q: %v", c.typ, c.written, err)
			continue
		}
		if got := sqlparser.String(args["v1"]); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.typ, c.written, got, c.want)
		}
	}
}
