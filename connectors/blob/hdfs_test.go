package blob

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// mute returns the address of a server that answers nothing.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(io.Discard, c)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// TestHDFSCancelEndsARequest has a namenode that answers nothing.
func TestHDFSCancelEndsARequest(t *testing.T) {
	silent := mute(t)
	s := NewHDFS(HDFSConfig{Namenodes: []string{silent}, User: "u", Dir: "/"})
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := s.Stat(ctx, "f"); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
}

// TestHDFSSessionsExpire has one used again, and ended when nobody asks for it.
func TestHDFSSessionsExpire(t *testing.T) {
	s := NewHDFS(HDFSConfig{Namenodes: []string{mute(t)}, User: "u", Dir: "/"})
	defer s.Close()
	first, err := s.session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.keep(first)
	again, err := s.session(t.Context())
	if err != nil || again != first {
		t.Errorf("another session: %v", err)
	}
	s.patience = time.Millisecond
	s.keep(again)
	select {
	case <-again.ended.Done():
	case <-time.After(time.Minute):
		t.Error("an idle session does not end")
	}
	next, err := s.session(t.Context())
	if err != nil || next == first {
		t.Errorf("a session that has ended: %v", err)
	}
	next.close()
}
