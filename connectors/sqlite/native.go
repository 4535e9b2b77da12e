package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // patches the library when loaded
	lib "modernc.org/sqlite/lib"
)

// conn is a read-only connection of SQLite's C API. It has no lock: one goroutine at a time.
type conn struct {
	tls       *libc.TLS
	db        uintptr
	cancelled uintptr // C int32 that the progress handler reads; set from any goroutine
	open      map[*stmt]struct{}
	schema    uint64 // noteSchema
}

// nativeError is a failure of the C API.
type nativeError struct {
	code int32 // extended result code
	text string
}

func (e *nativeError) Error() string { return e.text }

// primary returns the result code without its extension.
func (e *nativeError) primary() int32 { return e.code & 0xff }

// progressSteps is how many virtual machine instructions run between two looks at the cancel flag: about 10 us.
const progressSteps = 1000

// openConn opens an existing file for reading.
func openConn(path string) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), open: make(map[*stmt]struct{})}
	handle := libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(uintptr(0))))
	c.cancelled = libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(int32(0))))
	name, err := libc.CString(path)
	if err != nil || handle == 0 || c.cancelled == 0 {
		return nil, &nativeError{lib.SQLITE_NOMEM, "out of memory"}
	}
	rc := lib.Xsqlite3_open_v2(c.tls, name, handle, lib.SQLITE_OPEN_READONLY|lib.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(pointer(handle))
	libc.Xfree(c.tls, name)
	libc.Xfree(c.tls, handle)
	if rc != lib.SQLITE_OK {
		err := c.failure(rc)
		c.close()
		return nil, err
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	progress := struct {
		f func(*libc.TLS, uintptr) int32
	}{cancelRequested}
	lib.Xsqlite3_progress_handler(c.tls, c.db, progressSteps, *(*uintptr)(unsafe.Pointer(&progress)), c.cancelled)
	return c, nil
}

// pointer makes a pointer of an address in C memory, which the Go heap never moves or frees.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// cancelRequested is the progress handler: not 0 stops the statement that is running.
func cancelRequested(_ *libc.TLS, flag uintptr) int32 {
	return (*atomic.Int32)(pointer(flag)).Load()
}

// during runs f, which steps statements, until ctx ends: then f fails with SQLITE_INTERRUPT and during with ctx's error.
func (c *conn) during(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	flag := (*atomic.Int32)(pointer(c.cancelled))
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		flag.Store(1)
		close(done)
	})
	err := f()
	if !stop() {
		<-done
		flag.Store(0)
		if err != nil {
			return ctx.Err()
		}
	}
	return err
}

func (c *conn) failure(rc int32) error {
	e := &nativeError{code: rc, text: libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))}
	if c.db == 0 {
		return e
	}
	if extended := lib.Xsqlite3_extended_errcode(c.tls, c.db); extended&0xff == rc&0xff {
		e.code, e.text = extended, libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))
	}
	return e
}

// close finalizes what is still open. It is idempotent.
func (c *conn) close() {
	if c.tls == nil {
		return
	}
	for s := range c.open {
		s.close()
	}
	lib.Xsqlite3_close_v2(c.tls, c.db)
	libc.Xfree(c.tls, c.cancelled)
	c.tls.Close()
	c.tls = nil
}

// exec runs a statement that yields nothing.
func (c *conn) exec(sql string) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.close()
	_, err = s.step()
	return err
}

// stmt is a prepared statement.
type stmt struct {
	c      *conn
	handle uintptr
	bound  []uintptr // C memory of bound texts
}

func (c *conn) prepare(sql string) (*stmt, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	handle := libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(uintptr(0))))
	defer libc.Xfree(c.tls, text)
	defer libc.Xfree(c.tls, handle)
	if rc := lib.Xsqlite3_prepare_v2(c.tls, c.db, text, -1, handle, 0); rc != lib.SQLITE_OK {
		return nil, c.failure(rc)
	}
	s := &stmt{c: c, handle: *(*uintptr)(pointer(handle))}
	c.open[s] = struct{}{}
	return s, nil
}

