// Command crowd opens many connections to a server and prints what they cost while they are idle, in bytes of the memory of
// the process with the given id; then some of them run a small query again and again, and it prints how long that takes.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// findings is what crowd prints.
type findings struct {
	Idle    int     `json:"idle"`  // connections
	Bytes   int64   `json:"bytes"` // of the server's memory, for all of them
	Busy    int     `json:"busy"`  // connections
	Queries int     `json:"queries"`
	Median  float64 `json:"p50"` // seconds
	Slowest float64 `json:"p99"`
}

func main() {
	dsn := flag.String("dsn", "", "where the server is, as go-sql-driver names it")
	pid := flag.Int("pid", 0, "of the server")
	idle := flag.Int("idle", 5000, "connections")
	busy := flag.Int("busy", 500, "connections")
	query := flag.String("query", "SELECT 1", "a small one")
	each := flag.Int("each", 100, "queries of each busy connection")
	flag.Parse()
	found, err := crowd(context.Background(), *dsn, *query, *pid, *idle, *busy, *each)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func crowd(ctx context.Context, dsn, query string, pid, idle, busy, each int) (*findings, error) {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.PingContext(ctx); err != nil { // what the first connection costs is not theirs
		return nil, err
	}
	before, err := memory(pid)
	if err != nil {
		return nil, err
	}
	conns := make([]*sql.Conn, idle)
	for i := range conns {
		if conns[i], err = db.Conn(ctx); err != nil {
			return nil, err
		}
		defer conns[i].Close()
	}
	after, err := memory(pid)
	if err != nil {
		return nil, err
	}
	took := make([][]float64, busy)
	failed := make([]error, busy)
	var wg sync.WaitGroup
	for i := range busy {
		wg.Go(func() { took[i], failed[i] = repeat(ctx, conns[i], query, each) })
	}
	wg.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return &findings{Idle: idle, Bytes: after - before, Busy: busy, Queries: len(all), Median: all[len(all)/2], Slowest: all[len(all)*99/100]}, nil
}

func repeat(ctx context.Context, conn *sql.Conn, query string, times int) (took []float64, err error) {
	for range times {
		began := time.Now()
		var value string
		if err := conn.QueryRowContext(ctx, query).Scan(&value); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began).Seconds())
	}
	return took, nil
}

// memory is how much of it a process holds (proc(5), /proc/pid/status, VmRSS).
func memory(pid int) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("the process shows no memory")
}
