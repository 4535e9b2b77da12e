package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"

	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/internal/mysqlraw"
)

// does runs statements that have no rows.
func (c *rawClient) does(statements ...string) {
	c.t.Helper()
	for _, statement := range statements {
		if _, end := c.query(statement); end[0] == 0xff {
			c.t.Fatalf("%s: %q", statement, end)
		}
	}
}

// one runs a query of one text and returns it.
func (c *rawClient) one(text string) string {
	c.t.Helper()
	rows, end := c.query(text)
	if len(rows) != 1 {
		c.t.Fatalf("%s: %q, %q", text, rows, end)
	}
	return string(rows[0][1:])
}

func executes(id uint32, flags byte, rest string) []byte {
	return append(append(binary.LittleEndian.AppendUint32(nil, id), flags, 1, 0, 0, 0), rest...)
}

// TestStatusAfterColumns reads the EOF packet that older clients get before the rows.
func TestStatusAfterColumns(t *testing.T) {
	c := start(t).logIn(rawCapabilities&^wire.DeprecateEOF|wire.MultiStatements, wire.Utf8mb4Collation)
	c.does("BEGIN")
	c.send(wire.Query, []byte("SELECT id FROM numbers LIMIT 1; SELECT 1")...)
	c.read()
	c.read()
	const want = wire.Autocommit | wire.InTransaction | wire.MoreResults
	for i, end := range [][]byte{c.read(), func() []byte { c.read(); return c.read() }()} {
		if status := wire.Status(binary.LittleEndian.Uint16(end[3:])); end[0] != 0xfe || status != want {
			t.Errorf("EOF %d: %x, want status %b", i, end, want)
		}
	}
}

// TestAFetchUndoesNothing has a cursor fail that was opened before another statement changed something.
func TestAFetchUndoesNothing(t *testing.T) {
	c := start(t).logIn(rawCapabilities, wire.Utf8mb4Collation)
	c.does("CREATE DATABASE desk", "CREATE TABLE desk.t (id INT)", "BEGIN")
	id := c.prepare("SELECT id FROM breaks")
	c.openCursor(id)
	c.does("INSERT INTO desk.t VALUES (1)")
	if end := c.ask(wire.StmtFetch, append(binary.LittleEndian.AppendUint32(nil, id), 1, 0, 0, 0)...); errnoOf(end) == 0 {
		t.Fatalf("%q", end)
	}
	c.does("COMMIT")
	if n := c.one("SELECT COUNT(*) FROM desk.t"); n != "1" {
		t.Errorf("%s rows were inserted", n)
	}
}

// TestHeldCursorsAreBounded has a statement wait for the rest of a cursor that has no end.
func TestHeldCursorsAreBounded(t *testing.T) {
	c := start(t).logIn(rawCapabilities, wire.Utf8mb4Collation)
	id := c.prepare("SELECT /*+ MAX_EXECUTION_TIME(200) */ id FROM endless")
	c.openCursor(id)
	if rows, end := c.query("SELECT 1"); len(rows) != 1 {
		t.Errorf("%q", end)
	}
	if end := c.ask(wire.StmtFetch, append(binary.LittleEndian.AppendUint32(nil, id), 1, 0, 0, 0)...); errnoOf(end) != 3024 {
		t.Errorf("%q", end)
	}
}

