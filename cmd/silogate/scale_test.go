//go:build integration

package main

import (
	"cmp"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// TestTPCHAtScale runs the 22 queries at a scale factor whose joins, groups and sorts do not fit the memory of a query, in
// the process that users run, and compares with DuckDB. SILOGATE_SCALE is another scale factor, SILOGATE_MEMORY another
// memory.query.
func TestTPCHAtScale(t *testing.T) {
	if !nightly {
		t.Skip("one of the long suites")
	}
	data, err := tpch.Generate(cmp.Or(os.Getenv("SILOGATE_SCALE"), "10"))
	if err != nil {
		t.Fatal(err)
	}
	address := testserver.FreeAddress(t)
	p := spawn(t, program(t), "serve", "--config", configured(t, fmt.Sprintf(
		"listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\nmemory: {server: 2GiB, query: %s, spill: 30GiB}\n"+
			"sources:\n  local: {type: objectstore, url: \"file://%s\"}\n",
		address, t.TempDir(), cmp.Or(os.Getenv("SILOGATE_MEMORY"), "1GiB"), data.Dir())))
	conn := session(t, connect(t, "root@tcp("+address+")/"))
	for n := 1; n <= 22; n++ {
		t.Run(fmt.Sprintf("q%d", n), func(t *testing.T) {
			start := time.Now()
			checkQuery(t, conn, data, n, func(string) string { return "local" })
			t.Logf("%s, at most %s so far", time.Since(start).Round(time.Millisecond), p.mostMemory())
		})
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.shown.String())
	}
}
