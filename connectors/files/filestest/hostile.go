package filestest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Contents are the contents of the files that patterns (filepath.Match) have, at least one each, by their names.
func Contents(t testing.TB, patterns ...string) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, paths, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.Base(path)] = content
		}
	}
	return out
}

// Hostile reads a file of any content as Read does: its rows are had, or an error that is the file's.
func Hostile(t testing.TB, format files.Format, name string, content []byte) error {
	t.Helper()
	_, _, err := Read(t, format, name, content)
	OfFile(t, err, name)
	return err
}

// OfFile fails unless an error, if there is one, says of the file of a name that it is malformed or not read.
func OfFile(t testing.TB, err error, name string) {
	t.Helper()
	if err != nil && (!sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), Store{}.Location(name))) {
		t.Errorf("error %v", err)
	}
}
