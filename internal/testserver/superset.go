package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BI is a running server of dashboards and the account that administers it.
type BI struct{ URL, User, Password string }

// Superset starts Apache Superset with settings and a metadata database of its own, which ends with the test. It takes a minute, and
// `make nightly` installs it.
func Superset(tb testing.TB, settings string) BI {
	tb.Helper()
	server, p, err := startSuperset(settings)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.stop)
	return server
}

// startSuperset makes the metadata, an administrator and the roles, as its manual has it, and starts the web server.
func startSuperset(settings string) (BI, *process, error) {
	fail := func(err error) (BI, *process, error) { return BI{}, nil, fmt.Errorf("superset: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	programs := filepath.Join(cache, "clients", "superset", "bin")
	if _, err := os.Stat(filepath.Join(programs, "superset")); err != nil {
		return fail(errMissing{"superset", "make nightly"})
	}
	dir, err := workDir("superset", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	server := BI{URL: fmt.Sprintf("http://127.0.0.1:%d", port), User: "admin", Password: randomHex()}
	settings += fmt.Sprintf("SECRET_KEY = %q\nSQLALCHEMY_DATABASE_URI = %q\nTALISMAN_ENABLED = False\nRATELIMIT_ENABLED = False\n",
		randomHex()+randomHex(), "sqlite:///"+filepath.Join(dir, "superset.db"))
	path := filepath.Join(dir, "superset_config.py")
	if err := place(path, []byte(settings), nil); err != nil {
		return fail(err)
	}
	env := []string{"SUPERSET_CONFIG_PATH=" + path, "SUPERSET_HOME=" + dir, "FLASK_APP=superset.app:create_app()"}
	for _, args := range [][]string{
		{"db", "upgrade"},
		{"fab", "create-admin", "--username", server.User, "--firstname", "A", "--lastname", "B", "--email", "admin@example.org", "--password", server.Password},
		{"init"},
	} {
		if err := runIn(dir, nil, env, filepath.Join(programs, "superset"), args...); err != nil {
			return fail(errors.Join(err, os.RemoveAll(dir)))
		}
	}
	p, err := launch(dir, nil, env, filepath.Join(programs, "gunicorn"), "--bind", server.URL[len("http://"):], "--worker-class", "gthread",
		"--threads", "4", "--timeout", "300", "superset.app:create_app()")
	if err != nil {
		return fail(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if err := p.readyWithin(5*time.Minute, func() error {
		answer, err := client.Get(server.URL + "/health")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	}); err != nil {
		return fail(err)
	}
	return server, p, nil
}
