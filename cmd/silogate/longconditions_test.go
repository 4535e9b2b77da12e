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
