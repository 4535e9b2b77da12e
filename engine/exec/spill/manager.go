package spill

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/silogate/silogate/engine/sqlerr"
)

// prefix starts the names of the directories that processes make in the spill root.
const prefix = "spill-"

// lockName is the file inside a process's directory that is locked while the process lives.
const lockName = "lock"

// Manager makes spill files in a directory of its own, under a quota. Safe for concurrent use.
type Manager struct {
	dir   string
	lock  *os.File
	quota int64
	used  atomic.Int64
	names atomic.Int64
}

// Open makes a directory for this process under root, which it creates if need be, and removes what processes that no
// longer run left there. The quota is in bytes; 0 is no limit.
func Open(root string, quota int64) (*Manager, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("spill directory: %w", err)
	}
	// The root's own lock keeps two starting processes from taking each other's new directory for an abandoned one.
	gate, err := lockFile(filepath.Join(root, lockName), syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("spill directory %s: %w", root, err)
	}
	defer gate.Close()
	if err := sweep(root); err != nil {
		return nil, fmt.Errorf("spill directory %s: %w", root, err)
	}
	dir, err := os.MkdirTemp(root, prefix)
	if err != nil {
		return nil, fmt.Errorf("spill directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, lockName), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spill directory %s: %w", dir, err), os.RemoveAll(dir))
	}
	return &Manager{dir: dir, lock: lock, quota: quota}, nil
}

// sweep removes the directories in root whose owner's lock is free.
func sweep(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		dir := filepath.Join(root, e.Name())
		lock, err := lockFile(filepath.Join(dir, lockName), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue // its process lives
		}
		err = os.RemoveAll(dir)
		lock.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// lockFile opens or creates a file and locks it; closing the file unlocks it.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close removes the directory and all files in it. No file may be in use.
func (m *Manager) Close() error {
	err := os.RemoveAll(m.dir)
	if cerr := m.lock.Close(); err == nil {
		err = cerr
	}
	return err
}

// Used returns the bytes on disk now.
func (m *Manager) Used() int64 { return m.used.Load() }

func (m *Manager) take(n int64) error {
	if used := m.used.Add(n); m.quota > 0 && used > m.quota {
		m.used.Add(-n)
		return sqlerr.New(sqlerr.OutOfSpill,
			"out of memory: the query needs more than memory.query, and on disk more than is left of memory.spill = %d bytes", m.quota)
	}
	return nil
}

// Create makes an empty file. The caller releases it.
func (m *Manager) Create() (*File, error) {
	path := filepath.Join(m.dir, fmt.Sprintf("%d.arrows", m.names.Add(1)))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	// The name goes at once: however the process ends, the space is freed with the descriptor.
	if err := os.Remove(path); err != nil {
		f.Close()
		return nil, fmt.Errorf("spill: %w", err)
	}
	return &File{manager: m, file: f}, nil
}
