package rest

import (
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// budget is what the requests of a statement are charged to.
type budget struct {
	usage   *connectors.Usage
	account kernel.Account // nil: there is none
}

func (b budget) reserve(bytes int64) error {
	if b.account == nil {
		return nil
	}
	return b.account.Reserve(bytes)
}

func (b budget) release(bytes int64) {
	if b.account != nil && bytes > 0 {
		b.account.Release(bytes)
	}
}

// paidText is a text that is charged before it grows, for both copies while there are two.
type paidText struct {
	strings.Builder
	budget
	held int64
}

// room makes room for more bytes.
func (t *paidText) room(n int) error {
	if t.Cap()-t.Len() >= n {
		return nil
	}
	size := int64(2*t.Cap() + n) // as Builder grows
	if err := t.reserve(size); err != nil {
		return err
	}
	t.Grow(n)
	t.release(t.held)
	t.held = size
	return nil
}
