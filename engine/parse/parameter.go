package parse

// Parameters returns how many parameters, ?, a statement has.
func Parameters(sql string) int {
	n := 0
	for s := (scanner{sql: sql}); ; {
		t, err := s.next()
		if err != nil || t.kind == end {
			return n
		}
		if t.isSymbol("?") {
			n++
		}
	}
}
