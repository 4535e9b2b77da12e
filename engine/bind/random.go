package bind

import (
	"github.com/dolthub/go-mysql-server/sql/expression/function"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// randomSeeded imports RAND(seed): of a constant seed each call begins a sequence when its statement does, of any other each row begins
// one. GMS would give the first number of each of its own sequences.
func (x *expressions) randomSeeded(e *function.Rand) (expr.Expr, error) {
	seed, err := x.expr(e.Child)
	if err != nil {
		return nil, err
	}
	if seed, err = x.cast(seed, types.Of(types.Int64)); err != nil {
		return nil, err
	}
	constant := !expr.Volatile(seed)
	expr.Walk(seed, func(e expr.Expr) bool {
		_, column := e.(*expr.Column)
		constant = constant && !column
		return constant
	})
	return &expr.Fallback{
		Row: &randomSeeded{sequence: constant}, Args: []expr.Expr{seed}, Typ: types.Of(types.Float64), Text: unnumbered(e.String()),
		Volatile: constant, Ordered: constant,
	}, nil
}

// randomSeeded is MySQL's generator of numbers, which are the same everywhere for a seed.
type randomSeeded struct {
	sequence     bool // the first seed is that of all rows
	begun        bool
	seed1, seed2 uint64
}

// randomRange is one more than the largest number that the generator makes of its state.
const randomRange = 0x3FFFFFFF

func (r *randomSeeded) seed(n uint32) {
	r.seed1 = uint64(n*0x10001+55555555) % randomRange
	r.seed2 = uint64(n*0x10000001) % randomRange
}

func (r *randomSeeded) next() float64 {
	r.seed1 = (r.seed1*3 + r.seed2) % randomRange
	r.seed2 = (r.seed1 + r.seed2 + 33) % randomRange
	return float64(r.seed1) / randomRange
}

// Clone implements expr.RowFunc: another evaluation begins anew.
func (r *randomSeeded) Clone() expr.RowFunc { return &randomSeeded{sequence: r.sequence} }

// Same implements expr.RowFunc.
func (r *randomSeeded) Same(o expr.RowFunc) bool {
	s, ok := o.(*randomSeeded)
	return ok && s.sequence == r.sequence
}

// Eval implements expr.RowFunc. NULL is the seed 0.
func (r *randomSeeded) Eval(_ *expr.Env, args []types.Value) (types.Value, error) {
	if !r.sequence || !r.begun {
		r.begun = true
		r.seed(uint32(args[0].Int)) //nolint:gosec // MySQL takes the low half
	}
	return types.FloatValue(r.next()), nil
}
