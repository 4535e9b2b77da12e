package mysql

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
)

// Scratch implements scratchsql.Sessioner.
func (s *ownSession) Scratch() *scratch.Session { return s.scratch }

// transaction stands for the transaction of the session's scratch.Session.
type transaction struct{ session *ownSession }

// String implements sql.Transaction.
func (*transaction) String() string { return "transaction" }

// IsReadOnly implements sql.Transaction.
func (t *transaction) IsReadOnly() bool { return t.session.characteristics.readOnly }

// StartTransaction implements sql.TransactionSession.
func (s *ownSession) StartTransaction(_ *sql.Context, mode sql.TransactionCharacteristic) (sql.Transaction, error) {
	s.scratch.Begin()
	if mode == sql.ReadOnly {
		s.characteristics.readOnly = true
	}
	return &transaction{s}, nil
}

// startTransaction has GMS start a transaction, and takes its snapshot now if that is asked for. Where each statement reads what is committed then
// there is none to take (MySQL 8.0 Reference Manual, 13.3.1).
func (s *statement) startTransaction(stmt *parse.StartTransaction) error {
	if err := s.execute(&sqlparser.Begin{}, s.ctx.Query(), nil); err != nil {
		return err
	}
	session := s.session()
	if stmt.ReadOnly != nil {
		session.characteristics.readOnly = *stmt.ReadOnly
	}
	switch {
	case !stmt.Snapshot:
	case session.characteristics.readsLatest():
		s.ctx.Warn(138, "InnoDB: WITH CONSISTENT SNAPSHOT was ignored because this phrase can only be used with REPEATABLE READ isolation level.") // HA_ERR_UNSUPPORTED
	default:
		session.scratch.Snapshot()
	}
	return nil
}

// endTransaction commits or rolls back, and does what completion_type says where the statement does not. A transaction that is chained to another
// has its characteristics.
func (s *statement) endTransaction(stmt *parse.EndTransaction) error {
	session := s.session()
	completion, err := session.GetSessionVariable(s.ctx, completionType)
	if err != nil {
		return err
	}
	chosen := func(said *bool, by string) bool { return said != nil && *said || said == nil && completion == by }
	s.keepWarnings(nil)
	same := session.characteristics
	if stmt.Rollback {
		s.rollback()
	} else if err := s.commit(); err != nil {
		return err
	}
	session.nextTransaction()
	if chosen(stmt.Chain, "CHAIN") {
		if err := s.execute(&sqlparser.Begin{}, s.ctx.Query(), nil); err != nil {
			return err
		}
		session.characteristics = same
	}
	s.conn.leaving = chosen(stmt.Release, "RELEASE")
	return nil
}

// transact runs what begins or ends a transaction, as EXECUTE finds it too; done is false for what is left to GMS.
func (s *statement) transact(root sql.Node) (done bool, err error) {
	switch n := root.(type) {
	case *gmsplan.Commit:
		return true, s.endTransaction(&parse.EndTransaction{})
	case *gmsplan.Rollback:
		return true, s.endTransaction(&parse.EndTransaction{Rollback: true})
	case *gmsplan.StartTransaction:
		err = s.unlock()
	case *gmsplan.Set:
		err = s.nextOnly(n)
	}
	return err != nil, err
}

// completionType is MySQL's variable for what follows COMMIT and ROLLBACK.
const completionType = "completion_type"

// CommitTransaction implements sql.TransactionSession.
func (s *ownSession) CommitTransaction(ctx *sql.Context, _ sql.Transaction) error {
	defer s.over(s.transacts())
	return s.scratch.Commit(ctx)
}

// Rollback implements sql.TransactionSession.
func (s *ownSession) Rollback(*sql.Context, sql.Transaction) error {
	defer s.over(s.transacts())
	s.scratch.Rollback()
	return nil
}

// over begins anew after a transaction, if there was one.
func (s *ownSession) over(transacted bool) {
	if transacted {
		s.nextTransaction()
	}
}

// CreateSavepoint implements sql.TransactionSession.
func (s *ownSession) CreateSavepoint(_ *sql.Context, _ sql.Transaction, name string) error {
	s.scratch.Savepoint(name)
	return nil
}

// RollbackToSavepoint implements sql.TransactionSession.
func (s *ownSession) RollbackToSavepoint(_ *sql.Context, _ sql.Transaction, name string) error {
	return s.scratch.RollbackTo(name)
}

