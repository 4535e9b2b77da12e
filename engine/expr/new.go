package expr

import (
	"errors"

	"github.com/silogate/silogate/engine/types"
)

// ErrNoKernel says that a function, or its arguments' types or collations, are evaluated row by row only: the binder
// then makes a Fallback.
var ErrNoKernel = errors.New("no kernel")

// New applies f: it finds the result type by MySQL's rules and casts the arguments where they must change. ErrNoKernel
// where there is none; sqlerr.CollationMix, BadDate and BadArgument where MySQL refuses the arguments.
func New(f Func, args ...Expr) (Expr, error) { return nil, ErrNoKernel }

// NewCast converts e explicitly. It returns e itself where the type is the same.
func NewCast(e Expr, to types.Type) (Expr, error) { return nil, ErrNoKernel }

// NewCollate is e COLLATE c.
func NewCollate(e Expr, c types.Collation) (Expr, error) { return nil, ErrNoKernel }

// NewCase is CASE with conditions; els may be nil.
func NewCase(whens []When, els Expr) (Expr, error) { return nil, ErrNoKernel }

// NewIn is arg [NOT] IN (list). Where a member is not a literal it is a chain of comparisons.
func NewIn(arg Expr, list []Expr, not bool) (Expr, error) { return nil, ErrNoKernel }

// Truth is e as a condition: a number that is not 0 is true.
func Truth(e Expr) (Expr, error) { return nil, ErrNoKernel }

// CommonType is the type that MySQL gives a column that takes values of all these types (UNION, CASE, COALESCE).
func CommonType(list ...types.Type) (types.Type, error) { return types.Type{}, ErrNoKernel }

// AggType is the result type of the aggregate function name (as plan.AggFunc spells it) over args.
func AggType(name string, args []Expr) (types.Type, error) { return types.Type{}, ErrNoKernel }

// AggArgs casts the arguments of an aggregate function to what it takes: under SUM, AVG and the like text becomes DOUBLE
// and truth values integers; integers stay, although their sum is a DECIMAL.
func AggArgs(name string, args []Expr) ([]Expr, error) { return nil, ErrNoKernel }

// Fold evaluates what is constant and simplifies conditions where three-valued logic allows. What errs or warns, and what
// depends on Env, stays.
func Fold(e Expr) Expr { return e }

// FuncInfo describes one function of the table.
type FuncInfo struct {
	Name Func
	Args string // as in "string, position[, length]"
	Doc  string
}

// Functions lists the function table by name.
func Functions() []FuncInfo { return nil }
