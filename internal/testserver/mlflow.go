package testserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// MLflow returns the URL of a running MLflow server, which all tests of the process share. It takes long to install and to
// start: where it is missing the test is skipped, but fails in the long suites, for which `make nightly` installs it.
func MLflow(tb testing.TB) string {
	tb.Helper()
	url, err := mlflow.get()
	if missing, ok := errors.AsType[errMissing](err); ok && os.Getenv("SILOGATE_NIGHTLY") == "" {
		tb.Skip(missing)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

// MLflowEnv names the environment variable with the URL of a running server.
const MLflowEnv = "SILOGATE_TEST_MLFLOW"

var mlflow = shared[string]{env: MLflowEnv, start: startMLflow, decode: func(url string) string { return url }}

func startMLflow() (string, *process, error) {
	fail := func(err error) (string, *process, error) { return "", nil, fmt.Errorf("mlflow: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	program := filepath.Join(cache, "venv-mlflow", "bin", "mlflow")
	if _, err := os.Stat(program); err != nil {
		return "", nil, errMissing{"mlflow", "make nightly, or a virtual environment " + filepath.Join(cache, "venv-mlflow")}
	}
	dir, err := workDir("mlflow", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	p, err := launch(dir, nil, []string{"MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"}, program, "server", "--host", "127.0.0.1",
		"--port", fmt.Sprint(port), "--workers", "1", "--backend-store-uri", "sqlite:///"+filepath.Join(dir, "store.db"),
		"--artifacts-destination", filepath.Join(dir, "artifacts"))
	if err != nil {
		return fail(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if err := p.readyWithin(5*time.Minute, func() error { // it is Python of 850 MB
		answer, err := client.Get(url + "/health")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil && string(body) != "OK" {
			err = fmt.Errorf("health: %s", body)
		}
		return err
	}); err != nil {
		return fail(err)
	}
	return url, p, nil
}
