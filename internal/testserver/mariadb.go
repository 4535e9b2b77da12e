package testserver

import (
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sys/unix"
)

// Maria is a fresh database on the shared MariaDB server.
type Maria struct {
	Host     string // 127.0.0.1:port
	User     string
	Password string
	Database string
}

// DSN returns the data source name for go-sql-driver/mysql.
func (m Maria) DSN() string {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd, c.DBName = "tcp", m.Host, m.User, m.Password, m.Database
	c.MultiStatements = true
	return c.FormatDSN()
}

// Exec runs statements, failing the test on an error.
func (m Maria) Exec(tb testing.TB, statements ...string) {
	tb.Helper()
	if err := m.exec(statements...); err != nil {
		tb.Fatal(err)
	}
}

func (m Maria) exec(statements ...string) error {
	db, err := sql.Open("mysql", m.DSN())
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// MariaDB returns a fresh database with the character set utf8mb4, dropped at the end of the test.
func MariaDB(tb testing.TB) Maria {
	tb.Helper()
	server, err := mariadb.get()
	require(tb, err)
	db := server
	db.Database = uniqueIdent()
	server.Exec(tb, "CREATE DATABASE "+db.Database+" CHARACTER SET utf8mb4")
	tb.Cleanup(func() { server.Exec(tb, "DROP DATABASE IF EXISTS "+db.Database) })
	return db
}

// MariaDBEnv names the environment variable with the DSN of a running server.
const MariaDBEnv = "SILOGATE_TEST_MARIADB"

var mariadb = shared[Maria]{env: MariaDBEnv, start: startMariaDB, decode: func(s string) Maria {
	c, err := mysql.ParseDSN(s)
	if err != nil {
		panic(MariaDBEnv + ": " + err.Error())
	}
	return Maria{Host: c.Addr, User: c.User, Password: c.Passwd}
}}

func startMariaDB() (Maria, *process, error) { return launchMariaDB(nil) }

// launchMariaDB starts a server. Files are put into its folder; the options of its command line may name them from a folder below.
// Temporary tables have a folder of its own, which a server clears when it starts.
func launchMariaDB(files map[string][]byte, options ...string) (Maria, *process, error) {
	fail := func(err error) (Maria, *process, error) { return Maria{}, nil, fmt.Errorf("mariadb: %w", err) }
	program, err := exec.LookPath("mariadbd")
	if err != nil {
		return fail(errMissing{"mariadbd", "Debian package mariadb-server"})
	}
	owner, err := serverUser("mysql")
	if err != nil {
		return fail(err)
	}
	dir, err := workDir("mariadb", owner)
	if err != nil {
		return fail(err)
	}
	for name, content := range files {
		if err := place(filepath.Join(dir, name), content, owner); err != nil {
			return fail(err)
		}
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	data := filepath.Join(dir, "data")
	if err := run(dir, owner, "mariadb-install-db", "--no-defaults", "--datadir="+data,
		"--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return fail(err)
	}
	socket := filepath.Join(dir, "socket")
	p, err := launch(dir, owner, nil, program, append([]string{"--no-defaults", "--datadir=" + data, "--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", port), "--socket=" + socket, "--pid-file=" + filepath.Join(dir, "pid"), "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit=0", "--performance-schema=off", "--tmpdir=" + dir}, options...)...)
	if err != nil {
		return fail(err)
	}
	db := Maria{Host: fmt.Sprintf("127.0.0.1:%d", port), User: "app", Password: randomHex()}
	if err := p.ready(func() error { return bootstrapMariaDB(socket, db) }); err != nil {
		return fail(err)
	}
	return db, p, nil
}

// OwnMaria is a MariaDB server of a test's own, with TLS.
type OwnMaria struct {
	Maria
	Authority string // a file with the certificate of who made the server's, which is for localhost
	process   *process
}

// OwnMariaDB starts a server that ends with the test.
func OwnMariaDB(tb testing.TB) OwnMaria {
	tb.Helper()
	authority := NewAuthority(tb)
	certificate, key := authority.Server(tb, "localhost")
	db, p, err := launchMariaDB(map[string][]byte{"server.pem": certificate, "server.key": key}, "--ssl-cert=../server.pem", "--ssl-key=../server.key")
	require(tb, err)
	tb.Cleanup(p.stop)
	db.Database = "shop"
	own := OwnMaria{Maria: db, Authority: authority.File(tb), process: p}
	db.Database = ""
	db.Exec(tb, "CREATE DATABASE shop CHARACTER SET utf8mb4")
	return own
}

// Freeze stops the server where it is, until Thaw: the system goes on taking connections for it. Once it returns the server
// answers nothing: a signal reaches one thread after the other, and the system tells a parent when the last of them has stopped.
func (m OwnMaria) Freeze(tb testing.TB) {
	tb.Helper()
	m.signal(tb, syscall.SIGSTOP)
	for {
		err := unix.Waitid(unix.P_PID, m.process.cmd.Process.Pid, nil, unix.WSTOPPED, nil)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EINTR) {
			tb.Fatal(err)
		}
	}
}

// Thaw has the server go on.
func (m OwnMaria) Thaw(tb testing.TB) { m.signal(tb, syscall.SIGCONT) }

func (m OwnMaria) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	if err := syscall.Kill(-m.process.cmd.Process.Pid, s); err != nil {
		tb.Fatal(err)
	}
}

// bootstrapMariaDB makes the user through the socket, which only this process's server has.
func bootstrapMariaDB(socket string, db Maria) error {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User = "unix", socket, "root"
	root, err := sql.Open("mysql", c.FormatDSN())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, s := range []string{
		"CREATE USER IF NOT EXISTS app@'127.0.0.1' IDENTIFIED BY '" + db.Password + "'",
		"CREATE USER IF NOT EXISTS app@localhost IDENTIFIED BY '" + db.Password + "'",
		"GRANT ALL ON *.* TO app@'127.0.0.1' WITH GRANT OPTION",
		"GRANT ALL ON *.* TO app@localhost WITH GRANT OPTION",
	} {
		if _, err := root.Exec(s); err != nil {
			return err
		}
	}
	return nil
}
