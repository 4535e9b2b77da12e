package randsql

import "testing"

func TestTwin(t *testing.T) {
	for e, want := range map[string]string{
		"(q1.s = 'x')":                  "(q1.s = 'X')",
		"SUM(q1.s = 'APPLE')":           "SUM(q1.s = 'apple')",
		"(q1.s LIKE 'a|_b' ESCAPE '|')": "(q1.s LIKE 'a|_b')",
		"(q1.a IN (101, 102, 103, 104, 105, 106, 107, 108, 3))": "(q1.a IN (101, 102, 103, 104, 105, 106, 107, 108, 1))",
		"CONCAT(q1.s, 'é')": "CONCAT(q1.s, 'é')",
		"SUM(q1.a)":         "SUM(q1.a)",
		"":                  "",
		"COUNT(*) OVER (PARTITION BY (q1.s = 'x') ORDER BY q1.id)": "COUNT(*) OVER (PARTITION BY (q1.s = 'X') ORDER BY q1.id)",
	} {
		if got := twin(e); got != want {
			t.Errorf("the twin of %s is %s", e, got)
		}
	}
}

// Twins stand beside each other in queries of both kinds.
func TestTwins(t *testing.T) {
	for name, query := range map[string]func(uint64) Query{"New": New, "NewWindow": NewWindow} {
		beside := 0
		for seed := range uint64(500) {
			words := make(map[string]bool)
			for _, w := range word.FindAllString(query(seed).SQL, -1) {
				words[w] = true
			}
			for w := range words {
				if words[twin(w)] {
					beside++
					break
				}
			}
		}
		if beside < 10 {
			t.Errorf("%s: %d of 500 queries have words in both cases", name, beside)
		}
	}
}
