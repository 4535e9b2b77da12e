package wire

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// Greeting is the first packet, by which a server says what it is (Protocol::HandshakeV10).
type Greeting struct {
	Version      string
	ConnectionID uint32
	Offers       Capability
	Collation    uint8
	Status       Status
	Plugin       string
	Nonce        []byte // of 20 bytes, see NewNonce
}

// nonceSize is how many random bytes a password is mixed with.
const nonceSize = 20

// NewNonce makes the bytes that a client has to mix its password with. None of them is zero, which some clients take for
// their end.
func NewNonce() []byte {
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce) // it never fails
	for i, b := range nonce {
		nonce[i] = b&0x7f | 1
	}
	return nonce
}

// WriteGreeting writes the first packet.
func (c *Conn) WriteGreeting(g Greeting) error {
	const protocolVersion, firstPart = 10, 8
	err := c.Packet(func(dst []byte) []byte {
		dst = append(append(append(dst, protocolVersion), g.Version...), 0)
		dst = binary.LittleEndian.AppendUint32(dst, g.ConnectionID)
		dst = append(append(dst, g.Nonce[:firstPart]...), 0)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(g.Offers))
		dst = append(dst, g.Collation)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(g.Status))
		dst = binary.LittleEndian.AppendUint16(dst, uint16(g.Offers>>16))
		dst = append(dst, nonceSize+1)
		dst = append(dst, make([]byte, 10)...)
		dst = append(append(dst, g.Nonce[firstPart:]...), 0)
		return append(append(dst, g.Plugin...), 0)
	})
	if err != nil {
		return err
	}
	return c.Flush()
}

// Hello is what a client says of itself (Protocol::HandshakeResponse41), or in COM_CHANGE_USER.
type Hello struct {
	Capabilities Capability
	LongestRead  uint32 // bytes of a packet that the client takes
	Collation    uint16
	User         string
	Database     string
	Plugin       string // empty: the client knows of no plugins
	Proof        []byte // of the password, by the plugin
	Attributes   []Attribute
	ZstdLevel    int
}

// Attribute is something that a client says of itself, such as its program's name.
type Attribute struct{ Name, Value string }

// mostAttributes is how many bytes of attributes MySQL takes.
const mostAttributes = 64 << 10

// ParseHello reads the packet that answers a Greeting. A client that wants TLS ends it early: its Hello has SSL and no more,
// and it sends another one once the connection is encrypted.
func ParseHello(p []byte, offered Capability) (*Hello, error) {
	r := reader{p: p}
	h := &Hello{Capabilities: Capability(r.uint32()) & offered}
	if r.err != nil || !h.Capabilities.Has(Protocol41) {
		return nil, fmt.Errorf("the client does not speak protocol 4.1: %w", errShort)
	}
	h.LongestRead = r.uint32()
	h.Collation = uint16(r.uint8())
	r.bytes(23)
	if r.err != nil {
		return nil, r.err
	}
	if h.Capabilities.Has(SSL) && len(r.p) == 0 {
		return h, nil
	}
	h.User = r.text()
	switch {
	case h.Capabilities.Has(LenencAuth):
		h.Proof = r.lenencBytes()
	case h.Capabilities.Has(SecureConnection):
		h.Proof = r.bytes(uint64(r.uint8()))
	default:
		h.Proof = []byte(r.text())
	}
	if h.Capabilities.Has(ConnectWithDB) {
		h.Database = r.text()
	}
	h.rest(&r)
	if h.Capabilities.Has(ZstdCompress) && len(r.p) > 0 {
		h.ZstdLevel = int(r.uint8())
	}
	return h, r.err
}

// ParseChangeUser reads a COM_CHANGE_USER without its first byte; before is what the connection's client said at first.
func ParseChangeUser(p []byte, before *Hello) (*Hello, error) {
	r := reader{p: p}
	h := &Hello{Capabilities: before.Capabilities, LongestRead: before.LongestRead, Collation: before.Collation}
	h.User = r.text()
	h.Proof = r.bytes(uint64(r.uint8()))
	h.Database = r.text()
	if len(r.p) > 0 {
		h.Collation = r.uint16()
		h.rest(&r)
	}
	return h, r.err
}

// rest reads the plugin's name and the attributes. Some clients leave out what they promised at a packet's end.
func (h *Hello) rest(r *reader) {
	if h.Capabilities.Has(PluginAuth) && len(r.p) > 0 {
		h.Plugin = r.text()
	}
	if !h.Capabilities.Has(ConnectAttrs) || len(r.p) == 0 {
		return
	}
	all := reader{p: r.lenencBytes()}
	if len(all.p) > mostAttributes {
		r.fail()
		return
	}
	for len(all.p) > 0 {
		name, value := all.lenencBytes(), all.lenencBytes()
		if all.err != nil {
			r.fail()
			return
		}
		h.Attributes = append(h.Attributes, Attribute{string(name), string(value)})
	}
}

// SwitchAuth asks a client to prove its password by another plugin, and returns the proof.
func (c *Conn) SwitchAuth(plugin string, nonce []byte) ([]byte, error) {
	err := c.Packet(func(dst []byte) []byte {
		dst = append(append(append(dst, eofHeader), plugin...), 0)
		return append(append(dst, nonce...), 0)
	})
	if err != nil {
		return nil, err
	}
	return c.ask()
}

// more sends what a plugin has to say (Protocol::AuthMoreData).
func (c *Conn) more(data ...byte) error {
	return c.Packet(func(dst []byte) []byte { return append(append(dst, moreHeader), data...) })
}

// longestProof is how many bytes a client may need to prove a password.
const longestProof = 4 << 10

// ask sends what was said and returns what the client answers.
func (c *Conn) ask() ([]byte, error) {
	if err := c.Flush(); err != nil {
		return nil, err
	}
	return c.ReadPacket(nil, longestProof)
}
