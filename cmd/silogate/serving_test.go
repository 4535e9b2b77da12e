package main

import (
	"context"
	"database/sql"
	"os"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/internal/config"
)

// serving runs a gateway in this process until the test ends and returns a connection to it. A test's gateway runs under
// the allocator that checks it, a benchmark's under its own.
func serving(t testing.TB, yaml string, tune ...func(*engine.Config)) *sql.DB {
	t.Helper()
	return connect(t, "root@tcp("+servingAt(t, yaml, tune...)+")/")
}

// servingAt is the same, and returns the address.
func servingAt(t testing.TB, yaml string, tune ...func(*engine.Config)) string {
	t.Helper()
	mem := bufpooltest.New()
	if _, measured := t.(*testing.B); !measured {
		tune = append(tune, func(c *engine.Config) { c.Allocator = mem })
	}
	cfg, err := config.Parse([]byte("listen: 127.0.0.1:0\ndata: " + t.TempDir() + "\nusers: [{name: root, password: \"\"}]\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	g, err := open(t.Context(), cfg, quiet, tune...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.serve(ctx, quiet) }()
	address := g.mysql.Addr().String()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		mem.AssertSize(t, 0)
	})
	return address
}

// queryTexts returns a query's rows as the text protocol has them, NULL as "".
func queryTexts(ctx context.Context, conn *sql.Conn, query string) ([][]string, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	out := [][]string{}
	for rows.Next() {
		cells := make([]sql.RawBytes, len(names))
		targets := make([]any, len(cells))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = string(c)
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// nightly has the long suites run whole.
var nightly = os.Getenv("SILOGATE_NIGHTLY") != ""
