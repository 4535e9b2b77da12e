package shadow

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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

// keepTime is how long the store has to keep an accusation.
const keepTime = 5 * time.Second

// accuse puts under quarantine what made the answer of a statement wrong, and raises the alarm. It is for that statement alone until
// another one is answered wrongly for the same reason: nobody is to slow down the statements of others by one of the own.
func (s *Shadow) accuse(ctx context.Context, statement string, guilty optimize.Bars) {
	if len(guilty) == 0 {
		s.cfg.Log.Error("a statement is answered wrongly, and it is not known why", "statement", statement)
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), keepTime) // what is found out is not lost with the check
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.SortedFunc(maps.Keys(guilty), func(a, b optimize.Bar) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.What, b.What))
	})
	for _, b := range list {
		q := s.keep(ctx, store.Quarantine{Source: b.Source, What: b.What, Since: now(), Statement: statement})
		s.cfg.Log.Error("a statement was answered wrongly: its cause is under quarantine", "source", q.Source, "rule", q.What, "statement", statement,
			"scope", q.Scope())
	}
	s.apply()
}

// keep adds a quarantine to those that there are. The caller holds mu.
func (s *Shadow) keep(ctx context.Context, q store.Quarantine) store.Quarantine {
	at := slices.IndexFunc(s.quarantine, func(o store.Quarantine) bool { return o.Source == q.Source && o.What == q.What })
	if at >= 0 && s.quarantine[at].ID < 0 { // the store did not take it, and may do so now
		_, _ = s.cfg.Store.AddQuarantine(ctx, s.quarantine[at])
	}
	kept, err := s.cfg.Store.AddQuarantine(ctx, q)
	if err != nil {
		s.cfg.Log.Error("a quarantine ends with the process: it can't be kept", "error", err)
		kept = q
		if at >= 0 {
			kept = s.quarantine[at]
			kept.Global = kept.Global || !strings.EqualFold(kept.Statement, q.Statement)
		} else {
			s.unkept--
			kept.ID = s.unkept
		}
	}
	if at >= 0 {
		s.quarantine = slices.Delete(slices.Clone(s.quarantine), at, at+1)
	}
	s.quarantine = append(s.quarantine, kept)
	slices.SortFunc(s.quarantine, func(a, b store.Quarantine) int { return cmp.Compare(a.ID, b.ID) })
	return kept
}

// apply has the engine do without what is under quarantine, and outdates all plans. The caller holds mu, or is alone.
func (s *Shadow) apply() {
	s.metrics.quarantined.Reset()
	global, statements := make(optimize.Bars), make(map[string]optimize.Bars)
	for _, q := range s.quarantine {
		bars := global
		if !q.Global {
			of := strings.ToLower(q.Statement)
			if statements[of] == nil {
				statements[of] = make(optimize.Bars)
			}
			bars = statements[of]
		}
		bars[optimize.Bar{Source: q.Source, What: q.What}] = fmt.Sprintf("a statement was answered wrongly with it on %s (SHOW QUARANTINE, number %d)", q.Since.Format("2006-01-02 15:04:05 UTC"), q.ID)
		s.metrics.quarantined.WithLabelValues(q.Source, q.What).Set(1)
	}
	s.statements.Store(&statements)
	s.cfg.Engine.Bar(global)
}

// Bars are what a statement does without beside what all do. Its text is as of Watch.
func (s *Shadow) Bars(statement func() string) optimize.Bars {
	if s == nil {
		return nil
	}
	statements := *s.statements.Load()
	if len(statements) == 0 {
		return nil
	}
	return statements[strings.ToLower(statement())]
}
