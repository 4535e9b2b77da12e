package parse

// StartTransaction is START TRANSACTION [characteristic [, characteristic]], of which the characteristics are WITH CONSISTENT SNAPSHOT, READ ONLY
// and READ WRITE.
type StartTransaction struct {
	Snapshot bool  // what it reads is as it is now, not as it will be when it reads first
	ReadOnly *bool // nil: it says nothing
}

// EndTransaction is {COMMIT | ROLLBACK} [WORK] [AND [NO] CHAIN] [[NO] RELEASE]. What it says nothing of is nil.
type EndTransaction struct {
	Rollback bool
	Chain    *bool // another transaction begins
	Release  *bool // the connection ends
}

func (*StartTransaction) sealed() {}
func (*EndTransaction) sealed()   {}

func (r *reader) startTransaction() Stmt {
	s := &StartTransaction{}
	var mode string // of access: one or none
	for t := r.peek(); t.is("WITH") || t.is("READ"); t = r.peek() {
		if r.accept("WITH", "CONSISTENT", "SNAPSHOT") {
			s.Snapshot = true
		} else {
			r.expect("READ")
			other := mode
			if mode = "WRITE"; r.peek().is("ONLY") {
				mode = "ONLY"
			}
			if t := r.next(); !t.is(mode) || other != "" && other != mode {
				r.fail(t, "WRITE or ONLY")
			}
		}
		if !r.comma() {
			break
		}
		if t := r.peek(); !t.is("WITH") && !t.is("READ") {
			r.fail(t, "a characteristic")
		}
	}
	if mode != "" {
		s.ReadOnly = new(mode == "ONLY")
	}
	return s
}

// endsTransaction reports COMMIT and ROLLBACK, but for ROLLBACK TO a savepoint, which is the other grammar's.
func endsTransaction(sql string, mode Mode) bool {
	r := &reader{scanner: scanner{sql: sql, mode: mode}}
	if r.peek().is("COMMIT") {
		return true
	}
	if !r.accept("ROLLBACK") {
		return false
	}
	r.accept("WORK")
	return !r.peek().is("TO")
}

func endTransaction(rollback bool) func(*reader) Stmt {
	return func(r *reader) Stmt {
		s := &EndTransaction{Rollback: rollback}
		r.accept("WORK")
		if r.accept("AND") {
			s.Chain = r.unless("NO")
			r.expect("CHAIN")
		}
		if t := r.peek(); t.is("NO") || t.is("RELEASE") {
			if s.Release = r.unless("NO"); s.Chain != nil && *s.Chain && *s.Release {
				r.fail(t, "the end of the statement")
			}
			r.expect("RELEASE")
		}
		return s
	}
}

// unless reads a word that means false, if it comes next.
func (r *reader) unless(word string) *bool { return new(!r.accept(word)) }
