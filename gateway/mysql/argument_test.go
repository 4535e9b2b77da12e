package mysql

import (
	"net"
	"testing"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// TestArguments checks the literals that parameters of the binary protocol become.
func TestArguments(t *testing.T) {
	g := start(t)
	c := &connection{address: &net.UnixAddr{}, server: g.Server, wire: wire.NewConn(nil)}
	if err := c.newSession(wire.Utf8mb4Collation); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		typ        wire.Type
		text, want string
	}{
		{wire.TypeLongLong, "-7", "-7"},
		{wire.TypeLongLong, "18446744073709551615", "18446744073709551615"},
		{wire.TypeYear, "2024", "2024"},
		{wire.TypeDouble, "-1.5e+00", "-1.5e+00"},
		{wire.TypeFloat, "1.5e+00", "1.5e+00"},
		{wire.TypeNewDecimal, "1.250", "1.250"},
		{wire.TypeVarString, "it's", `'it\'s'`},
		{wire.TypeBlob, "text", "'text'"},
		{wire.TypeBlob, "\x00\xff", "X'00ff'"},
		{wire.TypeDate, "2024-01-02", "'2024-01-02'"},
		{wire.TypeTime, "-30:04:05.000070", "'-30:04:05.000070'"},
	} {
		args, err := c.arguments([]wire.Param{{Type: p.typ, Text: []byte(p.text)}})
		if err != nil {
			t.Errorf("%d %q: %v", p.typ, p.text, err)
			continue
		}
		if got := sqlparser.String(args["v1"]); got != p.want {
			t.Errorf("%d %q: %s, want %s", p.typ, p.text, got, p.want)
		}
	}
	args, err := c.arguments([]wire.Param{{Type: wire.TypeLong, Null: true}})
	if err != nil || sqlparser.String(args["v1"]) != "null" {
		t.Errorf("%v, %v", args, err)
	}
}
