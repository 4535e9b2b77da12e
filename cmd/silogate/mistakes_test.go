//go:build integration

package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// expectedIdentity is an errno and SQLSTATE before a statement that MySQL answers otherwise than MariaDB.
var expectedIdentity = regexp.MustCompile(`^(\d{4} [0-9A-Z]{5}) (.*)$`)

// TestMistakes compares errnos and SQLSTATEs of wrong statements with MariaDB's.
func TestMistakes(t *testing.T) {
	products := testdb.Table{Name: "products", Columns: []testdb.Column{
		{Name: "id", Kind: testdb.Integer}, {Name: "name", Kind: testdb.Text}, {Name: "category", Kind: testdb.Text},
		{Name: "price", Kind: testdb.Decimal, Precision: 10, Scale: 2},
	}, Rows: [][]any{{"1", "lamp", "home", "1.50"}, {"2", "desk", "home", "9.00"}}}
	maria := testserver.MariaDB(t)
	maria.Exec(t, append([]string{"CREATE DATABASE lite", "USE lite"}, testdb.MariaDB([]testdb.Table{products})...)...)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	oracle := session(t, db, "USE lite", "SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'")
	conn := session(t, serving(t, localSilos(t, []testdb.Table{products})), "USE lite")
	text, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		query := strings.TrimSpace(line)
		if query == "" || query[0] == '#' {
			continue
		}
		var want string
		if found := expectedIdentity.FindStringSubmatch(query); found != nil {
			want, query = found[1], found[2]
		} else {
			want = identity(queryTexts(t.Context(), oracle, query))
		}
		if got := identity(queryTexts(t.Context(), conn, query)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// identity is the errno and SQLSTATE of what ended a query.
func identity(_ [][]string, err error) string {
	var failure *mysql.MySQLError
	if !errors.As(err, &failure) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s", failure.Number, failure.SQLState[:])
}
