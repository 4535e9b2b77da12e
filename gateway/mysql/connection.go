package mysql

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/infoschema"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// connection is one client's.
type connection struct {
	server  *Server
	wire    *wire.Conn
	id      uint32
	address net.Addr
	hello   *wire.Hello     // what the client said of itself
	has     wire.Capability // both sides
	who     account
	nonce   []byte // that passwords are proven with
	plugin  string // by which the client has done so last
	session *ownSession

	running atomic.Pointer[context.CancelCauseFunc] // ends the statement under way
	said    atomic.Pointer[[]infoschema.Attribute]  // what the client says of itself, for others to read

	prepared     map[uint32]*prepared
	lastPrepared uint32
	traffic      traffic
	long         int    // bytes that were sent ahead of executions
	unwatching   func() // ends the watch of the client; nil: there is none

	leaving bool // the connection ends when the statement under way is answered

	told string // the database that the client knows to be the session's, if it wants to know
}

// offers are the capabilities of the server. TLS and a session's own ones come on top.
const offers = wire.LongPassword | wire.FoundRows | wire.LongFlag | wire.ConnectWithDB | wire.NoSchema | wire.Compress | wire.ODBC |
	wire.LocalFiles | wire.IgnoreSpace | wire.Protocol41 | wire.Interactive | wire.IgnoreSigpipe | wire.Transactions |
	wire.SecureConnection | wire.MultiStatements | wire.MultiResults | wire.PSMultiResults | wire.PluginAuth | wire.ConnectAttrs |
	wire.LenencAuth | wire.ExpiredPasswords | wire.SessionTrack | wire.DeprecateEOF | wire.ZstdCompress | wire.QueryAttributes

// serve talks to a client until either side ends it.
func (v *Server) serve(conn net.Conn) {
	c := &connection{server: v, id: v.lastID.Add(1), address: conn.RemoteAddr(), prepared: make(map[uint32]*prepared)}
	c.wire = wire.NewConn(countedConn{conn, &c.traffic, &v.traffic})
	defer func() {
		if p := recover(); p != nil {
			v.cfg.Log.Error("connection ended by a defect", "connection", c.id, "panic", p, "stack", string(debug.Stack()))
		}
		_ = c.wire.Close() // whatever it reports, the connection is over
	}()
	v.open.Add(1)
	defer v.open.Add(-1)
	v.metrics.connections.Inc()
	defer v.metrics.connections.Dec()
	v.gms.ProcessList.AddConnection(c.id, conn.RemoteAddr().String())
	defer v.gms.ProcessList.RemoveConnection(c.id)
	v.connections.Store(c.id, c)
	defer v.connections.Delete(c.id)
	if v.closing.Load() {
		return
	}
	defer c.endSession()
	if !c.connect() {
		return
	}
	c.wire.Start()
	if c.has.Has(wire.ZstdCompress) {
		c.wire.Compress(wire.Zstd, c.hello.ZstdLevel)
	} else if c.has.Has(wire.Compress) {
		c.wire.Compress(wire.Zlib, 0)
	}
	if v.closing.Load() {
		c.wire.Dismiss() // Close may have looked before
	}
	for c.command() {
	}
}

// connect gets to know the client and reports whether it may go on.
func (c *connection) connect() bool {
	c.wire.SetPatience(globalSeconds(netWriteTimeout))
	err := c.wire.WaitUntil(time.Now().Add(globalSeconds(connectTimeout)))
	if err != nil {
		return false
	}
	err = c.greet()
	if err == nil {
		err = c.wire.WaitUntil(time.Time{})
	}
	if err == nil {
		return true
	}
	var said *wire.Error
	if !errors.As(err, &said) {
		c.server.cfg.Log.Debug("connection failed", "connection", c.id, "client", c.address.String(), "error", err)
		return false
	}
	c.server.cfg.Log.Debug("connection refused", "connection", c.id, "client", c.address.String(), "error", err)
	if c.wire.WriteError(said) == nil {
		_ = c.wire.Flush() // the client may be gone
	}
	return false
}

var tooManyConnections = &wire.Error{Errno: 1040, State: "08004", Message: "Too many connections"}

