package testserver

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PG is a fresh database on the shared PostgreSQL server, owned by a superuser.
type PG struct {
	Host     string // 127.0.0.1:port
	User     string
	Password string
	Database string
}

// URL returns the connection string.
func (p PG) URL() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(p.User, p.Password), Host: p.Host, Path: "/" + p.Database,
		RawQuery: "sslmode=disable"}
	return u.String()
}

// Exec runs statements, failing the test on an error.
func (p PG) Exec(tb testing.TB, statements ...string) {
	tb.Helper()
	if err := p.exec(statements...); err != nil {
		tb.Fatal(err)
	}
}

func (p PG) exec(statements ...string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// DatabaseOption is a clause of CREATE DATABASE.
type DatabaseOption string

// Locale sets the database's collation and character classes, such as "C" or "C.UTF-8".
func Locale(name string) DatabaseOption {
	return DatabaseOption("LC_COLLATE '" + name + "' LC_CTYPE '" + name + "'")
}

// ICULocale makes ICU the database's collation provider, with a locale such as "en-US".
func ICULocale(name string) DatabaseOption {
	return DatabaseOption("LOCALE_PROVIDER icu ICU_LOCALE '" + name + "'")
}

// Encoding sets the database's character set, such as "LATIN1".
func Encoding(name string) DatabaseOption { return DatabaseOption("ENCODING '" + name + "'") }

// Postgres returns a fresh database that is dropped at the end of the test.
func Postgres(tb testing.TB, options ...DatabaseOption) PG {
	tb.Helper()
	server, err := postgres.get()
	require(tb, err)
	db := server
	db.Database = uniqueIdent()
	create := "CREATE DATABASE " + db.Database + " TEMPLATE template0"
	for _, o := range options {
		create += " " + string(o)
	}
	server.Exec(tb, create)
	tb.Cleanup(func() { server.Exec(tb, "DROP DATABASE IF EXISTS "+db.Database+" WITH (FORCE)") })
	return db
}

// PostgresEnv names the environment variable with the URL of a running server.
const PostgresEnv = "SILOGATE_TEST_POSTGRES"

var postgres = shared[PG]{env: PostgresEnv, start: startPostgres, decode: func(s string) PG {
	u, err := url.Parse(s)
	if err != nil {
		panic(PostgresEnv + ": " + err.Error())
	}
	password, _ := u.User.Password()
	return PG{Host: u.Host, User: u.User.Username(), Password: password, Database: "postgres"}
}}

// postgresProgram finds the newest installed server's program.
func postgresProgram(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well formed
	if len(found) > 0 {
		slices.Sort(found)
		return found[len(found)-1], nil
	}
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	return "", errMissing{name, "Debian package postgresql"}
}

// serverUser is whom a server that refuses root runs as; nil: as we are.
func serverUser(name string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// cluster is a server's data folder and how it is reached.
type cluster struct {
	PG
	dir   string
	port  int
	owner *syscall.Credential
}

// startPostgres makes a cluster and runs it.
func startPostgres() (PG, *process, error) {
	c, err := newCluster()
	if err != nil {
		return PG{}, nil, fmt.Errorf("postgres: %w", err)
	}
	p, err := c.run()
	if err != nil {
		return PG{}, nil, fmt.Errorf("postgres: %w", err)
	}
	return c.PG, p, nil
}

func newCluster() (*cluster, error) {
	initdb, err := postgresProgram("initdb")
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	if c.owner, err = serverUser("postgres"); err != nil {
		return nil, err
	}
	if c.dir, err = workDir("postgres", c.owner); err != nil {
		return nil, err
	}
	if c.port, err = freePort(); err != nil {
		return nil, err
	}
	c.PG = PG{Host: fmt.Sprintf("127.0.0.1:%d", c.port), User: "app", Password: randomHex(), Database: "postgres"}
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(c.Password), 0o644); err != nil {
		return nil, err
	}
	return c, run(c.dir, c.owner, initdb, "-D", c.data(), "-A", "scram-sha-256", "--pwfile="+secret, "-U", c.User, "-N",
		"-E", "UTF8", "--locale=C.UTF-8")
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// run starts the server and waits until it answers.
func (c *cluster) run() (*process, error) {
	server, err := postgresProgram("postgres")
	if err != nil {
		return nil, err
	}
	p, err := launch(c.dir, c.owner, nil, server, "-D", c.data(),
		"-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", c.port), "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=512MB",
		"-c", "max_wal_size=4GB")
	if err != nil {
		return nil, err
	}
	return p, p.ready(func() error { return c.exec("SELECT 1") })
}

// OwnPG is a PostgreSQL server that one test has to itself, to stop and start.
type OwnPG struct {
	*cluster
	proc *process
}

// OwnPostgres starts a server that is removed at the end of the test.
func OwnPostgres(tb testing.TB) *OwnPG {
	tb.Helper()
	c, err := newCluster()
	require(tb, err)
	p := &OwnPG{cluster: c}
	tb.Cleanup(func() {
		if p.proc != nil {
			p.proc.stop()
		}
		_ = os.RemoveAll(c.dir) // what is left lies in the folder for temporary files
	})
	p.Start(tb)
	return p
}

// Start runs the server.
func (p *OwnPG) Start(tb testing.TB) {
	tb.Helper()
	var err error
	if p.proc, err = p.run(); err != nil {
		tb.Fatal(err)
	}
}

// Stop ends the server as its operator would: sessions are told and closed.
func (p *OwnPG) Stop(tb testing.TB) {
	tb.Helper()
	if err := p.proc.cmd.Process.Signal(os.Interrupt); err != nil {
		tb.Fatal(err)
	}
	<-p.proc.done
	p.proc = nil
}
