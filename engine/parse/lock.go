package parse

// LockTables is LOCK {TABLE | TABLES} name [[AS] alias] {READ [LOCAL] | [LOW_PRIORITY] WRITE} [, ...].
type LockTables struct{ Tables []TableLock }

// TableLock is a table that LockTables names.
type TableLock struct {
	Table TableName
	Alias string // "": none
	Write bool
}

// UnlockTables is UNLOCK {TABLE | TABLES}.
type UnlockTables struct{}

func (*LockTables) sealed()   {}
func (*UnlockTables) sealed() {}

func (r *reader) lockTables() Stmt {
	s := &LockTables{}
	for r.err == nil {
		s.Tables = append(s.Tables, r.tableLock())
		if !r.comma() {
			break
		}
	}
	return s
}

func (r *reader) tableLock() TableLock {
	lock := TableLock{Table: r.tableName()}
	if t := r.peek(); r.accept("AS") || !t.is("READ") && !t.is("WRITE") && !t.is("LOW_PRIORITY") {
		lock.Alias = r.ident("an alias, READ or WRITE")
	}
	if r.accept("READ") {
		r.accept("LOCAL")
		return lock
	}
	r.accept("LOW_PRIORITY")
	r.expect("WRITE")
	lock.Write = true
	return lock
}

func (r *reader) unlockTables() Stmt { return &UnlockTables{} }
