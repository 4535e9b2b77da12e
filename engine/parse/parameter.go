package parse

// Parameters returns how many parameters, ?, a statement has.
func Parameters(sql string, mode Mode) int {
	n := 0
	for s := (scanner{sql: sql, mode: mode}); ; {
		t, err := s.next()
		if err != nil || t.kind == end {
			return n
		}
		if t.isSymbol("?") {
			n++
		}
	}
}
