package connectors

import (
	"bytes"
	"math"
	"net"
	"testing"
	"time"
)

// script is a connection whose reads return what they are told to, and take as long on a clock of their own.
type script struct {
	net.Conn
	clock time.Time
	takes time.Duration
	gives int
}

func (s *script) Write(b []byte) (int, error) { return len(b), nil }

func (s *script) Read(b []byte) (int, error) {
	s.clock = s.clock.Add(s.takes)
	return copy(b, bytes.Repeat([]byte{1}, s.gives)), nil
}

func TestLinkMeter(t *testing.T) {
	var m LinkMeter
	s := &script{clock: time.Unix(1000, 0)}
	c := m.Conn(s).(*measuredConn)
	c.now = func() time.Time { return s.clock }
	buf := make([]byte, 64<<10)
	read := func(takes time.Duration, gives int) {
		s.takes, s.gives = takes, gives
		if n, err := c.Read(buf); n != gives || err != nil {
			t.Fatal(n, err)
		}
	}
	ask := func() {
		if _, err := c.Write([]byte("?")); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(when string, roundTrip time.Duration, bandwidth float64) {
		t.Helper()
		l := m.Link()
		if l.RoundTrip.Round(time.Microsecond) != roundTrip || math.Abs(l.Bandwidth-bandwidth) > bandwidth/100 {
			t.Errorf("%s: %+v, want %s, %g", when, l, roundTrip, bandwidth)
		}
	}
	expect("before any traffic", 0, 0)
	// The work behind an answer does not count, as soon as there is one with less of it.
	ask()
	read(3*time.Second, 100)
	ask()
	ask()
	read(10*time.Millisecond, 100)
	ask()
	read(time.Second, 100)
	expect("three answers", 10*time.Millisecond, 0)
	// Bytes tell a bandwidth as soon as there are enough of them.
	for range 3 {
		read(2*time.Millisecond, 50_000)
	}
	expect("150 kB", 10*time.Millisecond, 0)
	for range 3 {
		read(2*time.Millisecond, 50_000)
	}
	expect("300 kB", 10*time.Millisecond, 25e6)
	// What came while nobody read says nothing, however quickly it is read then.
	s.clock = s.clock.Add(time.Second)
	for range 100 {
		read(0, len(buf))
	}
	read(0, 1000)
	read(0, 10)
	expect("after a rest", 10*time.Millisecond, 25e6)
	// A link that becomes slower is noticed, sooner or later.
	for range 2*window + 2 {
		ask()
		read(50*time.Millisecond, 100)
		read(time.Millisecond, 10)
		for range 10 {
			read(50*time.Millisecond, 50_000)
		}
	}
	expect("after it became slower", 50*time.Millisecond, 1e6)
}
