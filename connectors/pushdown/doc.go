// Package pushdown grows a source's fragment upward through an offered plan from the source's answers to one small
// question: can you run this one step more?
//
// A step is a plan node whose inputs the source has already taken: a Scan, a Filter of one conjunct, a Project of one
// expression, a Join of two taken inputs, an Aggregate, a Limit. The source answers Exact, Superset or No with a
// reason (Source.Take), and at the end turns each tree it took into a fragment (Source.Fragment). Grow does the rest:
//
//   - A filter is asked conjunct by conjunct. Exact ones leave the plan; superset ones run in the source and stay
//     above to be checked again; the rest stay above.
//   - A projection is asked expression by expression. What the source computes exactly becomes a column of the
//     fragment, of the rest only the columns that it reads are fetched.
//   - Columns that nothing above reads are not fetched.
//   - Limit, top-N, Sort, Aggregate, Union and Join need everything below to be taken exactly: a limit over a superset
//     would be a wrong answer. A LIMIT over a Sort is offered as one top-N.
//   - An inner join's condition is asked conjunct by conjunct like a filter's; other joins are taken whole.
//   - An aggregate may be taken in parts (Parts): the source gives rows of parts of the groups, and what they are aggregated
//     to stays above. Counts, sums, extremes and bit aggregates are functions of those of parts; others are not pushed so.
//   - A With is one step, if the source takes all its bindings and its body.
//   - A step that reads a column its inputs do not define (an outer reference of an Apply) is never offered.
//
// What was not taken, or must be checked again, stays as an ordinary node above the plan.Remote leaf with the reason in
// Remote.Kept; what was taken exactly is listed in Remote.Exact, in the same words. The answer's root has the offered root's columns in the same order, under the same ids and types.
//
// Nothing here is about SQL: a Parquet source takes Scan, Filter (as a superset, for pruning), Project of columns and
// Limit; an API takes what its endpoint can filter. The tree that Fragment gets consists of just the steps that Take
// accepted, so a source knows its shape. Package sqlgen provides Take and the rendering for SQL sources.
//
// The package decides nothing about cost and does no I/O.
package pushdown
