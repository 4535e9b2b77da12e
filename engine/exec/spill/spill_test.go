package spill

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
)

func ints(mem memory.Allocator, name string, values ...int64) arrow.RecordBatch {
	b := array.NewInt64Builder(mem)
	defer b.Release()
	b.AppendValues(values, nil)
	col := b.NewArray()
	defer col.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: name, Type: arrow.PrimitiveTypes.Int64}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{col}, int64(len(values)))
}

func TestBatchesComeBackInOrderAcrossSchemas(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	m, err := Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := m.Create()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []arrow.RecordBatch{ints(mem, "a", 1, 2), ints(mem, "a", 3), ints(mem, "b", 4, 5, 6)} {
		if err := f.Write(mem, b); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	if f.Rows() != 6 || m.Used() != f.Size() || f.Size() == 0 {
		t.Errorf("rows %d, size %d, used %d", f.Rows(), f.Size(), m.Used())
	}
	for range 2 {
		r := f.NewReader(mem)
		next := int64(1)
		for {
			b, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range b.Column(0).(*array.Int64).Int64Values() {
				if v != next {
					t.Errorf("read %d, want %d", v, next)
				}
				next++
			}
			b.Release()
		}
		r.Close()
		if next != 7 {
			t.Errorf("read back %d rows", next-1)
		}
	}
	if err := f.Release(); err != nil {
		t.Fatal(err)
	}
	if m.Used() != 0 {
		t.Errorf("%d bytes counted after release", m.Used())
	}
}

func TestQuotaIsAnError(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	m, err := Open(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := m.Create()
	if err != nil {
		t.Fatal(err)
	}
	b := ints(mem, "a", make([]int64, 1000)...)
	defer b.Release()
	err = f.Write(mem, b)
	if err == nil {
		err = f.Finish()
	}
	const want = "out of memory: the query needs more than memory.query, and on disk more than is left of memory.spill = 100 bytes"
	if !sqlerr.Is(err, sqlerr.OutOfSpill) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_ = f.Release() // the tail could not be written; the space is free all the same
	if m.Used() != 0 {
		t.Errorf("%d bytes counted after release", m.Used())
	}
}

// TestReleaseOfAnAbortedFile releases a file that was not finished, with a buffer so full that ending its stream flushes it.
func TestReleaseOfAnAbortedFile(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	m, err := Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, room := range []int{bufferBytes / 2, 0} {
		f, err := m.Create()
		if err != nil {
			t.Fatal(err)
		}
		b := ints(mem, "a", 1)
		if err := f.Write(mem, b); err != nil {
			t.Fatal(err)
		}
		b.Release()
		if _, err := f.buffer.Write(make([]byte, f.buffer.Available()-room)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.Release(); err != nil {
				t.Error(err)
			}
		}
		if m.Used() != 0 {
			t.Errorf("%d bytes counted after release", m.Used())
		}
	}
}

func TestFullDiskIsAnErrorOfItsOwn(t *testing.T) {
	err := failed(fmt.Errorf("arrow/ipc: could not write: %w", &os.PathError{Op: "write", Path: "7.arrows", Err: syscall.ENOSPC}))
	if !sqlerr.Is(err, sqlerr.OutOfDisk) || err.Error() != "spill: no space left on device" {
		t.Error(err)
	}
}

func TestOpenRemovesOnlyWhatNoProcessHolds(t *testing.T) {
	root := t.TempDir()
	alive, err := Open(root, 0)
	if err != nil {
		t.Fatal(err)
	}
	crashed, err := Open(root, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(crashed.dir, "7.arrows"), []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	crashed.lock.Close() // as the end of its process would
	next, err := Open(root, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(crashed.dir); !os.IsNotExist(err) {
		t.Errorf("the crashed process's directory is still there: %v", err)
	}
	for _, m := range []*Manager{alive, next} {
		if _, err := os.Stat(m.dir); err != nil {
			t.Errorf("a living process's directory is gone: %v", err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