// TestLocalInfile has clients send files, and stop in many ways.
func TestLocalInfile(t *testing.T) {
	g := start(t)
	root := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	root.does("CREATE DATABASE desk", "CREATE TABLE desk.t (id INT)")
	c := g.logIn(rawCapabilities|wire.LocalFiles, wire.Utf8mb4Collation)
	if end := c.ask(wire.Query, []byte("LOAD DATA LOCAL INFILE 'numbers' INTO TABLE desk.t")...); errnoOf(end) != 3948 {
		t.Errorf("not enabled: %q", end)
	}
	root.does("SET GLOBAL local_infile = 1")
	defer root.does("SET GLOBAL local_infile = 0")
	load := func() *rawClient {
		c := g.logIn(rawCapabilities|wire.LocalFiles, wire.Utf8mb4Collation)
		if p := c.ask(wire.Query, []byte("LOAD DATA LOCAL INFILE 'numbers' INTO TABLE desk.t")...); string(p) != "\xfbnumbers" {
			t.Fatalf("%q", p)
		}
		return c
	}
	c = load()
	c.write([]byte("1\n2\n"))
	c.write([]byte("3\n"))
	c.write(nil)
	if end := c.read(); end[0] != 0 || end[1] != 3 {
		t.Errorf("loaded: %q", end)
	}
	if n := c.one("SELECT COUNT(*) FROM desk.t"); n != "3" {
		t.Errorf("%s rows", n)
	}
	// A client that can't read its file sends none of it.
	c = load()
	c.write(nil)
	if end := c.read(); end[0] != 0 || end[1] != 0 {
		t.Errorf("nothing was sent: %q", end)
	}
	// One that goes away has not sent a file that ends there.
	c = load()
	c.write([]byte("4\n5\n"))
	c.conn.Close()
	// Nor has one that is killed as it is waited for.
	c = load()
	c.write([]byte("6\n"))
	root.does(fmt.Sprintf("KILL QUERY %d", g.lastID.Load()))
	if end := c.read(); errnoOf(end) != 1317 {
		t.Errorf("killed: %q", end)
	}
	// What is not the next packet of a file is no command either.
	c = load()
	c.sequence = 0
	c.write([]byte("\x03INSERT INTO desk.t VALUES (7)"))
	c.sequence = 2
	if end := c.read(); errnoOf(end) != 1156 {
		t.Errorf("out of order: %q", end)
	}
	c.sequence = 0
	c.write([]byte("\x03INSERT INTO desk.t VALUES (8)"))
	if p, err := c.next(); err == nil {
		t.Errorf("the connection goes on: %q", p)
	}
	root.does("LOCK TABLES desk.t WRITE", "UNLOCK TABLES") // nobody writes any more
	if n := root.one("SELECT COUNT(*) FROM desk.t"); n != "3" {
		t.Errorf("%s rows after files that did not end", n)
	}
}

// TestTrackingEndsWithTheSession changes variables before and after the session begins anew.
func TestTrackingEndsWithTheSession(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities|wire.SessionTrack, wire.Utf8mb4Collation)
	for range 3 {
		c.does("SET time_zone = '+01:00'")
		c.ask(wire.ResetConnection)
	}
	if p := c.ask(wire.Query, []byte("SET time_zone = '+02:00'")...); !bytes.HasSuffix(p, []byte("\x09time_zone\x06+02:00")) {
		t.Errorf("%q", p)
	}
	// A client that is told nothing leaves nothing behind.
	c = g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	for range 10 {
		c.does("SET autocommit = 0", "SET autocommit = 1")
	}
	conn, _ := g.connections.Load(g.lastID.Load())
	if n := len(conn.(*connection).session.tracked); n > len(trackedVariables) {
		t.Errorf("%d changes are kept", n)
	}
}

// TestNobodyLearnsWhoIsThere logs in as users who are not there, who are asked for proofs as others are.
func TestNobodyLearnsWhoIsThere(t *testing.T) {
	g := start(t)
	asked := make(map[string]int)
	for i := range 16 {
		c := g.dial()
		c.read()
		p := binary.LittleEndian.AppendUint32(nil, uint32(rawCapabilities&^wire.ConnectWithDB))
		p = append(append(append(p, make([]byte, 4)...), wire.Utf8mb4Collation), make([]byte, 23)...)
		p = append(append(p, fmt.Sprintf("nobody%d", i)...), 0, 0)
		c.write(append(append(p, "dialog"...), 0))
		name, _, _ := bytes.Cut(c.read()[1:], []byte{0})
		asked[string(name)]++
		c.write(make([]byte, 20))
		end := c.read()
		if string(end) == "\x01\x04" { // the whole password
			c.write([]byte{2})
			c.read()
			c.write(make([]byte, 256))
			end = c.read()
		} else if string(name) == wire.SHA2Plugin {
			t.Errorf("who has no account is told so before others would be: %q", end)
		}
		if errnoOf(end) != 1045 {
			t.Errorf("%q", end)
		}
	}
	if len(asked) != 2 {
		t.Errorf("they are asked by %v", asked)
	}
}

// TestNamesOfAHandshake has a client of latin1 say who it is.
func TestNamesOfAHandshake(t *testing.T) {
	g := start(t)
	root := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	root.does("CREATE USER 'é' IDENTIFIED BY 'sesame'", "GRANT SELECT ON *.* TO 'é'")
	const latin1 = 8
	c := g.logInAs("\xe9", rawCapabilities, latin1)
	if user := c.one("SELECT SUBSTRING_INDEX(USER(), '@', 1)"); user != "\xe9" {
		t.Errorf("%q", user)
	}
	p := append([]byte("\xe9\x00\x14"), mysqlraw.Proof("sesame", c.nonce)...)
	if end := c.ask(wire.ChangeUser, append(p, "fake\x00\x08\x00mysql_native_password\x00"...)...); end[0] != 0 {
		t.Errorf("%q", end)
	}
}