// close is idempotent, also after conn.close.
func (s *stmt) close() {
	if s.handle == 0 {
		return
	}
	lib.Xsqlite3_finalize(s.c.tls, s.handle)
	for _, p := range s.bound {
		libc.Xfree(s.c.tls, p)
	}
	s.handle, s.bound = 0, nil
	delete(s.c.open, s)
}

// step advances to the next row; false is the end.
func (s *stmt) step() (bool, error) {
	switch rc := lib.Xsqlite3_step(s.c.tls, s.handle); rc & 0xff {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.failure(rc)
	}
}

// bind sets argument n, from 1, to an int64, float64, string or []byte.
func (s *stmt) bind(n int, value any) error {
	var rc int32
	switch v := value.(type) {
	case int64:
		rc = lib.Xsqlite3_bind_int64(s.c.tls, s.handle, int32(n), v)
	case float64:
		rc = lib.Xsqlite3_bind_double(s.c.tls, s.handle, int32(n), v)
	case string:
		rc = lib.Xsqlite3_bind_text(s.c.tls, s.handle, int32(n), s.keep(v), int32(len(v)), 0)
	default:
		return fmt.Errorf("argument %d is a %T", n, value)
	}
	if rc != lib.SQLITE_OK {
		return s.c.failure(rc)
	}
	return nil
}

// keep copies a text to C memory that lives as long as the statement.
func (s *stmt) keep(text string) uintptr {
	p := libc.Xmalloc(s.c.tls, libc.Tsize_t(len(text)+1))
	copy(unsafe.Slice((*byte)(pointer(p)), len(text)+1), text+"\x00")
	s.bound = append(s.bound, p)
	return p
}

// storage is the class of a stored value.
type storage int32

const (
	integer = storage(lib.SQLITE_INTEGER)
	real    = storage(lib.SQLITE_FLOAT)
	text    = storage(lib.SQLITE_TEXT)
	blob    = storage(lib.SQLITE_BLOB)
	null    = storage(lib.SQLITE_NULL)
)

var storageNames = map[storage]string{integer: "INTEGER", real: "REAL", text: "TEXT", blob: "BLOB", null: "NULL"}

func (s storage) String() string { return storageNames[s] }

func (s *stmt) storage(i int) storage {
	return storage(lib.Xsqlite3_column_type(s.c.tls, s.handle, int32(i)))
}

func (s *stmt) int64(i int) int64 { return lib.Xsqlite3_column_int64(s.c.tls, s.handle, int32(i)) }

func (s *stmt) float64(i int) float64 {
	return lib.Xsqlite3_column_double(s.c.tls, s.handle, int32(i))
}

// bytes returns a text or blob, valid until the next step.
func (s *stmt) bytes(i int) []byte {
	p := lib.Xsqlite3_column_blob(s.c.tls, s.handle, int32(i))
	n := lib.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i))
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// textOf returns a text as UTF-8, whatever the database's encoding, valid until the next step.
func (s *stmt) textOf(i int) []byte {
	p := lib.Xsqlite3_column_text(s.c.tls, s.handle, int32(i))
	n := lib.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i))
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// collation returns the collating sequence of a table's column, "" for a view's.
func (c *conn) collation(table, column string) string {
	args := libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(uintptr(0))))
	t, errT := libc.CString(table)
	col, errC := libc.CString(column)
	defer libc.Xfree(c.tls, args)
	if errT == nil {
		defer libc.Xfree(c.tls, t)
	}
	if errC == nil {
		defer libc.Xfree(c.tls, col)
	}
	if errT != nil || errC != nil {
		return ""
	}
	if lib.Xsqlite3_table_column_metadata(c.tls, c.db, 0, t, col, 0, args, 0, 0, 0) != lib.SQLITE_OK {
		return ""
	}
	return libc.GoString(*(*uintptr)(pointer(args)))
}
