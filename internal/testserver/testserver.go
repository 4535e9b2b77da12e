// Package testserver starts the real servers that tests run against: PostgreSQL, stores of S3, Azure and Google, a Hadoop file system, MariaDB, MLflow, Superset.
//
// A server starts on first use, on a free port of 127.0.0.1 with credentials made for this run, so that a successful
// login proves the process is ours. It is shared by the test process and stopped, with its whole process group, by
// Main. The command in ./run starts all of them once for a whole `go test` of many packages and passes their
// addresses down by environment variables.
//
// Where a server's program is missing the test is skipped with a message, or fails if CI=true. Programs that Debian
// does not have are built into the cache folder, ${XDG_CACHE_HOME:-~/.cache}/silogate-test.
package testserver

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main runs a package's tests, stops the servers they started and fails if a goroutine is left. Call it from TestMain.
func Main(m *testing.M, ignore ...goleak.Option) {
	code := m.Run()
	StopAll()
	if code == 0 {
		if err := goleak.Find(ignore...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// StopAll stops every server this process has started.
func StopAll() {
	for _, s := range []interface{ stop() }{&postgres, &s3, &azurite, &minidfs, &fakeGCS, &mariadb, &mlflow2, &mlflow3} {
		s.stop()
	}
}

// CacheDir returns the folder outside the repository for programs and generated data, and makes it.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "silogate-test")
	return dir, os.MkdirAll(filepath.Join(dir, "bin"), 0o755)
}

// errMissing says that a server's program is not installed.
type errMissing struct{ program, install string }

func (e errMissing) Error() string {
	return fmt.Sprintf("%s is not installed (%s)", e.program, e.install)
}

// require turns a failed start into a skip or a failure of the test.
func require(tb testing.TB, err error) {
	tb.Helper()
	var missing errMissing
	switch {
	case err == nil:
	case errors.As(err, &missing) && os.Getenv("CI") != "true":
		tb.Skip(err)
	default:
		tb.Fatal(err)
	}
}

// shared is a server that all tests of the process use: started once from A's fields, or found at address in the
// environment variable env.
type shared[A any] struct {
	env    string
	decode func(string) A
	start  func() (A, *process, error)

	once sync.Once
	addr A
	proc *process
	err  error
}

func (s *shared[A]) get() (A, error) {
	s.once.Do(func() {
		if v := os.Getenv(s.env); v != "" {
			s.addr = s.decode(v)
			return
		}
		s.addr, s.proc, s.err = s.start()
	})
	return s.addr, s.err
}

func (s *shared[A]) stop() {
	s.once.Do(func() { s.err = errors.New("stopped") })
	if s.proc != nil {
		s.proc.stop()
		s.proc = nil
	}
}

// process is a server and its working folder.
type process struct {
	cmd  *exec.Cmd
	dir  string
	log  *bytes.Buffer
	done chan struct{} // closed when the process has ended and log is complete
}

// launch starts a program in a process group of its own that dies with this process. The program runs as owner where
// that is not nil. dir is removed by stop.
func launch(dir string, owner *syscall.Credential, env []string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), dir: dir, log: new(bytes.Buffer), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: owner}
	started := make(chan error)
	go func() {
		// The death signal is tied to the thread that forked: keep it until the child is gone.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // its exit is no news: stop killed it, or ready reports it
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// lastWords are the bytes of a log's end that say why a server ended.
const lastWords = 8 << 10

// ready calls probe until it succeeds, the process ends, or a minute has passed.
func (p *process) ready(probe func() error) error { return p.readyWithin(time.Minute, probe) }

func (p *process) readyWithin(patience time.Duration, probe func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := probe()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once: %s", p.cmd.Path, p.log)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.stop()
			return fmt.Errorf("%s not ready: %w\n%s", p.cmd.Path, err, p.log)
		}
	}
}

// stop ends the process. What one that had ended before said last is news: tests have failed that meant it.
func (p *process) stop() {
	select {
	case <-p.done:
		said := p.log.Bytes()
		fmt.Fprintf(os.Stderr, "testserver: %s ended before it was stopped: %s\n", p.cmd.Path, said[max(0, len(said)-lastWords):])
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	_ = os.RemoveAll(p.dir)
}

// run executes a set-up program to its end.
func run(dir string, owner *syscall.Credential, program string, args ...string) error {
	return runIn(dir, owner, nil, program, args...)
}

// runIn is the same, with more of an environment.
func runIn(dir string, owner *syscall.Credential, env []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, out)
	}
	return nil
}

// workDir makes a folder that owner can use.
func workDir(name string, owner *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "silogate-"+name+"-")
	if err != nil {
		return "", err
	}
	if owner != nil {
		err = os.Chown(dir, int(owner.Uid), int(owner.Gid))
	}
	return dir, err
}

// place writes a file that only owner can read.
func place(path string, content []byte, owner *syscall.Credential) error {
	if err := os.WriteFile(path, content, 0o600); err != nil || owner == nil {
		return err
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}

func randomHex() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

var sequence atomic.Int64

// uniqueName returns a name for a database or bucket that no other test, here or in another process, has.
func uniqueName() string {
	return fmt.Sprintf("t%d-%d-%s", os.Getpid(), sequence.Add(1), randomHex()[:6])
}

func uniqueIdent() string { return strings.ReplaceAll(uniqueName(), "-", "_") }
