package kernel

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// Context is what a kernel may use besides its arguments. It is fixed for one statement.
type Context struct {
	Mem            memory.Allocator
	Location       *time.Location             // the session's time zone
	Warn           func(code int, msg string) // never nil
	StrictDivision bool                       // division by zero is an error
	MaxPacket      int64                      // max_allowed_packet: bytes of the longest value; 0: DefaultMaxPacket
	Texts          *Texts                     // of the evaluation; nil: not bounded
	Interrupted    func() error               // why the statement is to end, as context.Context.Err; nil: it goes on
	Account        Account                    // of the query; nil: no limit
}

// Account is what a query's memory is charged to. Vectors are not: they are bounded by Texts and by the rows of a batch. What a kernel
// keeps besides, and a value may make large, is.
type Account interface {
	Reserve(bytes int64) error
	Release(bytes int64)
}

// Interruption is why the statement is to end, or nil. What may take long for a batch asks now and then.
func (c *Context) Interruption() error {
	if c.Interrupted == nil {
		return nil
	}
	return c.Interrupted()
}

// Datum is one argument: a vector, or, where Array is nil, one value for every row.
type Datum struct {
	Array arrow.Array
	Value types.Value
}

// Scalar is the Datum of one value for every row.
func Scalar(v types.Value) Datum { return Datum{Value: v} }

// Vector is the Datum of an array.
func Vector(a arrow.Array) Datum { return Datum{Array: a} }

// IsScalar reports whether the datum is one value for every row.
func (d Datum) IsScalar() bool { return d.Array == nil }

// Release drops the vector, if it is one.
func (d Datum) Release() {
	if d.Array != nil {
		d.Array.Release()
	}
}

// Func computes a vector of n rows from arguments of n rows each.
type Func func(ctx *Context, args []Datum, n int) (arrow.Array, error)
