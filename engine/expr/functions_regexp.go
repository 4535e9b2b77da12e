package expr

import (
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

func regexpRows() []row {
	return []row{
		{name: "regexp_like", args: "string, pattern[, flags]", min: 2, max: 3, native: true, doc: "whether a regular expression matches", rule: regexpRule(truth, 2, asText),
			kernel: func(c *Call) kernel.Func {
				return kernel.IntegerRows(c.Typ, kernel.Strict, regexpOf(c).Like)
			}},
		{name: "regexp_instr", args: "string, pattern[, position[, occurrence[, end[, flags]]]]", min: 2, max: 6, native: true, doc: "where a regular expression matches, 0 if it does not", rule: regexpRule(bigint, 2, asInteger, asInteger, asInteger, asText),
			kernel: func(c *Call) kernel.Func {
				return kernel.IntegerRows(c.Typ, kernel.Strict, regexpOf(c).Instr)
			}},
		{name: "regexp_substr", args: "string, pattern[, position[, occurrence[, flags]]]", min: 2, max: 5, native: true, doc: "the part that a regular expression matches", rule: regexpRule(types.NewText(types.Text, 0, types.Utf8mb4Bin0900), 2, asInteger, asInteger, asText),
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "regexp_substr", kernel.Strict, regexpOf(c).Substr)
			}},
		{name: "regexp_replace", args: "string, pattern, other[, position[, occurrence[, flags]]]", min: 3, max: 6, native: true, doc: "other in place of what a regular expression matches", rule: regexpRule(types.NewText(types.Text, 0, types.Utf8mb4Bin0900), 3, asInteger, asInteger, asText),
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "regexp_replace", kernel.Strict, regexpOf(c).Replace)
			}},
	}
}

// regexpRule types functions of regular expressions: so many strings, under one collation, then what reads says.
func regexpRule(result types.Type, strings int, reads ...read) rule {
	return func(f Func, args []Expr) (Expr, error) {
		list, err := readAll(args[:strings], asText)
		if err != nil {
			return nil, err
		}
		if list, err = oneCollation(string(f), list...); err != nil {
			return nil, err
		}
		if len(args) > strings {
			more, err := readAll(args[strings:], reads...)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
		t := result
		if t.IsText() && list[0].Type().IsText() {
			t.Collation = list[0].Type().Collation
		}
		c := typed(f, t, list...)
		c.Null = true
		return c, nil
	}
}

// regexpOf makes the memory of one evaluator.
func regexpOf(c *Call) *kernel.Regexps {
	return kernel.NewRegexps(c.arg(0).IsText() && c.arg(0).Collation.IgnoresCase())
}
