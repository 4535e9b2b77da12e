//go:build integration

package main

import (
	"context"
	"sync"
	"testing"

	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// TestNobodyIsAccusedOfChanges checks all statements of a session over tables of Postgres that change all the time.
func TestNobodyIsAccusedOfChanges(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, testdb.Postgres(testdb.Tables())...)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for ctx.Err() == nil {
			for _, table := range []string{"t0", "t1", "t2", "t3"} {
				pg.Exec(t, "UPDATE "+table+" SET s = s || 'x' WHERE length(s) < 20", "UPDATE "+table+" SET s = left(s, 5)")
			}
		}
	})
	accusations(t, "sources:\n"+postgresSource("pg", pg), func(uint64) map[string]string { return allIn("pg") })
	stop()
	writer.Wait()
}
