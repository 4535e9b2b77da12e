package randsql

import (
	"strings"
	"testing"
)

func TestNewOuter(t *testing.T) {
	parts := []string{"GROUP BY", "WITH ROLLUP", "HAVING NOT EXISTS", "NOT IN (SELECT", "ANY (SELECT", "ALL (SELECT", "(SELECT SUM(", "HAVING COUNT(*)", "WITH w1"}
	seen := map[string]bool{}
	for seed := range uint64(2000) {
		q := NewOuter(seed)
		if again := NewOuter(seed); again.SQL != q.SQL {
			t.Fatalf("seed %d: %s\n%s", seed, q.SQL, again.SQL)
		}
		if len(q.Kinds) == 0 || strings.Count(q.SQL, "(") != strings.Count(q.SQL, ")") {
			t.Errorf("seed %d: %s", seed, q.SQL)
		}
		for _, part := range parts {
			seen[part] = seen[part] || strings.Contains(q.SQL, part)
		}
	}
	for _, part := range parts {
		if !seen[part] {
			t.Errorf("never %s", part)
		}
	}
}
