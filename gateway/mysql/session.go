package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// ownSession is a client's session.
type ownSession struct {
	state
	systemVariables
	statusVariables
	scratch  *scratch.Session
	accounts *mysql_db.MySQLDb
	assigned map[string]sql.CollationID // collations of texts to be assigned to user variables
	sets     *charsets                  // nil: not known since the last change

	characteristics characteristics
	tableLocks      *tableLocks // nil: not under LOCK TABLES
	readSource      bool        // the transaction under way has read tables of sources

	sent    []wire.Param // the attributes of the statement under way
	tracked []string     // variables that changed and that the client was not told of yet, each once
	host    string       // where the client is; "": the session is nobody's
	result  uint16       // the collation that the client named when it connected; 0: none since SET NAMES
}

var (
	_ sql.Session          = (*ownSession)(nil)
	_ bind.CollationKeeper = (*ownSession)(nil)
	_ bind.QueryAttributes = (*ownSession)(nil)
	_ bind.Client          = (*ownSession)(nil)
)

// newSession makes the session of who has logged in. collation is the one that the client named.
func (c *connection) newSession(collation uint16) error {
	s := c.server.session(c.id, sql.Client{User: c.who.user, Address: c.who.host, Capabilities: uint32(c.has)})
	s.host = c.host()
	if err := s.speak(types.Collation(collation)); err != nil {
		return err
	}
	if c.has.Has(wire.Interactive) {
		if err := s.SetSessionVariable(s.context(), "wait_timeout", globalVariable("interactive_timeout")); err != nil {
			return err
		}
	}
	if encrypted := c.wire.TLS(); encrypted != nil {
		err := errors.Join(s.SetStatusVariable(nil, "Ssl_cipher", tls.CipherSuiteName(encrypted.CipherSuite)),
			s.SetStatusVariable(nil, "Ssl_version", strings.Replace(tls.VersionName(encrypted.Version), "TLS 1", "TLSv1", 1)))
		if err != nil {
			return err
		}
	}
	s.tracked = nil
	c.session = s
	c.server.gms.ProcessList.ConnectionReady(s)
	return nil
}

// session makes a session, as one is at its start.
func (v *Server) session(id uint32, client sql.Client) *ownSession {
	globals, status := v.defaults.now()
	s := &ownSession{
		state:           state{id: id, address: v.Addr().String(), client: client},
		systemVariables: systemVariables{globals: globals},
		statusVariables: statusVariables{start: status},
		scratch:         v.cfg.Scratch.Session(),
		accounts:        v.gms.Analyzer.Catalog.MySQLDb,
	}
	s.last.FoundRows.Store(1) // as before any SELECT
	s.last.LastInsertUUID.Store("")
	s.nextTransaction()
	return s
}

// ClientHost implements bind.Client.
func (s *ownSession) ClientHost() string {
	if s.host == "" {
		return s.client.Address
	}
	return s.host
}

// ActiveRoles implements bind.Client: all roles that the user was granted are active.
func (s *ownSession) ActiveRoles() string {
	reader := s.accounts.Reader()
	defer reader.Close()
	var roles []string
	for _, e := range reader.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: s.client.Address, ToUser: s.client.User}) {
		roles = append(roles, bind.QuotedName(e.FromUser)+"@"+bind.QuotedName(e.FromHost))
	}
	slices.Sort(roles)
	return strings.Join(roles, ",")
}

// context is one for what needs no more than the session.
func (s *ownSession) context() *sql.Context {
	return sql.NewContext(context.Background(), sql.WithSession(s))
}

// speak has client and server speak in the character set of the collation that the client named with its first packet, which is
// also how its literals compare. What the server does not have is as if the client had named none.
func (s *ownSession) speak(id types.Collation) error {
	set, ok := clientCharset(id)
	if !ok {
		return nil
	}
	for _, v := range [][2]string{{characterSetClient, set.Name()}, {characterSetResults, set.Name()},
		{"character_set_connection", set.Name()}, {collationConnection, sql.CollationID(id).Name()}} {
		if err := s.SetSessionVariable(s.context(), v[0], v[1]); err != nil {
			return err
		}
	}
	if set != sql.CharacterSet_binary { // results then stay what they are
		s.result = uint16(id)
	}
	return nil
}

