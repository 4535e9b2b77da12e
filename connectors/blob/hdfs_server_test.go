//go:build integration

package blob

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/colinmarc/hdfs/v2"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func hdfsOf(t *testing.T, folder testserver.HDFSStore) *HDFS {
	store := NewHDFS(HDFSConfig{Namenodes: []string{folder.Namenode}, User: folder.User, Dir: folder.Dir})
	t.Cleanup(func() { store.Close() })
	return store
}

func TestHDFS(t *testing.T) {
	suite(t, func(t *testing.T) place {
		folder := testserver.HDFS(t)
		put := func(t *testing.T, key, content string) { folder.Put(t, key, content) }
		return place{hdfsOf(t, folder), put, func(t *testing.T, key string) {
			folder.Do(t, func(c *hdfs.Client) error { return c.Remove(folder.Dir + "/" + key) })
		}}
	})
}

func TestHDFSFolderWithoutFilesIsNone(t *testing.T) {
	folder := testserver.HDFS(t)
	folder.Do(t, func(c *hdfs.Client) error { return c.MkdirAll(folder.Dir+"/nested/empty", 0o755) })
	folder.Put(t, "deep/a/b/c", "x")
	if got, want := list(t, hdfsOf(t, folder), ListOptions{Folders: true}), []string{"deep/"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func TestHDFSRefusals(t *testing.T) {
	folder := testserver.HDFS(t)
	folder.Put(t, "f", "x")
	folder.Do(t, func(c *hdfs.Client) error { return c.Chmod(folder.Dir, 0o700) })
	for name, c := range map[string]struct {
		config HDFSConfig
		code   sqlerr.Code
		says   string
	}{
		"another user": {HDFSConfig{Namenodes: []string{folder.Namenode}, User: "mallory", Dir: folder.Dir}, sqlerr.SourceAuth, "the cluster refuses access to user mallory"},
		"no folder":    {HDFSConfig{Namenodes: []string{folder.Namenode}, User: folder.User, Dir: "/none"}, sqlerr.SourceError, "/none/"},
		"no namenode":  {HDFSConfig{Namenodes: []string{"127.0.0.1:1"}, User: folder.User, Dir: "/"}, sqlerr.SourceDown, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewHDFS(c.config)
			defer s.Close()
			for _, err := range s.List(t.Context(), ListOptions{}) {
				if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.says) || errors.Is(err, fs.ErrNotExist) != (name == "no folder") {
					t.Errorf("code %d: %v", sqlerr.CodeOf(err), err)
				}
			}
		})
	}
}

// TestHDFSSurvivesLostConnections goes on in new ones, and by the namenode that is there.
func TestHDFSSurvivesLostConnections(t *testing.T) {
	folder := testserver.HDFS(t)
	folder.Put(t, "f", "0123456789")
	between := relay(t, folder.Namenode, nil)
	s := NewHDFS(HDFSConfig{Namenodes: []string{"127.0.0.1:1", between.address}, User: folder.User, Dir: folder.Dir})
	defer s.Close()
	o, err := s.Stat(t.Context(), "f")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		between.cut()
		p := make([]byte, 3)
		if err := s.Read(t.Context(), o, 4, p); err != nil || string(p) != "456" {
			t.Errorf("%q, %v", p, err)
		}
	}
}

// TestHDFSFileReplacedWhileItIsRead has another file's blocks by the name that was opened.
func TestHDFSFileReplacedWhileItIsRead(t *testing.T) {
	folder := testserver.HDFS(t)
	folder.Put(t, "f", "0123456789")
	between := relay(t, folder.Namenode, func(sent []byte) {
		if bytes.Contains(sent, []byte("getBlockLocations")) {
			folder.Put(t, "f", "abcdefghij")
		}
	})
	s := NewHDFS(HDFSConfig{Namenodes: []string{between.address}, User: folder.User, Dir: folder.Dir})
	defer s.Close()
	o, err := s.Stat(t.Context(), "f")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Read(t.Context(), o, 4, make([]byte, 3)); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("%v", err)
	}
}

// relaying forwards connections to a server.
type relaying struct {
	address string
	mu      sync.Mutex
	conns   []net.Conn
}

// cut ends all connections.
func (r *relaying) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// relay shows look, unless it is nil, what clients send before it is forwarded.
func relay(t *testing.T, server string, look func(sent []byte)) *relaying {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relaying{address: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", server)
			if err != nil {
				t.Error(err)
				in.Close()
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			r.mu.Unlock()
			wg.Go(func() { io.Copy(in, out); in.Close() })
			wg.Go(func() {
				defer out.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := in.Read(buffer)
					if err != nil {
						return
					}
					if look != nil {
						look(buffer[:n])
					}
					if _, err := out.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		r.cut()
		wg.Wait()
	})
	return r
}
