package mysql

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/sqlerr"
)

// characteristics are those of the transaction under way, and between transactions of the next (MySQL 8.0 manual, 15.3.7). The session's variables say
// what they are for all others.
type characteristics struct {
	isolation string
	readOnly  bool
}

// The variables of characteristics.
const (
	transactionIsolation = "transaction_isolation"
	transactionReadOnly  = "transaction_read_only"
)

const serializable = "SERIALIZABLE"

// readsLatest reports transactions whose statements read what is committed when they begin: READ COMMITTED and READ UNCOMMITTED.
func (c *characteristics) readsLatest() bool { return strings.HasPrefix(c.isolation, "READ-") }

// set sets the characteristic of a variable, if it is one's.
func (c *characteristics) set(name string, value any) {
	switch strings.ToLower(name) {
	case transactionIsolation:
		c.isolation, _ = value.(string)
	case transactionReadOnly:
		c.readOnly = value == int8(1)
	}
}

// transacts reports a transaction under way: one that was started, or has read or written a table.
func (s *ownSession) transacts() bool {
	return s.GetIgnoreAutoCommit() || s.scratch.Used() || s.readSource
}

// nextTransaction has the next transaction be as the session's variables say.
func (s *ownSession) nextTransaction() {
	s.readSource = false
	for _, name := range []string{transactionIsolation, transactionReadOnly} {
		v, _ := s.find(name)
		s.characteristics.set(name, v.Val)
	}
}

// nextOnly has a SET change the next transaction alone where it names characteristics without a scope, see bind's scopedCharacteristics.
func (s *statement) nextOnly(set *gmsplan.Set) error {
	for _, e := range set.Exprs {
		field, ok := e.(*expression.SetField)
		if !ok {
			continue
		}
		v, ok := field.LeftChild.(*expression.SystemVar)
		if !ok || v.SpecifiedScope != "" || v.Scope.IsGlobalOnly() {
			continue
		}
		switch strings.ToLower(v.Name) {
		case transactionIsolation, transactionReadOnly:
		default:
			continue
		}
		if s.session().transacts() { // ER_CANT_CHANGE_TX_CHARACTERISTICS
			return sqlerr.New(sqlerr.Errno(1568), "Transaction characteristics can't be changed while a transaction is in progress")
		}
		next := *v
		next.Scope = nextScope{v.Scope}
		field.LeftChild = &next
	}
	return nil
}

// nextScope is the scope of what is set for the next transaction.
type nextScope struct{ sql.SystemVariableScope }

// SetValue implements sql.SystemVariableScope.
func (nextScope) SetValue(ctx *sql.Context, name string, value any) error {
	session := ctx.Session.(*ownSession)
	v, err := session.lookup(name)
	if err != nil {
		return err
	}
	set, err := v.SetValue(ctx, value, false)
	if err == nil {
		session.characteristics.set(name, set.Val)
	}
	return err
}
