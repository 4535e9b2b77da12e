//go:build integration

package delta

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// Tables that deltalake wrote have the rows that it reads, in every version: appended to, merged, updated, deleted from, overwritten, with new columns
// and after a cleanup of the log.
func TestDeltalake(t *testing.T) {
	dir := testserver.DeltaTables(t, "testdata/tables.py")
	src := open(t, dir)
	if n := haveExpectedRows(t, src, dir); n != 18 {
		t.Errorf("%d versions of tables were compared", n)
	}
	r, err := query{table: "odd", columns: []string{"d", "f"}}.run(t, src)
	if err != nil || strings.Join(r.rows, ", ") != "0.5 0.5, (null) (null), (null) (null), (null) (null)" || len(r.warnings) != 2 {
		t.Errorf("%q, %v, warnings %q", r.rows, err, r.warnings)
	}
	for at, want := range map[connectors.AsOf]string{
		{Version: "18"}: "version 18 is gone: the oldest one is 19", {Version: "25"}: "there is no version 25: the newest one is 24", {UnixMicro: 1}: "there was no version then: the oldest one that the log has is 19",
	} {
		if _, err := (query{table: "long", at: at}).run(t, open(t, dir)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", at, err, want)
		}
	}
}
