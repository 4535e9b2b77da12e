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

// MLflow returns the URL of a running MLflow server of a major version, 2 or 3, which all tests of the process share. It takes
// long to install and to start: where it is missing the test is skipped, but fails in the long suites, for which `make nightly`
// installs it.
func MLflow(tb testing.TB, major int) string {
	tb.Helper()
	server := &mlflow3
	if major == 2 {
		server = &mlflow2
	}
	url, err := server.get()
	if missing, ok := errors.AsType[errMissing](err); ok && os.Getenv("SILOGATE_NIGHTLY") == "" {
		tb.Skip(missing)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

// MLflowEnv and MLflow2Env name the environment variables with the URLs of running servers.
const (
	MLflowEnv  = "SILOGATE_TEST_MLFLOW"
	MLflow2Env = "SILOGATE_TEST_MLFLOW2"
)

var (
	mlflow2 = shared[string]{env: MLflow2Env, decode: sameURL, start: func() (string, *process, error) { return startMLflow("venv-mlflow2") }}
	mlflow3 = shared[string]{env: MLflowEnv, decode: sameURL, start: func() (string, *process, error) { return startMLflow("venv-mlflow") }}
)

func sameURL(url string) string { return url }

// startMLflow starts the server of a virtual environment in the cache.
func startMLflow(environment string) (string, *process, error) {
	fail := func(err error) (string, *process, error) { return "", nil, fmt.Errorf("mlflow: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	programs := filepath.Join(cache, environment, "bin")
	program := filepath.Join(programs, "mlflow")
	if _, err := os.Stat(program); err != nil {
		return "", nil, errMissing{"mlflow", "make nightly, or a virtual environment " + filepath.Join(cache, environment)}
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
	path := "PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH") // it starts gunicorn by its name
	p, err := launch(dir, nil, []string{"MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false", path}, program, "server", "--host", "127.0.0.1",
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
