package mysql

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/internal/mysqlraw"
)

// firstID reads the BIGINT that a binary row begins with, after a header and one byte of NULLs.
func firstID(row []byte) uint64 { return binary.LittleEndian.Uint64(row[2:]) }

func TestSeveralCursors(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	up, down := c.prepare("SELECT id FROM numbers"), c.prepare("SELECT id FROM numbers ORDER BY id DESC")
	c.openCursor(up)
	c.openCursor(down)
	for i := range uint64(5) {
		rows, status := c.fetch(up, 100)
		if len(rows) != 100 || firstID(rows[0]) != 100*i+1 || status&wire.CursorExists == 0 || status&wire.LastRowSent != 0 {
			t.Fatalf("%d rows from %d, status %b", len(rows), firstID(rows[0]), status)
		}
		if rows, _ := c.fetch(down, 7); len(rows) != 7 || firstID(rows[0]) != 2500-7*i {
			t.Fatalf("down: %d rows from %d", len(rows), firstID(rows[0]))
		}
		// Other statements do not disturb cursors.
		if rows, end := c.query("SELECT COUNT(*) FROM numbers"); len(rows) != 1 || string(rows[0]) != "\x042500" {
			t.Fatalf("%q, %q", rows, end)
		}
	}
	rows, status := c.fetch(up, 5000)
	if len(rows) != 2000 || firstID(rows[1999]) != 2500 || status&wire.LastRowSent == 0 || status&wire.CursorExists != 0 {
		t.Errorf("the rest: %d rows, status %b", len(rows), status)
	}
	if end := c.ask(wire.StmtFetch, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, up), 1)...); errnoOf(end) != 1421 {
		t.Errorf("fetching from a cursor that is closed: %q", end)
	}
	if end := c.ask(wire.StmtReset, binary.LittleEndian.AppendUint32(nil, down)...); end[0] != 0 {
		t.Errorf("reset: %q", end)
	}
	if open := g.fake.open.Load(); open != 0 {
		t.Errorf("%d executions are open after all cursors were closed", open)
	}
	c.openCursor(down)
	c.send(wire.StmtClose, binary.LittleEndian.AppendUint32(nil, down)...)
	if end := c.ask(wire.StmtExecute, append(binary.LittleEndian.AppendUint32(nil, down), 0, 1, 0, 0, 0)...); errnoOf(end) != 1243 {
		t.Errorf("executing what was closed: %q", end)
	}
}

// TestACursorHoldsNothingBack opens a cursor and then runs what needs the source's only turn.
func TestACursorHoldsNothingBack(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	id := c.prepare("SELECT id, pad FROM numbers")
	c.openCursor(id)
	c.fetch(id, 10)
	if open := g.fake.open.Load(); open != 1 {
		t.Fatalf("%d executions are open under the cursor", open)
	}
	if _, end := c.query("SELECT 1"); end[0] != 0xfe {
		t.Fatalf("%q", end)
	}
	if open := g.fake.open.Load(); open != 0 {
		t.Errorf("the cursor keeps %d executions open while another statement runs", open)
	}
	if rows, status := c.fetch(id, 5000); len(rows) != 2490 || firstID(rows[0]) != 11 || status&wire.LastRowSent == 0 {
		t.Errorf("%d rows, status %b", len(rows), status)
	}
	// What ends the reading of the rest is told by the next fetch, in its place.
	id = c.prepare("SELECT id FROM breaks")
	c.openCursor(id)
	if rows, end := c.query("SELECT 1"); len(rows) != 1 {
		t.Fatalf("%q", end)
	}
	if end := c.ask(wire.StmtFetch, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, id), 5)...); errnoOf(end) == 0 {
		t.Errorf("fetching of a result that broke: %q", end)
	}
	if rows, _ := c.query("SELECT 1"); len(rows) != 1 {
		t.Error("the connection is lost")
	}
}

