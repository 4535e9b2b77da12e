package expr

import (
	"errors"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// NewCast converts e explicitly, as CAST(e AS to). It returns e itself where the type is the same.
func NewCast(e Expr, to types.Type) (Expr, error) {
	if e.Type() == to {
		return e, nil
	}
	switch {
	case to.IsNumeric():
		e = inner(e)
	case to.IsTemporal():
		e = plain(e)
	}
	c := &Cast{Arg: e, To: to}
	if _, err := castKernel(c); err != nil {
		return nil, err
	}
	return c, nil
}

// NewStore is e as it is stored into a column, whose name errors have.
func NewStore(e Expr, to types.Type, column string) (Expr, error) {
	if e.Type() == to {
		return e, nil
	}
	if to.IsNumeric() {
		e = inner(e)
	}
	c := &Cast{Arg: e, To: to, Column: column}
	if _, err := castKernel(c); err != nil {
		return nil, err
	}
	return c, nil
}

// implicit converts e to type to; a literal is converted at once where that neither fails, warns, nor depends on the
// session. The caller knows that there is a kernel.
func implicit(e Expr, to types.Type) Expr {
	from := e.Type()
	if from == to {
		return e
	}
	switch e := e.(type) {
	case *Literal:
		if lit, err := castLiteral(e, to); err == nil {
			return lit
		}
	case *Param:
		if from.IsText() && to.IsText() && from.Kind == to.Kind {
			p := *e
			p.Typ = to
			return &p
		}
	}
	return &Cast{Arg: e, To: to, Implicit: true}
}

var errSession = errors.New("depends on the session")

// constantOf is the value of a literal, or of one that implicit could not convert at once because that warns.
func constantOf(e Expr) (lit *Literal, ok bool) {
	c, ok := e.(*Cast)
	if !ok {
		lit, ok = e.(*Literal)
		return lit, ok
	}
	if lit, ok = c.Arg.(*Literal); !ok {
		return nil, false
	}
	lit, _, err := convertLiteral(lit, c.To)
	return lit, err == nil
}

// castLiteral converts a literal. It fails where the conversion errs, warns or depends on the session.
func castLiteral(lit *Literal, to types.Type) (*Literal, error) {
	out, warned, err := convertLiteral(lit, to)
	if err == nil && warned {
		return nil, errors.New("the conversion warns")
	}
	return out, err
}

func convertLiteral(lit *Literal, to types.Type) (out *Literal, warned bool, err error) {
	from := lit.Typ
	if lit.Value.Null {
		return &Literal{types.NullValue, to}, false, nil
	}
	if from.IsText() && to.IsText() && from.Kind == to.Kind && to.Length >= from.Length || from.IsText() && to.IsText() && to.Length == 0 {
		return &Literal{lit.Value, to}, false, nil
	}
	if from.Kind != to.Kind && (from.Kind == types.Timestamp || to.Kind == types.Timestamp) {
		return nil, false, errSession
	}
	if _, _, ok := kernel.ParseInstant(lit.Value.Str); ok && from.IsString() && to.IsTemporal() {
		return nil, false, errSession
	}
	f, err := castKernel(&Cast{Arg: lit, To: to, Implicit: true})
	if err != nil {
		return nil, false, err
	}
	mem := memory.DefaultAllocator
	ctx := &kernel.Context{Mem: mem, Location: time.UTC, Warn: func(int, string) { warned = true }}
	in := kernel.FromValues(mem, from, []types.Value{lit.Value})
	defer in.Release()
	vector, err := f(ctx, []kernel.Datum{kernel.Vector(in)}, 1)
	if err != nil {
		return nil, false, err
	}
	defer vector.Release()
	return &Literal{kernel.ValueAt(vector, 0), to}, warned, nil
}

// castKernel finds the kernel of a cast.
func castKernel(c *Cast) (kernel.Func, error) {
	f := kernel.Cast(c.Arg.Type(), c.To, c)
	if c.Column != "" {
		f = kernel.Store(f, c.Arg.Type(), c.To, c.Column)
	}
	if f == nil {
		return nil, ErrNoKernel
	}
	return f, nil
}