// charsets returns those that the session and its client speak in.
func (s *ownSession) charsets() charsets {
	if s.sets != nil {
		return *s.sets
	}
	sets := charsets{statements: s.charset(characterSetClient), results: s.charset(characterSetResults),
		collation: wire.Utf8mb4Collation, width: bytesPerChar}
	if sets.results != sql.CharacterSet_Unspecified && sets.results != sql.CharacterSet_binary {
		sets.collation, sets.width = uint16(sets.results.DefaultCollation()), uint32(sets.results.MaxLength())
	}
	if s.result != 0 {
		sets.collation = s.result
	}
	s.sets = &sets
	return sets
}

// GetCharacterSetResults implements sql.Session: GMS leaves texts as they are, since they are recoded as they are sent.
func (s *ownSession) GetCharacterSetResults() sql.CharacterSetID { return sql.CharacterSet_utf8mb4 }

// changed forgets what was derived of a variable that has another value now.
func (s *ownSession) changed(name string) {
	s.sets = nil
	name = strings.ToLower(name)
	if name == characterSetResults {
		s.result = 0
	}
	if trackedVariables[name] && !slices.Contains(s.tracked, name) {
		s.tracked = append(s.tracked, name)
	}
}

// trackedVariables are those whose changes a client is told of (session_track_system_variables, as it is by default).
var trackedVariables = map[string]bool{
	"time_zone": true, "autocommit": true, characterSetClient: true, characterSetResults: true, "character_set_connection": true,
}

// takeChanges returns the changes of variables that the client was not told of.
func (s *ownSession) takeChanges() []wire.Change {
	var all []wire.Change
	for _, name := range s.tracked {
		value, err := s.GetSessionVariable(s.context(), name)
		if err != nil {
			continue
		}
		all = append(all, wire.Change{Kind: wire.VariableChanged, Name: name, Value: fmt.Sprint(onOrOff(value))})
	}
	s.tracked = nil
	return all
}

// attend has statements see the attributes that the client sent with them, until the returned function is called.
func (s *ownSession) attend(attributes []wire.Param) (over func()) {
	s.sent = attributes
	return func() { s.sent = nil }
}

// QueryAttribute implements bind.QueryAttributes. The first of a name counts.
func (s *ownSession) QueryAttribute(name string) (string, bool) {
	for _, a := range s.sent {
		if named, ok := s.charsets().read([]byte(a.Name)); !ok || named != name {
			continue
		}
		text, ok := string(a.Text), true
		if a.Type.IsText() {
			text, ok = s.charsets().read(a.Text)
		}
		return text, ok && !a.Null
	}
	return "", false
}

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
	return s.setUserVariable(ctx, variable, value, typ)
}

// SetSessionVariable implements sql.Session.
func (s *ownSession) SetSessionVariable(ctx *sql.Context, name string, value any) error {
	v, err := s.lookup(name)
	if err != nil {
		return err
	}
	if v.IsReadOnly() {
		return sql.ErrSystemVariableReadOnly.New(name)
	}
	set, err := v.SetValue(ctx, value, false)
	if err != nil {
		return err
	}
	if id, ok := set.Val.(int64); ok && (v.GetName() == lastInsertID || v.GetName() == identity) {
		s.last.LastInsertId.Store(id)
	}
	s.keep(v.GetName(), set)
	s.changed(v.GetName())
	if !s.transacts() { // else it is for those to come
		s.characteristics.set(v.GetName(), set.Val)
	}
	return nil
}

// InitSessionVariable implements sql.Session: as SetSessionVariable, but of variables that sessions can't set, and once.
func (s *ownSession) InitSessionVariable(ctx *sql.Context, name string, value any) error {
	v, err := s.lookup(name)
	if err != nil {
		return err
	}
	if known, ok := s.find(name); ok && known.Val != v.GetDefault() {
		return sql.ErrSystemVariableReinitialized.New(name)
	}
	return s.initialize(ctx, v, value)
}

// InitSessionVariableDefault implements sql.Session.
func (s *ownSession) InitSessionVariableDefault(ctx *sql.Context, name string, value any) error {
	v, err := s.lookup(name)
	if err != nil {
		return err
	}
	v.SetDefault(value)
	return s.initialize(ctx, v, value)
}

func (s *ownSession) initialize(ctx *sql.Context, v sql.SystemVariable, value any) error {
	set, err := v.InitValue(ctx, value, false)
	if err != nil {
		return err
	}
	s.keep(v.GetName(), set)
	s.changed(v.GetName())
	return nil
}
