//go:build integration

package main

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// Texts that a statement makes take little memory, however long they are in all.
func TestWideTexts(t *testing.T) {
	const (
		rows  = 30_000
		bound = 256 << 20 // evaluations and batches under way, and what the collector has not yet found
		long  = 384 << 20 // the same beside memory.query, or where values are as long as max_allowed_packet
	)
	s := testserver.S3(t)
	put(t, s, "lake/events.parquet", events(t, rows, 10))
	i := host(t, "memory: {server: 1GiB, query: 64MiB, spill: 1GiB}\nsources:\n"+s3Source("lake", "lake", s))
	c := i.conn()
	for _, q := range []struct {
		query string
		want  int
		bound uint64
	}{
		// 900 MB of text, half of it for the last batch.
		{"SELECT MAX(LENGTH(REPEAT('ab', id))) FROM lake.events", 2 * rows, bound},
		{"SELECT SUM(LENGTH(CONCAT(REPEAT('ab', id), pad))) FROM lake.events", rows*(rows+1) + 10*rows, bound},
		{"SELECT COUNT(*) FROM lake.events WHERE REPEAT('ab', id) LIKE '%ba%' AND LENGTH(pad) = 10", rows - 1, bound},
		{"SELECT COUNT(*) FROM lake.events AS a JOIN lake.events AS b ON a.id = b.id " +
			"WHERE LENGTH(CONCAT(REPEAT(a.pad, a.id % 5000), b.pad)) > 0", rows, bound},
		{"SELECT id FROM lake.events ORDER BY REPEAT('ab', id) DESC LIMIT 1", rows, long},
		{"SELECT COUNT(REPEAT('ab', id * 1000000)) FROM lake.events", 33, long},
	} {
		grown := heapWhile(func() { i.answers(c, q.query, fmt.Sprint(q.want)) })
		t.Logf("%s: the heap grew by %d MB", q.query, grown>>20)
		if grown > q.bound {
			t.Errorf("%s: the heap grew by %d MB, want at most %d", q.query, grown>>20, q.bound>>20)
		}
	}
	t.Run("streams", func(t *testing.T) {
		i := i.in(t)
		id := 20_000
		grown := heapWhile(func() {
			result, err := c.QueryContext(t.Context(), "SELECT id, REPEAT('ab', id) FROM lake.events WHERE id > 20000 AND id <= 30000")
			if err != nil {
				t.Fatal(err)
			}
			defer result.Close()
			n, text := 0, sql.RawBytes{}
			for result.Next() {
				if err := result.Scan(&n, &text); err != nil {
					t.Fatal(err)
				}
				if id++; len(text) != 2*n || string(text[len(text)-2:]) != "ab" {
					t.Fatalf("row %d has %d bytes", n, len(text))
				}
			}
			if err := result.Err(); err != nil {
				t.Fatal(err)
			}
		})
		if id != 30_000 {
			t.Errorf("%d rows", id-20_000)
		}
		t.Logf("the heap grew by %d MB", grown>>20)
		if grown > bound {
			t.Errorf("the heap grew by %d MB, want at most %d", grown>>20, bound>>20)
		}
		i.settled()
	})
	t.Run("group_concat", func(t *testing.T) {
		i := i.in(t)
		if _, err := c.ExecContext(t.Context(), "SET group_concat_max_len = 1000000000"); err != nil {
			t.Fatal(err)
		}
		grown := heapWhile(func() {
			i.answers(c, "SELECT LENGTH(GROUP_CONCAT(REPEAT('ab', id) SEPARATOR '')) FROM lake.events WHERE id <= 3000", fmt.Sprint(3000*3001))
			query := "SELECT LENGTH(GROUP_CONCAT(REPEAT('ab', id))) FROM lake.events"
			i.failed(query, drain(t.Context(), c, query), 3170, "memory.query")
		})
		t.Logf("the heap grew by %d MB", grown>>20)
		if grown > long {
			t.Errorf("the heap grew by %d MB, want at most %d", grown>>20, long>>20)
		}
		i.settled()
	})
	t.Run("max_allowed_packet", func(t *testing.T) {
		i := i.in(t)
		_, warnings := warned(t.Context(), i, c, "SELECT REPEAT('ab', id + 40000000) FROM lake.events WHERE id = 1")
		if want := "Result of repeat() was larger than max_allowed_packet (67108864) - truncated"; warnings != want {
			t.Errorf("%q, want %q", warnings, want)
		}
		i.settled()
	})
}

// warned runs a query and returns its rows and the first warning.
func warned(ctx context.Context, i *instance, c *sql.Conn, query string) (rows int, message string) {
	i.Helper()
	result, err := c.QueryContext(ctx, query)
	if err != nil {
		i.Fatal(err)
	}
	for result.Next() {
		rows++
	}
	if err := result.Err(); err != nil {
		i.Fatal(err)
	}
	result.Close() //nolint:errcheck // read to its end
	var level, code string
	if err := c.QueryRowContext(ctx, "SHOW WARNINGS").Scan(&level, &code, &message); err != nil {
		i.Errorf("SHOW WARNINGS: %v", err)
	}
	return rows, message
}
