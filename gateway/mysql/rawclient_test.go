package mysql

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/internal/mysqlraw"
)

// rawClient speaks the protocol packet by packet, for what drivers don't do.
type rawClient struct {
	t        testing.TB
	conn     net.Conn
	in       *bufio.Reader
	sequence byte
	nonce    []byte
}

const rawCapabilities = wire.Protocol41 | wire.LongPassword | wire.SecureConnection | wire.PluginAuth | wire.Transactions |
	wire.MultiResults | wire.PSMultiResults | wire.ConnectWithDB | wire.DeprecateEOF

// dial connects without a handshake.
func (g *gateway) dial() *rawClient {
	g.t.Helper()
	conn, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		g.t.Fatal(err)
	}
	return &rawClient{t: g.t, conn: conn, in: bufio.NewReader(conn)}
}

// logIn connects as root, in the database fake.
func (g *gateway) logIn(capabilities wire.Capability, collation byte) *rawClient {
	g.t.Helper()
	return g.logInAs("root", capabilities, collation)
}

// logInAs connects as a user whose password is that of root, in the database fake if the client has ConnectWithDB.
func (g *gateway) logInAs(user string, capabilities wire.Capability, collation byte) *rawClient {
	g.t.Helper()
	c := g.dial()
	greeting := c.read()
	_, rest, _ := bytes.Cut(greeting[1:], []byte{0})
	c.nonce = append(bytes.Clone(rest[4:12]), rest[4+8+1+2+1+2+2+1+10:][:12]...)
	p := binary.LittleEndian.AppendUint32(nil, uint32(capabilities))
	p = binary.LittleEndian.AppendUint32(p, 1<<24)
	p = append(append(p, collation), make([]byte, 23)...)
	p = append(append(p, user...), 0, 20)
	p = append(p, mysqlraw.Proof("sesame", c.nonce)...)
	if capabilities.Has(wire.ConnectWithDB) {
		p = append(append(p, "fake"...), 0)
	}
	p = append(append(p, wire.NativePlugin...), 0)
	c.write(p)
	if answer := c.read(); answer[0] != 0 {
		g.t.Fatalf("logging in: %q", answer)
	}
	return c
}

// write sends a packet.
func (c *rawClient) write(p []byte) {
	c.t.Helper()
	header := []byte{byte(len(p)), byte(len(p) >> 8), byte(len(p) >> 16), c.sequence}
	c.sequence++
	if _, err := c.conn.Write(append(header, p...)); err != nil {
		c.t.Fatal(err)
	}
}

// send sends a command.
func (c *rawClient) send(command wire.Command, p ...byte) {
	c.t.Helper()
	c.sequence = 0
	c.write(append([]byte{byte(command)}, p...))
}

// next reads a packet, if there is one.
func (c *rawClient) next() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return nil, err
	}
	if header[3] != c.sequence {
		return nil, fmt.Errorf("packet %d where %d comes next", header[3], c.sequence)
	}
	c.sequence++
	p := make([]byte, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	_, err := io.ReadFull(c.in, p)
	return p, err
}

func (c *rawClient) read() []byte {
	c.t.Helper()
	p, err := c.next()
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// ask sends a command and reads the one packet that answers it.
func (c *rawClient) ask(command wire.Command, p ...byte) []byte {
	c.t.Helper()
	c.send(command, p...)
	return c.read()
}

// errno is of an ERR packet, 0 of another.
func errnoOf(p []byte) uint16 {
	if len(p) < 3 || p[0] != 0xff {
		return 0
	}
	return binary.LittleEndian.Uint16(p[1:])
}

// rows reads the rows of a result up to what ends them, and returns that.
func (c *rawClient) rows() (rows [][]byte, end []byte) {
	c.t.Helper()
	for {
		p := c.read()
		if p[0] == 0xff || p[0] == 0xfe && len(p) < 1<<24-1 {
			return rows, p
		}
		rows = append(rows, p)
	}
}

// query runs a query and returns the rows, and what ends them.
func (c *rawClient) query(text string) (rows [][]byte, end []byte) {
	c.t.Helper()
	head := c.ask(wire.Query, []byte(text)...)
	if head[0] == 0 || head[0] == 0xff {
		return nil, head
	}
	for range int(head[0]) {
		c.read()
	}
	return c.rows()
}

// prepare prepares a statement and returns its number.
func (c *rawClient) prepare(text string) uint32 {
	c.t.Helper()
	p := c.ask(wire.StmtPrepare, []byte(text)...)
	if p[0] != 0 {
		c.t.Fatalf("%s: %q", text, p)
	}
	columns, params := binary.LittleEndian.Uint16(p[5:]), binary.LittleEndian.Uint16(p[7:])
	for range columns + params {
		c.read()
	}
	return binary.LittleEndian.Uint32(p[1:])
}

// openCursor executes a statement without parameters for rows to be fetched.
func (c *rawClient) openCursor(id uint32) {
	c.t.Helper()
	head := c.ask(wire.StmtExecute, append(binary.LittleEndian.AppendUint32(nil, id), 1, 1, 0, 0, 0)...)
	if head[0] == 0xff {
		c.t.Fatalf("%q", head)
	}
	for range int(head[0]) {
		c.read()
	}
	if end := c.read(); statusOf(end)&wire.CursorExists == 0 {
		c.t.Fatalf("no cursor was opened: %x", end)
	}
}

// fetch fetches rows, and returns them with the status after them.
func (c *rawClient) fetch(id, n uint32) ([][]byte, wire.Status) {
	c.t.Helper()
	c.send(wire.StmtFetch, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, id), n)...)
	rows, end := c.rows()
	if end[0] == 0xff {
		c.t.Fatalf("%q", end)
	}
	return rows, statusOf(end)
}

// statusOf reads the flags of an OK packet that ends rows, without a change of the session.
func statusOf(end []byte) wire.Status {
	return wire.Status(binary.LittleEndian.Uint16(end[3:]))
}