func TestEmptyQueries(t *testing.T) {
	c := start(t).logIn(rawCapabilities|wire.MultiStatements, wire.Utf8mb4Collation)
	for _, text := range []string{"", " ", ";", "\n; "} {
		if _, end := c.query(text); errnoOf(end) != 1065 {
			t.Errorf("%q: %q", text, end)
		}
	}
	c.does("/* a client that wants to know whether the server is there */", "SELECT 1; ")
	if end := c.ask(wire.Ping); end[0] != 0 {
		t.Errorf("%q", end)
	}
}

// TestLongDataIsText sends parameters ahead that are declared to be other than texts.
func TestLongDataIsText(t *testing.T) {
	c := start(t).logIn(rawCapabilities, wire.Utf8mb4Collation)
	id := c.prepare("SELECT ?")
	for _, typ := range []wire.Type{wire.TypeNewDecimal, wire.TypeLong, wire.TypeDate, wire.TypeNull} {
		c.send(wire.StmtSendLongData, append(binary.LittleEndian.AppendUint32(nil, id), "\x00\x00a text"...)...)
		head := c.ask(wire.StmtExecute, executes(id, 0, string([]byte{0, 1, byte(typ), 0}))...)
		if head[0] != 1 {
			t.Fatalf("declared as %d: %q", typ, head)
		}
		c.read()
		if rows, _ := c.rows(); len(rows) != 1 || !bytes.HasSuffix(rows[0], []byte("\x06a text")) {
			t.Errorf("declared as %d: %q", typ, rows)
		}
	}
}

// TestLongDataIsBounded sends more ahead of executions than may wait.
func TestLongDataIsBounded(t *testing.T) {
	c := start(t).logIn(rawCapabilities, wire.Utf8mb4Collation)
	c.does("SET max_allowed_packet = 65536")
	id := c.prepare("SELECT " + strings.Repeat("?, ", 9) + "?")
	send := func(params int) []byte {
		for param := range byte(params) {
			c.send(wire.StmtSendLongData, append(binary.LittleEndian.AppendUint32(nil, id), append([]byte{param, 0}, make([]byte, 60000)...)...)...)
		}
		types := strings.Repeat("\xfc\x00", 10)
		return c.ask(wire.StmtExecute, executes(id, 0, "\x00\x00\x01"+types+strings.Repeat("\x00", 10-params))...)
	}
	if end := send(10); errnoOf(end) != 1105 {
		t.Errorf("%q", end)
	}
	if head := send(2); head[0] != 10 {
		t.Errorf("what may wait: %q", head)
	}
}

// TestNumbersOfCompressedPackets has a client number the packets in a compressed one as MySQL's own clients do: not at all.
func TestNumbersOfCompressedPackets(t *testing.T) {
	c := start(t).logIn(rawCapabilities|wire.Compress, wire.Utf8mb4Collation)
	inner := "\x09\x00\x00\x07\x03SELECT 1"
	if _, err := c.conn.Write(append([]byte{byte(len(inner)), 0, 0, 0, 0, 0, 0}, inner...)); err != nil {
		t.Fatal(err)
	}
	header := make([]byte, 7)
	if _, err := c.in.Read(header); err != nil {
		t.Fatal(err)
	}
	var packets [512]byte
	var n int
	if header[4] == 0 {
		n, _ = c.in.Read(packets[:])
	} else if z, err := zlib.NewReader(c.in); err == nil {
		n, _ = z.Read(packets[:])
	}
	if n < 5 || packets[4] != 1 {
		t.Errorf("%q", packets[:n])
	}
}

