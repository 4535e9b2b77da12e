package expr

import (
	"github.com/silogate/silogate/engine/types"
)

// AggType is the result type of the aggregate function name (as plan.AggFunc spells it) over args (Reference Manual
// 14.19.1). ErrNoKernel for a name or argument it does not know. Over what AggArgs returns it is the type that the function
// computes, which may have more digits than it shows: see inner.
func AggType(name string, args []Expr) (types.Type, error) {
	args, err := aggArgs(name, args)
	if err != nil {
		return types.Type{}, err
	}
	switch name {
	case "count(*)", "count":
		return types.Of(types.Int64), nil
	case "sum":
		return sumType(args[0]), nil
	case "avg":
		return avgType(args[0]), nil
	case "min", "max", "any_value":
		return args[0].Type(), nil
	case "var_pop", "var_samp", "stddev_pop", "stddev_samp":
		return types.Of(types.Float64), nil
	case "bit_and", "bit_or", "bit_xor":
		return bitAggregateType(args[0]), nil
	case "group_concat":
		return types.NewText(types.Text, 0, args[0].Type().Collation), nil
	case "json_arrayagg", "json_objectagg":
		return jsonType, nil
	}
	return types.Type{}, ErrNoKernel
}

// AggArgs casts the arguments of an aggregate function to what it takes: under SUM and AVG text becomes DOUBLE and truth
// values integers; integers stay, although their sum is a DECIMAL, and quotients have the digits they are computed with,
// unless distinct values are looked for, which MySQL keeps as they are shown. VAR and STDDEV take DOUBLE, GROUP_CONCAT one
// text, or several of which the combinations are to be distinct: ('a', 'bc') is not ('ab', 'c'). JSON_ARRAYAGG takes JSON,
// JSON_OBJECTAGG a text and JSON.
func AggArgs(name string, args []Expr, distinct bool) ([]Expr, error) {
	if name == "group_concat" && distinct {
		return textArgs(args)
	}
	args, err := aggArgs(name, args)
	if err == nil && !distinct && (name == "sum" || name == "avg") {
		args = []Expr{inner(args[0])}
	}
	return args, err
}

func aggArgs(name string, args []Expr) ([]Expr, error) {
	switch name {
	case "sum", "avg":
		return numbers(args)
	case "var_pop", "var_samp", "stddev_pop", "stddev_samp":
		return doubles(args)
	case "bit_and", "bit_or", "bit_xor":
		arg, err := bitAggregateArg(args[0])
		return []Expr{arg}, err
	case "group_concat":
		list, err := textArgs(args)
		if err != nil {
			return nil, err
		}
		if len(list) == 1 {
			return list, nil
		}
		joined, err := New(Concat, list...)
		return []Expr{joined}, err
	case "json_arrayagg":
		return readAll(args, asItem)
	case "json_objectagg":
		return readAll(args, asText, asItem)
	case "min", "max":
		if args[0].Type().Kind == types.Bool {
			return []Expr{plain(args[0])}, nil
		}
	}
	return args, nil
}

// asItem makes a value JSON, as a function of JSON puts it into a document: a text is a string.
func asItem(e Expr) (Expr, error) {
	if c, ok := e.(*Call); ok && c.Func == AsJSON {
		return e, nil
	}
	return New(AsJSON, e)
}
