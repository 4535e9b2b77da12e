package pushdown

import (
	"fmt"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Source is what a connector implements to have its fragments grown.
type Source interface {
	// Take says whether the source can run step over inputs it has taken already; step's children are those inputs, as
	// the tree that Fragment would get. A Filter step has one conjunct, a Project step one expression; a source that
	// answers Exact to several of them runs them all. Superset is an answer to Filter steps only, Parts one to Aggregate
	// steps.
	Take(step plan.Node) Answer
	// Fragment makes what a Remote leaf holds of a tree of taken steps. Its schema is the tree's, by position. A Filter
	// in the tree may have several conjuncts and a Project several expressions, of which some pass columns on.
	Fragment(tree plan.Node) (connectors.Fragment, error)
}

// Narrow is a Source whose results have at most so many columns.
type Narrow interface{ MaxColumns() int }

// Verdict is how much of a step a source runs.
type Verdict uint8

// The verdicts.
const (
	None    Verdict = iota // the step runs above the fragment
	Whole                  // the source's result is the step's, row for row
	Loose                  // Filter only: the source keeps every row that the conjunct keeps, and perhaps more
	Partial                // Aggregate only: the source may give several rows for a group, each of a part of its rows
)

// Answer is a source's answer to one step.
type Answer struct {
	Verdict Verdict
	Reason  string    // why the step stays above, is checked again or finished there, or what it does in the source
	Push    expr.Expr // Loose: the weaker condition that goes into the tree; nil: the conjunct itself
}

// Exact answers that the source's result equals the step's.
func Exact() Answer { return Answer{Verdict: Whole} }

// Superset answers that the source keeps every row the conjunct keeps, by evaluating weaker (nil: the conjunct itself
// in a form of its own, as a file is pruned by statistics). The conjunct stays above as well; EXPLAIN prints the phrase
// after "rechecked here".
func Superset(weaker expr.Expr, format string, args ...any) Answer {
	return Answer{Verdict: Loose, Push: weaker, Reason: fmt.Sprintf(format, args...)}
}

// Parts answers that the source gives rows of parts of the groups, such as one for each shard or file, and why; what they
// are aggregated to stays above.
func Parts(format string, args ...any) Answer {
	return Answer{Verdict: Partial, Reason: fmt.Sprintf(format, args...)}
}

// No answers that the step stays above, and why: a phrase that EXPLAIN prints after "not pushed" and the step.
func No(format string, args ...any) Answer {
	return Answer{Reason: fmt.Sprintf(format, args...)}
}
