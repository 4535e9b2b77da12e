package connectors

import (
	"errors"
	"net"
	"syscall"
)

// Socket returns the system's own connection below those that wrap it.
func Socket(conn net.Conn) net.Conn {
	for {
		wrapped, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = wrapped.NetConn()
	}
}

// Spoken reports that something came over an idle connection: mostly the server's farewell. It costs a system call and no
// round trip.
func Spoken(conn net.Conn) bool {
	socket, ok := Socket(conn).(syscall.Conn)
	if !ok {
		return true // not known: ask
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	var received error
	// Not raw.Read: a driver may have left a reader of its own on the socket, for which that would wait.
	err = raw.Control(func(fd uintptr) {
		_, _, received = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err != nil || !errors.Is(received, syscall.EAGAIN)
}
