package expr

import (
	"slices"
	"time"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Fold evaluates what is constant and simplifies conditions where three-valued logic allows. What errs or warns, and what
// depends on Env, stays.
func Fold(e Expr) Expr { return Transform(e, fold) }

// fold simplifies e, whose children are.
func fold(e Expr) Expr {
	switch e := e.(type) {
	case *Call:
		switch e.Func {
		case And:
			return foldLogic(e, true)
		case Or:
			return foldLogic(e, false)
		case If:
			if lit, ok := e.Args[0].(*Literal); ok {
				if isTrue(lit) {
					return e.Args[1]
				}
				return e.Args[2]
			}
		case IfNull, Coalesce:
			return foldCoalesce(e)
		case JSONKey: // it is clearer as it stands, and made once
			return e
		}
	case *Case:
		return foldCase(e)
	case *Column, *Literal, *Param, *Fallback:
		return e
	}
	return foldConstant(e)
}

func isTrue(lit *Literal) bool { return !lit.Value.Null && lit.Value.Int != 0 }

// leastPacket is the least that max_allowed_packet can be.
const leastPacket = 1024

// foldConstant evaluates an expression over literals.
func foldConstant(e Expr) Expr {
	if len(e.Children()) == 0 || ofSession(e) {
		return e
	}
	for _, c := range e.Children() {
		if _, ok := c.(*Literal); !ok {
			return e
		}
	}
	// Compiling evaluates constants, unless they err or warn.
	c := newCompiler(nil, &Env{Location: time.UTC})
	n, err := c.node(e)
	if err != nil {
		return e
	}
	if k, ok := n.(constNode); ok && len(k.value.Str) <= leastPacket { // longer ones may be too long for the session
		return &Literal{k.value, e.Type()}
	}
	return e
}

// ofSession reports an operation whose result depends on the session's time zone.
func ofSession(e Expr) bool {
	switch e := e.(type) {
	case *Cast:
		from := e.Arg.Type().Kind
		if lit, ok := e.Arg.(*Literal); ok && lit.Typ.IsString() && e.To.IsTemporal() {
			if _, _, ok := kernel.ParseInstant(lit.Value.Str); ok {
				return true
			}
		}
		return from != e.To.Kind && (from == types.Timestamp || e.To.Kind == types.Timestamp)
	case *Call:
		if e.Func == FromUnixTime || len(e.Args) == 0 {
			return e.Func == FromUnixTime
		}
		lit, ok := e.Args[0].(*Literal)
		if !ok || !lit.Typ.IsString() || !slices.Contains([]Func{Year, Quarter, Month, Day, DateFormat}, e.Func) {
			return false
		}
		_, _, offset := kernel.ParseInstant(lit.Value.Str)
		return offset
	}
	return false
}

// foldLogic drops from AND what is TRUE and from OR what is FALSE; the opposite decides the whole, unless what is evaluated before it
// is seen elsewhere.
func foldLogic(e *Call, and bool) Expr {
	if Stateful(e) {
		return e
	}
	var rest []Expr
	for _, a := range e.Args {
		lit, ok := a.(*Literal)
		switch {
		case !ok || lit.Value.Null:
			rest = append(rest, a)
		case isTrue(lit) != and:
			return &Literal{types.BoolValue(!and), types.Of(types.Bool)}
		}
	}
	switch len(rest) {
	case 0:
		return &Literal{types.BoolValue(and), types.Of(types.Bool)}
	case 1:
		return rest[0]
	case len(e.Args):
		return e
	}
	return typed(e.Func, e.Typ, rest...)
}

// foldCase drops arms whose condition is constant and not true, and everything behind one that is.
func foldCase(e *Case) Expr {
	out := &Case{Typ: e.Typ, Else: e.Else}
	for _, w := range e.Whens {
		lit, ok := w.Cond.(*Literal)
		if !ok {
			out.Whens = append(out.Whens, w)
			continue
		}
		if isTrue(lit) {
			out.Else = w.Then
			break
		}
	}
	switch {
	case len(out.Whens) == len(e.Whens):
		return e
	case len(out.Whens) > 0:
		return out
	case out.Else == nil:
		return &Literal{types.NullValue, e.Typ}
	}
	return out.Else
}

// foldCoalesce drops NULLs, and what follows the first argument that is never NULL.
func foldCoalesce(e *Call) Expr {
	var rest []Expr
	for _, a := range e.Args {
		if lit, ok := a.(*Literal); ok && lit.Value.Null {
			continue
		}
		rest = append(rest, a)
		if !a.Nullable() {
			break
		}
	}
	switch len(rest) {
	case 0:
		return &Literal{types.NullValue, e.Typ}
	case 1:
		return rest[0]
	case len(e.Args):
		return e
	}
	c := *e
	c.Func, c.Args = Coalesce, rest
	return &c
}
