package mysql

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/bind"
	writes "github.com/silogate/silogate/engine/write"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// lockWritten makes the transaction the only writer of the tables of a write. bound is false if another session has altered one since it was bound.
func (s *statement) lockWritten(w *bind.Write) (bound bool, err error) {
	if err := s.mayWrite(w); err != nil {
		return false, err
	}
	if err := s.mayWriteLocked(w); err != nil {
		return false, err
	}
	var tables []sql.Table
	for _, t := range w.Tables {
		tables = append(tables, t.Table)
	}
	return scratchsql.Lock(s.ctx, tables...)
}

// write runs a statement that writes scratch tables, which are locked.
func (s *statement) write(w *bind.Write) error {
	before := s.ctx.GetLastQueryInfo().LastInsertId.Load()
	out, err := w.Run(s.ctx)
	if err != nil {
		return err
	}
	s.written(w, out, before)
	return nil
}

// mayWrite refuses a write in a transaction that only reads, and one that sql_safe_updates is against.
func (s *statement) mayWrite(w *bind.Write) error {
	temporary := true
	for _, t := range w.Tables {
		temporary = temporary && scratchsql.IsTemporary(t.Table)
	}
	if !temporary && s.session().characteristics.readOnly {
		return readOnlyTransaction
	}
	if w.Keyed {
		return nil
	}
	return s.safe()
}

// mayUpdate refuses an UPDATE, or an EXPLAIN of one, of tables that the user may not write.
func (s *statement) mayUpdate(root sql.Node) error {
	if explained, ok := root.(*gmsplan.DescribeQuery); ok {
		root = explained.Child
	}
	w, ok := bind.WriteOf(root)
	if !ok {
		return nil
	}
	for i, right := range w.Rights() {
		if scratchsql.IsTemporary(w.Tables[i].Table) {
			continue
		}
		if err := s.authorize(right); err != nil {
			return err
		}
	}
	return nil
}

// written keeps what the client is told of a write (MySQL 8.0 manual, 12.16 and the C API's mysql_info). lastID is what LAST_INSERT_ID() was.
func (s *statement) written(w *bind.Write, out writes.Outcome, lastID int64) {
	affected, info := out.Affected, ""
	warnings := s.conn.session.WarningCount()
	switch {
	case w.Kind == bind.Update:
		info = fmt.Sprintf("Rows matched: %d  Changed: %d  Warnings: %d", out.Rows, out.Affected, warnings)
		if s.conn.has.Has(wire.FoundRows) {
			affected = out.Rows
		}
	case w.Several:
		info = fmt.Sprintf("Records: %d  Duplicates: %d  Warnings: %d", out.Rows, out.Doubles, warnings)
	}
	last := s.ctx.GetLastQueryInfo()
	last.RowCount.Store(affected)
	id := out.Given
	if now := last.LastInsertId.Load(); now != lastID { // LAST_INSERT_ID(n)
		id = uint64(now)
	}
	if out.Generated > 0 {
		id = out.Generated
		last.LastInsertId.Store(int64(id))
	}
	s.outcome = wire.OK{AffectedRows: uint64(affected), InsertID: id, Info: info}
}
