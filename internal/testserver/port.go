package testserver

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The ports that tests give to servers lie below those that an operating system gives to connections and to listeners
// that name none (32768 and up on Linux, 49152 and up by RFC 6335), so that nothing takes one between its choice and
// its use.
const (
	firstPort = 10000
	lastPort  = 32767
)

// reserved are the UDP ports that are held: a connection that nothing refers to would be closed.
var reserved struct {
	sync.Mutex
	ports []net.PacketConn
}

// FreeAddress is an address of this machine on which nothing listens, and which no other test is given.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// freePort is a TCP port of 127.0.0.1 on which nothing listens. Its UDP port is held until this process ends: that
// keeps the port from other processes that ask for one, and gives it back whatever way this one ends.
func freePort() (int, error) {
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		held, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			_ = held.Close() // it was not written to
			continue
		}
		reserved.Lock()
		reserved.ports = append(reserved.ports, held)
		reserved.Unlock()
		return port, l.Close()
	}
	return 0, fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}
