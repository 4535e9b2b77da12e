package blob

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
)

// A file that is written once is read without its version, as long as it has the size that it should have.
func TestFilesWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := NewLocal(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4)
	if err := store.Read(t.Context(), Object{Key: "a", Size: 7}, 3, p); err != nil || string(p) != "tent" {
		t.Errorf("read %q, error %v", p, err)
	}
	if err := store.Read(t.Context(), Object{Key: "a", Size: 8}, 3, p); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("of another size: %v", err)
	}
}
