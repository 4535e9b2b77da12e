package mysql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
)

// ownSession is a session that can tell its settings from others'.
type ownSession struct {
	*sql.BaseSession
	scratch  *scratch.Session
	sum      *settings                  // nil: not known since the last change
	assigned map[string]sql.CollationID // collations of texts to be assigned to user variables
	prepared map[string]settings        // those that a prepared statement was parsed under, by its name
}

// settings stands for the values of all system variables of a session.
type settings [sha256.Size]byte

// newSession makes a session of an authenticated connection, without transactions.
func newSession(ctx context.Context, c *vitess.Conn, address string) (*ownSession, error) {
	client := sql.Client{Capabilities: c.Capabilities}
	if user, ok := c.UserData.(sql.MysqlConnectionUser); ok {
		client.User, client.Address = user.User, user.Host
	}
	s := &ownSession{BaseSession: sql.NewBaseSessionWithClientServer(address, client, c.ConnectionID)}
	// As in MySQL a client says with its first packet how its literals compare.
	if id := types.Collation(c.CharacterSet); collation.Has(id) && !id.Bytewise() {
		if err := s.SetSessionVariable(sql.NewContext(ctx, sql.WithSession(s)), collationConnection, id.String()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// settings returns what stands for the session's settings. Any variable may change what a statement means, so all count.
func (s *ownSession) settings() settings {
	if s.sum == nil {
		h := sha256.New()
		values := s.GetAllSessionVariables()
		for _, name := range slices.Sorted(maps.Keys(values)) {
			h.Write(fmt.Appendf(nil, "%s=%T %q\n", name, values[name], fmt.Sprint(values[name])))
		}
		sum := settings(h.Sum(nil))
		s.sum = &sum
	}
	return *s.sum
}

var _ bind.CollationKeeper = (*ownSession)(nil)

// KeepCollation implements bind.CollationKeeper.
func (s *ownSession) KeepCollation(variable string, c sql.CollationID) {
	if s.assigned == nil {
		s.assigned = make(map[string]sql.CollationID)
	}
	s.assigned[strings.ToLower(variable)] = c
}

// SetUserVariable implements sql.Session.
func (s *ownSession) SetUserVariable(ctx *sql.Context, variable string, value any, typ sql.Type) error {
	key := strings.ToLower(variable)
	c, ok := s.assigned[key]
	delete(s.assigned, key)
	if text, isText := typ.(sql.StringType); ok && isText && gmstypes.IsTextOnly(typ) {
		collated, err := gmstypes.CreateString(text.Type(), text.MaxCharacterLength(), c)
		if err != nil {
			return err
		}
		typ = collated
	}
	return s.BaseSession.SetUserVariable(ctx, variable, value, typ)
}

// SetSessionVariable implements sql.Session.
func (s *ownSession) SetSessionVariable(ctx *sql.Context, name string, value any) error {
	s.sum = nil
	return s.BaseSession.SetSessionVariable(ctx, name, value)
}

// InitSessionVariable implements sql.Session.
func (s *ownSession) InitSessionVariable(ctx *sql.Context, name string, value any) error {
	s.sum = nil
	return s.BaseSession.InitSessionVariable(ctx, name, value)
}

// InitSessionVariableDefault implements sql.Session.
func (s *ownSession) InitSessionVariableDefault(ctx *sql.Context, name string, value any) error {
	s.sum = nil
	return s.BaseSession.InitSessionVariableDefault(ctx, name, value)
}

// PrepareQuery implements sql.Session.
func (s *ownSession) PrepareQuery(name string, stmt sqlparser.Statement) {
	if s.prepared == nil {
		s.prepared = make(map[string]settings)
	}
	s.prepared[name] = s.settings()
	s.BaseSession.PrepareQuery(name, stmt)
}

// UnprepareQuery implements sql.Session.
func (s *ownSession) UnprepareQuery(name string) {
	delete(s.prepared, name)
	s.BaseSession.UnprepareQuery(name)
}

var _ sql.Session = (*ownSession)(nil)
