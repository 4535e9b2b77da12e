package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// DeltaTables runs a script, which writes tables with deltalake into a new folder, its first argument, and returns the folder.
func DeltaTables(tb testing.TB, script string, more ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	writeTables(tb, "venv-delta/bin", "deltalake", dir, script, more...)
	return dir
}

// writeTables runs a script with a folder and more arguments, by the programs of an environment, in the cache, that has a library.
func writeTables(tb testing.TB, programs, library, dir, script string, more ...string) {
	tb.Helper()
	cache, err := CacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	python := filepath.Join(cache, programs, "python")
	if _, err := os.Stat(python); err != nil {
		require(tb, errMissing{library, "make deps"})
	}
	arguments := append([]string{"-W", "ignore", script, dir}, more...)
	if out, err := exec.Command(python, arguments...).CombinedOutput(); err != nil {
		require(tb, fmt.Errorf("%s: %w\n%s", filepath.Base(script), err, out))
	}
}
