package connectors

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/plan"
)

// limited is a fragment of a source that bounds its statements.
type limited struct {
	Fragment
	admit func() error
}

func (l limited) Admit(context.Context, *Tx) error { return l.admit() }

func TestAdmitAsksEverySourceOfAPlanInOneOrder(t *testing.T) {
	var asked []string
	full := ""
	leaf := func(source, principal string) plan.Node {
		return &plan.Remote{Site: plan.Site{Source: source, Principal: principal}, Fragment: limited{admit: func() error {
			asked = append(asked, source)
			if source == full {
				return errors.New("full")
			}
			return nil
		}}}
	}
	free := &plan.Remote{Site: plan.Site{Source: "file"}, Fragment: struct{ Fragment }{}}
	var waited []string
	waits := func(site plan.Site) { waited = append(waited, site.Source) }
	roots := []plan.Node{
		&plan.Join{Left: leaf("shop", "x"), Right: &plan.Join{Left: free, Right: leaf("crm", "y")}},
		&plan.Apply{Outer: leaf("shop", "x"), Inner: &plan.Filter{Input: leaf("crm", "x")}},
		&plan.With{Bindings: []plan.CTE{{Plan: leaf("shop", "z")}}, Body: &plan.Union{Inputs: []plan.Node{free, leaf("crm", "a")}}},
	}
	for _, root := range roots {
		asked = nil
		made := make(map[plan.Site]*Tx)
		tx := func(site plan.Site) *Tx {
			made[site] = new(Tx)
			return made[site]
		}
		if err := Admit(t.Context(), root, tx, waits); err != nil || strings.Join(asked, " ") != "crm shop" || len(made) != 2 {
			t.Errorf("asked %q, %v", asked, err)
		}
	}
	if want := strings.Repeat("crm shop ", len(roots)); strings.Join(waited, " ")+" " != want {
		t.Errorf("waited for %q, want %q", waited, want)
	}
	asked, full = nil, "crm"
	if err := Admit(t.Context(), roots[0], func(plan.Site) *Tx { return new(Tx) }, waits); err == nil || strings.Join(asked, " ") != "crm" {
		t.Errorf("asked %q, %v", asked, err)
	}
}

func TestTurnsAreGivenAway(t *testing.T) {
	turns := NewTurns(2)
	told := make(chan struct{}, 10)
	background := &Tx{GiveWay: func() { told <- struct{}{} }}
	if err := turns.Admit(t.Context(), background); err != nil {
		t.Fatal(err)
	}
	var a, b Tx
	if err := turns.Admit(t.Context(), &a); err != nil || len(told) > 0 {
		t.Fatal("a turn is free", err)
	}
	if err := turns.Admit(t.Context(), &Tx{GiveWay: func() {}}); !errors.Is(err, ErrBusy) {
		t.Errorf("no turn is free: %v", err)
	}
	admitted := make(chan error)
	go func() { admitted <- turns.Admit(t.Context(), &b) }()
	<-told // the statement waits, and says so
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-admitted; err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(background.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	turns.waiting = 1 // somebody is about to take the turn that is free
	if err := turns.Admit(t.Context(), &Tx{GiveWay: func() {}}); !errors.Is(err, ErrBusy) {
		t.Errorf("somebody waits: %v", err)
	}
	if len(turns.give) != 0 {
		t.Error("a statement that has ended gives way")
	}
}

func TestTurns(t *testing.T) {
	turns := NewTurns(2)
	var a, b, c Tx
	for _, tx := range []*Tx{&a, &b, &a} { // which has its turn already
		if err := turns.Admit(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := turns.Admit(ended, &c); !errors.Is(err, context.Canceled) {
		t.Errorf("a third statement: %v", err)
	}
	admitted := make(chan error)
	go func() { admitted <- turns.Admit(t.Context(), &c) }()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-admitted; err != nil {
		t.Error(err)
	}
	if turns.free.TryAcquire(1) {
		t.Error("three statements at a time")
	}
}
