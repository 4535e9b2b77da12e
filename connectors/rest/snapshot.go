package rest

import (
	"context"
	"io"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// version is the state of a table that a statement reads, known from its first answer on. A nil version is that of a
// table that does not tell.
type version struct {
	snapshot Snapshot

	first chan struct{} // holds a token while nobody asks for the first answer
	mu    sync.Mutex
	known bool
	name  string
}

// versionKey is what a statement's version of a table is shared under.
type versionKey struct{ of *table }

// versionOf returns the version that all fragments of a statement share.
func versionOf(ctx context.Context, tx *connectors.Tx, t *table, s Snapshot) (*version, error) {
	if !s.declared() {
		return nil, nil
	}
	open := func(context.Context) (io.Closer, error) {
		v := &version{snapshot: s, first: make(chan struct{}, 1)}
		v.first <- struct{}{}
		return v, nil
	}
	if tx == nil {
		v, err := open(ctx)
		return v.(*version), err
	}
	shared, err := tx.Shared(ctx, versionKey{t}, open)
	if err != nil {
		return nil, err
	}
	return shared.(*version), nil
}

// Close does nothing: a version is a name.
func (v *version) Close() error { return nil }

// settle makes requests wait for the one that learns which state is read, and returns what ends the waiting.
func (v *version) settle(ctx context.Context) (func(), error) {
	if v == nil {
		return func() {}, nil
	}
	select {
	case <-v.first:
	case <-ctx.Done():
		return nil, reasonOf(ctx)
	}
	free := sync.OnceFunc(func() { v.first <- struct{}{} })
	if _, known := v.get(); known {
		free()
	}
	return free, nil
}

func (v *version) get() (string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.name, v.known
}

// send names the state to the server.
func (v *version) send(r *request, p params) {
	if v == nil {
		return
	}
	name, known := v.get()
	if !known {
		return
	}
	if v.snapshot.Send != "" {
		r.header.Set(v.snapshot.Send, name)
	}
	if v.snapshot.Name != "" {
		p.set(v.snapshot.Name, name)
	}
}

// check notes the state of the first answer and compares that of the others with it.
func (v *version) check(p *page) error {
	if v == nil {
		return nil
	}
	name := p.header.Get(v.snapshot.Header)
	if v.snapshot.Path != "" {
		name = find(p.doc, v.snapshot.Path).String()
	}
	if name == "" {
		return sqlerr.New(sqlerr.SourceError, "the answer does not say which state of the table it is of")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.known {
		v.known, v.name = true, name
	}
	if v.name != name {
		return sqlerr.New(sqlerr.SourceChanged, "it changed while it was read")
	}
	return nil
}
