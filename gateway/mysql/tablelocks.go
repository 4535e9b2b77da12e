package mysql

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// tableLocks are the scratch tables and views that LOCK TABLES has given a session, which uses no others meanwhile (MySQL 8.0 manual, 15.3.6). Sources' tables
// are not locked: nobody writes them by the gateway.
type tableLocks []tableLock

type tableLock struct {
	table  parse.TableName
	called string
	write  bool
}

// find returns the lock of a table by the name that a statement calls it.
func (l tableLocks) find(t parse.TableName, called string) (i int, ok bool) {
	for i, lock := range l {
		if strings.EqualFold(lock.called, called) && strings.EqualFold(lock.table.Database, t.Database) && strings.EqualFold(lock.table.Name, t.Name) {
			return i, true
		}
	}
	return 0, false
}

// lockTables locks tables for the session, in the place of those that it has.
func (s *statement) lockTables(stmt *parse.LockTables) error {
	s.keepWarnings(nil)
	session := s.session()
	if err := s.unlock(); err != nil {
		return err
	}
	if err := s.patience(); err != nil {
		return err
	}
	session.nextTransaction()
	for before := []scratch.TableLock(nil); ; { // what a view reads may have changed by the time that it is locked
		session.scratch.Statement(true)
		held, below, err := s.lockable(stmt)
		switch {
		case err == nil && slices.Equal(before, below):
			session.tableLocks = &held
			return s.commit()
		case err == nil:
			err = session.scratch.LockTables(s.ctx, below)
		}
		if err != nil {
			session.scratch.UnlockTables()
			return err
		}
		before = below
	}
}

// unlockTables gives back what LOCK TABLES has locked, and commits if it has.
func (s *statement) unlockTables() error {
	s.keepWarnings(nil)
	session := s.session()
	if session.tableLocks == nil {
		return nil
	}
	err := s.unlock()
	session.nextTransaction()
	return err
}

// unlock commits, and gives back what LOCK TABLES has locked.
func (s *statement) unlock() error {
	session := s.session()
	err := s.commit()
	session.scratch.UnlockTables()
	session.tableLocks = nil
	return err
}

// patience has the session wait for others as long as its variables say.
func (s *statement) patience() error {
	session := s.session().scratch
	for _, v := range []struct {
		name string
		wait *time.Duration
	}{{lockWaitTimeout, &session.LockWait}, {"lock_wait_timeout", &session.TableWait}} {
		value, err := s.ctx.GetSessionVariable(s.ctx, v.name)
		if err != nil {
			return err
		}
		if seconds, ok := value.(int64); ok {
			*v.wait = time.Duration(seconds) * time.Second
		}
	}
	return nil
}

// lockable looks up what a LOCK TABLES names: what the session may use then, and the scratch tables that it has to lock, those included that views read
// and those that foreign keys link to what it writes, for which it would have to wait later.
func (s *statement) lockable(stmt *parse.LockTables) (held tableLocks, below []scratch.TableLock, err error) {
	held = tableLocks{}
	named := make(map[[2]string]bool)
	var written [][2]string
	for _, lock := range stmt.Tables {
		t, called := lock.Table, cmp.Or(lock.Alias, lock.Table.Name)
		if t.Database = cmp.Or(t.Database, s.ctx.GetCurrentDatabase()); t.Database == "" {
			return nil, nil, sql.ErrNoDatabaseSelected.New()
		}
		key := [2]string{strings.ToLower(t.Database), strings.ToLower(called)}
		if named[key] {
			return nil, nil, sqlerr.New(sqlerr.Errno(1066), "Not unique table/alias: '%s'", called) // ER_NONUNIQ_TABLE
		}
		named[key] = true
		if _, temporary := s.session().scratch.Temporary(t.Database, t.Name); temporary {
			continue
		}
		if !s.lockedByName(t) {
			if err := s.lockSource(t, lock.Write); err != nil {
				return nil, nil, err
			}
			continue
		}
		if err := s.authorize(bind.TableRight(sqlparser.AuthType_LOCK, t.Database, t.Name)); err != nil {
			return nil, nil, err
		}
		if _, exists := s.session().scratch.Permanent(t.Database, t.Name); !exists && !s.isView(t) {
			return nil, nil, sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", shownName(t))
		}
		if lock.Write && s.session().characteristics.readOnly {
			return nil, nil, readOnlyTransaction
		}
		held = append(held, tableLock{t, called, lock.Write})
		read, err := s.readBy(t)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range read {
			below = append(below, scratch.TableLock{Database: r[0], Table: r[1], Write: lock.Write})
		}
		if lock.Write {
			written = append(written, read...)
		}
	}
	linked := s.server.made.Linked(s.ctx, written)[len(written):]
	slices.SortFunc(linked, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) // the same each time
	for _, t := range linked {
		below = append(below, scratch.TableLock{Database: t[0], Table: t[1], Linked: true})
	}
	return held, below, nil
}

// lockedByName reports a table that is used under LOCK TABLES only if it is locked: a permanent one of a scratch database, or a view.
func (s *statement) lockedByName(t parse.TableName) bool {
	_, made := s.session().scratch.Database(t.Database)
	return made || s.isView(t)
}

// lockSource finds a source's table, which nobody may write.
func (s *statement) lockSource(t parse.TableName, write bool) error {
	if write {
		if err := s.authorize(bind.TableRight(sqlparser.AuthType_LOCK, t.Database, t.Name)); err != nil {
			return err
		}
	}
	text := "SELECT 1 FROM " + bind.QuotedName(t.Database) + "." + bind.QuotedName(t.Name)
	parsed, _, _, err := s.server.gms.Parser.Parse(s.ctx, text, false)
	if err != nil {
		return err
	}
	defer s.withinReach(parsed)()
	if _, err := s.server.gms.BoundQueryPlan(s.ctx, text, parsed, nil); err != nil {
		return err
	}
	if write {
		return sqlerr.New(sqlerr.ReadOnly, "Table '%s' is read only", t.Name)
	}
	return nil
}

