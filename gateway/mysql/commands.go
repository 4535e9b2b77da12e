package mysql

import (
	"bufio"
	"bytes"
	"io"
	"reflect"
	"strings"
	"sync/atomic"

	vitess "github.com/dolthub/vitess/go/mysql"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// commands is what Vitess's connection reads of its client. That parses the text of a COM_STMT_PREPARE by its own grammar
// before the handler is asked, so it gets a placeholder instead, and the handler gets the text.
type commands struct {
	from *bufio.Reader
	// running says that a statement runs. What comes then is the content of a file that it reads, or of a client that does
	// not wait for answers, and goes on as it is.
	running atomic.Bool
	text    *string // of the last COM_STMT_PREPARE, until the handler takes it

	head  []byte // what was read of a packet's start; it outlives a read that a deadline ends
	ready []byte // of that, what is to go on
	left  int    // bytes of the packet after these
}

// packetHeader is the size of a packet's header: three bytes of length, one of sequence.
const packetHeader = 4

// placeholder is a COM_STMT_PREPARE that any grammar knows.
var placeholder = append([]byte{9, 0, 0, 0, vitess.ComPrepare}, "SELECT 1"...)

// Read implements io.Reader.
func (r *commands) Read(p []byte) (n int, err error) {
	if len(r.ready) == 0 && r.left == 0 {
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	if len(r.ready) > 0 {
		n = copy(p, r.ready)
		r.ready = r.ready[n:]
		return n, nil
	}
	n, err = r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// begin reads the start of a packet, or the whole of a COM_STMT_PREPARE.
func (r *commands) begin() error {
	if err := r.fill(packetHeader); err != nil {
		return err
	}
	size := int(r.head[0]) | int(r.head[1])<<8 | int(r.head[2])<<16
	if first := r.head[3] == 0; first && size > 0 && size < vitess.MaxPacketSize && !r.running.Load() {
		if err := r.fill(packetHeader + 1); err != nil {
			return err
		}
		if r.head[packetHeader] == vitess.ComPrepare {
			if err := r.fill(packetHeader + size); err != nil {
				return err
			}
			text := string(r.head[packetHeader+1:])
			r.text, r.head, r.ready = &text, nil, placeholder
			return nil
		}
	}
	r.ready, r.left = r.head, size-(len(r.head)-packetHeader)
	r.head = r.head[:0]
	return nil
}

// fill reads until head has n bytes.
func (r *commands) fill(n int) error {
	have := len(r.head)
	if have >= n {
		return nil
	}
	r.head = append(r.head, make([]byte, n-have)...)
	got, err := io.ReadFull(r.from, r.head[have:])
	r.head = r.head[:have+got]
	return err
}

// listen has an authenticated connection read its commands through here. What its client sent already is not lost.
func listen(c *vitess.Conn) *commands {
	// The connection keeps its reader to itself.
	reader := *(**bufio.Reader)(reflect.ValueOf(c).Elem().FieldByName("bufferedReader").Addr().UnsafePointer())
	early, _ := reader.Peek(reader.Buffered()) // never fails for what is there
	r := &commands{from: bufio.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(early)), c.Conn))}
	reader.Reset(r)
	return r
}

// commandsOf returns what a connection reads through, nil before it is authenticated.
func commandsOf(c *vitess.Conn) *commands {
	if s, ok := c.Conn.(*socket); ok {
		return s.commands
	}
	return nil
}

// run lets pass what comes until the returned function is called.
func (r *commands) run() (over func()) {
	if r == nil {
		return func() {}
	}
	r.running.Store(true)
	return func() { r.running.Store(false) }
}

// prepared returns the text that a client prepares, where Vitess has read query.
func (r *commands) prepared(query string) string {
	if r != nil && r.text != nil {
		query, r.text = *r.text, nil
	}
	return strings.TrimRight(query, "; \t\r\n")
}

// mostParameters is how many of them the protocol can count.
const mostParameters = 1<<16 - 1

// declare says of a prepared statement what its text is and how many parameters it has.
func declare(p *vitess.PrepareData, text string, ansiQuotes bool) error {
	n := parse.Parameters(text, parse.Mode{AnsiQuotes: ansiQuotes})
	if n > mostParameters {
		return sqlerr.New(sqlerr.TooManyParameters, "Prepared statement contains too many placeholders")
	}
	p.PrepareStmt, p.ParamsCount = text, uint16(n)
	p.ParamsType, p.BindVars = make([]int32, n), make(map[string]*querypb.BindVariable, n)
	return nil
}
