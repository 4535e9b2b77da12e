//go:build integration

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
)

// clients is a gateway for programs that come from elsewhere, and where scripts/deps-clients.sh has put them.
type clients struct {
	*testing.T
	address string
	scripts string // testdata/clients
	dir     string // in the cache
}

// clientsGateway starts a gateway with a certificate of its own and scratch databases; `make nightly` alone has the clients.
func clientsGateway(t *testing.T) *clients {
	t.Helper()
	if !nightly {
		t.Skip("the clients of other projects are a part of make nightly")
	}
	c := newClients(t, testserver.FreeAddress(t))
	spawn(t, program(t), "serve", "--config", configured(t, fmt.Sprintf("listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\n", c.address, t.TempDir())))
	session(t, connect(t, "root@tcp("+c.address+")/"), "SET GLOBAL local_infile = ON")
	return c
}

// newClients finds the clients of a gateway that listens at an address.
func newClients(t *testing.T, address string) *clients {
	t.Helper()
	cache, err := testserver.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Abs("../../testdata/clients")
	if err != nil {
		t.Fatal(err)
	}
	return &clients{T: t, address: address, scripts: scripts, dir: filepath.Join(cache, "clients")}
}

// run runs a program in a folder and returns what it prints; failing, it may do.
func (c *clients) run(dir string, env []string, name string, args ...string) (string, error) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		c.Fatalf("%s has not ended:\n%s", name, out)
	}
	return string(out), err
}

// TestClients has drivers of other projects read the same values in all their modes.
func TestClients(t *testing.T) {
	c := clientsGateway(t)
	session(t, connect(t, "root@tcp("+c.address+")/"),
		"CREATE DATABASE clients", "CREATE DATABASE written", "CREATE TABLE written.batch (id INT, note VARCHAR(20))",
		"CREATE TABLE clients.orders (id INT PRIMARY KEY, price DECIMAL(12,2) NOT NULL, status VARCHAR(10) NOT NULL, made DATETIME)",
		`INSERT INTO clients.orders WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
			SELECT i, i, IF(i % 2 = 0, 'paid', 'new'), '2024-01-01' FROM n`,
		"CREATE USER sha IDENTIFIED WITH caching_sha2_password BY 'secret'", "GRANT ALL ON *.* TO sha",
		"ALTER USER root IDENTIFIED WITH mysql_native_password BY 'sesame'")
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"SILOGATE_HOST=" + host, "SILOGATE_PORT=" + port, "SILOGATE_CLIENTS=" + c.scripts, "SILOGATE_NODE=" + filepath.Join(c.dir, "node")}
	for _, command := range [][]string{
		{filepath.Join(c.dir, "venv/bin/python"), "smoke.py"}, {"node", "smoke.js"}, {"php", "smoke.php"}, {"ruby", "smoke.rb"}, {"perl", "smoke.pl"},
		{"bash", "smoke.sh"}, {"java", "-cp", filepath.Join(c.dir, "jars", "*"), "Smoke.java"},
	} {
		t.Run(command[len(command)-1], func(t *testing.T) {
			if out, err := c.run(c.scripts, env, command[0], command[1:]...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// verdicts are what became of a suite's tests, by their names.
type verdicts map[string]verdict

type verdict uint8

const (
	skipped verdict = iota
	passed
	failed
)

// known reads what is known to fail of a suite, and what is not to be run; each has its reason in a comment above.
func (c *clients) known(suite string) (failing, left []string) {
	c.Helper()
	path := filepath.Join(c.scripts, "known_"+suite+".txt")
	text, err := os.ReadFile(path)
	if err != nil {
		c.Fatal(err)
	}
	reason := false
	for n, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			reason = line != ""
			continue
		}
		if !reason {
			c.Fatalf("%s:%d: no reason is given", path, n+1)
		}
		if name, ok := strings.CutPrefix(line, "- "); ok {
			left = append(left, name)
		} else {
			failing = append(failing, line)
		}
	}
	return failing, left
}

// compare fails the test for what fails and is not known to, and for what is known to fail and passes.
func (c *clients) compare(suite string, got verdicts, output string) {
	c.Helper()
	var counts [3]int
	for _, o := range got {
		counts[o]++
	}
	c.Logf("%s: %d passed, %d failed, %d skipped", suite, counts[passed], counts[failed], counts[skipped])
	failing, _ := c.known(suite)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] == failed && !slices.Contains(failing, name) {
			c.Errorf("%s: %s fails", suite, name)
		}
	}
	for _, name := range failing {
		if o, ok := got[name]; !ok || o != failed {
			c.Errorf("%s: %s is known to fail, and does not", suite, name)
		}
	}
	if c.Failed() || counts[passed] == 0 {
		c.Errorf("%s:\n%s", suite, output)
	}
}

