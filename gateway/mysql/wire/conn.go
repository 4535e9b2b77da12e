package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	headerSize = 4         // of a packet: three bytes of length, one of sequence
	readSize   = 1 << 10   // what an idle connection keeps to read with
	writePiece = 64 << 10  // what is written at once: a client has time for each piece anew
	outSize    = 128 << 10 // when what was appended is written
	keptOut    = 1 << 20   // a buffer that has grown further is not kept
)

// ErrPacketTooLarge is a packet of more bytes than the server takes. What follows it can't be told apart from it.
var ErrPacketTooLarge = errors.New("a packet is larger than max_allowed_packet")

// ErrOutOfOrder is a packet with another number than the next.
var ErrOutOfOrder = errors.New("packets out of order")

// Conn is a server's end of a connection.
type Conn struct {
	net net.Conn      // TLS, if it is encrypted
	raw *bufio.Reader // of net; nil: the handshake is not over, and nothing may be read ahead
	in  io.Reader     // packets: raw, or what was compressed there

	sequence byte   // of the next packet, either way
	out      []byte // packets that were not written yet
	begun    int    // where the packet starts that is being appended
	squeeze  *compressor
	broken   error // of a write: the client has a part of a packet, and nothing can follow it
	lost     error // of a read: where the next packet starts is not known

	mu        sync.Mutex // over what follows, which other goroutines set
	patience  time.Duration
	deadline  bool // Hurry has set one
	dismissed bool
}

// NewConn makes a Conn of an accepted connection.
func NewConn(c net.Conn) *Conn { return &Conn{net: c} }

// NetConn is the network connection below, the encrypted one if there is TLS.
func (c *Conn) NetConn() net.Conn { return c.net }

// TLS returns the state of the encryption, nil without.
func (c *Conn) TLS() *tls.ConnectionState {
	if t, ok := c.net.(*tls.Conn); ok {
		state := t.ConnectionState()
		return &state
	}
	return nil
}

// StartTLS encrypts what follows. It is called before a client says who it is.
func (c *Conn) StartTLS(ctx context.Context, config *tls.Config) error {
	t := tls.Server(c.net, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.net = t
	return nil
}

// Start ends the connection phase: what is read from now on may be read ahead.
func (c *Conn) Start() {
	c.raw = bufio.NewReaderSize(c.net, readSize)
	c.in = c.raw
}

// Close closes the connection. Any goroutine may call it, at any time.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.net.Close()
}

// NextCommand has the next packet read be the first of a command, whose numbers begin anew, and gives the buffers of the
// last one away.
func (c *Conn) NextCommand() {
	c.sequence = 0
	if c.squeeze != nil {
		c.squeeze.restart()
	}
	if len(c.out) == 0 && c.out != nil {
		putOut(c.out)
		c.out = nil
	}
}

// ReadPacket appends the content of the next packet to dst. It fails with ErrPacketTooLarge before it reads one of more than
// most bytes, and with io.EOF where the client ends the connection between two packets. Once it failed it does so ever after: what
// a client sent as data must not be taken for a command.
func (c *Conn) ReadPacket(dst []byte, most int) (packet []byte, err error) {
	if c.lost == nil {
		packet, c.lost = c.readPacket(dst, most)
	}
	return packet, c.lost
}

func (c *Conn) readPacket(dst []byte, most int) ([]byte, error) {
	var in io.Reader = c.net
	if c.in != nil {
		in = c.in
	}
	for first := true; ; first = false {
		var header [headerSize]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			if !first && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		size := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
		if header[3] != c.sequence && c.squeeze == nil { // clients number what they compress in different ways; MySQL doesn't look
			return nil, ErrOutOfOrder
		}
		c.sequence = header[3] + 1
		if len(dst)+size > most {
			return nil, ErrPacketTooLarge
		}
		var err error
		if dst, err = readMore(in, dst, size); err != nil {
			return nil, err
		}
		if size < maxPayload {
			return dst, nil
		}
	}
}

