package spill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/sqlerr"
)

// bufferBytes is the size of the writes of a file.
const bufferBytes = 64 << 10

// ReaderBytes is the memory that a Reader takes beside the batch it read last: what describes a batch is read through
// a buffer, the batch itself is not.
const ReaderBytes = 4 << 10

// File is a sequence of batches on disk: written, then read any number of times. Writing is for one goroutine; after
// Finish any number may read. A change of schema between batches starts another segment, a complete IPC stream.
type File struct {
	manager  *Manager
	file     *os.File
	size     int64
	rows     int64
	segments []int64 // where each begins
	buffer   *bufio.Writer
	writer   *ipc.Writer
	schema   *arrow.Schema
}

// Write appends a borrowed batch. It fails with sqlerr.OutOfSpill past the quota and with sqlerr.OutOfDisk where
// the disk is full.
func (f *File) Write(mem memory.Allocator, batch arrow.RecordBatch) error {
	if f.writer != nil && !f.schema.Equal(batch.Schema()) {
		if err := f.endSegment(); err != nil {
			return err
		}
	}
	if f.writer == nil {
		f.buffer = bufio.NewWriterSize(counter{f}, bufferBytes)
		f.segments = append(f.segments, f.size)
		f.schema = batch.Schema()
		f.writer = ipc.NewWriter(f.buffer, ipc.WithSchema(f.schema), ipc.WithAllocator(mem), ipc.WithLZ4())
	}
	if err := f.writer.Write(batch); err != nil {
		return failed(err)
	}
	f.rows += batch.NumRows()
	return nil
}

// Place appends a borrowed batch that ReadPlace reads alone, also before Finish, and returns its place. It costs a schema for
// each batch.
func (f *File) Place(mem memory.Allocator, batch arrow.RecordBatch) (int, error) {
	if err := f.endSegment(); err != nil {
		return 0, err
	}
	if err := f.Write(mem, batch); err != nil {
		return 0, err
	}
	return len(f.segments) - 1, f.endSegment()
}

// ReadPlace returns the batch of a place, which the caller releases.
func (f *File) ReadPlace(ctx context.Context, mem memory.Allocator, place int) (arrow.RecordBatch, error) {
	r := &Reader{file: f, mem: mem, segment: place}
	defer r.Close()
	return r.Next(ctx)
}

// Finish ends writing.
func (f *File) Finish() error { return f.endSegment() }

func (f *File) endSegment() error {
	if f.writer == nil {
		return nil
	}
	err := f.writer.Close()
	if ferr := f.buffer.Flush(); err == nil {
		err = ferr
	}
	f.writer, f.buffer = nil, nil
	return failed(err)
}

// Size returns the bytes written to disk so far.
func (f *File) Size() int64 { return f.size }

// Rows returns the number of rows written.
func (f *File) Rows() int64 { return f.rows }

// Release removes the file. It is idempotent; no reader may be in use.
func (f *File) Release() error {
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil // from now on nothing is written
	var werr error
	if f.writer != nil {
		werr = f.writer.Close() // frees the writer's memory
	}
	err := file.Close()
	f.manager.used.Add(-f.size)
	f.writer, f.buffer = nil, nil
	return errors.Join(failed(werr), err)
}

// counter is the file as a writer under the quota. What a released file had buffered is dropped.
type counter struct{ f *File }

func (c counter) Write(p []byte) (int, error) {
	f := c.f
	if f.file == nil {
		return len(p), nil
	}
	if err := f.manager.take(int64(len(p))); err != nil {
		return 0, err
	}
	n, err := f.file.WriteAt(p, f.size)
	f.size += int64(n)
	f.manager.used.Add(int64(n - len(p)))
	return n, err
}

// failed gives a write error its place in the vocabulary, without what Arrow says of its own work.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*sqlerr.Error](err); ok {
		return known
	}
	if errors.Is(err, syscall.ENOSPC) {
		return sqlerr.Wrap(sqlerr.OutOfDisk, syscall.ENOSPC, "spill")
	}
	return fmt.Errorf("spill: %w", err)
}

// Reader yields the batches of a finished file. It belongs to one goroutine and reads independently of others.
type Reader struct {
	file    *File
	mem     memory.Allocator
	segment int
	reader  *ipc.Reader
}

// NewReader returns a reader from the first batch on.
func (f *File) NewReader(mem memory.Allocator) *Reader { return &Reader{file: f, mem: mem} }

// Next returns the next batch, which the caller releases, or io.EOF.
func (r *Reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		if r.reader == nil {
			if r.segment == len(r.file.segments) {
				return nil, io.EOF
			}
			if err := r.open(); err != nil {
				return nil, err
			}
		}
		if r.reader.Next() {
			batch := r.reader.RecordBatch()
			batch.Retain()
			return batch, nil
		}
		err := r.reader.Err()
		r.Close()
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("spill: read back: %w", err)
		}
		r.segment++
	}
}

func (r *Reader) open() error {
	start, end := r.file.segments[r.segment], r.file.size
	if r.segment+1 < len(r.file.segments) {
		end = r.file.segments[r.segment+1]
	}
	section := bufio.NewReaderSize(io.NewSectionReader(r.file.file, start, end-start), ReaderBytes)
	reader, err := ipc.NewReader(section, ipc.WithAllocator(r.mem))
	if err != nil {
		return fmt.Errorf("spill: read back: %w", err)
	}
	r.reader = reader
	return nil
}

// Close releases what the reader holds; the file stays. It is idempotent.
func (r *Reader) Close() {
	if r.reader != nil {
		r.reader.Release()
		r.reader = nil
	}
}