// tableUse is a table that a statement names.
type tableUse struct {
	name   sqlparser.TableName
	called string
	writes bool // and writes; those of UPDATE and DELETE are known when it is bound
}

// tableUses lists the tables that a statement names.
func tableUses(parsed sqlparser.Statement) (uses []tableUse) {
	written := func(names ...sqlparser.TableName) {
		for _, name := range names {
			uses = append(uses, tableUse{name, name.Name.String(), true})
		}
	}
	switch n := parsed.(type) {
	case *sqlparser.Insert:
		written(n.Table)
	case *sqlparser.Load:
		written(n.Table)
	case *sqlparser.AlterTable:
		written(n.Table)
	case *sqlparser.DDL:
		if n.OptLike != nil {
			for _, like := range n.OptLike.LikeTables {
				uses = append(uses, tableUse{name: like, called: like.Name.String()})
			}
		}
		switch {
		case n.Temporary:
		case n.ViewSpec != nil:
			written(n.ViewSpec.ViewName)
		case makesTable(n) || n.Action == sqlparser.TruncateStr:
			written(n.Table)
		default:
			written(n.FromTables...)
		}
	}
	common := commonNames(parsed)
	_ = bind.Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if from, ok := n.(*sqlparser.AliasedTableExpr); ok {
			return true, eachNamed(sqlparser.TableExprs{from}, func(called string, name sqlparser.TableName) error {
				if !name.DbQualifier.IsEmpty() || !common[strings.ToLower(name.Name.String())] {
					uses = append(uses, tableUse{name: name, called: called})
				}
				return nil
			})
		}
		return true, nil
	}, parsed)
	return uses
}

// within refuses a statement that uses what LOCK TABLES has not locked, or writes what it has locked to be read. A lock is for one use in a statement.
func (s *statement) within(parsed sqlparser.Statement) error {
	locks := s.session().tableLocks
	if locks == nil {
		return nil
	}
	if _, ok := parsed.(*sqlparser.DBDDL); ok { // ER_LOCK_OR_ACTIVE_TRANSACTION
		return sqlerr.New(sqlerr.Errno(1192), "Can't execute the given command because you have active locked tables or an active transaction")
	}
	used := make(map[int]bool)
	for _, use := range tableUses(parsed) {
		t := parse.TableName{Database: s.databaseOf(use.name), Name: use.name.Name.String()}
		if _, temporary := s.session().scratch.Temporary(t.Database, t.Name); temporary || !s.lockedByName(t) {
			continue
		}
		i, ok := locks.find(t, use.called)
		if !ok || used[i] { // ER_TABLE_NOT_LOCKED
			return sqlerr.New(sqlerr.Errno(1100), "Table '%s' was not locked with LOCK TABLES", use.called)
		}
		if used[i] = true; use.writes && !(*locks)[i].write {
			return notLockedForWrite(use.called)
		}
	}
	return nil
}

// mayWriteLocked refuses a write of tables that LOCK TABLES has locked to be read.
func (s *statement) mayWriteLocked(w *bind.Write) error {
	for _, t := range w.Tables {
		if err := s.mayWriteAs(parse.TableName{Database: t.Name.Namespace, Name: t.Name.Name}, cmp.Or(t.Alias, t.Name.Name)); err != nil {
			return err
		}
	}
	return nil
}

// mayWriteAs is mayWriteLocked for a table by the name that the statement calls it.
func (s *statement) mayWriteAs(t parse.TableName, called string) error {
	locks := s.session().tableLocks
	if locks == nil {
		return nil
	}
	if i, ok := locks.find(t, called); ok && !(*locks)[i].write {
		return notLockedForWrite(called)
	}
	return nil
}

func notLockedForWrite(called string) error { // ER_TABLE_NOT_LOCKED_FOR_WRITE
	return sqlerr.New(sqlerr.Errno(1099), "Table '%s' was locked with a READ lock and can't be updated", called)
}

// forgetDropped has the session have locked no more what its DDL has dropped or given another name.
func (s *statement) forgetDropped() {
	locks := s.session().tableLocks
	if locks == nil {
		return
	}
	*locks = slices.DeleteFunc(*locks, func(lock tableLock) bool {
		_, exists := s.session().scratch.Permanent(lock.table.Database, lock.table.Name)
		return !exists && !s.isView(lock.table)
	})
}

// pass waits until nobody else has a scratch table for himself alone that the statement names, or a view that it names reads: what it is bound as
// may be another by then.
func (s *statement) pass(parsed sqlparser.Statement) error {
	session := s.session().scratch
	if session.Passes() {
		return nil
	}
	var tables [][2]string
	visit := func(t parse.TableName, _ bool) error {
		if _, temporary := session.Temporary(t.Database, t.Name); !temporary {
			tables = append(tables, [2]string{t.Database, t.Name})
		}
		return nil
	}
	for _, use := range tableUses(parsed) {
		if use.writes {
			_ = visit(parse.TableName{Database: s.databaseOf(use.name), Name: use.name.Name.String()}, false) // which does not fail
		}
	}
	tree := viewTree{statement: s, visit: visit}
	return errors.Join(tree.walk(parsed, s.ctx.GetCurrentDatabase(), false), session.Pass(s.ctx, tables...))
}
