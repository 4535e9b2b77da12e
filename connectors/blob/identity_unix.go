//go:build unix

package blob

import (
	"io/fs"
	"syscall"
)

// identity tells two files of one name apart.
func identity(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino) //nolint:unconvert // 32 bits on some systems
	}
	return 0
}
