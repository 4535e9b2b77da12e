//go:build integration

package main

import (
	"database/sql"
	numbers "math/big"
	"net"
	"slices"
	"strings"
	"testing"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	gmssql "github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
)

// TestRandomQueriesGMS compares random queries with the row engine of go-mysql-server, which binds them for the gateway: it shares no
// evaluation with the executor and takes what MariaDB does not. Its window functions are wrong or missing in every second query, so
// there are none.
func TestRandomQueriesGMS(t *testing.T) {
	first, count := seeds(t, 300, 20_000)
	tables := testdb.Tables()
	randomRun{
		config: localSilos(t, tables), tables: tables, homes: map[string]map[string]string{"GMS": allIn("lake")},
		oracle: rowEngine, fit: fitRows,
	}.compare(t, first, count)
}

// rowEngine is a session of go-mysql-server, in this process, with the tables.
func rowEngine(t *testing.T, tables []testdb.Table) *sql.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	provider := memory.NewDBProvider(memory.NewDatabase("app"))
	s, err := server.NewServer(server.Config{Protocol: "tcp", Listener: l}, gms.NewDefault(provider), gmssql.NewContext,
		memory.NewSessionBuilder(provider), nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Start() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	conn := session(t, connect(t, "root@tcp("+l.Addr().String()+")/app"), "SET NAMES utf8mb4 COLLATE utf8mb4_0900_bin")
	for _, statement := range testdb.MariaDB(tables) {
		statement = strings.ReplaceAll(statement, "utf8mb4_nopad_bin", "utf8mb4_0900_bin")
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// fitRows shows a date that the row engine shows as a moment as a date, an integer that it computes as a decimal without the sign of a
// zero, and a decimal, which it computes as a double or shows with other digits than MySQL, with as many digits after the
// point as the gateway.
func fitRows(q randsql.Query, want, got [][]string) [][]string {
	out := make([][]string, len(want))
	for i, row := range want {
		out[i] = slices.Clone(row)
		for j, cell := range row {
			switch q.Kinds[j] {
			case testdb.Integer:
				if cell == "-0" {
					out[i][j] = "0"
				}
			case testdb.Date:
				out[i][j] = strings.TrimSuffix(cell, " 00:00:00")
			case testdb.Decimal:
				if n, ok := new(numbers.Rat).SetString(cell); ok {
					out[i][j] = strings.TrimPrefix(n.FloatString(decimals(got, j)), "-")
					if n.Sign() < 0 && strings.Trim(out[i][j], "0.") != "" {
						out[i][j] = "-" + out[i][j]
					}
				}
			}
		}
	}
	slices.SortFunc(out, slices.Compare[[]string])
	return out
}

// decimals is how many digits after the point the numbers of a column have.
func decimals(rows [][]string, column int) int {
	for _, row := range rows {
		if _, digits, ok := strings.Cut(row[column], "."); ok {
			return len(digits)
		}
	}
	return 0
}
