package testserver

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// listen starts a server that is gone at the end of the test.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
		goleak.VerifyNone(t)
	})
	return l.Addr().String()
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) } // the client sees what fails

func dial(t *testing.T, l *Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends one byte and waits for one.
func ask(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestLinkPassesBytesInOrder(t *testing.T) {
	l := LinkTo(t, listen(t, echo), LinkConfig{RoundTrip: time.Millisecond, Bandwidth: 1e9})
	want := make([]byte, 3*windowBytes/2)
	_, _ = rand.Read(want) // never fails
	c := dial(t, l)
	var writing sync.WaitGroup
	writing.Go(func() {
		if _, err := c.Write(want); err != nil {
			t.Error(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Error(err)
		}
	})
	got, err := io.ReadAll(c)
	writing.Wait()
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes came of %d, or others (%v)", len(got), len(want), err)
	}
	n := int64(len(want))
	if got := l.Counts(); got != (LinkCounts{Connections: 1, Up: n, Down: n}) {
		t.Fatalf("counted %+v", got)
	}
}

func TestLinkCountsDependentRoundTrips(t *testing.T) {
	trips := &Trips{}
	target := listen(t, echo)
	a := dial(t, LinkTo(t, target, LinkConfig{Trips: trips}))
	ask(t, a)
	if got := trips.Count(); got != 2 {
		t.Fatalf("%d for a handshake and a request", got)
	}
	ask(t, a)
	b := dial(t, LinkTo(t, target, LinkConfig{Trips: trips}))
	ask(t, b)
	ask(t, a)
	if got := trips.Count(); got != 6 {
		t.Fatalf("%d, and another handshake and three requests over two links", got)
	}
}

// Requests that are all sent before one is answered are one round trip.
func TestLinkCountsConcurrentRequestsOnce(t *testing.T) {
	const clients = 8
	var all sync.WaitGroup
	all.Add(clients)
	l := LinkTo(t, listen(t, func(c net.Conn) {
		b := make([]byte, 1)
		for range 2 {
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			if b[0] == 1 {
				all.Done()
				all.Wait()
			}
			_, _ = c.Write(b) // the client sees what fails
		}
	}), LinkConfig{})
	connections := make([]net.Conn, clients)
	for i := range connections {
		connections[i] = dial(t, l)
		if _, err := connections[i].Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(connections[i], make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	before := l.Trips().Count()
	var asking sync.WaitGroup
	for _, c := range connections {
		asking.Go(func() { ask(t, c) })
	}
	asking.Wait()
	if got := l.Trips().Count() - before; got != 1 {
		t.Fatalf("%d round trips", got)
	}
}

func TestLinkPassesABrokenConnectionOn(t *testing.T) {
	l := LinkTo(t, listen(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 1)) // then it hangs up
	}), LinkConfig{})
	c := dial(t, l)
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes came", n)
	}
	nobody := LinkTo(t, "127.0.0.1:1", LinkConfig{})
	if n, err := dial(t, nobody).Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes came from nobody", n)
	}
}

func TestLaneSharesItsBandwidth(t *testing.T) {
	l := lane{bandwidth: 1000}
	start := time.Unix(1, 0)
	for i, step := range []struct {
		at    time.Duration
		bytes int
		left  time.Duration
	}{
		{0, 100, 100 * time.Millisecond},                     // a byte a millisecond
		{0, 100, 200 * time.Millisecond},                     // of another connection: after the first
		{50 * time.Millisecond, 100, 300 * time.Millisecond}, // there is a queue
		{time.Second, 50, 1050 * time.Millisecond},           // the lane was idle, and does not make up for it
	} {
		left := l.send(start.Add(step.at), step.bytes)
		if want := start.Add(step.left); !left.Equal(want) {
			t.Errorf("packet %d left at %s, want %s", i, left, want)
		}
	}
}
