package arrowipc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// section is files.Section of a part.
type section struct {
	file    *file
	part    part
	columns []int
	ranges  [][]blob.Range
}

// Section implements files.File.
func (f *file) Section(i int, columns []int, b files.Budget) files.Section {
	s := &section{file: f, part: f.parts[i], columns: columns}
	for _, e := range s.part.extents {
		s.ranges = append(s.ranges, files.Cut(e.Off, e.End(), b)...)
	}
	return s
}

// Ranges implements files.Section.
func (s *section) Ranges() [][]blob.Range { return s.ranges }

// Open implements files.Section.
func (s *section) Open(_ context.Context, fetch files.Fetch, o files.Options) (files.Reader, error) {
	r := &reader{section: s, options: o}
	r.messages = &messages{
		file: s.file, first: s.file.schema, fetch: fetch, ranges: s.ranges, left: s.part.size,
		mem: &limited{most: min(max(s.part.size*maxRatio, leastBody), mostBody)},
	}
	return r, nil
}

// What the bytes of a part may decompress to.
const (
	maxRatio  = 1000
	leastBody = 64 << 20
	mostBody  = 2 << 30
)

// limited allocates memory of Go's heap that arrow-go decodes into, within a bound; it panics beyond.
type limited struct {
	memory.GoAllocator
	most, left int64 // bytes for one batch and the dictionaries before it
}

var errTooLarge = errors.New("a record batch decompresses to more memory than its bytes justify")

func (l *limited) spend(size int) {
	if l.left -= int64(size); size < 0 || l.left < 0 {
		panic(errTooLarge)
	}
}

// Allocate implements memory.Allocator.
func (l *limited) Allocate(size int) []byte {
	l.spend(size)
	return l.GoAllocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (l *limited) Reallocate(size int, b []byte) []byte {
	l.spend(size)
	return l.GoAllocator.Reallocate(size, b)
}

// messages is ipc.MessageReader of a part: the schema, then what the part has.
type messages struct {
	ctx    context.Context // of the call under way: ipc.MessageReader has none
	file   *file
	first  []byte // the metadata of the schema, until it was read
	fetch  files.Fetch
	ranges [][]blob.Range
	next   int
	left   int64 // bytes of the part
	data   *blob.Data
	buf    []byte // of data, not taken
	mem    *limited
	failed error // of a fetch: it is not the file's fault
}

// read fills p with the next bytes.
func (m *messages) read(p []byte) error {
	if int64(len(p)) > m.left {
		return fmt.Errorf("%d bytes are missing: truncated", int64(len(p))-m.left)
	}
	for n := 0; n < len(p); {
		if len(m.buf) == 0 {
			m.release()
			data, err := m.fetch(m.ctx, m.next)
			if err != nil {
				m.failed = err
				return err
			}
			m.data, m.buf = data, data.Bytes(m.ranges[m.next][0])
			m.next++
		}
		k := copy(p[n:], m.buf)
		m.buf = m.buf[k:]
		m.left -= int64(k)
		n += k
	}
	return nil
}

func (m *messages) release() {
	if m.data != nil {
		m.data.Release()
		m.data, m.buf = nil, nil
	}
}

// Message implements ipc.MessageReader.
func (m *messages) Message() (*ipc.Message, error) {
	if m.first != nil {
		meta := m.first
		m.first = nil
		return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(nil)), nil
	}
	if m.left == 0 { // a stream may end without saying so
		return nil, io.EOF
	}
	head := make([]byte, 8)
	if err := m.read(head[:4]); err != nil {
		return nil, err
	}
	start, length := prefix(head)
	if start == 8 {
		if err := m.read(head[4:]); err != nil {
			return nil, err
		}
		_, length = prefix(head)
	}
	if length == 0 {
		return nil, io.EOF
	}
	if length < 8 || length > maxMetadata {
		return nil, fmt.Errorf("metadata of %d bytes", length)
	}
	if int64(length) > m.left {
		return nil, fmt.Errorf("metadata of %d bytes, where %d are left: truncated", length, m.left)
	}
	meta := make([]byte, length)
	if err := m.read(meta); err != nil {
		return nil, err
	}
	known, err := checkMessage(meta, m.left)
	if err != nil {
		return nil, err
	}
	if known.body > mostBody {
		return nil, errTooLarge
	}
	body := make([]byte, known.body)
	if err := m.read(body); err != nil {
		return nil, err
	}
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body)), nil
}

// Retain implements ipc.MessageReader.
func (m *messages) Retain() {}

// Release implements ipc.MessageReader.
func (m *messages) Release() { m.release() }

// reader yields the rows of a part.
type reader struct {
	*section
	options  files.Options
	messages *messages
	decoder  *ipc.Reader       // nil: not yet begun
	batch    arrow.RecordBatch // the decoder's
	at       int64             // rows of it that were yielded
}

// Next implements files.Reader.
func (r *reader) Next(ctx context.Context) (out []arrow.Array, rows int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if r.messages.failed != nil {
			err = r.messages.failed
		}
		if err != nil && err != io.EOF {
			release(out)
			out, rows, err = nil, 0, r.file.corrupt(err)
		}
	}()
	r.messages.ctx = ctx
	for r.batch == nil || r.at == r.batch.NumRows() {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if err := r.advance(); err != nil {
			return nil, 0, err
		}
	}
	end := min(r.at+int64(r.options.BatchRows), r.batch.NumRows())
	for _, c := range r.columns {
		out = append(out, r.convert(c, int(r.at), int(end)))
	}
	rows = int(end - r.at)
	r.at = end
	return out, rows, nil
}

// advance decodes the next batch; io.EOF at the end.
func (r *reader) advance() error {
	if r.decoder == nil {
		r.messages.mem.left = r.messages.mem.most
		d, err := ipc.NewReaderFromMessageReader(r.messages, ipc.WithAllocator(r.messages.mem))
		if err != nil {
			return err
		}
		r.decoder = d
	}
	r.messages.mem.left = r.messages.mem.most
	batch, err := r.decoder.Read()
	if err != nil {
		return err
	}
	r.batch, r.at = batch, 0
	return nil
}

// Close implements files.Reader.
func (r *reader) Close() {
	r.batch = nil
	if r.decoder != nil {
		r.decoder.Release()
		r.decoder = nil
	}
	r.messages.release()
	r.messages.left = 0
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
