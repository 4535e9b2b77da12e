package connectors

import "golang.org/x/sys/unix"

// hasLowWater says that a system wakes a reader only above its low-water mark, also one that polls, and looks again when the mark
// is lowered. Others keep the mark from readers that poll.
const hasLowWater = true

func setLowWater(fd uintptr, bytes int) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes)
}
