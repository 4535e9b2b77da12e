package sqlerr

import (
	"fmt"
	"runtime/debug"
)

// Panic is the cause of the Internal error that a panic becomes. Whoever logs the error finds the stack here; the message
// leaves it out.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// Recovered is the error of what recover returned, while the stack is still that of the panic.
func Recovered(v any) error {
	return Wrap(Internal, &Panic{v, debug.Stack()}, "internal error")
}

// Guarded returns work with a panic turned into an error: a defect met by one query must not end the process. Every goroutine
// that does a query's work runs it.
func Guarded(work func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = Recovered(v)
			}
		}()
		return work()
	}
}
