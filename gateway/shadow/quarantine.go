package shadow

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Quarantines returns what is under quarantine, by ascending number.
func (s *Shadow) Quarantines() []store.Quarantine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.quarantine)
}

// Release ends a quarantine.
func (s *Shadow) Release(ctx context.Context, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.quarantine, func(q store.Quarantine) bool { return q.ID == id })
	if at < 0 {
		return sqlerr.New(sqlerr.BadArgument, "there is no quarantine %d", id)
	}
	if err := s.cfg.Store.DeleteQuarantine(ctx, id); err != nil {
		return err
	}
	s.quarantine = slices.Delete(slices.Clone(s.quarantine), at, at+1)
	s.apply()
	return nil
}

// accuse puts under quarantine what made the answer of a statement wrong, and raises the alarm.
func (s *Shadow) accuse(ctx context.Context, statement string, guilty optimize.Bars) error {
	if len(guilty) == 0 {
		s.cfg.Log.Error("a statement is answered wrongly, and it is not known why", "statement", statement)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.SortedFunc(maps.Keys(guilty), func(a, b optimize.Bar) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.What, b.What))
	})
	for _, b := range list {
		q := store.Quarantine{Source: b.Source, What: b.What, Since: now(), Statement: statement}
		s.cfg.Log.Error("a statement was answered wrongly: its cause is under quarantine", "source", q.Source, "rule", q.What, "statement", statement)
		if slices.ContainsFunc(s.quarantine, func(q store.Quarantine) bool { return q.Source == b.Source && q.What == b.What }) {
			continue
		}
		id, err := s.cfg.Store.AddQuarantine(ctx, q)
		if err != nil {
			s.cfg.Log.Error("a quarantine ends with the process: it can't be kept", "error", err)
			id = s.nextID()
		}
		q.ID = id
		s.quarantine = append(s.quarantine, q)
	}
	s.apply()
	return nil
}

// nextID is a number for a quarantine that the store has not. The caller holds mu.
func (s *Shadow) nextID() int64 {
	id := int64(1)
	for _, q := range s.quarantine {
		id = max(id, q.ID+1)
	}
	return id
}

// apply has the engine do without what is under quarantine. The caller holds mu, or is alone.
func (s *Shadow) apply() {
	s.metrics.quarantined.Reset()
	bars := make(optimize.Bars)
	for _, q := range s.quarantine {
		bars[optimize.Bar{Source: q.Source, What: q.What}] = fmt.Sprintf("a statement was answered wrongly with it on %s (SHOW QUARANTINE, number %d)", q.Since.Format("2006-01-02 15:04:05 UTC"), q.ID)
		s.metrics.quarantined.WithLabelValues(q.Source, q.What).Set(1)
	}
	s.cfg.Engine.Bar(bars)
}
