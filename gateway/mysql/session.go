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

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// ownSession is a session that can tell its settings from others'.
type ownSession struct {
	*sql.BaseSession
	sum      *settings                  // nil: not known since the last change
	assigned map[string]sql.CollationID // collations of texts to be assigned to user variables
	sets     *charsets                  // nil: not known since the last change

	changes int           // of variables so far
	tracked []wire.Change // those that the client is to be told of
	result  uint16        // the collation that the client named when it connected; 0: none since SET NAMES
}

// settings stands for the values of all system variables of a session.
type settings [sha256.Size]byte

// newSession makes the session of who has logged in. collation is the one that the client named.
func (c *connection) newSession(collation uint16) error {
	client := sql.Client{User: c.who.user, Address: c.who.host, Capabilities: uint32(c.has)}
	s := &ownSession{BaseSession: sql.NewBaseSessionWithClientServer(c.server.Addr().String(), client, c.id)}
	if err := s.speak(types.Collation(collation)); err != nil {
		return err
	}
	if c.has.Has(wire.Interactive) {
		ctx := sql.NewContext(context.Background(), sql.WithSession(s))
		if err := s.SetSessionVariable(ctx, "wait_timeout", globalVariable("interactive_timeout")); err != nil {
			return err
		}
	}
	s.tracked = nil
	c.session = s
	c.server.gms.ProcessList.ConnectionReady(s)
	return nil
}

// speak has client and server speak in the character set of the collation that the client named with its first packet, which is
// also how its literals compare. What the server does not have is as if the client had named none.
func (s *ownSession) speak(id types.Collation) error {
	if !collation.Has(id) || id.Bytewise() || checkCharacterSet(id.Charset()) != nil {
		return nil
	}
	ctx := sql.NewContext(context.Background(), sql.WithSession(s))
	for _, v := range []string{"character_set_client", "character_set_connection", "character_set_results"} {
		if err := s.SetSessionVariable(ctx, v, id.Charset()); err != nil {
			return err
		}
	}
	err := s.SetSessionVariable(ctx, collationConnection, id.String())
	s.result = uint16(id)
	return err
}

// charsets returns those that the session and its client speak in.
func (s *ownSession) charsets() charsets {
	if s.sets != nil {
		return *s.sets
	}
	ctx := sql.NewContext(context.Background(), sql.WithSession(s))
	named := func(variable string) sql.CharacterSetID {
		value, _ := s.BaseSession.GetSessionVariable(ctx, variable) // it is there
		return charsetNamed(value)
	}
	sets := charsets{statements: named("character_set_client"), results: named("character_set_results"),
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

// changed forgets what was derived of the session's variables.
func (s *ownSession) changed(name string) {
	s.sum, s.sets = nil, nil
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "character_set_results") {
		s.result = 0
	}
	if trackedVariables[name] {
		s.changes++
		s.tracked = append(s.tracked, wire.Change{Kind: wire.VariableChanged, Name: name})
	}
}

// trackedVariables are those whose changes a client is told of (session_track_system_variables, as it is by default).
var trackedVariables = map[string]bool{
	"time_zone": true, "autocommit": true, "character_set_client": true, "character_set_results": true, "character_set_connection": true,
}

// takeChanges returns the changes of variables that the client was not told of, each variable once, with its value.
func (s *ownSession) takeChanges() []wire.Change {
	ctx := sql.NewContext(context.Background(), sql.WithSession(s))
	var all []wire.Change
	told := make(map[string]bool)
	for _, c := range s.tracked {
		if told[c.Name] {
			continue
		}
		told[c.Name] = true
		value, err := s.GetSessionVariable(ctx, c.Name)
		if err != nil {
			continue
		}
		c.Value = fmt.Sprint(value)
		if flag, ok := value.(int8); ok {
			c.Value = "OFF"
			if flag != 0 {
				c.Value = "ON"
			}
		}
		all = append(all, c)
	}
	s.tracked = nil
	return all
}

// longestPacket returns the session's max_allowed_packet.
func longestPacket(s *ownSession) int {
	n, err := longestRow(sql.NewContext(context.Background(), sql.WithSession(s)))
	if err != nil {
		return standardPacket
	}
	return n
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
	s.changed(name)
	return s.BaseSession.SetSessionVariable(ctx, name, value)
}

// InitSessionVariable implements sql.Session.
func (s *ownSession) InitSessionVariable(ctx *sql.Context, name string, value any) error {
	s.changed(name)
	return s.BaseSession.InitSessionVariable(ctx, name, value)
}

// InitSessionVariableDefault implements sql.Session.
func (s *ownSession) InitSessionVariableDefault(ctx *sql.Context, name string, value any) error {
	s.changed(name)
	return s.BaseSession.InitSessionVariableDefault(ctx, name, value)
}

var _ sql.Session = (*ownSession)(nil)
