package connectors

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
)

// Tx spans what one statement reads from one source, over all its fragments: the place for a shared snapshot, temporary
// tables and admission. The engine makes one per source and statement, whichever principals the statement reads the
// source for, and closes it when the statement ends. A connector whose principals differ in what they may see makes the
// principal part of its keys.
type Tx struct {
	// GiveWay makes the statement one that nobody waits for, and is set before the Tx is used: it never waits for a turn at a
	// source, and GiveWay, which must not wait either, tells it to end when another statement waits for the turn that it has.
	GiveWay func()

	mu     sync.Mutex
	closed bool
	shared map[any]io.Closer
	order  []io.Closer
}

// Shared returns what key stands for, opening it for the first caller. It is closed with the Tx, last opened first. A
// failed open is tried again by the next caller.
func (t *Tx) Shared(ctx context.Context, key any, open func(context.Context) (io.Closer, error)) (io.Closer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errors.New("the statement has ended")
	}
	if c, ok := t.shared[key]; ok {
		return c, nil
	}
	c, err := open(ctx)
	if err != nil {
		return nil, err
	}
	if t.shared == nil {
		t.shared = make(map[any]io.Closer)
	}
	t.shared[key] = c
	t.order = append(t.order, c)
	return c, nil
}

// Close closes everything shared. It is idempotent.
func (t *Tx) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var errs []error
	for _, c := range slices.Backward(t.order) {
		errs = append(errs, c.Close())
	}
	t.order, t.shared = nil, nil
	return errors.Join(errs...)
}
