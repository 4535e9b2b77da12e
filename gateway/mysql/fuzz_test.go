package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// fuzzed is a gateway that is sent what a fuzzer makes up.
type fuzzed struct {
	*gateway
	bystander *rawClient // who must not notice
}

// longestFuzz is how many bytes a client of a fuzzer's sends: as many as the watch of a client sees past.
const longestFuzz = 1000

func startFuzzed(f *testing.F) *fuzzed {
	pair, err := OwnCertificate(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	g := &gateway{t: f, dir: f.TempDir(), fake: &fake{rows: 2500, reading: make(chan struct{})}, tls: tlsOf(pair)}
	g.start()
	f.Cleanup(func() {
		g.t = f
		g.stop()
	})
	root := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	if err := root.conn.SetDeadline(time.Time{}); err != nil {
		f.Fatal(err)
	}
	for _, statement := range []string{
		"CREATE USER fuzz IDENTIFIED BY 'sesame'", "CREATE USER sha IDENTIFIED WITH caching_sha2_password BY 'sesame'",
		"CREATE DATABASE desk", "CREATE TABLE desk.t (id INT PRIMARY KEY, note TEXT)",
		"GRANT SELECT ON fake.* TO fuzz", "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON desk.* TO fuzz",
	} {
		if _, end := root.query(statement); end[0] == 0xff {
			f.Fatalf("%s: %q", statement, end)
		}
	}
	return &fuzzed{g, root}
}

// drown sends packets that a fuzzer made up, and checks what must hold whatever they are. The input has, for each, its number,
// its length in two bytes, and its content.
func (g *fuzzed) drown(t *testing.T, c *rawClient, input []byte) {
	t.Helper()
	var sent []byte
	for len(input) >= 3 {
		n := min(int(binary.LittleEndian.Uint16(input[1:])), len(input)-3)
		sent = append(sent, byte(n), byte(n>>8), 0, input[0])
		sent = append(sent, input[3:3+n]...)
		input = input[3+n:]
	}
	tcp := c.conn.(*net.TCPConn)
	go func() {
		_, _ = tcp.Write(sent) // the server may have had enough
		_ = tcp.CloseWrite()   // statements that run on end with their client
	}()
	if err := tcp.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, c.in)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Fatal("the connection does not end")
	}
	_ = tcp.Close()
	// The session ends before the connection does. One that was reset, or that has killed itself, may still be ending.
	over := func() bool { return g.Server.open.Load() == 1 }
	kills := bytes.IndexByte(sent, comProcessKill) >= 0 || bytes.Contains(bytes.ToLower(sent), []byte("kill"))
	if err == nil && !kills && !over() {
		t.Errorf("%d connections are open", g.Server.open.Load()-1)
	}
	eventually(t, "the connection's end", over)
	if open, left := g.fake.open.Load(), g.Server.prepared.Load(); open != 0 || left != 0 {
		t.Errorf("%d executions and %d prepared statements are left", open, left)
	}
	if logged := g.alarms.take(); logged != "" {
		t.Fatalf("errors were logged: %s", logged)
	}
	if rows, end := g.bystander.query("SELECT id FROM numbers LIMIT 1"); len(rows) != 1 {
		t.Fatalf("another connection: %q", end)
	}
}

// comProcessKill is the command that ends a connection (COM_PROCESS_KILL).
const comProcessKill = 0x0c

// packets are the input for some packets that a client sends in turn, each the first of a command.
func packets(all ...string) []byte {
	var input []byte
	for _, p := range all {
		input = append(binary.LittleEndian.AppendUint16(append(input, 0), uint16(len(p))), p...)
	}
	return input
}

// fuzzCapabilities are those that a fuzzer may leave out, by the bits of its first byte.
var fuzzCapabilities = []wire.Capability{wire.DeprecateEOF, wire.SessionTrack, wire.MultiStatements, wire.QueryAttributes, wire.LocalFiles}

