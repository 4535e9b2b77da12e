//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testserver"
)

// greedy are queries that must hold most of what they read.
var greedy = map[string]string{
	"sort":      "SELECT * FROM pg.big ORDER BY pad DESC, id",
	"aggregate": "SELECT COUNT(*) FROM (SELECT pad, MAX(id) FROM pg.big GROUP BY pad) AS d",
	"join":      "SELECT COUNT(*) FROM pg.big AS a JOIN pg.big AS b ON a.pad = b.pad",
}

// big is a database with a table of 60 MB whose pad is different in every row.
func big(t *testing.T) testserver.PG {
	t.Helper()
	pg := shop(t)
	pg.Exec(t, "CREATE TABLE big AS SELECT g AS id, repeat(md5(g::text), 6) AS pad FROM generate_series(1, 300000) AS g")
	return pg
}

func TestOutOfMemory(t *testing.T) {
	pg := big(t)
	for _, mode := range []struct {
		name, memory string
		tune         func(*engine.Config)
		errno        uint16
		says         string
	}{
		{"no spill", "memory: {server: 1GiB, query: 16MiB}\n", func(c *engine.Config) { c.Spill = nil }, 3170, "memory.query"},
		{"little spill", "memory: {server: 1GiB, query: 16MiB, spill: 1MiB}\n", func(*engine.Config) {}, 3170, "memory.spill"},
	} {
		t.Run(mode.name, func(t *testing.T) {
			i := host(t, mode.memory+"sources:\n"+postgresSource("pg", pg), mode.tune)
			c, other := i.conn(), i.conn()
			if _, err := c.ExecContext(t.Context(), "SET silogate_pushdown = OFF"); err != nil {
				t.Fatal(err)
			}
			rows := i.begun(t.Context(), other, "SELECT * FROM pg.endless") // somebody else's
			for _, query := range greedy {
				i.failed(query, drain(t.Context(), c, query), mode.errno, mode.says)
				if err := skip(rows, 1000); err != nil {
					t.Fatalf("another query failed: %v", err)
				}
				i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
			}
			stop(i, other, rows)
		})
	}
}

// A statement that asks for more than there is ends in an error, and twenty others do not notice.
func TestOutOfMemoryHurtsNobodyElse(t *testing.T) {
	const others = 20
	i := host(t, "memory: {server: 256MiB, query: 16MiB, spill: 2MiB}\nsources:\n"+
		strings.Replace(postgresSource("pg", big(t)), "{type", "{pool: 30, admission: 25, type", 1))
	over := make(chan struct{})
	var wg sync.WaitGroup
	var answered atomic.Int64
	for range others {
		c := session(t, i.db, "SET silogate_pushdown = OFF")
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				i.answers(c, "SELECT COUNT(*) FROM (SELECT id % 100 AS k, COUNT(*) FROM pg.big WHERE id <= 20000 GROUP BY id % 100) AS d", "100")
				answered.Add(1)
			}
		})
	}
	c := session(t, i.db, "SET silogate_pushdown = OFF")
	for _, query := range greedy {
		before := answered.Load()
		i.failed(query, drain(t.Context(), c, query), 3170, "memory.spill")
		i.eventually("the others to go on", func() error {
			if answered.Load() < before+others {
				return errors.New("they do not")
			}
			return nil
		})
	}
	close(over)
	wg.Wait()
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
}

// stop ends a query that its client does not want to read to its end.
func stop(i *instance, c *sql.Conn, rows *sql.Rows) {
	i.Helper()
	killer := i.conn()
	if _, err := killer.ExecContext(i.Context(), "KILL QUERY "+processOf(i, killer, "endless")); err != nil {
		i.Fatal(err)
	}
	if err := skip(rows, -1); err == nil {
		i.Error("the killed statement's result ended well")
	}
	rows.Close() //nolint:errcheck // it was killed
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
}

// What spills gives the same answer, and is gone afterwards (host looks).
func TestSpill(t *testing.T) {
	i := host(t, "memory: {server: 1GiB, query: 16MiB, spill: 1GiB}\nsources:\n"+postgresSource("pg", big(t)))
	c := i.conn()
	if _, err := c.ExecContext(t.Context(), "SET silogate_pushdown = OFF"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aggregate", "join"} {
		i.answers(c, greedy[name], "300000")
		i.settled()
	}
	// A client that leaves in the middle of a spilled result.
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	i.begun(ctx, c, greedy["sort"])
	if i.gateway.spill.Used() == 0 {
		t.Error("the sort did not spill")
	}
	leave()
	i.settled()
}

// live is how many bytes of the heap are in use.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// heapWhile runs do and returns by how much the heap had grown at its fullest.
func heapWhile(do func()) uint64 {
	runtime.GC()
	start := live()
	over, most := make(chan struct{}), make(chan uint64)
	go func() {
		top := start
		for {
			select {
			case <-over:
				most <- top - start
				return
			case <-time.After(20 * time.Millisecond):
				top = max(top, live())
			}
		}
	}()
	do()
	close(over)
	return <-most
}

// A result of any size passes in constant memory, to a fast client and to one that pauses.
func TestABigResultStreams(t *testing.T) {
	rows := 1_000_000 // 200 MB
	if os.Getenv("SILOGATE_NIGHTLY") != "" {
		rows = 12_000_000
	}
	const bound = 192 << 20 // batches under way, buffers and what the collector has not yet found
	s := testserver.S3(t)
	put(t, s, "lake/events.parquet", events(t, 1000, 190))
	pg := shop(t)
	i := host(t, "sources:\n"+postgresSource("pg", pg)+s3Source("lake", "lake", s))
	c := i.conn()
	for name, query := range map[string]string{
		"postgres": fmt.Sprintf("SELECT * FROM pg.endless LIMIT %d", rows),
		"parquet":  fmt.Sprintf("SELECT a.id, a.pad FROM lake.events AS a CROSS JOIN lake.events AS b CROSS JOIN lake.events AS c WHERE c.id <= %d", rows/1_000_000),
	} {
		for _, slow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/slow=%t", name, slow), func(t *testing.T) {
				i := i.in(t)
				start, n := time.Now(), 0
				grown := heapWhile(func() {
					result, err := c.QueryContext(t.Context(), query)
					if err != nil {
						t.Fatal(err)
					}
					defer result.Close()
					for result.Next() {
						if n++; slow && n%(rows/100) == 0 {
							time.Sleep(20 * time.Millisecond) // the client's work
						}
					}
					if err := result.Err(); err != nil {
						t.Fatal(err)
					}
				})
				if n != rows {
					t.Errorf("%d rows, want %d", n, rows)
				}
				if grown > bound {
					t.Errorf("the heap grew by %d MB, want at most %d", grown>>20, bound>>20)
				}
				t.Logf("%d MB in %s, the heap grew by %d MB", rows*200>>20, time.Since(start).Round(time.Millisecond), grown>>20)
				i.settled()
			})
		}
	}
}
