package expr

import (
	"math"
	"slices"
)

// Equal reports whether a and b are the same tree over the same columns, so that one evaluation serves both. A volatile
// expression equals none, not even itself. The printed form is no substitute: it is cut short for people.
func Equal(a, b Expr) bool { return Same(a, b) && (a == nil || !Volatile(a)) }

// Same is Equal but that volatile expressions are the same too: two evaluations may differ.
func Same(a, b Expr) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.Type() != b.Type() || !equalHead(a, b) {
		return false
	}
	return slices.EqualFunc(a.Children(), b.Children(), Same)
}

// equalHead compares two expressions but for their children and type.
func equalHead(a, b Expr) bool {
	switch a := a.(type) {
	case *Column:
		b, ok := b.(*Column)
		return ok && a.ID == b.ID
	case *Literal:
		b, ok := b.(*Literal)
		// A negative zero equals zero but is another value.
		return ok && a.Value == b.Value && math.Signbit(a.Value.Float) == math.Signbit(b.Value.Float)
	case *Param:
		b, ok := b.(*Param)
		return ok && a.Ordinal == b.Ordinal
	case *Call:
		b, ok := b.(*Call)
		return ok && a.Func == b.Func
	case *Case:
		b, ok := b.(*Case)
		return ok && len(a.Whens) == len(b.Whens) && (a.Else == nil) == (b.Else == nil)
	case *In:
		b, ok := b.(*In)
		return ok && a.Not == b.Not && a.HasNull == b.HasNull && slices.Equal(a.List, b.List)
	case *Cast:
		b, ok := b.(*Cast)
		return ok && a.Column == b.Column
	case *Fallback:
		b, ok := b.(*Fallback)
		return ok && a.Text == b.Text && a.Volatile == b.Volatile && (a.Row == b.Row || a.Row != nil && a.Row.Same(b.Row))
	}
	return false
}
