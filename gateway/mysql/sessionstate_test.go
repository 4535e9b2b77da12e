package mysql

import (
	"sync"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
)

// TestWarningsFromSeveralSides warns as the parts of a query do that run side by side, while the client is told how often.
func TestWarningsFromSeveralSides(t *testing.T) {
	const sides, each = 8, 500
	var s state
	var running sync.WaitGroup
	for range sides {
		running.Go(func() {
			for range each {
				s.Warn(&sql.Warning{Level: "Warning", Code: 1292})
				if int(s.WarningCount()) < 1 || len(s.Warnings()) < 1 {
					t.Error("a warning was lost")
				}
			}
		})
	}
	running.Wait()
	if n := s.WarningCount(); n != sides*each || len(s.Warnings()) != sides*each {
		t.Errorf("%d and %d warnings", n, len(s.Warnings()))
	}
	s.LockWarnings()
	s.ClearWarnings()
	if s.WarningCount() == 0 {
		t.Error("locked warnings went")
	}
	s.UnlockWarnings()
	s.ClearWarnings()
	if s.WarningCount() != 0 || len(s.Warnings()) != 0 {
		t.Error("warnings stay")
	}
}
