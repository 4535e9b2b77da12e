package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func contextWithEnd(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	return ctx, end
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns two ends of a connection over loopback: pipes have no deadlines of their own for each direction.
func pair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return server, client
}

// conns returns two ends that have both started.
func conns(t testing.TB) (server, client *Conn) {
	a, b := pair(t)
	server, client = NewConn(a), NewConn(b)
	server.Start()
	client.Start()
	return server, client
}

// TestPacketsOfEverySize sends contents around the sizes where packets are split and compressed ones begin.
func TestPacketsOfEverySize(t *testing.T) {
	sizes := []int{0, 1, worthwhile - 1, worthwhile, 1000, outSize - headerSize, outSize + 1, maxPayload - 1, maxPayload, maxPayload + 1, 2*maxPayload + 5}
	for _, how := range []Compression{NoCompression, Zlib, Zstd} {
		t.Run(fmt.Sprint("compression=", how), func(t *testing.T) {
			server, client := conns(t)
			server.Compress(how, 3)
			client.Compress(how, 3)
			sent := make(chan error, 1)
			go func() {
				for i, n := range sizes {
					content := bytes.Repeat([]byte{byte('a' + i)}, n)
					if err := client.Packet(func(dst []byte) []byte { return append(dst, content...) }); err != nil {
						sent <- err
						return
					}
				}
				sent <- client.Flush()
			}()
			for i, n := range sizes {
				p, err := server.ReadPacket(nil, 1<<30)
				if err != nil || len(p) != n || n > 0 && (p[0] != byte('a'+i) || p[n-1] != byte('a'+i)) {
					t.Fatalf("%d bytes: %d, %v", n, len(p), err)
				}
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPacketsTogether sends packets that are started together, between others.
func TestPacketsTogether(t *testing.T) {
	for _, how := range []Compression{NoCompression, Zlib, Zstd} {
		server, client := conns(t)
		server.Compress(how, 3)
		client.Compress(how, 3)
		const rounds = 9
		sizes := []int{0, 1, 300, 20000, 0, 7}
		sent := make(chan error, 1)
		go func() {
			at := make([]int, len(sizes))
			for range rounds {
				buf := client.Packets(sizes, at)
				for i, n := range sizes {
					copy(buf[at[i]:], bytes.Repeat([]byte{byte('a' + i)}, n))
				}
				if err := errors.Join(client.EndPackets(), client.Packet(func(dst []byte) []byte { return append(dst, '.') })); err != nil {
					sent <- err
					return
				}
			}
			sent <- client.Flush()
		}()
		for range rounds {
			for i, n := range sizes {
				if p, err := server.ReadPacket(nil, 1<<30); err != nil || !bytes.Equal(p, bytes.Repeat([]byte{byte('a' + i)}, n)) {
					t.Fatalf("%d bytes: %d, %v", n, len(p), err)
				}
			}
			if p, err := server.ReadPacket(nil, 1<<30); err != nil || string(p) != "." {
				t.Fatalf("%q, %v", p, err)
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

func TestPacketsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		want error
	}{
		"nothing":              {"", io.EOF},
		"half a header":        {"\x01\x00", io.ErrUnexpectedEOF},
		"half a content":       {"\x05\x00\x00\x00abc", io.ErrUnexpectedEOF},
		"another number":       {"\x01\x00\x00\x01a", ErrOutOfOrder},
		"more than is allowed": {"\x01\x04\x00\x00", ErrPacketTooLarge},
	} {
		a, b := pair(t)
		server := NewConn(a)
		if _, err := io.WriteString(b, c.sent); err != nil {
			t.Fatal(err)
		}
		b.Close()
		if p, err := server.ReadPacket(nil, 1024); !errors.Is(err, c.want) {
			t.Errorf("%s: %q, %v, want %v", name, p, err, c.want)
		}
	}
}

func TestCompressedPacketsThatAreRefused(t *testing.T) {
	for name, sent := range map[string]string{
		"another number":   "\x01\x00\x00\x01\x00\x00\x00a",
		"no zlib":          "\x03\x00\x00\x00\x10\x00\x00abc",
		"another length":   "\x0b\x00\x00\x00\x10\x00\x00\x78\x9c\x4b\x4c\x04\x02\x00\x03\x0b\x01\x24",
		"nothing after it": "\x05\x00\x00\x00\x00\x00\x00a",
	} {
		a, b := pair(t)
		server := NewConn(a)
		server.Start()
		server.Compress(Zlib, 0)
		if _, err := io.WriteString(b, sent); err != nil {
			t.Fatal(err)
		}
		b.Close()
		if p, err := server.ReadPacket(nil, 1024); err == nil {
			t.Errorf("%s: %q", name, p)
		}
	}
}

// TestPacketsArePackedWhole has a packet be all of a compressed one: some clients read the rest of it from one more, not from several.
func TestPacketsArePackedWhole(t *testing.T) {
	a, b := pair(t)
	server := NewConn(a)
	server.Start()
	server.Compress(Zlib, 0)
	content := bytes.Repeat([]byte("abc"), 1<<20)
	sent := make(chan error, 1)
	go func() {
		err := server.Packet(func(dst []byte) []byte { return append(dst, content...) })
		sent <- errors.Join(err, server.Flush())
	}()
	var header [compressedHeader]byte
	if _, err := io.ReadFull(b, header[:]); err != nil {
		t.Fatal(err)
	}
	if before := int(header[4]) | int(header[5])<<8 | int(header[6])<<16; before != headerSize+len(content) {
		t.Errorf("%d bytes in the first compressed packet", before)
	}
	if _, err := io.CopyN(io.Discard, b, int64(header[0])|int64(header[1])<<8|int64(header[2])<<16); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestWatch sees a client go away, and leaves what it sent.
func TestWatch(t *testing.T) {
	server, client := conns(t)
	ctx, end := contextWithEnd(t)
	watched := make(chan error, 1)
	go func() { watched <- server.Watch(ctx) }()
	write := func(content string) {
		t.Helper()
		if err := client.Packet(func(dst []byte) []byte { return append(dst, content...) }); err != nil {
			t.Fatal(err)
		}
		if err := client.Flush(); err != nil {
			t.Fatal(err)
		}
		client.NextCommand()
	}
	write("first")
	write("second")
	end()
	if err := <-watched; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		server.NextCommand()
		if p, err := server.ReadPacket(nil, 100); err != nil || string(p) != want {
			t.Fatalf("%q, %v; want %q", p, err, want)
		}
	}
	ctx, end = contextWithEnd(t)
	go func() { watched <- server.Watch(ctx) }()
	client.Close()
	if err := <-watched; err == nil {
		t.Error("the client's end was not seen")
	}
	end()
	// A client that sends more than can be put aside is not watched any more.
	server, client = conns(t)
	ctx, end = contextWithEnd(t)
	go func() { watched <- server.Watch(ctx) }()
	write(strings.Repeat("x", 4*readSize))
	if err := <-watched; err != nil {
		t.Error(err)
	}
	end()
	server.NextCommand()
	if p, err := server.ReadPacket(nil, 1<<20); err != nil || len(p) != 4*readSize {
		t.Errorf("%d bytes, %v", len(p), err)
	}
}

func TestDismiss(t *testing.T) {
	server, _ := conns(t)
	read := make(chan error, 1)
	go func() {
		_, err := server.ReadPacket(nil, 100)
		read <- err
	}()
	server.Dismiss()
	if err := <-read; !Timeout(err) {
		t.Error(err)
	}
	if err := server.WaitUntil(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.ReadPacket(nil, 100); !Timeout(err) {
		t.Errorf("it waits again: %v", err)
	}
}

// TestNothingFollowsALostWrite gives up a client in the middle of a packet.
func TestNothingFollowsALostWrite(t *testing.T) {
	server, _ := conns(t)
	server.SetPatience(time.Millisecond)
	var err error
	for range 1000 {
		if err = server.Packet(func(dst []byte) []byte { return append(dst, make([]byte, 1<<20)...) }); err != nil {
			break
		}
	}
	if !Timeout(err) {
		t.Fatal(err)
	}
	if again := server.WriteError(&Error{Errno: 1, State: "HY000"}); again == nil || server.Flush() == nil {
		t.Error("it goes on")
	}
}

func TestHurry(t *testing.T) {
	server, _ := conns(t)
	server.SetPatience(time.Hour)
	server.Hurry(time.Now())
	var err error
	for range 100 {
		if err = server.Packet(func(dst []byte) []byte { return append(dst, make([]byte, 1<<20)...) }); err != nil {
			break
		}
	}
	if !Timeout(err) {
		t.Error(err)
	}
}

func TestNumbersOfVariousLengths(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "00", 250: "fa", 251: "fcfb00", 1<<16 - 1: "fcffff", 1 << 16: "fd000001", 1<<24 - 1: "fdffffff", 1 << 24: "fe0000000100000000",
	} {
		p := AppendLenenc(nil, n)
		if got := fmt.Sprintf("%x", p); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
		r := reader{p: p}
		if got := r.lenenc(); got != n || r.err != nil || len(r.p) != 0 {
			t.Errorf("%d was read as %d, %v", n, got, r.err)
		}
	}
}

func TestParameters(t *testing.T) {
	types := []ParamType{{TypeTiny, false}, {TypeTiny, true}, {TypeShort, false}, {TypeLong, true}, {TypeLongLong, true}, {TypeFloat, false},
		{TypeDouble, false}, {TypeVarString, false}, {TypeDate, false}, {TypeDatetime, false}, {TypeDatetime, false}, {TypeTime, false},
		{TypeTime, false}, {TypeLong, false}, {TypeBlob, false}, {TypeTimestamp, false}}
	const null, long = 13, 14
	p := []byte{9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 << (null - 8), 1}
	for _, t := range types {
		unsigned := byte(0)
		if t.Unsigned {
			unsigned = 0x80
		}
		p = append(p, byte(t.Type), unsigned)
	}
	values := "\xff" + "\xff" + "\x00\x80" + "\xff\xff\xff\xff" + "\xff\xff\xff\xff\xff\xff\xff\xff" + "\x00\x00\xc0\x3f" +
		"\x9a\x99\x99\x99\x99\x99\xb9\x3f" + "\x03abc" + "\x04\xe8\x07\x02\x1d" + "\x07\xe8\x07\x02\x1d\x01\x02\x03" +
		"\x0b\xe8\x07\x02\x1d\x01\x02\x03\x40\xe2\x01\x00" + "\x08\x01\x01\x00\x00\x00\x02\x03\x04" + "\x00" + "\x00"
	p = append(p, values...)
	want := []string{"-1", "255", "-32768", "4294967295", "18446744073709551615", "1.5e+00", "1e-01", "abc", "2024-02-29",
		"2024-02-29 01:02:03", "2024-02-29 01:02:03.123456", "-26:03:04", "00:00:00", "NULL", "piece", "0000-00-00 00:00:00"}
	e, err := ParseExecute(p, 0, len(types), nil, map[int][]byte{long: []byte("piece")})
	if err != nil {
		t.Fatal(err)
	}
	for i, param := range e.Params {
		got := string(param.Text)
		if param.Null {
			got = "NULL"
		}
		if got != want[i] {
			t.Errorf("parameter %d of type %d: %q, want %q", i, param.Type, got, want[i])
		}
	}
	// The next execution may leave the types out.
	short := append([]byte{9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 << (null - 8), 0}, values...)
	if again, err := ParseExecute(short, 0, len(types), e.Types, map[int][]byte{long: []byte("piece")}); err != nil || string(again.Params[7].Text) != "abc" {
		t.Errorf("without types: %v", err)
	}
	for cut := range p {
		if _, err := ParseExecute(p[:cut], 0, len(types), nil, nil); err == nil {
			t.Errorf("cut after %d of %d bytes it is taken", cut, len(p))
		}
	}
}

func TestQueryAttributes(t *testing.T) {
	// Clients count the parameters of a statement that has some without saying that they do.
	for flags, count := range map[string]int{"\x00": 1, "\x08": 1} {
		e, err := ParseExecute([]byte("\x01\x00\x00\x00"+flags+"\x01\x00\x00\x00\x01\x00\x01\x01\x80\x00\x07"), QueryAttributes, count, nil, nil)
		if err != nil || len(e.Params) != 1 || string(e.Params[0].Text) != "7" {
			t.Errorf("flags %q: %v, %v", flags, e, err)
		}
	}
	if e, err := ParseExecute([]byte("\x01\x00\x00\x00\x08\x01\x00\x00\x00\x01\x00\x01\xfd\x00\x01a\x01b"), QueryAttributes, 0, nil, nil); err != nil ||
		len(e.Params) != 0 || len(e.Attributes) != 1 || e.Attributes[0].Name != "a" {
		t.Errorf("an attribute alone: %v, %v", e, err)
	}
	text, attributes, err := ParseQuery([]byte("\x01\x01\x00\x01\xfd\x00\x05trace\x03abcSELECT 1"), QueryAttributes)
	if err != nil || string(text) != "SELECT 1" || len(attributes) != 1 || attributes[0].Name != "trace" || string(attributes[0].Text) != "abc" {
		t.Errorf("%q, %v, %v", text, attributes, err)
	}
	if text, _, err := ParseQuery([]byte("\x00\x01SELECT 1"), QueryAttributes); err != nil || string(text) != "SELECT 1" {
		t.Errorf("%q, %v", text, err)
	}
	if text, _, err := ParseQuery([]byte("SELECT 1"), 0); err != nil || string(text) != "SELECT 1" {
		t.Errorf("%q, %v", text, err)
	}
}

func FuzzHello(f *testing.F) {
	f.Add([]byte("\x8d\xa6\xff\x01\x00\x00\x00\x01\x2d"+strings.Repeat("\x00", 23)+"root\x00\x00db\x00mysql_native_password\x00\x04\x01a\x01b"), uint32(1<<28-1))
	f.Add([]byte("\x00\x02\x00\x00"+strings.Repeat("\x00", 28)+"u\x00p\x00"), uint32(1<<28-1))
	f.Fuzz(func(t *testing.T, p []byte, offered uint32) {
		h, err := ParseHello(p, Capability(offered))
		if err == nil && h.Capabilities&^Capability(offered) != 0 {
			t.Errorf("it has what was not offered: %b", h.Capabilities)
		}
		_, _ = ParseChangeUser(p, &Hello{Capabilities: Capability(offered)})
	})
}

func FuzzExecute(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x03\x00\xfd\x00\x07\x00\x00\x00\x02ab"), uint32(0), 2)
	f.Add([]byte("\x01\x00\x00\x00\x08\x01\x00\x00\x00\x01\x00\x01\x0c\x00\x01a\x0b\xe8\x07\x02\x1d\x01\x02\x03\x40\xe2\x01\x00"), uint32(QueryAttributes), 0)
	f.Fuzz(func(t *testing.T, p []byte, has uint32, params int) {
		params = min(max(params, 0), mostParams)
		e, err := ParseExecute(p, Capability(has), params, nil, nil)
		if err == nil && len(e.Params) != params {
			t.Errorf("%d parameters of %d", len(e.Params), params)
		}
		_, _, _ = ParseQuery(p, Capability(has))
	})
}
