//go:build linux || darwin

package diskcache

import "syscall"

// freeBytes is the room for new files on the disk of a folder.
func freeBytes(dir string) (free int64, known bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true //nolint:unconvert // its type is the system's
}
