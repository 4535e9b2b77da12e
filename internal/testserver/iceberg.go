package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// icebergPrograms are those of pyiceberg's environment, in the cache.
const icebergPrograms = "venv-iceberg/bin"

// IcebergTables runs a script, which writes tables with pyiceberg into a folder, its first argument.
func IcebergTables(tb testing.TB, dir, script string, more ...string) {
	tb.Helper()
	writeTables(tb, icebergPrograms, "pyiceberg", dir, script, more...)
}

// IcebergREST starts a REST catalog of Apache Iceberg whose tables lie in a folder below dir, warehouse, and returns its URL.
func IcebergREST(tb testing.TB, dir string) string {
	tb.Helper()
	url, p, err := startIcebergREST(dir)
	require(tb, err)
	tb.Cleanup(p.stop)
	return url
}

func startIcebergREST(tables string) (string, *process, error) {
	fail := func(err error) (string, *process, error) { return "", nil, fmt.Errorf("iceberg rest: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	classes := filepath.Join(cache, "icebergrest")
	java, err := exec.LookPath("java")
	if err == nil {
		_, err = os.Stat(filepath.Join(classes, "IcebergRest.class"))
	}
	if err != nil {
		return fail(errMissing{"iceberg rest", "make deps"})
	}
	dir, err := workDir("icebergrest", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	p, err := launch(dir, nil, nil, java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m",
		"-cp", classes+":"+filepath.Join(classes, "lib", "*"), "IcebergRest", fmt.Sprint(port), tables)
	if err != nil {
		return fail(err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := p.ready(func() error { return answers(url + "/v1/config") }); err != nil {
		return fail(err)
	}
	return url, p, nil
}

// answers fails unless a server has what is at an address.
func answers(address string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(address) //nolint:noctx // a process is waited for
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// AWS starts a server of AWS's services, which lets anybody in, and returns its URL.
func AWS(tb testing.TB) string {
	tb.Helper()
	url, p, err := startAWS()
	require(tb, err)
	tb.Cleanup(p.stop)
	return url
}

func startAWS() (string, *process, error) {
	fail := func(err error) (string, *process, error) { return "", nil, fmt.Errorf("aws: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	program := filepath.Join(cache, icebergPrograms, "moto_server")
	if _, err := os.Stat(program); err != nil {
		return fail(errMissing{"moto", "make deps"})
	}
	dir, err := workDir("aws", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	p, err := launch(dir, nil, nil, program, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	if err != nil {
		return fail(err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := p.ready(func() error { return answers(url + "/moto-api/data.json") }); err != nil {
		return fail(err)
	}
	return url, p, nil
}
