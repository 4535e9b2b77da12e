package mysql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/sqlerr"
)

// savepoints are the savepoints of a session's transaction, the oldest first, by lower-case names. There is nothing to roll back where nothing
// is written; a name that is not there is an error all the same. GMS keeps none.
type savepoints struct {
	begun bool // by a statement, until one ends it
	names []string
}

// in reports whether a transaction outlasts the statement.
func (p *savepoints) in(ctx *sql.Context) (bool, error) {
	if p.begun {
		return true, nil
	}
	value, err := ctx.GetSessionVariable(ctx, sql.AutoCommitSessionVar)
	if err != nil {
		return false, err
	}
	auto, err := sql.ConvertToBool(ctx, value)
	return !auto, err
}

// after does what a statement of transactions does to them.
func (p *savepoints) after(ctx *sql.Context, n sql.Node) error {
	switch n := n.(type) {
	case *gmsplan.StartTransaction:
		p.begun, p.names = true, nil
	case *gmsplan.Commit, *gmsplan.Rollback:
		p.begun, p.names = false, nil
	case *gmsplan.CreateSavepoint:
		stays, err := p.in(ctx)
		if err != nil || !stays {
			return err
		}
		name := strings.ToLower(n.Name)
		p.names = append(slices.DeleteFunc(p.names, func(other string) bool { return other == name }), name)
	case *gmsplan.RollbackSavepoint:
		at, err := p.find(n.Name)
		if err != nil {
			return err
		}
		p.names = p.names[:at+1]
	case *gmsplan.ReleaseSavepoint:
		at, err := p.find(n.Name)
		if err != nil {
			return err
		}
		p.names = p.names[:at]
	}
	return nil
}

func (p *savepoints) find(name string) (int, error) {
	at := slices.Index(p.names, strings.ToLower(name))
	if at < 0 {
		return at, sqlerr.New(sqlerr.UnknownFunction, "SAVEPOINT %s does not exist", name)
	}
	return at, nil
}

// savepoint has a statement of transactions do what it does to savepoints.
func (s *statement) savepoint(root sql.Node) error {
	own, ok := s.ctx.Session.(*ownSession)
	if !ok {
		return nil
	}
	return own.savepoints.after(s.ctx, root)
}
