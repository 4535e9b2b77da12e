package parse

// Assigns reports whether a text has @name := value, which the other grammar does not know.
func Assigns(sql string) bool {
	tokens, ok := tokensOf(sql)
	if !ok {
		return false
	}
	for i := 1; i+1 < len(tokens); i++ {
		colon, equals := tokens[i], tokens[i+1]
		if !colon.isSymbol(":") || !equals.isSymbol("=") || colon.end != equals.start {
			continue
		}
		for at := i - 1; at >= 0; at-- { // back over the name
			if t := tokens[at]; t.isSymbol("@") {
				return true
			} else if t.kind != word && t.kind != name && t.kind != text && !t.isSymbol(".") {
				break
			}
		}
	}
	return false
}
