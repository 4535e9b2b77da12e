package expr

import (
	"slices"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// CommonType is the type that MySQL gives a column that takes values of all these types (UNION, CASE, COALESCE). Texts of
// different collations get the binary one if there is one; else they are sqlerr.CollationMix. ErrNoKernel where values
// of one would have to be converted by a rule without a kernel.
func CommonType(list ...types.Type) (types.Type, error) {
	var t types.Type
	for _, u := range list {
		var err error
		if t, err = commonType(t, u); err != nil {
			return types.Type{}, err
		}
	}
	return t, nil
}

// UnionType is CommonType of two columns of a set operation, of which a text that is a literal takes the other's collation.
func UnionType(a, b Expr) (types.Type, error) {
	ta, tb := a.Type(), b.Type()
	if ta.IsText() && tb.IsText() && ta.Kind != types.JSON && tb.Kind != types.JSON {
		c, ok := commonCollation(strictMix, []Expr{a, b})
		if !ok {
			return types.Type{}, sqlerr.New(sqlerr.CollationMixN, "Illegal mix of collations for operation 'UNION'")
		}
		ta.Collation, tb.Collation = c, c
	}
	return CommonType(ta, tb)
}

func commonType(a, b types.Type) (types.Type, error) {
	switch {
	case a == b || b.Kind == types.Null:
		return a, nil
	case a.Kind == types.Null:
		return b, nil
	case a.Kind == types.JSON && b.Kind == types.JSON:
		return a, nil
	case a.Kind == types.JSON:
		return commonType(documentText, b)
	case b.Kind == types.JSON:
		return commonType(a, documentText)
	case a.IsNumeric() && b.IsNumeric():
		return commonNumber(a, b), nil
	case a.IsTemporal() && b.IsTemporal():
		return commonTemporal(a, b)
	}
	return commonString(a, b)
}

func commonNumber(a, b types.Type) types.Type {
	switch {
	case a.Kind == types.Float32 && b.Kind == types.Float32:
		return a
	case a.IsFloat() || b.IsFloat():
		return types.Of(types.Float64)
	case a.Kind == types.Decimal || b.Kind == types.Decimal:
		return commonDecimal(a, b)
	case a.IsUnsigned() == b.IsUnsigned():
		if integerDigits(a.Kind) >= integerDigits(b.Kind) {
			return integerOf(a)
		}
		return integerOf(b)
	}
	if b.IsUnsigned() {
		a, b = b, a // a is the unsigned one
	}
	if integerDigits(a.Kind) > integerDigits(types.Int64) {
		return types.NewDecimal(integerDigits(a.Kind), 0) // no integer holds both
	}
	if integerDigits(a.Kind) < integerDigits(b.Kind) {
		return integerOf(b)
	}
	return types.Of(nextSigned(a.Kind))
}

// integerOf drops what is special about a truth value, YEAR or BIT.
func integerOf(t types.Type) types.Type {
	switch t.Kind {
	case types.Bool, types.Year, types.Bit:
		return widened(types.Type{Kind: t.Kind})
	}
	return t
}

// nextSigned is the narrowest signed kind that holds all values of an unsigned one.
func nextSigned(unsigned types.Kind) types.Kind {
	switch unsigned {
	case types.Uint8:
		return types.Int16
	case types.Uint16:
		return types.Int32
	}
	return types.Int64
}

func commonDecimal(a, b types.Type) types.Type {
	da, db := decimalOf(a), decimalOf(b)
	scale := max(int(da.Scale), int(db.Scale))
	whole := max(int(da.Precision)-int(da.Scale), int(db.Precision)-int(db.Scale))
	return types.NewDecimal(whole+scale, scale)
}

func decimalOf(t types.Type) types.Type {
	if t.Kind == types.Decimal {
		return t
	}
	return types.NewDecimal(integerDigits(t.Kind), 0)
}

func commonTemporal(a, b types.Type) (types.Type, error) {
	fsp := max(fraction(a), fraction(b))
	if a.Kind == b.Kind {
		return types.NewTemporal(a.Kind, fsp), nil
	}
	if a.Kind == types.Time || b.Kind == types.Time {
		return types.Type{}, ErrNoKernel // a time gets the current date
	}
	return types.NewTemporal(types.Datetime, fsp), nil
}

func commonString(a, b types.Type) (types.Type, error) {
	la, lb := shownLength(a), shownLength(b)
	binary := a.IsBinary() || b.IsBinary()
	if binary { // in bytes
		la, lb = int(asBinary(a).Length), int(asBinary(b).Length)
	}
	length := 0
	if la > 0 && lb > 0 {
		length = max(la, lb)
	}
	if binary {
		if a.Kind == types.Blob || b.Kind == types.Blob {
			return types.Of(types.Blob), nil
		}
		return types.Type{Kind: types.Varbinary, Length: uint32(length)}, nil
	}
	c := a.Collation
	switch {
	case !a.IsText():
		c = b.Collation
		if !b.IsText() {
			c = types.Utf8mb4Bin0900 // a number and a date
		}
	case !b.IsText() || a.Collation == b.Collation || wins(a.Collation, b.Collation):
	case wins(b.Collation, a.Collation):
		c = b.Collation
	default:
		return types.Type{}, sqlerr.New(sqlerr.CollationMix, "Illegal mix of collations (%s,IMPLICIT) and (%s,IMPLICIT)",
			a.Collation, b.Collation)
	}
	switch {
	case a.Kind == types.Text || b.Kind == types.Text:
		return types.NewText(types.Text, 0, c), nil
	case a.Kind == types.Char && b.Kind == types.Char:
		return types.NewText(types.Char, length, c), nil
	}
	return types.NewText(types.Varchar, length, c), nil
}

// merge casts results of CASE, COALESCE and the like to their common type.
func merge(op string, m mix, list []Expr) ([]Expr, types.Type, error) {
	var texts []Expr
	var where []int
	list = documentsAsTexts(list)
	for i, e := range list {
		if e.Type().IsText() && e.Type().Kind != types.JSON {
			texts, where = append(texts, e), append(where, i)
		}
	}
	if len(texts) > 1 { // here coercibility is known: a literal takes the column's collation
		unified, err := unifyCollations(op, m, texts)
		if err != nil {
			return nil, types.Type{}, err
		}
		for i, at := range where {
			list[at] = unified[i]
		}
	}
	t, err := commonOf(list, Expr.Type)
	if err == nil && t.Kind == types.Decimal {
		t, err = commonOf(list, literalDigits)
	}
	if err != nil {
		return nil, t, err
	}
	for i, e := range list {
		if t.IsNumeric() && t.Scale > e.Type().Scale {
			e = inner(e) // a quotient shows more digits beside what has more
		}
		list[i] = implicit(e, t)
	}
	return list, t, nil
}

// documentsAsTexts is a copy of list in which JSON beside anything else is text.
func documentsAsTexts(list []Expr) []Expr {
	list = slices.Clone(list)
	isOther := func(e Expr) bool { return e.Type().Kind != types.JSON && e.Type().Kind != types.Null }
	if !slices.ContainsFunc(list, isOther) {
		return list
	}
	for i, e := range list {
		if e.Type().Kind == types.JSON {
			list[i] = implicit(e, documentText)
		}
	}
	return list
}

func commonOf(list []Expr, typeOf func(Expr) types.Type) (types.Type, error) {
	kinds := make([]types.Type, len(list))
	for i, e := range list {
		kinds[i] = typeOf(e)
	}
	return CommonType(kinds...)
}

// literalDigits is e's type, of an integer literal a DECIMAL of its own digits: as which it counts beside decimals.
func literalDigits(e Expr) types.Type {
	if lit, ok := e.(*Literal); ok && lit.Typ.IsInteger() {
		return exactType(lit)
	}
	return e.Type()
}

// coalesceRule types COALESCE and IFNULL.
func coalesceRule(f Func, args []Expr) (Expr, error) {
	list, t, err := merge(string(f), looseMix, args)
	if err != nil {
		return nil, err
	}
	c := typed(f, t, list...)
	c.Null = true
	for _, a := range list {
		c.Null = c.Null && a.Nullable()
	}
	return c, nil
}

// ifRule types IF: condition, then, else.
func ifRule(f Func, args []Expr) (Expr, error) {
	cond, err := Truth(args[0])
	if err != nil {
		return nil, err
	}
	list, t, err := merge(string(f), looseMix, args[1:])
	if err != nil {
		return nil, err
	}
	c := typed(f, t, cond, list[0], list[1])
	c.Null = list[0].Nullable() || list[1].Nullable()
	return c, nil
}

// extremeRule types GREATEST and LEAST, which compare: numbers as numbers, moments as moments, and what is of several classes as
// texts, under their collation.
func extremeRule(f Func, args []Expr) (Expr, error) {
	if mixed(args) {
		var err error
		if args, err = textArgs(args); err != nil {
			return nil, err
		}
	}
	list := make([]Expr, len(args))
	for i, a := range args {
		list[i] = plain(a)
	}
	list, t, err := merge(string(f), strictMix, list)
	if err != nil {
		return nil, err
	}
	if !hasCollation(t) {
		return nil, ErrNoKernel
	}
	if t.Kind == types.Decimal {
		list, deep := deepened(t, list)
		return implicit(typed(f, deep, list...), t), nil
	}
	return typed(f, t, list...), nil
}

// mixed reports documents, and values that are not all of one class: numbers, texts, moments or times.
func mixed(args []Expr) bool {
	var numbers, texts, moments, times bool
	for _, a := range args {
		switch t := a.Type(); {
		case t.Kind == types.Null:
		case t.Kind == types.JSON:
			return true
		case t.IsString():
			texts = true
		case t.Kind == types.Time:
			times = true
		case t.IsTemporal():
			moments = true
		default:
			numbers = true
		}
	}
	classes := 0
	for _, there := range []bool{numbers, texts, moments, times} {
		if there {
			classes++
		}
	}
	return classes > 1 && !(moments && times && classes == 2)
}

// NewCase is CASE with conditions; els may be nil.
func NewCase(whens []When, els Expr) (Expr, error) {
	results := make([]Expr, 0, len(whens)+1)
	conds := make([]Expr, len(whens))
	for i, w := range whens {
		cond, err := Truth(w.Cond)
		if err != nil {
			return nil, err
		}
		conds[i] = cond
		results = append(results, w.Then)
	}
	if els != nil {
		results = append(results, els)
	}
	results, t, err := merge("case", looseMix, results)
	if err != nil {
		return nil, err
	}
	c := &Case{Whens: make([]When, len(whens)), Typ: t}
	for i := range whens {
		c.Whens[i] = When{conds[i], results[i]}
	}
	if els != nil {
		c.Else = results[len(whens)]
	}
	return c, nil
}