// greet runs the connection phase (Connection Phase). A *wire.Error is for the client.
func (c *connection) greet() error {
	most, _ := globalVariable(maxConnections).(int64)
	open := c.server.open.Load()
	if open > most+1 { // one more is for who may end others
		return tooManyConnections
	}
	can := offers
	if c.server.cfg.TLS != nil {
		can |= wire.SSL
	}
	c.plugin, c.nonce = wire.NativePlugin, wire.NewNonce()
	err := c.wire.WriteGreeting(wire.Greeting{
		Version: version(), ConnectionID: c.id, Offers: can, Collation: wire.Utf8mb4Collation, Status: wire.Autocommit,
		Plugin: c.plugin, Nonce: c.nonce,
	})
	if err != nil {
		return err
	}
	if c.hello, err = c.readHello(can); err != nil {
		return err
	}
	c.has = c.hello.Capabilities
	decode(c.hello)
	if err := c.logIn(c.hello); err != nil {
		return err
	}
	if err := c.newSession(c.hello.Collation); err != nil {
		return wireError(err)
	}
	if open > most && !c.mayExceed() {
		return tooManyConnections
	}
	return c.welcome()
}

// readHello reads who the client is, after it has been given TLS if it wants it.
func (c *connection) readHello(can wire.Capability) (*wire.Hello, error) {
	const longest = 128 << 10 // attributes are 64 KiB at most
	read := func() (*wire.Hello, error) {
		p, err := c.wire.ReadPacket(nil, longest)
		if err != nil {
			return nil, err
		}
		hello, err := wire.ParseHello(p, can)
		if err != nil {
			return nil, &wire.Error{Errno: 1043, State: "08S01", Message: "Bad handshake"}
		}
		return hello, nil
	}
	hello, err := read()
	if err != nil || !hello.Capabilities.Has(wire.SSL) {
		return hello, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), globalSeconds(connectTimeout))
	defer cancel()
	if err := c.wire.StartTLS(ctx, c.server.cfg.TLS); err != nil {
		return nil, err
	}
	return read()
}

// welcome tells the client that it has a session, in the database that it has asked for.
func (c *connection) welcome() error {
	said := shownAttributes(c.hello.Attributes)
	c.said.Store(&said)
	c.hello.Attributes = nil
	if c.hello.Database != "" {
		if err := c.useDatabase(c.hello.Database); err != nil {
			return wireError(err)
		}
	}
	c.told = c.session.GetCurrentDatabase()
	if err := c.writeOK(wire.OK{}); err != nil {
		return err
	}
	return c.wire.Flush()
}

// mostSaid is how many bytes of what a client says of itself are kept, as with MySQL's standard
// performance_schema_session_connect_attrs_size.
const mostSaid = 512

// shownAttributes are those of a client that are kept: the first ones.
func shownAttributes(all []wire.Attribute) []infoschema.Attribute {
	var shown []infoschema.Attribute
	left := mostSaid
	for _, a := range all {
		if left -= len(a.Name) + len(a.Value); left < 0 {
			break
		}
		shown = append(shown, infoschema.Attribute(a))
	}
	return shown
}

// goodbye is what MySQL says to a client that sent nothing for longer than wait_timeout.
var goodbye = &wire.Error{Errno: 4031, State: "HY000", Message: "The client was disconnected by the server because of inactivity. " +
	"See wait_timeout and interactive_timeout for configuring this behavior."}

// command reads one command and answers it. It reports whether the connection goes on.
func (c *connection) command() bool {
	c.wire.NextCommand()
	wait, err := seconds(c.session.context(), "wait_timeout")
	if err == nil {
		err = c.wire.WaitUntil(time.Now().Add(wait))
	}
	if err != nil {
		return false
	}
	p, err := c.wire.ReadPacket(nil, longestPacket(c.session))
	if err != nil {
		return c.unread(err)
	}
	if err := c.wire.WaitUntil(time.Time{}); err != nil || len(p) == 0 {
		return false
	}
	command, p := wire.Command(p[0]), p[1:]
	if command == wire.Quit {
		return false
	}
	if err := c.do(command, p); err != nil {
		c.server.cfg.Log.Debug("connection ended", "connection", c.id, "client", c.address.String(), "error", err)
		return false
	}
	return c.wire.Flush() == nil && !c.leaving
}

// What a client is told whose packets can't be read.
var (
	packetTooLarge = &wire.Error{Errno: 1153, State: "08S01", Message: "Got a packet bigger than 'max_allowed_packet' bytes"}
	outOfOrder     = &wire.Error{Errno: 1156, State: "08S01", Message: "Got packets out of order"}
)

