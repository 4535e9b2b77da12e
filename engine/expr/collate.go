package expr

import (
	"errors"
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// coercibility is how readily a text expression takes another's collation; the lower wins (Reference Manual 12.8.4).
type coercibility uint8

const (
	explicitCollation  coercibility = 0 // a COLLATE clause
	noCollation        coercibility = 1 // made of texts of different collations
	implicitCollation  coercibility = 2 // a column, a cast
	coercibleCollation coercibility = 4 // a literal
	numericCollation   coercibility = 5 // text made from numbers and dates
	ignoredCollation   coercibility = 6 // NULL
)

var coercibilityNames = [...]string{"EXPLICIT", "NONE", "IMPLICIT", "SYSCONST", "COERCIBLE", "NUMERIC", "IGNORABLE"}

func (c coercibility) String() string { return coercibilityNames[c] }

// NewCollate is e COLLATE c; e must be text.
func NewCollate(e Expr, c types.Collation) (Expr, error) {
	s, err := text(e)
	if err != nil || !s.Type().IsText() {
		return nil, errors.Join(ErrNoKernel, err)
	}
	t := s.Type()
	if charset := t.Collation.Charset(); charset != c.Charset() && isUTF8(charset) != isUTF8(c.Charset()) {
		return nil, sqlerr.New(sqlerr.CollationCharset, "COLLATION '%s' is not valid for CHARACTER SET '%s'", c, charset)
	}
	t.Collation = c
	return typed(Collate, t, s), nil
}

// isUTF8 reports one of the character sets that all text is in here: what one can say of the other's texts too.
func isUTF8(charset string) bool { return charset == "utf8mb4" || charset == "utf8mb3" }

// hasCollation reports whether kernels compare strings of type t.
func hasCollation(t types.Type) bool {
	return !t.IsText() || t.Collation.Bytewise() || collation.Has(t.Collation)
}

// collationOf returns the collation of a text expression and its coercibility.
func collationOf(e Expr) (types.Collation, coercibility) {
	c := e.Type().Collation
	switch e := e.(type) {
	case *Literal:
		if e.Value.Null {
			return c, ignoredCollation
		}
		if c == types.Utf8mb4Bin0900 {
			return c, numericCollation // of a number; else all literals of the session are so
		}
		return c, coercibleCollation
	case *Param:
		if e.userVariable() {
			return c, implicitCollation
		}
		return c, coercibleCollation
	case *Column, *Fallback:
		return c, implicitCollation
	case *Cast:
		switch {
		case !e.Implicit:
			return c, implicitCollation
		case e.Arg.Type().IsText():
			_, rank := collationOf(e.Arg)
			return c, rank
		}
		return c, numericCollation
	case *Call:
		if e.Func == Collate {
			return c, explicitCollation
		}
	}
	return c, rankOfParts(e)
}

// rankOfParts is the coercibility of an expression that is made of texts.
func rankOfParts(e Expr) coercibility {
	lowest := numericCollation
	var from types.Collation // of the parts of that rank
	for _, child := range e.Children() {
		if !child.Type().IsText() {
			continue
		}
		_, rank := collationOf(child)
		own := beforeUnification(child).Type().Collation
		switch {
		case rank < lowest:
			lowest, from = rank, own
		case rank > lowest:
		case lowest == implicitCollation && own != from && !own.Binary() && !from.Binary() &&
			own.Charset() == from.Charset() && e.Type().Collation.Binary():
			return noCollation
		}
	}
	return lowest
}

// beforeUnification is a text as it was before it was brought under the collation of others.
func beforeUnification(e Expr) Expr {
	for {
		c, ok := e.(*Cast)
		if !ok || !c.Implicit || !c.Arg.Type().IsText() {
			return e
		}
		e = c.Arg
	}
}

// mix says what becomes of texts of different collations none of which goes before the other.
type mix bool

const (
	strictMix mix = false // an error, where they are compared
	looseMix  mix = true  // their code points are compared, in what is made of them
)

// oneCollation brings strings that op compares under one collation, or all to bytes if one is a byte string.
func oneCollation(op string, list ...Expr) ([]Expr, error) {
	return unifyCollations(op, strictMix, list)
}

func unifyCollations(op string, m mix, list []Expr) ([]Expr, error) {
	out := make([]Expr, len(list))
	if slices.ContainsFunc(list, func(e Expr) bool { return e.Type().IsBinary() }) {
		for i, e := range list {
			out[i] = implicit(e, asBinary(e.Type()))
		}
		return out, nil
	}
	c, ok := commonCollation(m, list)
	if !ok {
		return nil, illegalMix(op, list)
	}
	for i, e := range list {
		out[i] = underCollation(e, c)
	}
	return out, nil
}

// commonCollation is the collation of texts together; ok is false where there is none.
func commonCollation(m mix, list []Expr) (best types.Collation, ok bool) {
	best, rank := collationOf(list[0])
	for _, e := range list[1:] {
		c, r := collationOf(e)
		switch {
		case r < rank:
			best, rank = c, r
		case r > rank || c == best:
		case rank == explicitCollation:
			return best, false
		case wins(best, c):
		case wins(c, best):
			best = c
		default:
			best, rank = types.Utf8mb4Bin, noCollation
		}
	}
	return best, rank != noCollation || m == looseMix
}

// wins reports whether a goes before b, a collation of the same coercibility: its character set has more characters, or it is
// the binary one of the set.
func wins(a, b types.Collation) bool {
	if x, y := breadth(a), breadth(b); x != y {
		return x > y
	}
	return a.Binary() && (!b.Binary() || a == types.Utf8mb4Bin0900)
}

// breadth orders character sets of which one contains the other.
func breadth(c types.Collation) int {
	switch charset := c.Charset(); {
	case charset == "utf8mb4":
		return 2
	case strings.HasPrefix(charset, "utf") || charset == "ucs2":
		return 1
	}
	return 0
}

// illegalMix is MySQL's error for texts that cannot be compared: it names up to three.
func illegalMix(op string, list []Expr) error {
	names := make([]string, len(list))
	for i, e := range list {
		c, rank := collationOf(e)
		names[i] = "(" + c.String() + "," + rank.String() + ")"
	}
	switch len(list) {
	case 2:
		return sqlerr.New(sqlerr.CollationMix, "Illegal mix of collations %s and %s for operation '%s'", names[0], names[1], op)
	case 3:
		return sqlerr.New(sqlerr.CollationMix3, "Illegal mix of collations %s, %s, %s for operation '%s'", names[0], names[1], names[2], op)
	}
	return sqlerr.New(sqlerr.CollationMixN, "Illegal mix of collations for operation '%s'", op)
}

// OneCollation returns args with those that are CHAR, VARCHAR or TEXT under the one collation that f compares them in: that of
// a COLLATE clause before that of a column before that of a literal. The error is sqlerr.CollationMix or one of its kin.
func OneCollation(f Func, args ...Expr) ([]Expr, error) {
	var texts []Expr
	var where []int
	for i, a := range args {
		switch a.Type().Kind {
		case types.Char, types.Varchar, types.Text:
			texts, where = append(texts, a), append(where, i)
		}
	}
	if len(texts) < 2 {
		return args, nil
	}
	unified, err := oneCollation(string(f), texts...)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(args)
	for i, at := range where {
		out[at] = unified[i]
	}
	return out, nil
}

// underCollation gives a text expression another collation, which changes no byte of it.
func underCollation(e Expr, c types.Collation) Expr {
	t := e.Type()
	if t.Collation == c {
		return e
	}
	t.Collation = c
	switch e := e.(type) {
	case *Cast:
		if e.Implicit {
			return implicit(e.Arg, t)
		}
	case *Param: // which a source can be sent as it is
		if e.Typ.IsText() {
			return &Param{Ordinal: e.Ordinal, Name: e.Name, Typ: t}
		}
	}
	return implicit(e, t)
}
