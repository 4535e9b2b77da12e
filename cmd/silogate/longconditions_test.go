package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testdb"
)

// TestLongConditions plans and runs conditions of so many terms that what compares each with every other does not end, and that
// a server's parser takes only as a tree.
func TestLongConditions(t *testing.T) {
	conn := session(t, serving(t, localSilos(t, testdb.Tables())))
	for _, table := range []string{"lite.t1", "lake.t1"} {
		for _, c := range []struct{ term, operator, want string }{
			{"id = %d", " OR ", "13"}, {"id <> %d + 5", " AND ", "5"}, {"(id = %d AND s IS NOT NULL)", " OR ", "12"},
		} {
			terms := make([]string, 20000)
			for i := range terms {
				terms[i] = fmt.Sprintf(c.term, i+1)
			}
			var got string
			query := "SELECT COUNT(*) FROM " + table + " WHERE " + strings.Join(terms, c.operator)
			if err := conn.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != c.want {
				t.Errorf("%s, %s: %s, %v; want %s", table, c.term, got, err, c.want)
			}
		}
	}
}

// TestDeepSubqueries nests subqueries deeper than what plans each level twice ends with, and than SQLite takes.
func TestDeepSubqueries(t *testing.T) {
	conn := session(t, serving(t, localSilos(t, testdb.Tables())))
	for _, table := range []string{"lite.t1", "lake.t1"} {
		const depth = 60
		for _, c := range []struct{ open, close string }{
			{"id IN (SELECT id FROM " + table + " WHERE ", ")"},
			{"EXISTS (SELECT 1 FROM " + table + " x%d WHERE x%[1]d.id = o.id AND ", ")"},
		} {
			condition := "o.id < 4"
			if !strings.Contains(c.open, "%") {
				condition = "id < 4"
			}
			for i := range depth {
				open := c.open
				if strings.Contains(open, "%") {
					open = fmt.Sprintf(open, i)
				}
				condition = open + condition + c.close
			}
			var got, want string
			if err := conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" o WHERE o.id < 4").Scan(&want); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" o WHERE "+condition).Scan(&got); err != nil || got != want {
				t.Errorf("%s, %s: %s, %v; want %s", table, c.open, got, err, want)
			}
		}
	}
}
