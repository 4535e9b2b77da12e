package sqlgen

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Dialect is how one system writes SQL and which expressions it evaluates as MySQL does. Hooks write to the Writer they
// get and refuse with Writer.Refuse; what a hook writes after a refusal is discarded. A Dialect is immutable and may be
// used concurrently.
type Dialect struct {
	// Quote quotes an identifier. Required.
	Quote func(ident string) string
	// Placeholder writes the n-th bound argument, from 1: "?" or "$n". Required where Literal or Keys bind.
	Placeholder func(n int) string
	// Table writes the table's name in FROM. Nil: the quoted namespace, if any, and name.
	Table func(*plan.Table) string
	// Column writes column pos of a scan's table, whose plain reference is ref, so that it yields MySQL's value of it
	// (a double's NaN as NULL, CHAR without padding). Nil: ref.
	Column func(w *Writer, scan *plan.Scan, pos int, ref string)
	// Output writes the column of the outermost SELECT: value writes the expression itself. Nil: value().
	Output func(w *Writer, col plan.Column, value func())
	// Literal writes a constant of type t, NULL included, by Writer.Bind or as a safe literal. Required.
	Literal func(w *Writer, v types.Value, t types.Type)
	// Funcs is the allow-list of functions and operators.
	Funcs map[expr.Func]Rule
	// Cast writes c or refuses. Nil: every cast is refused.
	Cast func(w *Writer, c *expr.Cast)
	// In writes a membership test or refuses. Nil: arg [NOT] IN (literal, ...) where Equality allows, with NULL added
	// for HasNull.
	In func(w *Writer, in *expr.In)
	// Aggs is the allow-list of aggregate functions.
	Aggs map[plan.AggFunc]AggRule
	// Equality returns nil if the source's =, with suffix written after e, compares values of e as MySQL does: for =, IN,
	// GROUP BY, DISTINCT and join keys. Required.
	Equality func(w *Writer, e expr.Expr) (suffix string, err error)
	// Ordering returns nil if the source orders values of e, with suffix (such as ` COLLATE "C"`) written after it, as
	// MySQL does: for <, ORDER BY, MIN and MAX. Required.
	Ordering func(w *Writer, e expr.Expr) (suffix string, err error)
	// ExplicitNulls writes NULLS FIRST and NULLS LAST. Without it the source must sort NULL below every value.
	ExplicitNulls bool
	// Limit writes the clause, count < 0 for none. Nil: LIMIT count OFFSET offset.
	Limit func(w *Writer, offset, count int64)
	// Keys writes the run-time relation as a FROM item with that alias, its columns named c1, c2, ... (see
	// Writer.BindKeys). Nil: fragments with Keys are refused.
	Keys func(w *Writer, keys *plan.Keys, alias string)
	// Joins says which kinds of join the source runs well. Nil: Inner, Left, Semi and Anti.
	Joins func(plan.JoinKind) bool
	// Shares takes a With, whose bindings are written by WITH. Table must qualify names: one of WITH hides one that is not.
	Shares bool
	// NoHaving writes a filter over groups as one over a subquery, for servers whose HAVING does not read what a key is made of.
	NoHaving bool
	// Sorts takes a Sort without a Limit too. Usually the engine sorts as fast and reads the source in parallel.
	Sorts bool
}

// Rule is the entry of a function in an allow-list.
type Rule struct {
	// Guard returns why the call is not proven to give MySQL's result; nil: always proven.
	Guard func(w *Writer, c *expr.Call) error
	// Write writes the call.
	Write func(w *Writer, c *expr.Call)
}

// AggRule is the entry of an aggregate function in an allow-list.
type AggRule struct {
	Guard func(w *Writer, a *plan.Agg) error
	Write func(w *Writer, a *plan.Agg)
}

// Query is a rendered tree.
type Query struct {
	Text string
	Args []Arg // in the order of the placeholders
	// Cols are the columns of the result, by position. A query without columns selects one constant that stands for
	// nothing but its row.
	Cols plan.Schema
}

// Arg is a bound argument: Scalar, List or KeyColumn.
type Arg interface{ arg() }

// Scalar is one value.
type Scalar struct {
	Value types.Value
	Type  types.Type
}

// List is an array of values of a type, none NULL.
type List struct {
	Values []types.Value
	Type   types.Type
}

// KeyColumn is column Pos of Scan.Args as an array.
type KeyColumn struct {
	Pos  int
	Type types.Type
}

func (Scalar) arg()    {}
func (List) arg()      {}
func (KeyColumn) arg() {}

// Options are what a rendering depends on besides the tree.
type Options struct {
	// Env gives the values of parameters (expr.Param), which become literals. Nil, for EXPLAIN: they are written :name.
	Env *expr.Env
	// Restrict returns a condition in the source's SQL that limits what a scan reads, "" for none; alias is the
	// scan's. It splits a scan by ranges that plans do not know (Postgres' ctid).
	Restrict func(scan *plan.Scan, alias string) string
}
