package testserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

// HDFSStore is a fresh folder on the shared Hadoop file system.
type HDFSStore struct {
	Namenode string // host:port
	User     string // who may do anything
	Dir      string // absolute
}

func (s HDFSStore) client() (*hdfs.Client, error) {
	return hdfs.NewClient(hdfs.ClientOptions{Addresses: []string{s.Namenode}, User: s.User})
}

// Do does something by the library's client.
func (s HDFSStore) Do(tb testing.TB, do func(*hdfs.Client) error) {
	tb.Helper()
	client, err := s.client()
	if err != nil {
		tb.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // what was done has succeeded or failed
	if err := do(client); err != nil {
		tb.Fatal(err)
	}
}

// Put stores content under a key.
func (s HDFSStore) Put(tb testing.TB, key, content string) {
	tb.Helper()
	name := s.Dir + "/" + key
	s.Do(tb, func(client *hdfs.Client) error {
		if err := client.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := client.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		w, err := client.Create(name)
		if err != nil {
			return err
		}
		_, err = w.Write([]byte(content))
		closed := w.Close()
		for hdfs.IsErrReplicating(closed) {
			time.Sleep(10 * time.Millisecond) // the namenode has not heard of the last block yet
			closed = w.Close()
		}
		return errors.Join(err, closed)
	})
}

// HDFS returns a fresh folder. It goes with the server.
func HDFS(tb testing.TB) HDFSStore {
	tb.Helper()
	store, err := minidfs.get()
	require(tb, err)
	store.Dir = "/" + uniqueName()
	store.Do(tb, func(client *hdfs.Client) error { return client.MkdirAll(store.Dir, 0o755) })
	return store
}

// HDFSEnv names the environment variable with the host and port of a running namenode.
const HDFSEnv = "SILOGATE_TEST_HDFS"

var minidfs = shared[HDFSStore]{env: HDFSEnv, start: startHDFS, decode: func(v string) HDFSStore {
	return HDFSStore{Namenode: v, User: hdfsUser}
}}

// hdfsUser is who has started the server, whom it lets do anything.
const hdfsUser = "silogate"

func startHDFS() (HDFSStore, *process, error) {
	fail := func(err error) (HDFSStore, *process, error) { return HDFSStore{}, nil, fmt.Errorf("hdfs: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	classes := filepath.Join(cache, "minidfs")
	java, err := exec.LookPath("java")
	if err == nil {
		_, err = os.Stat(filepath.Join(classes, "MiniDfs.class"))
	}
	if err != nil {
		return fail(errMissing{"hdfs", "make deps"})
	}
	dir, err := workDir("hdfs", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	store := HDFSStore{Namenode: fmt.Sprintf("127.0.0.1:%d", port), User: hdfsUser}
	p, err := launch(dir, nil, []string{"HADOOP_USER_NAME=" + hdfsUser}, java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
		"--add-opens", "java.base/java.lang=ALL-UNNAMED", "--add-opens", "java.base/java.util=ALL-UNNAMED",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", classes+":"+filepath.Join(classes, "lib", "*"),
		"MiniDfs", fmt.Sprint(port), filepath.Join(dir, "data"))
	if err != nil {
		return fail(err)
	}
	if err := p.ready(func() error { // it takes writes once its data node is there
		client, err := store.client()
		if err != nil {
			return err
		}
		defer client.Close() //nolint:errcheck // it was only read
		status, err := client.StatFs()
		if err == nil && status.Remaining == 0 {
			err = errors.New("no data node yet")
		}
		return err
	}); err != nil {
		return fail(err)
	}
	return store, p, nil
}
