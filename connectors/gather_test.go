package connectors

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// gatheringPair returns the two ends of a connection, the second as a reader that waits for many bytes at most so long.
func gatheringPair(t *testing.T, wait time.Duration) (server net.Conn, client *gatheringConn) {
	t.Helper()
	if !hasLowWater {
		t.Skip("this system has no low-water mark that one can poll with")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return server, gathering(conn, raw, wait)
}

// TestGathering reads answers of several lengths that come in pieces of 8 KB, the last when all others were read: it
// does not fill what is waited for.
func TestGathering(t *testing.T) {
	server, client := gatheringPair(t, gatherTime)
	buf := make([]byte, 128<<10)
	for _, size := range []int{10, 1 << 20, 5<<20 + 77, 3, 2 << 20} {
		if _, err := client.Write([]byte{'?'}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		want := make([]byte, size)
		_, _ = rand.Read(want)
		last := size - min(size, 100)
		rest := make(chan struct{})
		var group errgroup.Group
		group.Go(func() error {
			for piece := range slices.Chunk(want[:last], 8<<10) {
				if _, err := server.Write(piece); err != nil {
					return err
				}
			}
			<-rest
			_, err := server.Write(want[last:])
			return err
		})
		got := make([]byte, 0, size)
		for len(got) < size {
			if len(got) == last {
				close(rest)
			}
			n, err := client.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, buf[:n]...)
		}
		if err := group.Wait(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: equal %t, error %v", size, bytes.Equal(got, want), err)
		}
	}
}

// TestGatheringWaitsForMany looks at the mark while an answer grows long, and at what lowers it.
func TestGatheringWaitsForMany(t *testing.T) {
	server, client := gatheringPair(t, time.Hour)
	defer client.late.Stop()
	mark := func() (bytes int) {
		t.Helper()
		err := client.raw.Control(func(fd uintptr) { bytes = lowWater(t, fd) })
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	buf := make([]byte, longAnswer+1) // no read fills it
	receive := func(bytes int) {
		t.Helper()
		if _, err := server.Write(make([]byte, bytes)); err != nil {
			t.Fatal(err)
		}
		for bytes > 0 {
			n, err := client.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			bytes -= n
		}
	}
	receive(longAnswer - 1)
	if n := mark(); n != 1 {
		t.Errorf("a reader of a short answer is woken for %d bytes", n)
	}
	receive(1)
	if n := mark(); n != gathered {
		t.Errorf("a reader of a long answer is woken for %d bytes", n)
	}
	client.lower() // the time is over
	receive(10)
	if n := mark(); n != gathered {
		t.Errorf("after the next wait a reader is woken for %d bytes", n)
	}
	if _, err := client.Write([]byte{'?'}); err != nil {
		t.Fatal(err)
	}
	if n := mark(); n != 1 {
		t.Errorf("a reader of the next answer is woken for %d bytes", n)
	}
	receive(10)
	if n := mark(); n != 1 {
		t.Errorf("a reader of a short answer is woken for %d bytes", n)
	}
}