// TestClientSuites runs the tests that drivers have of their own.
func TestClientSuites(t *testing.T) {
	for name, run := range map[string]func(*clients) (verdicts, string){"gosqldriver": goSQLDriver, "pymysql": pyMySQL, "sqlalchemy": sqlAlchemy} {
		t.Run(name, func(t *testing.T) {
			c := clientsGateway(t)
			got, output := run(c)
			c.compare(name, got, output)
		})
	}
}

func goSQLDriver(c *clients) (verdicts, string) {
	source, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-sql-driver/mysql").Output()
	if err != nil {
		c.Fatal(err)
	}
	dir := c.TempDir()
	if err := os.CopyFS(dir, os.DirFS(strings.TrimSpace(string(source)))); err != nil {
		c.Fatal(err)
	}
	session(c.T, connect(c.T, "root@tcp("+c.address+")/"), "CREATE DATABASE gotest")
	_, left := c.known("gosqldriver")
	out, _ := c.run(dir, []string{"MYSQL_TEST_ADDR=" + c.address, "GOFLAGS=-mod=mod"}, // that tests fail is seen below
		"go", "test", "-json", "-timeout", "15m", "-skip", "^("+strings.Join(left, "|")+")$", ".")
	got := verdicts{}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var event struct{ Action, Test string }
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.Test == "" {
			continue
		}
		switch event.Action {
		case "pass":
			got[event.Test] = passed
		case "fail":
			got[event.Test] = failed
		case "skip":
			got[event.Test] = skipped
		}
	}
	return got, out
}

func pyMySQL(c *clients) (verdicts, string) {
	dir := c.TempDir()
	if _, err := os.Stat(filepath.Join(c.dir, "src/pymysql/pymysql/tests")); err != nil {
		c.Skip("PyMySQL's tests are in no package, and its repository was out of reach")
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(c.dir, "src/pymysql/pymysql"))); err != nil {
		c.Fatal(err)
	}
	session(c.T, connect(c.T, "root@tcp("+c.address+")/"), "CREATE DATABASE test1", "CREATE DATABASE test2")
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		c.Fatal(err)
	}
	var databases []string
	for _, name := range []string{"test1", "test2"} {
		databases = append(databases, fmt.Sprintf(`{"host": %q, "port": %s, "user": "root", "password": "", "database": %q, "use_unicode": true, "local_infile": true}`, host, port, name))
	}
	root := c.TempDir()
	if err := os.Rename(dir, filepath.Join(root, "pymysql")); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "pymysql/tests/databases.json"), []byte("["+strings.Join(databases, ",\n")+"]"), 0o600); err != nil {
		c.Fatal(err)
	}
	return c.pytest(root, "pymysql/tests")
}

func sqlAlchemy(c *clients) (verdicts, string) {
	session(c.T, connect(c.T, "root@tcp("+c.address+")/"), "CREATE DATABASE test", "CREATE DATABASE test_schema")
	dir := c.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(c.scripts, "sqlalchemy"))); err != nil {
		c.Fatal(err)
	}
	requirements, err := os.ReadFile(filepath.Join(c.dir, "src/sqlalchemy/test/requirements.py"))
	if err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "test/requirements.py"), requirements, 0o600); err != nil {
		c.Fatal(err)
	}
	return c.pytest(dir, "test", "--maxfail", "100000", "--dburi", "mysql+pymysql://root@"+c.address+"/test?charset=utf8mb4")
}

// pytest runs tests of Python in a folder. The name of SQLAlchemy's has the version of the server in it, which is dropped.
func (c *clients) pytest(dir string, args ...string) (verdicts, string) {
	c.Helper()
	report := filepath.Join(c.TempDir(), "report.xml")
	out, _ := c.run(dir, nil, filepath.Join(c.dir, "venv/bin/python"), // that tests fail is seen below
		append([]string{"-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "--junitxml", report}, args...)...)
	text, err := os.ReadFile(report)
	if err != nil {
		c.Fatalf("%v\n%s", err, out)
	}
	var suites struct {
		Cases []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.NewDecoder(bytes.NewReader(text)).Decode(&suites); err != nil {
		c.Fatal(err)
	}
	got := verdicts{}
	for _, test := range suites.Cases {
		class, _, _ := strings.Cut(test.Class[strings.LastIndexByte(test.Class, '.')+1:], "_mysql+")
		name := class + "." + test.Name
		became := passed
		switch {
		case test.Failure != nil || test.Error != nil:
			became = failed
		case test.Skipped != nil:
			became = skipped
		}
		got[name] = max(got[name], became) // what ends in an error is reported twice
	}
	return got, out
}
