package bind

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
)

// Locking is what SELECT ... FOR UPDATE and FOR SHARE say.
type Locking struct {
	Shared, NoWait, SkipLocked bool
	Of                         []string // tables by what the query calls them; nil: all that it names
}

// LockingOf returns what a query's lock says; ok is false if it has none.
func LockingOf(lock *sqlparser.Lock) (l Locking, ok bool) {
	if lock == nil || lock.Type == "" {
		return l, false
	}
	l.Shared = strings.HasPrefix(lock.Type, sqlparser.ShareModeStr)
	l.NoWait, l.SkipLocked = strings.HasSuffix(lock.Type, noWait), strings.HasSuffix(lock.Type, skipLocked)
	for _, t := range lock.Tables {
		l.Of = append(l.Of, t.Name.String())
	}
	return l, true
}

// The ends of locks' types.
const (
	noWait     = " nowait"
	skipLocked = " skip locked"
)

// sharedLocks has the lock that parse.Widen makes of FOR SHARE be one of LOCK IN SHARE MODE, with what that can't say.
func sharedLocks(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		var lock *sqlparser.Lock
		switch n := n.(type) {
		case *sqlparser.Select:
			lock = n.Lock
		case *sqlparser.SetOp:
			lock = n.Lock
		}
		if lock == nil || len(lock.Tables) == 0 || lock.Tables[0].Name.String() != parse.ShareTable {
			return true, nil
		}
		end := ""
		for _, word := range []string{noWait, skipLocked} {
			if strings.HasSuffix(lock.Type, word) {
				end = word
			}
		}
		lock.Type, lock.Tables = sqlparser.ShareModeStr+end, lock.Tables[1:]
		return true, nil
	}, n)
}
