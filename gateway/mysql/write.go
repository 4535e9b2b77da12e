package mysql

import (
	"fmt"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	writes "github.com/silogate/silogate/engine/write"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// write runs a statement that writes scratch tables.
func (s *statement) write(w *bind.Write) error {
	if err := s.mayWrite(w); err != nil {
		return err
	}
	var targets [][2]string
	for _, t := range w.Tables {
		targets = append(targets, scratchsql.Linked(s.ctx, t.Table)...)
	}
	if err := s.session().scratch.Lock(s.ctx, targets...); err != nil {
		return err
	}
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
	if tx := s.ctx.GetTransaction(); !temporary && tx != nil && tx.IsReadOnly() {
		return sqlerr.New(sqlerr.ReadOnlyTransaction, "Cannot execute statement in a READ ONLY transaction.")
	}
	if w.Keyed {
		return nil
	}
	return s.safe()
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
