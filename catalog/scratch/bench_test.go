package scratch

import (
	"fmt"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// BenchmarkInsert adds rows to a table with a primary key, and commits them.
func BenchmarkInsert(b *testing.B) {
	s, err := Open(b.Context(), Config{Path: b.TempDir() + "/scratch.db", Quota: Quota{User: 1 << 40, Total: 1 << 40}, Type: typeOf})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	session := s.Session()
	if err := session.CreateDatabase(b.Context(), Database{Name: "d"}); err != nil {
		b.Fatal(err)
	}
	v, err := session.Create(b.Context(), "d", define("t", []int{0}, "id int", "s text ci"), "anna", false)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		if err := v.Insert([]types.Value{number(int64(i)), text(fmt.Sprint("text number ", i))}); err != nil {
			b.Fatal(err)
		}
	}
	if err := session.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
}
