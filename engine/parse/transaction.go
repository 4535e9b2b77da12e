package parse

// StartTransaction is START TRANSACTION [characteristic [, characteristic]], of which the characteristics are WITH CONSISTENT SNAPSHOT, READ ONLY
// and READ WRITE.
type StartTransaction struct {
	Snapshot bool // what it reads is as it is now, not as it will be when it reads first
	ReadOnly bool
}

func (*StartTransaction) sealed() {}

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
	s.ReadOnly = mode == "ONLY"
	return s
}
