package lake

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// widen returns the narrowest type that has the values of two types of a column's files, each exactly; ok is false if there is none.
func widen(a, b types.Type) (wide types.Type, ok bool) {
	if a.Kind > b.Kind {
		a, b = b, a
	}
	switch {
	case a == b || a.Kind == types.Null:
		return b, true
	case whole(a) && whole(b):
		return widenIntegers(a, b), true
	case (whole(a) || a.Kind == types.Decimal) && b.Kind == types.Decimal:
		digits, scale := max(wholeDigits(a), wholeDigits(b)), max(a.Scale, b.Scale)
		return types.NewDecimal(digits+int(scale), int(scale)), digits+int(scale) <= types.MaxPrecision
	case a.IsFloat() && b.IsFloat(), whole(a) && integerDigits[a.Kind] <= integerDigits[types.Int32] && b.IsFloat():
		return types.Of(types.Float64), true
	case a.Kind == types.Date && b.Kind == types.Datetime:
		return b, true
	case a.Kind == types.Varchar && b.Kind == types.Text:
		return b, a.Collation == b.Collation
	case a.Kind != b.Kind:
		return a, false
	case a.IsTemporal():
		a.Scale = max(a.Scale, b.Scale)
		return a, true
	case a.Kind == types.Char, a.Kind == types.Varchar:
		a.Length = max(a.Length, b.Length)
		return a, a.Collation == b.Collation
	}
	return a, false
}

// whole reports the kinds of whole numbers that files have.
func whole(t types.Type) bool { return t.Kind >= types.Int8 && t.Kind <= types.Uint64 }

// widenIntegers returns the narrowest type of the values of two of integers: as MySQL's UNION has it, a DECIMAL where BIGINT UNSIGNED
// meets a sign.
func widenIntegers(a, b types.Type) types.Type {
	if a.IsUnsigned() == b.IsUnsigned() {
		if integerDigits[a.Kind] > integerDigits[b.Kind] {
			return a
		}
		return b
	}
	for _, k := range []types.Kind{types.Int16, types.Int32, types.Int64} {
		if t := types.Of(k); holds(t, a) && holds(t, b) {
			return t
		}
	}
	return types.NewDecimal(integerDigits[types.Uint64], 0)
}

// wholeDigits is how many digits before the point the values of an integer or decimal type have at most.
func wholeDigits(t types.Type) int {
	if t.Kind == types.Decimal {
		return int(t.Precision) - int(t.Scale)
	}
	return integerDigits[t.Kind]
}

// widening is a column of a file whose values are to be converted to the table's wider type.
type widening struct {
	at       int // among the columns that are read of the file
	from, to types.Type
}

// differs reports whether vectors of two types that widen brought together differ. Those of decimals vary in width anyway.
func differs(from, to types.Type) bool {
	if from.Kind == types.Decimal && to.Kind == types.Decimal {
		return from.Scale != to.Scale
	}
	return !arrow.TypeEqual(from.Arrow(), to.Arrow())
}

// wideners prepares the conversions of a part's columns; nil for those that are none of types.
func (r *reader) wideners(list []widening) ([]expr.Evaluator, error) {
	var out []expr.Evaluator
	for _, w := range list {
		if declares(w.to, w.from) {
			out = append(out, nil)
			continue
		}
		const column = 1
		cast, err := expr.NewCast(&expr.Column{ID: column, Typ: w.from, Null: true}, w.to)
		if err != nil {
			return nil, err
		}
		e, err := expr.Compile(cast, expr.Layout{column: 0}, cmp.Or(r.run.Env, &expr.Env{}))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// widen converts columns of a part to the table's types in place.
func (r *reader) widen(arrays []arrow.Array, rows int) error {
	for i, w := range r.part.columns.wider {
		narrow := arrays[w.at]
		if r.wide[i] == nil {
			arrays[w.at] = asDeclared(r.run.Memory, narrow)
			narrow.Release()
			continue
		}
		schema := arrow.NewSchema([]arrow.Field{{Type: narrow.DataType(), Nullable: true}}, nil)
		batch := array.NewRecordBatch(schema, []arrow.Array{narrow}, int64(rows))
		wide, err := r.wide[i].Eval(r.run.Memory, batch)
		batch.Release()
		if err != nil {
			return err
		}
		narrow.Release()
		arrays[w.at] = wide
	}
	return nil
}