func TestCursorsAreKilled(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	var id string
	if rows, _ := c.query("SELECT CONNECTION_ID()"); len(rows) == 1 {
		id = string(rows[0][1:])
	}
	stmt := c.prepare("SELECT id FROM hangs")
	done := make(chan error, 1)
	go func() {
		<-g.fake.reading
		_, err := g.open("").Exec("KILL QUERY " + id)
		done <- err
	}()
	if end := c.ask(wire.StmtExecute, append(binary.LittleEndian.AppendUint32(nil, stmt), 1, 1, 0, 0, 0)...); errnoOf(end) != 1317 {
		t.Errorf("%q", end)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, end := c.query("SET max_execution_time = 20"); end[0] != 0 {
		t.Fatalf("%q", end)
	}
	go func() { <-g.fake.reading }()
	if end := c.ask(wire.StmtExecute, append(binary.LittleEndian.AppendUint32(nil, stmt), 1, 1, 0, 0, 0)...); errnoOf(end) != 3024 {
		t.Errorf("%q", end)
	}
}

func TestCommands(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	for _, p := range []struct {
		command wire.Command
		packet  string
		want    string // the answer begins with
	}{
		{wire.Ping, "", "\x00\x00\x00"},
		{wire.InitDB, "information_schema", "\x00\x00\x00"},
		{wire.InitDB, "nowhere", "\xff\x19\x04#42000"}, // 1049
		{wire.InitDB, "fake", "\x00\x00\x00"},
		{wire.Statistics, "", "Uptime: "},
		{wire.SetOption, "\x00\x00", "\xfe"},
		{wire.SetOption, "\x07\x00", "\xff\x17\x04#08S01"}, // 1047
		{wire.ProcessKill, "\xff\xff\xff\x7f", "\xff\x46\x04"},
		{wire.Debug, "", "\x00"},
		{wire.ResetConnection, "", "\x00"},
		{0x05, "", "\xff\x17\x04#08S01"},
		{0x42, "", "\xff\x17\x04#08S01"},
		{wire.StmtExecute, "\x07", "\xff\x2b\x07#HY000"},                                 // 1835
		{wire.StmtExecute, "\x63\x00\x00\x00\x00\x01\x00\x00\x00", "\xff\xdb\x04#HY000"}, // 1243
		{wire.StmtReset, "\x63\x00\x00\x00", "\xff\xdb\x04#HY000"},
	} {
		if got := c.ask(p.command, []byte(p.packet)...); !strings.HasPrefix(string(got), p.want) {
			t.Errorf("%#x %q: %q, want %q", p.command, p.packet, got, p.want)
		}
	}
	// Both statements of a client that may send several are answered.
	c.ask(wire.SetOption, 0, 0)
	rows, end := c.query("SELECT 1; SELECT 2")
	if len(rows) != 1 || statusOf(end)&wire.MoreResults == 0 {
		t.Fatalf("%q, %q", rows, end)
	}
	for range 2 {
		c.read()
	}
	if rows, end := c.rows(); len(rows) != 1 || string(rows[0]) != "\x012" || statusOf(end)&wire.MoreResults != 0 {
		t.Errorf("%q, %q", rows, end)
	}
	c.ask(wire.SetOption, 1, 0)
	if _, end := c.query("SELECT 1; SELECT 2"); errnoOf(end) != 1064 {
		t.Errorf("several statements of a client that may not: %q", end)
	}
	c.send(wire.FieldList, []byte("numbers\x00p%")...)
	rows, end = c.rows()
	if len(rows) != 1 || !bytes.Contains(rows[0], []byte("\x07numbers\x03pad\x03pad")) || end[0] != 0xfe {
		t.Errorf("%q, %q", rows, end)
	}
	if end := c.ask(wire.FieldList, []byte("nope\x00")...); errnoOf(end) != 1146 {
		t.Errorf("%q", end)
	}
	c.send(wire.Quit)
	if p, err := c.next(); err == nil {
		t.Errorf("after quitting: %q", p)
	}
}

func TestLongData(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	id := c.prepare("SELECT LENGTH(?), ?")
	for range 3 {
		c.send(wire.StmtSendLongData, append(binary.LittleEndian.AppendUint32(nil, id), append([]byte{0, 0}, strings.Repeat("x", 1000)...)...)...)
	}
	execute := append(binary.LittleEndian.AppendUint32(nil, id), 0, 1, 0, 0, 0, 0, 1, byte(wire.TypeBlob), 0, byte(wire.TypeLongLong), 0)
	run := func() ([][]byte, []byte) {
		head := c.ask(wire.StmtExecute, append(execute, 7, 0, 0, 0, 0, 0, 0, 0)...)
		if head[0] == 0xff {
			return nil, head
		}
		for range int(head[0]) {
			c.read()
		}
		return c.rows()
	}
	if rows, end := run(); len(rows) != 1 || binary.LittleEndian.Uint32(rows[0][2:]) != 3000 {
		t.Errorf("%x, %q", rows, end)
	}
	// It is of one execution: the next has to send it anew.
	if _, end := run(); errnoOf(end) != 1835 {
		t.Errorf("a parameter that was not sent: %q", end)
	}
}

func TestChangeUser(t *testing.T) {
	g := start(t)
	db := g.open("")
	for _, statement := range []string{
		"CREATE USER ann IDENTIFIED BY 'pear'", "CREATE USER bob IDENTIFIED WITH caching_sha2_password BY 'plum'", "GRANT SELECT ON *.* TO ann, bob",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	if _, end := c.query("SET @a = 1"); end[0] != 0 {
		t.Fatalf("%q", end)
	}
	change := func(user, password, plugin string) []byte {
		p := append(append([]byte(user), 0, 20), mysqlraw.Proof(password, c.nonce)...)
		p = append(append(append(p, "fake\x00\xff\x00"...), plugin...), 0)
		answer := c.ask(wire.ChangeUser, p...)
		if answer[0] == 0xfe {
			plugin, nonce, _ := bytes.Cut(answer[1:], []byte{0})
			if string(plugin) != wire.NativePlugin {
				t.Fatalf("%s proves itself by %s", user, plugin)
			}
			c.nonce = bytes.TrimSuffix(nonce, []byte{0})
			c.write(mysqlraw.Proof(password, c.nonce))
			answer = c.read()
		}
		return answer
	}
	// By the nonce that the client has been told, as MariaDB's clients do, or by another one.
	for _, plugin := range []string{wire.NativePlugin, wire.SHA2Plugin} {
		if answer := change("ann", "pear", plugin); answer[0] != 0 {
			t.Fatalf("%q", answer)
		}
	}
	rows, _ := c.query("SELECT CONCAT(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '-', IFNULL(@a, 'NULL'), '-', DATABASE())")
	if len(rows) != 1 || string(rows[0][1:]) != "ann-NULL-fake" {
		t.Errorf("%q", rows)
	}
	if answer := change("ann", "apple", wire.NativePlugin); errnoOf(answer) != 1045 {
		t.Errorf("with a wrong password: %q", answer)
	}
	if p, err := c.next(); err == nil {
		t.Errorf("who failed to become another user goes on: %q", p)
	}
}

// TestPasswords connects by all ways to prove a password, with and without TLS, known to the server and not.
func TestPasswords(t *testing.T) {
	g := start(t)
	g.stop()
	pair, err := OwnCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	g.tls = tlsOf(pair)
	g.start()
	db := g.open("")
	for _, statement := range []string{
		"CREATE USER native IDENTIFIED WITH mysql_native_password BY 'secret'", "CREATE USER sha2 IDENTIFIED WITH caching_sha2_password BY 'secret'",
		"CREATE USER open IDENTIFIED BY ''", "CREATE USER open2 IDENTIFIED WITH caching_sha2_password BY ''",
		"CREATE USER secure IDENTIFIED BY 'secret' REQUIRE SSL",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	connect := func(user, password, params string) error {
		db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/?%s", user, password, g.Addr(), params))
		if err != nil {
			return err
		}
		defer db.Close()
		var one int
		return db.QueryRow("SELECT 1").Scan(&one)
	}
	for _, c := range []struct {
		user, password, params string
		errno                  uint16
	}{
		{"native", "secret", "", 0}, {"native", "secret", "tls=skip-verify", 0},
		{"native", "wrong", "", 1045}, {"native", "", "", 1045},
		{"sha2", "secret", "", 0}, {"sha2", "secret", "", 0}, {"sha2", "wrong", "", 1045}, {"sha2", "", "", 1045},
		{"sha2", "secret", "tls=skip-verify", 0}, {"sha2", "wrong", "tls=skip-verify", 1045},
		{"open", "", "", 0}, {"open", "x", "", 1045}, {"open2", "", "", 0}, {"open2", "x", "", 1045},
		{"nobody", "secret", "", 1045}, {"nobody", "", "", 1045}, {"nobody", "", "tls=skip-verify", 1045},
		{"secure", "secret", "", 1045}, {"secure", "secret", "tls=skip-verify", 0},
	} {
		err := connect(c.user, c.password, c.params)
		var failure *driver.MySQLError
		errors.As(err, &failure)
		if (err == nil) != (c.errno == 0) || failure != nil && failure.Number != c.errno {
			t.Errorf("%s with password %q and %q: %v, want errno %d", c.user, c.password, c.params, err, c.errno)
		}
	}
	var name, cipher string
	if err := g.open("tls=skip-verify").QueryRow("SHOW STATUS LIKE 'Ssl_version'").Scan(&name, &cipher); err != nil || cipher != "TLSv1.3" {
		t.Errorf("Ssl_version is %s, %v", cipher, err)
	}
	// A password that was changed is not remembered.
	if _, err := db.Exec("ALTER USER sha2 IDENTIFIED BY 'other'"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(connect("sha2", "other", "tls=skip-verify"), connect("sha2", "other", "")); err != nil {
		t.Error(err)
	}
	if err := connect("sha2", "secret", ""); err == nil {
		t.Error("the password of before is taken")
	}
}

func TestCompression(t *testing.T) {
	g := start(t)
	rows, err := texts(g.open("compress=true"), "SELECT id, pad FROM numbers")
	if err != nil || len(rows) != 2500 || rows[2499][0] != "2500" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for _, length := range []int{10, 1000, 1 << 20} {
		var got int
		if err := g.open("compress=true").QueryRow("SELECT LENGTH(?)", strings.Repeat("x", length)).Scan(&got); err != nil || got != length {
			t.Errorf("%d characters: %d, %v", length, got, err)
		}
	}
}

// TestCharacterSets has clients of latin1 read and write it.
func TestCharacterSets(t *testing.T) {
	g := start(t)
	const latin1 = 8 // latin1_swedish_ci
	c := g.logIn(rawCapabilities, latin1)
	if rows, end := c.query("SELECT 'caf\xe9', CHAR_LENGTH('\xe9')"); len(rows) != 1 || string(rows[0]) != "\x04caf\xe9\x011" {
		t.Errorf("%q, %q", rows, end)
	}
	if _, end := c.query("SELECT `\xe9`"); errnoOf(end) != 1054 || !bytes.Contains(end, []byte("\xe9")) {
		t.Errorf("an error's text: %q", end)
	}
	if rows, end := c.query("SELECT '\u20ac'"); len(rows) != 1 || len(rows[0]) != 4 { // three characters of latin1
		t.Errorf("%q, %q", rows, end)
	}
	if _, end := c.query("SET NAMES utf8mb4"); end[0] != 0 {
		t.Fatalf("%q", end)
	}
	if rows, _ := c.query("SELECT 'café €'"); len(rows) != 1 || string(rows[0][1:]) != "café €" {
		t.Errorf("%q", rows)
	}
	if _, end := c.query("SET character_set_results = latin1"); end[0] != 0 {
		t.Fatalf("%q", end)
	}
	if rows, _ := c.query("SELECT 'café €α'"); len(rows) != 1 || string(rows[0][1:]) != "caf\xe9 \x80?" {
		t.Errorf("%q", rows)
	}
}

// TestForeignCharacterSets has clients speak character sets that literals are not compared in.
func TestForeignCharacterSets(t *testing.T) {
	g := start(t)
	for _, c := range []struct {
		name      string
		collation byte
		sent      string
		text      string
		unknown   string // as the client gets it
	}{
		{"latin2", 9, "\xb3\xf3d\xbc", "łódź", "?"},
		{"cp1251", 51, "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет", "?"},
		{"gbk", 28, "\xd5\x5c\xd6\xd0", "誠中", "?"}, // whose first character ends as an escape begins
		{"euckr", 19, "\xc7\xd1", "한", "?"},
	} {
		for _, named := range []bool{false, true} {
			collation := byte(wire.Utf8mb4Collation)
			if !named {
				collation = c.collation
			}
			client := g.logIn(rawCapabilities, collation)
			if named {
				client.does("SET NAMES " + c.name)
			}
			rows, end := client.query("SELECT '" + c.sent + "', HEX(CONVERT('" + c.sent + "' USING utf8mb4)), 'a' = 'A', CONVERT(UNHEX('F09F9880') USING utf8mb4), @@character_set_client")
			want := wire.AppendText(nil, c.sent)
			for _, cell := range []string{fmt.Sprintf("%X", c.text), "1", c.unknown, c.name} {
				want = wire.AppendText(want, cell)
			}
			if len(rows) != 1 || !bytes.Equal(rows[0], want) {
				t.Errorf("%s, by SET NAMES %t: %q, %q; want %q", c.name, named, rows, end, want)
			}
		}
	}
	client := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	client.does("SET NAMES gbk")
	if _, end := client.query("SELECT '\xff\xff'"); errnoOf(end) == 0 {
		t.Error("a text that is none was taken")
	}
}

// TestBrokenPackets ends connections that do not speak the protocol, and no others.
func TestBrokenPackets(t *testing.T) {
	g := start(t)
	for name, sent := range map[string]string{
		"out of order":       "\x01\x00\x00\x05\x0e",
		"larger than it may": "\xff\xff\xff\x00" + strings.Repeat("x", 1000),
		"an empty one":       "\x00\x00\x00\x00",
		"half of one":        "\x10\x00\x00\x00\x03SEL",
	} {
		c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
		if name == "larger than it may" {
			c.query("SET max_allowed_packet = 1024")
		}
		if _, err := c.conn.Write([]byte(sent)); err != nil {
			t.Fatal(err)
		}
		if name == "half of one" {
			c.conn.Close()
			continue
		}
		c.sequence = 0
		for {
			p, err := c.next()
			if err != nil {
				break
			}
			if errno := errnoOf(p); errno != 1153 && errno != 1156 {
				t.Errorf("%s: %q", name, p)
			}
		}
	}
	for name, hello := range map[string]string{"nothing": "", "too short": "\x00\x02", "an old protocol": strings.Repeat("\x00", 40)} {
		c := g.dial()
		c.read()
		c.write([]byte(hello))
		if p := c.read(); errnoOf(p) != 1043 {
			t.Errorf("%s for a handshake: %q", name, p)
		}
	}
	if rows, err := texts(g.open(""), "SELECT 1"); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestCommandsAheadOfTheirTurn sends commands while one runs: they are answered in order, and none is lost to the watch of the
// client.
func TestCommandsAheadOfTheirTurn(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	const n = 50
	var all []byte
	for i := range n {
		text := fmt.Sprintf("\x03SELECT %d, SLEEP(0.0%d)", 100+i, i%5)
		all = append(append(all, byte(len(text)), 0, 0, 0), text...)
	}
	if _, err := c.conn.Write(all); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c.sequence = 1
		for range 1 + 2 {
			c.read()
		}
		rows, end := c.rows()
		if len(rows) != 1 || string(rows[0][1:4]) != strconv.Itoa(100+i) {
			t.Fatalf("%d: %q, %q", i, rows, end)
		}
	}
}

func TestTooManyConnections(t *testing.T) {
	g := start(t)
	db := g.open("")
	admin, _ := g.conn(db)
	for _, statement := range []string{"CREATE USER guest", "SET GLOBAL max_connections = 2"} {
		if _, err := admin.ExecContext(background, statement); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if _, err := admin.ExecContext(background, fmt.Sprintf("SET GLOBAL max_connections = %d", mostConnections)); err != nil {
			t.Error(err)
		}
	}()
	guests, err := sql.Open("mysql", fmt.Sprintf("guest@tcp(%s)/", g.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer guests.Close()
	one, err := guests.Conn(background)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	_, err = guests.Conn(background)
	wantErrno(t, "the third connection", err, 1040, "08004")
	// Who may end others has one more, once the server has seen the end of the one before.
	var rescue *sql.Conn
	eventually(t, "a connection of who may end others", func() bool {
		rescue, err = db.Conn(background)
		return err == nil
	})
	defer rescue.Close()
	_, err = db.Conn(background)
	wantErrno(t, "the fourth connection", err, 1040, "08004")
}

func TestIdleClientsAreDisconnected(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	if _, end := c.query("SET wait_timeout = 1"); end[0] != 0 {
		t.Fatalf("%q", end)
	}
	c.sequence = 0
	if p := c.read(); errnoOf(p) != 4031 {
		t.Errorf("%q", p)
	}
	if p, err := c.next(); err == nil {
		t.Errorf("the connection goes on: %q", p)
	}
}

func TestSessionTracking(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities|wire.SessionTrack, wire.Utf8mb4Collation)
	for statement, want := range map[string]string{
		"USE information_schema":   "\x01\x13\x12information_schema",
		"SET time_zone = '+01:00'": "\x00\x11\x09time_zone\x06+01:00",
		"SET autocommit = 0":       "\x00\x0f\x0aautocommit\x03OFF",
		"SET @a = 1":               "",
		"SET sql_mode = 'ANSI'":    "",
	} {
		p := c.ask(wire.Query, []byte(statement)...)
		status := wire.Status(binary.LittleEndian.Uint16(p[3:]))
		if p[0] != 0 || (status&wire.StateChanged != 0) != (want != "") || !bytes.HasSuffix(p, []byte(want)) {
			t.Errorf("%s: %q, want %q at its end", statement, p, want)
		}
	}
}
