// Command client is silogate's peer in the benchmark: it sends queries to the gateway's MySQL port and times each until
// all rows are values of the client's, as a peer's library does in its own process. Requests and answers are JSON, one a line.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

type request struct {
	Queries  []string `json:"queries"`
	Pushdown bool     `json:"pushdown"`
}

type answer struct {
	Ready string      `json:"ready,omitempty"`
	Times []float64   `json:"times"` // seconds
	Rows  [][][]value `json:"rows"`
}

// value is a column's text; nil is NULL.
type value = *string

func main() {
	address := flag.String("address", "", "of the gateway's MySQL port")
	database := flag.String("database", "", "of tables without one")
	flag.Parse()
	if err := serve(context.Background(), *address, *database); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, address, database string) error {
	db, err := sql.Open("mysql", "root@tcp("+address+")/"+database)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var ready answer
	if err := conn.QueryRowContext(ctx, "SELECT version()").Scan(&ready.Ready); err != nil {
		return err
	}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var places struct{} // the first request; the gateway knows them
	if err := in.Decode(&places); err != nil {
		return err
	}
	if err := out.Encode(ready); err != nil {
		return err
	}
	for in.More() {
		var r request
		if err := in.Decode(&r); err != nil {
			return err
		}
		a, err := run(ctx, conn, r)
		if err != nil {
			return err
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, conn *sql.Conn, r request) (answer, error) {
	pushdown := "OFF"
	if r.Pushdown {
		pushdown = "ON"
	}
	if _, err := conn.ExecContext(ctx, "SET silogate_pushdown = "+pushdown); err != nil {
		return answer{}, err
	}
	var a answer
	for _, query := range r.Queries {
		start := time.Now()
		rows, err := fetch(ctx, conn, query)
		if err != nil {
			return answer{}, fmt.Errorf("%w: %s", err, query)
		}
		a.Times, a.Rows = append(a.Times, time.Since(start).Seconds()), append(a.Rows, rows)
	}
	return a, nil
}

func fetch(ctx context.Context, conn *sql.Conn, query string) ([][]value, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	out := [][]value{}
	for rows.Next() {
		row, targets := make([]value, len(columns)), make([]any, len(columns))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
