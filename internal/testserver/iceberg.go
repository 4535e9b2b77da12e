package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// IcebergTables runs a script, which writes tables with pyiceberg into a new folder, its first argument, and returns the folder.
func IcebergTables(tb testing.TB, script string, more ...string) string {
	tb.Helper()
	cache, err := CacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	python := filepath.Join(cache, "venv-iceberg", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		require(tb, errMissing{"pyiceberg", "make deps"})
	}
	dir := tb.TempDir()
	arguments := append([]string{"-W", "ignore", script, dir}, more...)
	if out, err := exec.Command(python, arguments...).CombinedOutput(); err != nil {
		require(tb, fmt.Errorf("%s: %w\n%s", filepath.Base(script), err, out))
	}
	return dir
}
