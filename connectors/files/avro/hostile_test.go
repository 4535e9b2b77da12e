package avro

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/sqlerr"
)

var budget = files.Budget{Bytes: 8 << 20, Least: 1 << 16}

// goldens are the files of other systems.
func goldens(t testing.TB) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, pattern := range []string{"../testdata/*.avro", "testdata/*.avro"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(paths, err)
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

// readHostile reads a file of any content: rows, or an error of the file.
func readHostile(t *testing.T, content []byte) error {
	t.Helper()
	_, _, err := filestest.Read(t, New(), "x.avro", content)
	if err != nil && !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.Unsupported) {
		t.Errorf("error %v", err)
	}
	return err
}

func TestDamaged(t *testing.T) {
	for name, content := range goldens(t) {
		for at := 0; at < len(content); at += 31 {
			damaged := slices.Clone(content)
			damaged[at] ^= byte(0x81 + at%0x7f)
			_ = readHostile(t, damaged) // what is damaged may be a value
		}
		cuts := 0
		for n := 0; n < len(content); n += 97 {
			if err := readHostile(t, content[:n]); err == nil {
				cuts++
			}
		}
		if most := 1 + strings.Count(string(content), string(content[len(content)-markerSize:])); cuts > most { // between blocks
			t.Errorf("%s is read in %d of its parts", name, cuts)
		}
	}
}

// FuzzRead reads files of any content.
func FuzzRead(f *testing.F) {
	for _, content := range goldens(f) {
		f.Add(content)
	}
	for _, s := range []string{
		head(`{"type": "array", "items": "null"}`, "") + block(1, long(100)+long(0)),
		head(`{"type": "record", "name": "r", "fields": [{"name": "r", "type": ["int", "r"]}]}`, "") + block(1, long(1)+long(0)+long(5)),
		head(record("a", `{"type": "map", "values": ["null", "string", "boolean"]}`, "b", `"null"`), "") + block(1, long(-1)+long(3)+str("k")+long(0)+long(0)),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) { _ = readHostile(t, content) })
}
