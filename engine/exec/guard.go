package exec

import (
	"fmt"
	"runtime/debug"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Panic is the cause of the sqlerr.Internal error that a panic in a goroutine of a query becomes. Whoever logs the
// error finds the stack here; the message leaves it out.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// guarded returns work with a panic turned into an error: a defect met by one query must not end the process.
func guarded(work func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = sqlerr.Wrap(sqlerr.Internal, &Panic{v, debug.Stack()}, "internal error")
			}
		}()
		return work()
	}
}
