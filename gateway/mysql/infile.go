package mysql

import (
	"errors"
	"io"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// infile is a file of the client's, which comes in packets until an empty one.
type infile struct {
	conn  *connection
	piece []byte // of the packet read last, what is to be read of it
	err   error  // io.EOF: it was read to its end
}

// loadInfile asks the client for a file (LOCAL INFILE Request). It is read from the connection as it is read here, and to its
// end by Close.
func (c *connection) loadInfile(name string) (io.ReadCloser, error) {
	if !c.has.Has(wire.LocalFiles) {
		return nil, vitess.NewSQLError(3948, "42000", "Loading local data is disabled; this must be enabled on both the client and server sides")
	}
	c.unwatch()
	if err := c.wire.RequestFile(name); err != nil {
		return nil, err
	}
	return &infile{conn: c}, nil
}

// Read implements io.Reader.
func (f *infile) Read(p []byte) (int, error) {
	for len(f.piece) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.next()
	}
	n := copy(p, f.piece)
	f.piece = f.piece[n:]
	return n, nil
}

func (f *infile) next() {
	const longest = 16 << 20 // clients send far less
	p, err := f.conn.wire.ReadPacket(f.piece[:0], longest)
	switch {
	case err != nil:
		f.err = err
	case len(p) == 0:
		f.err = io.EOF
	default:
		f.piece = p
	}
}

// Close implements io.Closer.
func (f *infile) Close() error {
	for f.err == nil {
		f.next()
	}
	f.piece = nil
	if errors.Is(f.err, io.EOF) {
		return nil
	}
	return f.err
}