// ReleaseSavepoint implements sql.TransactionSession.
func (s *ownSession) ReleaseSavepoint(_ *sql.Context, _ sql.Transaction, name string) error {
	return s.scratch.Release(name)
}

// CommandBegin implements sql.LifecycleAwareSession.
func (s *ownSession) CommandBegin() error { return nil }

// CommandEnd implements sql.LifecycleAwareSession.
func (s *ownSession) CommandEnd() {}

// SessionEnd implements sql.LifecycleAwareSession: what is not committed is rolled back, temporary tables are dropped.
func (s *ownSession) SessionEnd() { s.scratch.Close() }

var (
	_ sql.TransactionSession    = (*ownSession)(nil)
	_ sql.LifecycleAwareSession = (*ownSession)(nil)
	_ scratchsql.Sessioner      = (*ownSession)(nil)
)

// begin begins a statement in the session's transaction. DDL ends the one before.
func (s *statement) begin(parsed sqlparser.Statement) error {
	session := s.session()
	if err := s.patience(); err != nil {
		return err
	}
	s.parsed = parsed
	if s.ddl = commits(parsed); s.ddl {
		if err := s.beginAlone(); err != nil {
			return err
		}
	}
	session.scratch.Statement(session.characteristics.readsLatest())
	runs := s.executed(parsed)
	if err := s.within(runs); err != nil {
		return err
	}
	return s.pass(runs)
}

// beginAlone ends the transaction before a statement that is one of its own, and writes.
func (s *statement) beginAlone() error {
	if err := s.commit(); err != nil {
		return err
	}
	if s.session().nextTransaction(); s.session().characteristics.readOnly {
		return readOnlyTransaction
	}
	return nil
}

var readOnlyTransaction = sqlerr.New(sqlerr.ReadOnlyTransaction, "Cannot execute statement in a READ ONLY transaction.")

func (s *statement) session() *ownSession { return s.conn.session }

// commit ends the session's transaction.
func (s *statement) commit() error {
	err := s.session().CommitTransaction(s.ctx, nil)
	s.ended()
	return err
}

func (s *statement) rollback() {
	_ = s.session().Rollback(s.ctx, nil) // which does not fail
	s.ended()
}

// ended forgets a transaction that is over.
func (s *statement) ended() {
	s.ctx.SetTransaction(nil)
	s.ctx.SetIgnoreAutoCommit(false)
}

// end ends a statement: one that failed has changed nothing, and without a transaction around it what it changed is
// kept. What fails as its rows are fetched leaves alone what other statements have changed since.
func (s *statement) end(err error) error {
	session := s.session()
	if s.ddl && err == nil {
		s.forgetDropped()
	}
	if !session.scratch.Active() && !session.readSource || s.fetched && err != nil {
		return err
	}
	explicit, failure := s.inTransaction()
	switch {
	case failure != nil:
		s.rollback()
		return errors.Join(err, failure)
	case errors.Is(err, readOnlyTransaction) && !s.ddl && !explicit: // it was none yet: the next is one still
		same := session.characteristics
		s.rollback()
		session.characteristics = same
		return err
	case sqlerr.Is(err, sqlerr.Deadlock), err != nil && (s.ddl || !explicit):
		s.rollback()
		return err
	case err != nil:
		session.scratch.Undo()
		return err
	case s.ddl || !explicit:
		return s.commit()
	}
	return nil
}

// inTransaction reports whether the session's transaction goes on beyond the statement.
func (s *statement) inTransaction() (bool, error) {
	if s.ctx.GetIgnoreAutoCommit() {
		return true, nil
	}
	auto, err := gmsplan.IsSessionAutocommit(s.ctx)
	return err == nil && !auto, err
}

// commits reports a statement that ends the transaction before it and is one of its own, as DDL is in MySQL but for making and dropping
// temporary tables.
func commits(parsed sqlparser.Statement) bool {
	switch n := parsed.(type) {
	case *sqlparser.DDL:
		return !n.Temporary || n.Action != sqlparser.CreateStr && n.Action != sqlparser.DropStr
	case *sqlparser.AlterTable, *sqlparser.DBDDL, *sqlparser.CreateUser, *sqlparser.DropUser, *sqlparser.RenameUser,
		*sqlparser.GrantPrivilege, *sqlparser.GrantRole, *sqlparser.RevokePrivilege, *sqlparser.RevokeRole, *sqlparser.CreateRole,
		*sqlparser.DropRole:
		return true
	}
	return false
}