// unread ends a connection whose next command can't be read, and says why where the client may want to know.
func (c *connection) unread(err error) bool {
	var say *wire.Error
	switch {
	case errors.Is(err, wire.ErrPacketTooLarge):
		say = packetTooLarge
	case errors.Is(err, wire.ErrOutOfOrder):
		say = outOfOrder
	case c.server.closing.Load():
		say = wireError(shutdown)
	case wire.Timeout(err):
		say = goodbye
	default:
		if !errors.Is(err, io.EOF) {
			c.server.cfg.Log.Debug("connection lost", "connection", c.id, "client", c.address.String(), "error", err)
		}
		return false
	}
	if c.wire.WriteError(say) == nil {
		_ = c.wire.Flush() // the client may be gone
	}
	return false
}

// drain has the connection end once its client has the answer to what runs.
func (c *connection) drain() { c.wire.Dismiss() }

// interrupt ends what runs.
func (c *connection) interrupt(why error) {
	if cancel := c.running.Load(); cancel != nil {
		(*cancel)(why)
	}
}

// context is what GMS runs a command in.
func (c *connection) context(ctx context.Context, text string) *sql.Context {
	v := c.server
	return sql.NewContext(ctx, sql.WithSession(c.session), sql.WithPid(v.lastPid.Add(1)), sql.WithQuery(text),
		sql.WithMemoryManager(v.gms.MemoryManager), sql.WithProcessList(v.gms.ProcessList),
		sql.WithServices(sql.Services{KillConnection: v.kill, LoadInfile: func(name string) (io.ReadCloser, error) { return c.loadInfile(ctx, name) }}))
}

// useDatabase makes a database the session's, of those that the user has a right on.
func (c *connection) useDatabase(name string) error {
	ctx := c.context(context.Background(), "")
	if err := sql.SessionCommandBegin(c.session); err != nil {
		return err
	}
	defer sql.SessionCommandEnd(c.session)
	if _, err := c.server.gms.Analyzer.Catalog.Database(ctx, name); err != nil {
		return bind.Translate(err)
	}
	rights := bind.GrantedTo(ctx, c.server.gms.Analyzer.Catalog.MySQLDb)
	if !(&viewer{rights: rights}).SeesDatabase(strings.ToLower(name)) {
		return sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database '%s'", c.who.user, c.who.host, name)
	}
	c.session.SetCurrentDatabase(name)
	c.server.gms.ProcessList.ConnectionReady(c.session)
	return nil
}

// endSession gives up all that the session holds.
func (c *connection) endSession() {
	if c.session == nil {
		return
	}
	for id := range c.prepared {
		c.closePrepared(id)
	}
	ctx := c.context(context.Background(), "")
	if _, err := c.server.gms.LS.ReleaseAll(ctx); err != nil {
		c.server.cfg.Log.Warn("locks of a session were not released", "connection", c.id, "error", err)
	}
	sql.SessionEnd(c.session)
	c.session = nil
}

// status is what every answer says of the session.
func (c *connection) status() wire.Status {
	ctx := c.session.context()
	var status wire.Status
	if value, err := c.session.GetSessionVariable(ctx, sql.AutoCommitSessionVar); err == nil {
		if auto, err := sql.ConvertToBool(ctx, value); err == nil && auto {
			status |= wire.Autocommit
		}
	}
	if c.session.GetTransaction() != nil && c.session.transacts() {
		status |= wire.InTransaction
	}
	if bind.Mode(ctx).NoBackslashEscapes {
		status |= wire.NoBackslashEscapes
	}
	return status
}

// writeOK appends the OK packet of a command, with what the session says.
func (c *connection) writeOK(ok wire.OK) error {
	ok.Status |= c.status()
	ok.Warnings = c.session.WarningCount()
	ok.Changes = c.changes()
	return c.wire.WriteOK(ok, c.has)
}

// writeError appends the ERR packet of a failure.
func (c *connection) writeError(err error) error {
	failure := wireError(err)
	if to := c.session.charsets().recode(); to != nil {
		said := *failure
		said.Message = string(to(said.Message))
		failure = &said
	}
	return c.wire.WriteError(failure)
}

// changes are those of the session that the client doesn't know of.
func (c *connection) changes() []wire.Change {
	if !c.has.Has(wire.SessionTrack) {
		return nil
	}
	all := c.session.takeChanges()
	if db := c.session.GetCurrentDatabase(); db != c.told {
		c.told = db
		all = append(all, wire.Change{Kind: wire.SchemaChanged, Value: db})
	}
	return all
}

// mayExceed reports a user who may connect when there are max_connections already.
func (c *connection) mayExceed() bool {
	ctx := c.context(context.Background(), "")
	return c.server.has(ctx, sql.PrivilegeType_Super) || c.server.allows(ctx, sql.NewDynamicPrivilegedOperation(connectionAdmin))
}
