// Package mysqlraw is a client of MySQL's protocol that shows what drivers hide: column definitions as the server sends them.
package mysqlraw

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// Client is a connection. It is one goroutine's.
type Client struct {
	conn     net.Conn
	in       *bufio.Reader
	sequence byte
}

const capabilities = wire.Protocol41 | wire.LongPassword | wire.LongFlag | wire.SecureConnection | wire.PluginAuth |
	wire.Transactions | wire.MultiResults | wire.PSMultiResults | wire.ConnectWithDB

// utf8mb4General is a collation that every server knows.
const utf8mb4General = 45

// Dial connects to a server that knows the account by its native password, for at most patience.
func Dial(ctx context.Context, address, user, password, database string, patience time.Duration) (*Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, in: bufio.NewReader(conn)}
	if err := errors.Join(conn.SetDeadline(time.Now().Add(patience)), c.logIn(user, password, database)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// Close hangs up.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) logIn(user, password, database string) error {
	greeting, err := c.read()
	if err != nil {
		return err
	}
	_, rest, ok := bytes.Cut(greeting[1:], []byte{0})
	if !ok || len(rest) < 43 {
		return fmt.Errorf("greeting %q", greeting)
	}
	nonce := append(bytes.Clone(rest[4:12]), rest[31:43]...)
	p := binary.LittleEndian.AppendUint32(nil, uint32(capabilities))
	p = binary.LittleEndian.AppendUint32(p, 1<<24)
	p = append(append(p, utf8mb4General), make([]byte, 23)...)
	p = append(append(p, user...), 0)
	p = wire.AppendText(p, Proof(password, nonce))
	p = append(append(p, database...), 0)
	p = append(append(p, wire.NativePlugin...), 0)
	if err := c.write(p); err != nil {
		return err
	}
	answer, err := c.read()
	if err == nil && len(answer) > 1 && answer[0] == 0xfe { // another plugin and its nonce
		_, nonce, _ = bytes.Cut(answer[1:], []byte{0})
		if err = c.write(Proof(password, bytes.TrimRight(nonce, "\x00"))); err == nil {
			_, err = c.read()
		}
	}
	return err
}

// Proof is what mysql_native_password answers to a nonce (Native Authentication); nothing for no password.
func Proof(password string, nonce []byte) []byte {
	if password == "" {
		return nil
	}
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	mixed := sha1.Sum(append(bytes.Clone(nonce), twice[:]...))
	for i := range mixed {
		mixed[i] ^= once[i]
	}
	return mixed[:]
}

func (c *Client) write(p []byte) error {
	header := []byte{byte(len(p)), byte(len(p) >> 8), byte(len(p) >> 16), c.sequence}
	c.sequence++
	_, err := c.conn.Write(append(header, p...))
	return err
}

// read reads a packet; an ERR packet is an error.
func (c *Client) read() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return nil, err
	}
	c.sequence = header[3] + 1
	p := make([]byte, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	if _, err := io.ReadFull(c.in, p); err != nil {
		return nil, err
	}
	if len(p) >= 9 && p[0] == 0xff {
		return nil, &wire.Error{Errno: binary.LittleEndian.Uint16(p[1:]), State: string(p[4:9]), Message: string(p[9:])}
	}
	return p, nil
}

func (c *Client) send(command wire.Command, p []byte) error {
	c.sequence = 0
	return c.write(append([]byte{byte(command)}, p...))
}

// isEnd reports the packet that ends definitions or rows.
func isEnd(p []byte) bool { return len(p) > 0 && len(p) < 9 && p[0] == 0xfe }

// Query runs a statement, and returns its columns and the packets of its rows.
func (c *Client) Query(text string) (columns []wire.Column, rows [][]byte, err error) {
	if err := c.send(wire.Query, []byte(text)); err != nil {
		return nil, nil, err
	}
	head, err := c.read()
	if err != nil || len(head) == 0 || head[0] == 0 {
		return nil, nil, err
	}
	return c.result(head)
}

// result reads what follows the head of a result.
func (c *Client) result(head []byte) (columns []wire.Column, rows [][]byte, err error) {
	if columns, err = c.definitions(); err != nil {
		return nil, nil, err
	}
	if len(columns) != int(head[0]) {
		return nil, nil, fmt.Errorf("%d columns are announced and %d defined", head[0], len(columns))
	}
	for {
		p, err := c.read()
		if err != nil || isEnd(p) {
			return columns, rows, err
		}
		rows = append(rows, p)
	}
}

// Prepared is what a server says of a statement that is prepared.
type Prepared struct {
	ID              uint32
	Params, Columns []wire.Column
}

// Prepare prepares a statement.
func (c *Client) Prepare(text string) (*Prepared, error) {
	if err := c.send(wire.StmtPrepare, []byte(text)); err != nil {
		return nil, err
	}
	head, err := c.read()
	if err != nil {
		return nil, err
	}
	p := &Prepared{ID: binary.LittleEndian.Uint32(head[1:])}
	columns, params := binary.LittleEndian.Uint16(head[5:]), binary.LittleEndian.Uint16(head[7:])
	if params > 0 {
		if p.Params, err = c.definitions(); err != nil {
			return nil, err
		}
	}
	if columns > 0 {
		p.Columns, err = c.definitions()
	}
	return p, err
}

// Execute executes a prepared statement without parameters.
func (c *Client) Execute(p *Prepared) (columns []wire.Column, rows [][]byte, err error) {
	packet := binary.LittleEndian.AppendUint32(nil, p.ID)
	if err := c.send(wire.StmtExecute, append(packet, 0, 1, 0, 0, 0)); err != nil {
		return nil, nil, err
	}
	head, err := c.read()
	if err != nil {
		return nil, nil, err
	}
	return c.result(head)
}

// FieldList asks for the columns of a table.
func (c *Client) FieldList(table string) ([]wire.Column, error) {
	if err := c.send(wire.FieldList, append([]byte(table), 0)); err != nil {
		return nil, err
	}
	return c.definitions()
}

// definitions reads column definitions up to their end.
func (c *Client) definitions() ([]wire.Column, error) {
	var columns []wire.Column
	for {
		p, err := c.read()
		if err != nil || isEnd(p) {
			return columns, err
		}
		column, err := parseColumn(p)
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
}

// parseColumn reads a column definition, whose texts are short (Column Definition Packet).
func parseColumn(p []byte) (wire.Column, error) {
	const fixed = 13
	var texts [6]string
	rest := p
	for i := range texts {
		if len(rest) == 0 || int(rest[0]) >= len(rest) {
			return wire.Column{}, fmt.Errorf("column definition %q", p)
		}
		texts[i], rest = string(rest[1:1+rest[0]]), rest[1+rest[0]:]
	}
	if len(rest) < fixed {
		return wire.Column{}, fmt.Errorf("column definition %q", p)
	}
	return wire.Column{
		Schema: texts[1], Table: texts[2], OrgTable: texts[3], Name: texts[4], OrgName: texts[5],
		Collation: binary.LittleEndian.Uint16(rest[1:]), Length: binary.LittleEndian.Uint32(rest[3:]),
		Type: wire.Type(rest[7]), Flags: wire.Flag(binary.LittleEndian.Uint16(rest[8:])), Decimals: rest[10],
	}, nil
}
