package avro

import (
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
)

var budget = files.Budget{Bytes: 8 << 20, Least: 1 << 16}

// goldens are the files of other systems.
func goldens(t testing.TB) map[string][]byte {
	return filestest.Contents(t, "../testdata/*.avro", "testdata/*.avro")
}

// readHostile reads a file of any content: rows, or an error of the file.
func readHostile(t *testing.T, content []byte) error {
	return filestest.Hostile(t, New(), "x.avro", content)
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
