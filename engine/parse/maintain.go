package parse

// Maintain is OPTIMIZE, CHECK, REPAIR or CHECKSUM TABLE name [, name ...] with any options.
type Maintain struct {
	Op     string // in lower case
	Tables []TableName
}

func (*Maintain) sealed() {}

// maintenance are the words that may follow the tables; the gateway has no use for them.
var maintenance = []string{"QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED", "USE_FRM", "FOR", "UPGRADE"}

// maintain reads what follows the two words that begin a statement, of which the second may be one that changes nothing.
func maintain(op string, local bool) func(*reader) Stmt {
	return func(r *reader) Stmt {
		if local && !r.acceptAny([]string{"TABLE", "TABLES"}) {
			r.fail(r.peek(), "TABLE")
		}
		s := &Maintain{Op: op}
		for r.err == nil {
			s.Tables = append(s.Tables, r.tableName())
			if !r.comma() {
				break
			}
		}
		for r.acceptAny(maintenance) {
		}
		return s
	}
}

// acceptAny passes a keyword of a list if one comes next.
func (r *reader) acceptAny(keywords []string) bool {
	for _, k := range keywords {
		if r.accept(k) {
			return true
		}
	}
	return false
}
