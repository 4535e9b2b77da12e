//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// crowd is many clients of one gateway, some of which give up.
type crowd struct {
	*instance
	data             tpch.Data
	queries          [23]string // by number
	answers          [23][][]string
	killer           *sql.DB
	killers          sync.WaitGroup // that have yet to strike
	right, full, cut atomic.Int64   // queries answered, refused for lack of memory, ended by their clients
}

// TestCrowd has 16 clients run TPC-H on one gateway with little memory, while some kill their query and some hang up. An
// answer is right or missing, and nothing is left (host looks).
func TestCrowd(t *testing.T) {
	first, count := seeds(t, 1, 5)
	scale, each := "0.01", 12
	if nightly {
		scale, each = "0.05", 60
	}
	data, err := tpch.Generate(scale)
	if err != nil {
		t.Fatal(err)
	}
	pg, store := testserver.Postgres(t), testserver.S3(t)
	if err := data.LoadPostgres(t.Context(), pg.URL(), "public", false, inPostgres...); err != nil {
		t.Fatal(err)
	}
	store.PutFolder(t, "tpch", data.Dir())
	seen := watchSessions(t, pg)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			i := host(t, "memory: {server: 24MiB, query: 16MiB, spill: 4GiB}\nsources:\n"+
				strings.Replace(postgresSource("pg", pg), "{type", "{pool: 5, type", 1)+s3Source("s3", "tpch", store))
			c := &crowd{instance: i, data: data, killer: connect(t, strings.TrimSuffix(i.dsn, "/")+"/")}
			c.load()
			var wg sync.WaitGroup
			for k := range uint64(16) {
				wg.Go(func() { c.client(rand.New(rand.NewPCG(seed, k)), each) })
			}
			wg.Wait()
			c.killers.Wait()
			t.Logf("%d right, %d without memory, %d given up", c.right.Load(), c.full.Load(), c.cut.Load())
			if c.right.Load() == 0 {
				t.Error("nothing was answered")
			}
			c.settled()
			seen.atRest(soon)
			// Whoever is alone has enough.
			conn := i.conn()
			for n := 1; n <= 22; n++ {
				c.check(t.Context(), conn, n)
			}
		})
	}
}

func (c *crowd) load() {
	for n := 1; n <= 22; n++ {
		text, err := tpch.Query(n)
		if err != nil {
			c.Fatal(err)
		}
		c.queries[n] = tpch.Qualify(text, placements["federated"])
		if c.answers[n], err = c.data.Answer(n); err != nil {
			c.Fatal(err)
		}
	}
}

// client runs random queries. It needs a new connection where it or somebody else has ended the old one.
func (c *crowd) client(r *rand.Rand, queries int) {
	var conn *sql.Conn
	var id int
	for range queries {
		if conn == nil {
			var err error
			if conn, err = c.db.Conn(c.Context()); err != nil {
				c.Error(err)
				return
			}
			if err := conn.QueryRowContext(c.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
				c.Error(err)
				return
			}
		}
		n, after := 1+r.IntN(22), time.Duration(r.IntN(300))*time.Millisecond
		ctx, cancel := context.WithCancel(c.Context())
		switch r.IntN(5) {
		case 0: // hangs up
			time.AfterFunc(after, cancel)
		case 1, 2: // kills its query
			kill := fmt.Sprintf("KILL QUERY %d", id)
			c.killers.Add(1)
			time.AfterFunc(after, func() {
				defer c.killers.Done()
				c.killer.ExecContext(c.Context(), kill) //nolint:errcheck // the connection may be gone
			})
		}
		if !c.check(ctx, conn, n) {
			conn.Close() //nolint:errcheck // it is broken
			conn = nil
		}
		cancel()
	}
	if conn != nil {
		conn.Close() //nolint:errcheck // the last query has been read
	}
}

// check runs a query, whose answer is right unless the client has ended it or there was no memory. It returns false if the
// connection is lost.
func (c *crowd) check(ctx context.Context, conn *sql.Conn, n int) bool {
	const noMemory, interrupted = 3170, 1317
	rows, err := queryTexts(ctx, conn, c.queries[n])
	var failure *mysql.MySQLError
	switch {
	case err == nil:
		c.right.Add(1)
		if err := tpch.Compare(rows, c.answers[n]); err != nil {
			c.Errorf("q%d: %v", n, err)
		}
	case ctx.Err() != nil:
		c.cut.Add(1)
		return false
	case errors.As(err, &failure) && failure.Number == noMemory:
		c.full.Add(1)
	case errors.As(err, &failure) && failure.Number == interrupted:
		c.cut.Add(1)
	default:
		c.Errorf("q%d: %v", n, err)
		return false
	}
	return true
}