// TestAttributes sends attributes with statements and connections.
func TestAttributes(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities|wire.QueryAttributes, wire.Utf8mb4Collation)
	ask := func(attributes, text string) string {
		t.Helper()
		head := c.ask(wire.Query, []byte(attributes+text)...)
		if head[0] == 0xff {
			t.Fatalf("%s: %q", text, head)
		}
		for range int(head[0]) {
			c.read()
		}
		rows, _ := c.rows()
		return string(bytes.Join(rows, nil))
	}
	const trace = "\x02\x01\x00\x01\xfd\x00\x05trace\x03\x00\x01n\x03abc\x07\x00\x00\x00"
	for _, q := range []struct{ attributes, text, want string }{
		{trace, "SELECT mysql_query_attribute_string('trace'), mysql_query_attribute_string('n'), mysql_query_attribute_string('x')", "\x03abc\x017\xfb"},
		{"\x00\x01", "SELECT mysql_query_attribute_string('trace')", "\xfb"},
		{trace, "SELECT id, mysql_query_attribute_string('trace') FROM numbers LIMIT 1", "\x011\x03abc"},
		{"\x01\x01\x00\x01\xfd\x00\x05trace\x03xyz", "SELECT id, mysql_query_attribute_string('trace') FROM numbers LIMIT 1", "\x011\x03xyz"},
	} {
		if got := ask(q.attributes, q.text); got != q.want {
			t.Errorf("%s: %q, want %q", q.text, got, q.want)
		}
	}
	id := c.prepare("SELECT mysql_query_attribute_string('trace')")
	head := c.ask(wire.StmtExecute, executes(id, 8, "\x01\x00\x01\xfd\x00\x05trace\x03abc")...)
	if head[0] != 1 {
		t.Fatalf("%q", head)
	}
	c.read()
	if rows, _ := c.rows(); len(rows) != 1 || !bytes.HasSuffix(rows[0], []byte("\x03abc")) {
		t.Errorf("of an execution: %q", rows)
	}
	rows, err := texts(g.open("connectionAttributes=team:blue"), "SELECT ATTR_VALUE, ORDINAL_POSITION >= 0 FROM performance_schema.session_connect_attrs "+
		"WHERE PROCESSLIST_ID = CONNECTION_ID() AND ATTR_NAME = 'team'")
	if err != nil || len(rows) != 1 || rows[0][0] != "blue" {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestDatabasesNeedRights has a user who may read one database go to all.
func TestDatabasesNeedRights(t *testing.T) {
	g := start(t)
	g.logIn(rawCapabilities, wire.Utf8mb4Collation).does("CREATE USER poor IDENTIFIED BY 'sesame'", "CREATE DATABASE desk", "GRANT SELECT ON desk.* TO poor")
	c := g.logInAs("poor", rawCapabilities&^wire.ConnectWithDB, wire.Utf8mb4Collation)
	for db, errno := range map[string]uint16{
		"fake": 1044, "mysql": 1044, "sys": 1044, "nowhere": 1044, "desk": 0, "DESK": 0, "information_schema": 0, "performance_schema": 0,
	} {
		end := c.ask(wire.InitDB, []byte(db)...)
		if errnoOf(end) != errno || errno == 0 && string(end) != "\x00\x00\x00\x02\x00\x00\x00" {
			t.Errorf("%s: %q", db, end)
		}
		if _, use := c.query("USE " + db); errnoOf(use) != errno {
			t.Errorf("USE %s: %q", db, use)
		}
	}
}

// TestKilledConnections kills connections that wait for their clients, with all they hold.
func TestKilledConnections(t *testing.T) {
	g := start(t)
	root := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	root.does("CREATE DATABASE desk", "CREATE TABLE desk.t (id INT)", "SET GLOBAL local_infile = 1")
	defer root.does("SET GLOBAL local_infile = 0")
	for name, busy := range map[string]func(*rawClient){
		"idle":        func(*rawClient) {},
		"a cursor":    func(c *rawClient) { c.openCursor(c.prepare("SELECT id, pad FROM numbers")) },
		"transaction": func(c *rawClient) { c.does("BEGIN", "INSERT INTO desk.t VALUES (1)") },
		"a file":      func(c *rawClient) { c.ask(wire.Query, []byte("LOAD DATA LOCAL INFILE 'f' INTO TABLE desk.t")...) },
	} {
		c := g.logIn(rawCapabilities|wire.LocalFiles, wire.Utf8mb4Collation)
		busy(c)
		root.does(fmt.Sprintf("KILL CONNECTION %d", g.lastID.Load()))
		for {
			if _, err := c.next(); err != nil {
				break
			}
		}
		eventually(t, name+": the connection's end", func() bool { return g.Server.open.Load() == 1 })
		if open, left := g.fake.open.Load(), g.Server.prepared.Load(); open != 0 || left != 0 {
			t.Errorf("%s: %d executions and %d prepared statements are left", name, open, left)
		}
		root.does("INSERT INTO desk.t VALUES (2)") // no lock is left
	}
	if n := root.one("SELECT COUNT(*) FROM desk.t WHERE id = 1"); n != "0" {
		t.Errorf("%s rows of who was killed", n)
	}
}

// TestChangingUsersIsBounded has a client not prove who it is now.
func TestChangingUsersIsBounded(t *testing.T) {
	g := start(t)
	root := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	before := root.one("SELECT @@GLOBAL.connect_timeout")
	root.does("CREATE USER sha IDENTIFIED WITH caching_sha2_password BY 'sesame'", "SET GLOBAL connect_timeout = 2")
	defer func() { root.does("SET GLOBAL connect_timeout = " + before) }()
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	if p := c.ask(wire.ChangeUser, []byte("sha\x00\x00\x00")...); p[0] != 0xfe {
		t.Fatalf("%q", p)
	}
	for {
		p, err := c.next()
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			t.Error("the server waits for ever")
		}
		if err != nil {
			break
		}
		if errnoOf(p) == 0 {
			t.Errorf("%q", p)
		}
	}
}
