package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	lib "modernc.org/sqlite/lib"
)

// connector is one configured file.
type connector struct {
	name string
	path string
	wait time.Duration // for a writer that holds the file

	everyones *source
}

// Open makes a connector of a file; its only option is path.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	for key := range cfg.Options {
		if key != "path" {
			return nil, sqlerr.New(sqlerr.BadOption, "source %s: unknown option %q of a sqlite source", cfg.Name, key)
		}
	}
	path := cfg.Options["path"]
	if path == "" {
		return nil, sqlerr.New(sqlerr.BadOption, "source %s: the option path is missing", cfg.Name)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s: path", cfg.Name)
	}
	if cfg.LocalRoots != nil && !underAny(path, cfg.LocalRoots) {
		return nil, sqlerr.New(sqlerr.BadOption, "source %s: path is outside the directories that sources may read",
			cfg.Name)
	}
	c := &connector{name: cfg.Name, path: path, wait: lockedWait}
	c.everyones = &source{c}
	return c, nil
}

// underAny reports whether path, its links followed as far as it exists, lies under one of roots.
func underAny(path string, roots []string) bool {
	path = resolve(path)
	for _, root := range roots {
		absolute, err := filepath.Abs(root)
		if err != nil {
			continue
		}
		rel, err := filepath.Rel(resolve(absolute), path)
		if err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// resolve follows the links of a path, of which the last elements may not exist yet.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(resolve(dir), filepath.Base(path))
}

// Bind ignores the principal: a file has no users.
func (c *connector) Bind(connectors.Principal) connectors.Source { return c.everyones }

// Close does nothing: connections belong to statements.
func (c *connector) Close() error { return nil }

type source struct{ *connector }

// Pushdown takes what the dialect of the file's encoding proves.
func (s *source) Pushdown(_ context.Context, root plan.Node) (plan.Node, error) {
	return pushdown.Grow(root, &grower{source: s, dialect: dialect(utf16In(root))})
}

// utf16In reports whether the plan's tables lie in a UTF-16 database.
func utf16In(n plan.Node) bool {
	if scan, ok := n.(*plan.Scan); ok {
		h, ok := scan.Table.Handle.(*handle)
		return ok && h.utf16
	}
	for _, c := range n.Children() {
		if utf16In(c) {
			return true
		}
	}
	return false
}

// lockedWait is how long a statement waits for a writer that holds the file.
const lockedWait = 5 * time.Second

// connect opens the file and begins a read transaction, so that everything read is one state of it.
func (c *connector) connect(ctx context.Context) (*conn, error) {
	info, err := os.Stat(c.path)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.SourceDown, withoutPath(err), "source %s: %s", c.name, filepath.Base(c.path))
	}
	if !info.Mode().IsRegular() { // SQLite calls it a disk I/O error
		kind := "no regular file"
		if info.IsDir() {
			kind = "a folder"
		}
		return nil, sqlerr.New(sqlerr.SourceDown, "source %s: %s is %s", c.name, filepath.Base(c.path), kind)
	}
	db, err := openConn(c.path)
	if err != nil {
		return nil, c.failed(err, "open")
	}
	if err := c.begin(ctx, db); err != nil {
		db.close()
		return nil, c.failed(err, "open")
	}
	return db, nil
}

// begin takes the read lock, waiting for a writer, and notes the schema of the state that is read.
func (c *connector) begin(ctx context.Context, db *conn) error {
	if err := db.exec("BEGIN"); err != nil {
		return err
	}
	deadline := time.Now().Add(c.wait)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		err := db.noteSchema(ctx)
		var native *nativeError
		if !errors.As(err, &native) || native.primary() != lib.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// failed translates an error of the C API; doing says what failed. Context errors stay what they are.
func (c *connector) failed(err error, format string, args ...any) error {
	var native *nativeError
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return err
	}
	doing := fmt.Sprintf(format, args...)
	if !errors.As(err, &native) {
		return fmt.Errorf("source %s: %s: %w", c.name, doing, err)
	}
	return sqlerr.Wrap(codeOf(native), native, "source %s: %s", c.name, doing)
}

func codeOf(e *nativeError) sqlerr.Code {
	switch e.primary() {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT:
		return sqlerr.Corrupt
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_CANTOPEN, lib.SQLITE_IOERR:
		return sqlerr.SourceDown
	case lib.SQLITE_PERM, lib.SQLITE_AUTH, lib.SQLITE_READONLY:
		return sqlerr.SourceAuth
	case lib.SQLITE_NOMEM:
		return sqlerr.OutOfMemory
	case lib.SQLITE_INTERRUPT:
		return sqlerr.Cancelled
	}
	if strings.HasPrefix(e.text, "no such table") {
		return sqlerr.UnknownTable
	}
	if strings.HasPrefix(e.text, "no such column") {
		return sqlerr.SourceChanged
	}
	return sqlerr.SourceError
}

// withoutPath drops the path from an error of the file system; the message has named the file.
func withoutPath(err error) error {
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
