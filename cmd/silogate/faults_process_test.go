//go:build integration

package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
)

// program builds the command.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silogate")
	build := exec.Command("go", "build", "-tags", "gms_pure_go", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// process is a command that runs as a process of its own.
type process struct {
	*testing.T
	cmd   *exec.Cmd
	shown output
	ended chan error
}

func spawn(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{T: t, cmd: exec.Command(program, args...), ended: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.shown, &p.shown
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() }) //nolint:errcheck // it has mostly ended
	return p
}

// wait returns the exit code.
func (p *process) wait() int {
	p.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.Fatal(err)
		}
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(30 * time.Second):
		p.Fatalf("it does not end:\n%s", p.shown.String())
		return 0
	}
}

func (p *process) signal(s os.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.Fatal(err)
	}
}

// mostMemory is the most memory that the process has had resident, as Linux shows it.
func (p *process) mostMemory() string {
	p.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}

// spilled is how many files the process has open that hold what did not fit its memory.
func (p *process) spilled() (n int) {
	p.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	list, err := os.ReadDir(folder)
	if err != nil {
		p.Fatal(err)
	}
	for _, e := range list {
		if target, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil && strings.HasSuffix(target, ".arrows (deleted)") {
			n++
		}
	}
	return n
}

// configured writes a configuration file and returns its path.
func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silogate.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProcess(t *testing.T) {
	program, pg, data := program(t), shop(t), t.TempDir()
	seen := watchSessions(t, pg)
	basic := func(address string) string {
		return fmt.Sprintf("listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\nsources:\n%s", address, data, postgresSource("pg", pg))
	}

	t.Run("SIGTERM lets a statement end", func(t *testing.T) {
		address := testserver.FreeAddress(t)
		p := spawn(t, program, "serve", "--config", configured(t, basic(address)))
		db := connect(t, "root@tcp("+address+")/")
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the server has gone
		rows, err := conn.QueryContext(t.Context(), "SELECT * FROM pg.endless LIMIT 300000")
		if err != nil {
			t.Fatal(err)
		}
		p.signal(syscall.SIGTERM)
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil || n != 300000 {
			t.Errorf("%d rows, %v", n, err)
		}
		if code := p.wait(); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.shown.String())
		}
		if strings.Contains(p.shown.String(), pg.Password) {
			t.Error("the log shows a secret")
		}
		if n := seen.count("TRUE"); n > 0 {
			t.Errorf("%d sessions are left", n)
		}
	})

	t.Run("a second signal does not wait", func(t *testing.T) {
		address := testserver.FreeAddress(t)
		p := spawn(t, program, "serve", "--config", configured(t, basic(address)))
		db := connect(t, "root@tcp("+address+")/")
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the server has gone
		rows, err := conn.QueryContext(t.Context(), "SELECT * FROM pg.endless")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		p.signal(syscall.SIGTERM)
		poll(t, "the first signal to be heard", func() error {
			if !strings.Contains(p.shown.String(), "stopping") {
				return errors.New(p.shown.String())
			}
			return nil
		})
		p.signal(syscall.SIGTERM)
		if code := p.wait(); code == 0 {
			t.Error("exit code 0")
		}
		if err := skip(rows, -1); err == nil {
			t.Error("the statement ended well")
		}
		seen.atRest(soon)
	})

	t.Run("what a killed process left behind is removed", func(t *testing.T) {
		address := testserver.FreeAddress(t)
		path := configured(t, basic(address))
		p := spawn(t, program, "serve", "--config", path)
		connect(t, "root@tcp("+address+")/").Close()
		p.signal(syscall.SIGKILL)
		p.wait()
		p = spawn(t, program, "serve", "--config", path)
		connect(t, "root@tcp("+address+")/").Close()
		p.signal(os.Interrupt)
		if code := p.wait(); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.shown.String())
		}
		left, err := filepath.Glob(filepath.Join(data, "spill", "*", "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	})

	t.Run("killed while it spills", func(t *testing.T) {
		pg := big(t)
		address, data := testserver.FreeAddress(t), t.TempDir()
		path := configured(t, fmt.Sprintf("listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\n"+
			"memory: {server: 64MiB, query: 16MiB, spill: 1GiB}\nsources:\n%s", address, data, postgresSource("pg", pg)))
		p := spawn(t, program, "serve", "--config", path)
		conn := session(t, connect(t, "root@tcp("+address+")/"), "SET silogate_pushdown = OFF",
			"CREATE SERVER also FOREIGN DATA WRAPPER postgres OPTIONS (URL 'postgres://app@127.0.0.1:1/db')")
		rows, err := conn.QueryContext(t.Context(), greedy["sort"])
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close() //nolint:errcheck // its server is killed
		if spilled := p.spilled(); spilled == 0 {
			t.Error("it did not spill")
		}
		p.signal(syscall.SIGKILL)
		p.wait()
		if err := skip(rows, -1); err == nil {
			t.Error("the statement ended well")
		}
		p = spawn(t, program, "serve", "--config", path)
		again := session(t, connect(t, "root@tcp("+address+")/"), "SET silogate_pushdown = OFF")
		if rows, err := queryTexts(t.Context(), again, "SHOW SERVERS"); err != nil || len(rows) != 2 {
			t.Errorf("servers %q, %v", rows, err)
		}
		directories, err := filepath.Glob(filepath.Join(data, "spill", "spill-*"))
		if err != nil || len(directories) != 1 {
			t.Errorf("directories of spilling processes: %q, %v", directories, err)
		}
		if rows, err := queryTexts(t.Context(), again, greedy["aggregate"]); err != nil || rows[0][0] != "300000" {
			t.Errorf("%q, %v", rows, err)
		}
		p.signal(os.Interrupt)
		if code := p.wait(); code != 0 {
			t.Errorf("exit code %d\n%s", code, p.shown.String())
		}
	})

	t.Run("two processes share a data folder", func(t *testing.T) {
		one, two := testserver.FreeAddress(t), testserver.FreeAddress(t)
		first := spawn(t, program, "serve", "--config", configured(t, basic(one)))
		a := connect(t, "root@tcp("+one+")/")
		second := spawn(t, program, "serve", "--config", configured(t, basic(two)))
		b := connect(t, "root@tcp("+two+")/")
		for range 3 {
			for _, db := range []*sql.DB{a, b} {
				if _, rows := query(t, db, "SELECT COUNT(*) FROM pg.orders"); rows[0][0] != "100" {
					t.Errorf("rows %q", rows)
				}
			}
		}
		for _, p := range []*process{first, second} {
			p.signal(syscall.SIGTERM)
			if code := p.wait(); code != 0 {
				t.Errorf("exit code %d\n%s", code, p.shown.String())
			}
		}
	})

	t.Run("refusals", func(t *testing.T) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct{ config, says string }{
			"port in use":     {basic(taken.Addr().String()), taken.Addr().String() + ": bind: address already in use"},
			"web port in use": {basic("127.0.0.1:0") + "web: " + taken.Addr().String() + "\n", "web: listen tcp " + taken.Addr().String()},
			"unknown key":     {"listen: 127.0.0.1:0\nmemory: {serve: 1GiB}\n", "silogate.yaml: line 2: memory.serve"},
			"unknown option":  {basic("127.0.0.1:0") + "  x: {type: postgres, url: \"postgres://a@b/c\", nope: 1}\n", "source x: option nope"},
			"unknown type":    {basic("127.0.0.1:0") + "  x: {type: nope}\n", "source x"},
			"not YAML":        {"listen: [\n", "line"},
			"data is a file":  {strings.Replace(basic("127.0.0.1:0"), data, file, 1), file},
		} {
			t.Run(name, func(t *testing.T) {
				p := spawn(t, program, "serve", "--config", configured(t, c.config))
				if code := p.wait(); code != 1 {
					t.Errorf("exit code %d", code)
				}
				text := p.shown.String()
				if !strings.Contains(text, c.says) || strings.Count(strings.TrimSpace(text), "\n") > 0 || strings.Contains(text, pg.Password) {
					t.Errorf("it says %q, want one line with %q", text, c.says)
				}
			})
		}
	})

	t.Run("check", func(t *testing.T) {
		config := basic("127.0.0.1:0") + "  away: {type: postgres, url: \"postgres://app:sesame42@127.0.0.1:1/db\"}\n" +
			strings.Replace(postgresSource("locked", pg), pg.Password, "sesame43", 1)
		p := spawn(t, program, "check", "--config", configured(t, config))
		if code := p.wait(); code != 1 {
			t.Errorf("exit code %d", code)
		}
		text := p.shown.String()
		for _, want := range []string{"database pg, 2 tables", "connection refused", "password authentication failed", "2 of 3 sources have a problem"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
		for _, secret := range []string{pg.Password, "sesame42", "sesame43"} {
			if strings.Contains(text, secret) {
				t.Errorf("it shows a secret:\n%s", text)
			}
		}
	})
}