// readMore appends size bytes of in. It does not trust size with more memory than a few times what has come.
func readMore(in io.Reader, dst []byte, size int) ([]byte, error) {
	const step = 1 << 20
	for size > 0 {
		n := min(size, max(step, len(dst)))
		at := len(dst)
		dst = append(dst, make([]byte, n)...)
		if _, err := io.ReadFull(in, dst[at:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		size -= n
	}
	return dst, nil
}

// Begin starts a packet. What it returns is the buffer to append the content to, and goes to End with it.
func (c *Conn) Begin() []byte {
	if c.out == nil {
		c.out = getOut()
	}
	c.begun = len(c.out)
	return append(c.out, 0, 0, 0, 0)
}

// Size is how many bytes the packet has that is being appended.
func (c *Conn) Size(buf []byte) int { return len(buf) - c.begun - headerSize }

// Cancel takes back a packet that was begun.
func (c *Conn) Cancel(buf []byte) { c.out = buf[:c.begun] }

// End ends a packet that Begin has started. It writes what has gathered once that is much.
func (c *Conn) End(buf []byte) error {
	if c.broken != nil {
		return c.broken
	}
	size := len(buf) - c.begun - headerSize
	if size >= maxPayload {
		buf = c.split(buf)
	} else {
		c.header(buf[c.begun:], size)
	}
	c.out = buf
	if len(buf) < outSize {
		return nil
	}
	return c.Flush()
}

func (c *Conn) header(at []byte, size int) {
	binary.LittleEndian.PutUint32(at, uint32(size)|uint32(c.sequence)<<24)
	c.sequence++
}

// split makes packets of a content that is too long for one.
func (c *Conn) split(buf []byte) []byte {
	content := bytes.Clone(buf[c.begun+headerSize:])
	buf = buf[:c.begun]
	for {
		n := min(len(content), maxPayload)
		at := len(buf)
		buf = append(append(buf, 0, 0, 0, 0), content[:n]...)
		c.header(buf[at:], n)
		content = content[n:]
		if n < maxPayload {
			return buf
		}
	}
}

// Packet appends a packet whose content appends itself.
func (c *Conn) Packet(content func(dst []byte) []byte) error { return c.End(content(c.Begin())) }

// Packets starts packets of some sizes, which together are short, and returns the buffer that they lie in: the content of each goes to
// where at says that it starts. EndPackets follows.
func (c *Conn) Packets(sizes, at []int) []byte {
	if c.out == nil {
		c.out = getOut()
	}
	end := len(c.out)
	for i, size := range sizes {
		at[i] = end + headerSize
		end = at[i] + size
	}
	c.out = slices.Grow(c.out, end-len(c.out))[:end]
	for i, size := range sizes {
		c.header(c.out[at[i]-headerSize:], size)
	}
	return c.out
}

// EndPackets ends packets that Packets has started, as End does.
func (c *Conn) EndPackets() error {
	if c.broken != nil || len(c.out) < outSize {
		return c.broken
	}
	return c.Flush()
}

// Flush writes what was appended. Once that failed nothing more can be written.
func (c *Conn) Flush() error {
	if c.broken != nil || len(c.out) == 0 {
		return c.broken
	}
	out := c.out
	if c.squeeze != nil {
		c.broken = c.squeeze.write(c, out)
	} else {
		c.broken = c.write(out)
	}
	if cap(out) > keptOut {
		c.out = nil
	} else {
		c.out = out[:0]
	}
	return c.broken
}

// write writes to the network, and gives the client time for each piece.
func (c *Conn) write(p []byte) error {
	for len(p) > 0 {
		if err := c.allow(); err != nil {
			return err
		}
		n, err := c.net.Write(p[:min(len(p), writePiece)])
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// allow sets the time that the next piece may take.
func (c *Conn) allow() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.patience == 0 || c.deadline {
		return nil
	}
	return c.net.SetWriteDeadline(time.Now().Add(c.patience))
}

// SetPatience says how long a client may take nothing of what is written; 0: any time.
func (c *Conn) SetPatience(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.patience = d
}

// Hurry leaves a client until a time to take what is being written, whatever its patience; the zero time lifts that.
func (c *Conn) Hurry(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = !until.IsZero()
	_ = c.net.SetWriteDeadline(until) // a closed connection needs none
}

// WaitUntil bounds the wait for what is read next; the zero time lifts that.
func (c *Conn) WaitUntil(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dismissed {
		return nil
	}
	return c.net.SetReadDeadline(t)
}

// Dismiss ends the wait for the next packet, now and in future, with an error that Timeout reports.
func (c *Conn) Dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dismissed = true
	_ = c.net.SetReadDeadline(past) // a closed connection waits for nothing
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// Timeout reports an error of a wait that was over, be it by WaitUntil or by Dismiss.
func Timeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// Watch returns an error once the client is gone, and nil when ctx ends first, or when the client has sent so much that
// nothing more can be told without taking it. It must have returned before the next packet is read.
func (c *Conn) Watch(ctx context.Context) error {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		_ = c.net.SetReadDeadline(past)
	})
	var err error
	for err == nil {
		_, err = c.raw.Peek(c.raw.Buffered() + 1)
	}
	if !stop() {
		<-over
		if lifted := c.WaitUntil(time.Time{}); lifted != nil {
			return lifted
		}
	}
	if Timeout(err) || errors.Is(err, bufio.ErrBufferFull) {
		return nil
	}
	return err
}

// outs are buffers for what connections write.
var outs = sync.Pool{New: func() any {
	buf := make([]byte, 0, outSize+writePiece)
	return &buf
}}

func getOut() []byte { return *outs.Get().(*[]byte) }

func putOut(buf []byte) {
	buf = buf[:0]
	outs.Put(&buf)
}
