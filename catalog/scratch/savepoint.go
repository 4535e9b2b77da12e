package scratch

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// savepoint is where a transaction can go back to.
type savepoint struct {
	name   string
	tables map[name]*Table // versions put aside
}

// Savepoint puts the transaction's state aside under a name, in the place of what is under it.
func (s *Session) Savepoint(called string) {
	s.Begin()
	s.tx.savepoints = slices.DeleteFunc(s.tx.savepoints, func(p savepoint) bool { return strings.EqualFold(p.name, called) })
	p := savepoint{name: called, tables: make(map[name]*Table, len(s.tx.tables))}
	for n, t := range s.tx.tables {
		if t != nil {
			t = t.copy()
		}
		p.tables[n] = t
	}
	s.tx.savepoints = append(s.tx.savepoints, p)
}

// RollbackTo goes back to a savepoint, which stays; later ones are gone. Locks stay.
func (s *Session) RollbackTo(called string) error {
	i, err := s.savepoint(called)
	if err != nil {
		return err
	}
	to := make(map[name]previous, len(s.tx.tables))
	for n := range s.tx.tables {
		to[n] = previous{table: s.committed(n)}
	}
	for n, t := range s.tx.savepoints[i].tables {
		if t != nil {
			t = t.copy()
		}
		to[n] = previous{table: t, own: true}
	}
	s.tx.restore(s, to)
	s.tx.savepoints = s.tx.savepoints[:i+1]
	return nil
}

// Release forgets a savepoint and the later ones.
func (s *Session) Release(called string) error {
	i, err := s.savepoint(called)
	if err == nil {
		s.tx.savepoints = s.tx.savepoints[:i]
	}
	return err
}

func (s *Session) savepoint(called string) (int, error) {
	i := -1
	if s.tx != nil {
		i = slices.IndexFunc(s.tx.savepoints, func(p savepoint) bool { return strings.EqualFold(p.name, called) })
	}
	if i < 0 {
		return 0, sqlerr.New(sqlerr.UnknownSavepoint, "SAVEPOINT %s does not exist", called)
	}
	return i, nil
}
