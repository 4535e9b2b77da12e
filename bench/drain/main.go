// Command drain reads all of a query's result, several times, and prints how long the server took of its processor for it:
// the time of the process with the given id. Rows are counted and not looked at, so that the client costs little.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// reading is one of a result.
type reading struct {
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"` // seconds of the server's
}

func main() {
	dsn := flag.String("dsn", "", "where the server is, as go-sql-driver names it")
	query := flag.String("query", "", "")
	prepared := flag.Bool("prepared", false, "use the binary protocol")
	pid := flag.Int("pid", 0, "of the server")
	times := flag.Int("times", 4, "how often to read")
	flag.Parse()
	if err := drain(context.Background(), *dsn, *query, *prepared, *pid, *times); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func drain(ctx context.Context, dsn, query string, prepared bool, pid, times int) error {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	run := conn.QueryContext
	if prepared {
		stmt, err := conn.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer stmt.Close() //nolint:errcheck // its rows were read
		run = func(ctx context.Context, _ string, _ ...any) (*sql.Rows, error) { return stmt.QueryContext(ctx) }
	}
	var all []reading
	for range times {
		r, err := read(pid, func() (*sql.Rows, error) { return run(ctx, query) })
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

func read(pid int, query func() (*sql.Rows, error)) (r reading, err error) {
	before, err := processorTime(pid)
	if err != nil {
		return r, err
	}
	began := time.Now()
	rows, err := query()
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		r.Rows++
	}
	if err := rows.Err(); err != nil {
		return r, err
	}
	r.Seconds = time.Since(began).Seconds()
	after, err := processorTime(pid)
	r.CPU = after - before
	return r, err
}

// processorTime is how many seconds of processor time a process has had, user and system (proc(5), /proc/pid/stat).
func processorTime(pid int) (float64, error) {
	const ticks = 100 // a second, on Linux
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return float64(user+system) / ticks, err
}
