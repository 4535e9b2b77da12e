//go:build integration

package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// TestScratchSurvives kills the gateway while clients write: what they were told is committed is there when it starts
// again, and of each transaction all or nothing.
func TestScratchSurvives(t *testing.T) {
	program, data := program(t), t.TempDir()
	const writers, rounds = 3, 4
	start := func() (*process, string) {
		address := testserver.FreeAddress(t)
		return spawn(t, program, "serve", "--config",
			configured(t, fmt.Sprintf("listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\n", address, data))), address
	}
	p, address := start()
	setup := session(t, connect(t, "root@tcp("+address+")/"), "CREATE DATABASE kept", "CREATE TABLE kept.pairs (w INT, n INT, half INT, pad VARCHAR(200), PRIMARY KEY (w, n, half))")
	for w := range writers {
		if _, err := setup.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE kept.own%d (n INT PRIMARY KEY AUTO_INCREMENT, pad VARCHAR(200))", w)); err != nil {
			t.Fatal(err)
		}
	}
	var told [writers]atomic.Int64 // the last transaction of each writer that was reported as committed
	for round := range rounds {
		db := connect(t, "root@tcp("+address+")/kept")
		var group sync.WaitGroup
		enough := make(chan struct{}, writers)
		for w := range writers {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			group.Add(1)
			go func() {
				defer group.Done()
				defer conn.Close() //nolint:errcheck // its server is killed
				write := func(query string, args ...any) bool {
					_, err := conn.ExecContext(context.Background(), query, args...)
					return err == nil
				}
				for n, begun := told[w].Load()+1, 0; ; n, begun = n+1, begun+1 {
					if !write("REPLACE INTO pairs VALUES (?, ?, 0, REPEAT('x', 200))", w, -n) || // alone, and beyond what is counted
						!write("START TRANSACTION") || !write(fmt.Sprintf("INSERT INTO own%d (pad) VALUES (REPEAT('y', 100))", w)) ||
						!write("INSERT INTO pairs VALUES (?, ?, 0, 'a')", w, n) || !write("INSERT INTO pairs VALUES (?, ?, 1, 'b')", w, n) || !write("COMMIT") {
						return
					}
					told[w].Store(n)
					if begun == 20 {
						enough <- struct{}{}
					}
				}
			}()
		}
		for range writers {
			<-enough
		}
		p.signal(syscall.SIGKILL)
		p.wait()
		group.Wait()
		p, address = start()
		check := session(t, connect(t, "root@tcp("+address+")/kept"))
		for w := range writers {
			rows, err := queryTexts(t.Context(), check, fmt.Sprintf("SELECT COUNT(*), COUNT(DISTINCT n), MAX(n), (SELECT COUNT(*) FROM own%d) FROM pairs WHERE w = %d AND n > 0", w, w))
			if err != nil {
				t.Fatal(err)
			}
			var halves, whole, last, own int64
			if _, err := fmt.Sscan(rows[0][0]+" "+rows[0][1]+" "+rows[0][2]+" "+rows[0][3], &halves, &whole, &last, &own); err != nil {
				t.Fatal(err)
			}
			// The last transaction may have been committed without the client hearing of it.
			if halves != 2*whole || whole != last || last < told[w].Load() || last > told[w].Load()+1 || own != whole {
				t.Errorf("round %d, writer %d: %d halves of %d transactions up to %d, %d rows of its own; told of %d", round, w, halves, whole, last, own, told[w].Load())
			}
			told[w].Store(last)
		}
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.shown.String())
	}
}