// FuzzConnection sends commands after logging in.
func FuzzConnection(f *testing.F) {
	number := func(n uint32, rest string) string { return string(binary.LittleEndian.AppendUint32(nil, n)) + rest }
	const everything, plain = 0xff, 0x05
	for _, seed := range []struct {
		caps      byte
		collation byte
		packets   []string
	}{
		{plain, 255, []string{"\x03SELECT 1; SELECT id FROM numbers; SELECT nope; SELECT 2", "\x0e"}},
		{0, 8, []string{"\x03SELECT 'caf\xe9', `pad` FROM numbers LIMIT 3", "\x02desk", "\x1b\x00\x00", "\x03SET NAMES latin1; SELECT '\xe9'"}},
		{plain, 255, []string{"\x16SELECT id, pad FROM numbers WHERE id > ?", "\x17" + number(1, "\x01\x01\x00\x00\x00\x00\x01\x08\x00\x05\x00\x00\x00\x00\x00\x00\x00"),
			"\x1c" + number(1, number(10, "")), "\x03SELECT 1", "\x1c" + number(1, number(9999, "")), "\x1a" + number(1, ""), "\x19" + number(1, "")}},
		{everything, 255, []string{"\x03\x01\x01\x00\x01\xfe\x00\x01a\x01bSELECT id FROM numbers LIMIT 1", "\x16SELECT ?, ?, ?",
			"\x18" + number(1, "\x00\x00a long text"), "\x17" + number(1, "\x00\x01\x00\x00\x00\x03\x02\x01\xfc\x00\x00\x0c\x00\x00\x0b\x00\x00"+
				"\x07\xe8\x07\x02\x1d\x0a\x0b\x0c")}},
		{everything, 255, []string{"\x03\x00\x01SELECT endless.id FROM endless", "\x0e"}},
		{plain, 45, []string{"\x11fuzz\x00\x00desk\x00\xff\x00mysql_native_password\x00", "\x03SELECT 1"}},
		{plain, 255, []string{"\x1f", "\x03SET time_zone = '+01:00', autocommit = 0", "\x03BEGIN", "\x03INSERT INTO desk.t VALUES (1, 'x')",
			"\x03SAVEPOINT a", "\x03ROLLBACK TO a", "\x03SELECT * FROM desk.t FOR UPDATE", "\x1f", "\x09", "\x0a", "\x0c\x63\x00\x00\x00"}},
		{everything, 255, []string{"\x03\x00\x01LOAD DATA LOCAL INFILE 'f' INTO TABLE desk.t", "1\tone\n", ""}},
		{plain, 255, []string{"\x04numbers\x00p%", "\x04nope\x00", "\x16SELECT * FROM kinds", "\x17" + number(1, "\x00\x01\x00\x00\x00"), "\x07", "\x0d"}},
		{plain, 255, []string{"\x03CREATE TEMPORARY TABLE desk.u AS SELECT 1 AS a", "\x16SELECT SLEEP(100) FROM desk.u", "\x17" + number(1, "\x01\x01\x00\x00\x00")}},
		{plain, 255, []string{"\x16SELECT id FROM breaks", "\x17" + number(1, "\x01\x01\x00\x00\x00"), "\x03SELECT 1", "\x1c" + number(1, number(5, ""))}},
		{plain, 255, []string{"\x03PREPARE a FROM 'SELECT ?'", "\x03EXECUTE a USING @a", "\x03SHOW WARNINGS", "\x03EXPLAIN SELECT id FROM numbers", "\x01"}},
	} {
		f.Add(seed.caps, seed.collation, packets(seed.packets...))
	}
	g := startFuzzed(f)
	f.Fuzz(func(t *testing.T, caps, collation byte, input []byte) {
		if len(input) > longestFuzz || bytes.Contains(input, []byte("hangs")) { // the fake waits for a test there
			t.Skip()
		}
		has := rawCapabilities &^ wire.DeprecateEOF
		for i, c := range fuzzCapabilities {
			if caps>>i&1 != 0 {
				has |= c
			}
		}
		c := g.under(t).logInAs("fuzz", has, collation)
		g.drown(t, c, input)
	})
}

// FuzzLogin sends what a client says before it has logged in.
func FuzzLogin(f *testing.F) {
	hello := func(caps wire.Capability, rest string) string {
		p := binary.LittleEndian.AppendUint32(nil, uint32(caps))
		p = binary.LittleEndian.AppendUint32(p, 1<<24)
		return string(append(append(p, wire.Utf8mb4Collation), make([]byte, 23)...)) + rest
	}
	const all = rawCapabilities | wire.ConnectAttrs | wire.LenencAuth
	for _, seed := range [][]string{
		{hello(rawCapabilities, "fuzz\x00\x00fake\x00mysql_native_password\x00"), ""},
		{hello(all, "sha\x00\x20"+string(make([]byte, 32))+"fake\x00caching_sha2_password\x00\x05\x01a\x02bc"), "\x02", string(make([]byte, 256))},
		{hello(all, "nobody\x00\x00\x00caching_sha2_password\x00\x00"), "\x00", "\x02"},
		{hello(all|wire.SSL, ""), hello(all, "fuzz\x00\x00")},
		{hello(0, ""), ""},
	} {
		var input []byte
		for i, p := range seed {
			input = append(binary.LittleEndian.AppendUint16(append(input, byte(2*i+1)), uint16(len(p))), p...)
		}
		f.Add(input)
	}
	g := startFuzzed(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > longestFuzz {
			t.Skip()
		}
		c := g.under(t).dial()
		c.read()
		g.drown(t, c, input)
	})
}

// under has a test fail for what goes wrong.
func (g *fuzzed) under(t *testing.T) *gateway {
	g.t, g.bystander.t = t, t
	return g.gateway
}
