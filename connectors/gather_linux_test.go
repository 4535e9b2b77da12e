package connectors

import (
	"testing"

	"golang.org/x/sys/unix"
)

// lowWater returns a socket's low-water mark.
func lowWater(t *testing.T, fd uintptr) int {
	n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT)
	if err != nil {
		t.Error(err)
	}
	return n
}
