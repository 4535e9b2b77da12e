package randsql

import (
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(2000) {
		q := New(seed)
		if again := New(seed); again.SQL != q.SQL {
			t.Fatalf("seed %d: %s\n%s", seed, q.SQL, again.SQL)
		}
		if len(q.Kinds) == 0 || strings.Count(q.SQL, "(") != strings.Count(q.SQL, ")") {
			t.Errorf("seed %d: %s", seed, q.SQL)
		}
		for _, part := range []string{"LEFT JOIN", "EXISTS", "NOT IN (SELECT", "GROUP BY", "HAVING", "UNION", "LIMIT", "DISTINCT", "WITH w1", ", w2 AS", "JOIN w1",
			escape, longList, "GROUP BY CONCAT"} {
			seen[part] = seen[part] || strings.Contains(q.SQL, part)
		}
	}
	if len(seen) != 14 {
		t.Error(seen)
	}
	for part, found := range seen {
		if !found {
			t.Errorf("never %s", part)
		}
	}
}
