// Package optimize turns a bound plan into the plan that runs: the same rows for less work, with everything a source
// does better inside plan.Remote leaves.
//
// Optimize applies an ordered list of named rules, one per file (see rules). A rule is a function from plan to plan
// that keeps the root's columns by id, type and order, and keeps the rows: NULLs, duplicates and errors included. The
// wrapper around a rule lets it be disabled by name, times it, and verifies its result when asked. The last rule,
// place, is not optional: it offers each source its maximal part of the plan and leaves no Scan behind.
//
// Three invariants carry the rules:
//
//   - A volatile expression (expr.Volatile) is neither duplicated nor moved to where it would run another number of
//     times.
//   - A part of a CASE, IF or COALESCE stays inside it: it may fail on the rows its condition excludes.
//   - A condition moves to an outer join's null-supplying side only from the join's own On; from above it must reject
//     NULLs, and then the join becomes an inner one first.
//
// Estimates (Estimator) come from statistics of tables and columns by textbook selectivities. They decide which of two
// equal plans runs and never what it answers.
//
// What was caught making a wrong answer, a rule or something that a source was asked for, is barred from plans (Bars). Whether two
// answers of a plan can be compared at all is found out from the bound plan (Comparable).
//
// The package binds no names, runs nothing and knows no particular source. What decorrelate leaves as plan.Apply is
// run row by row by the executor.
package optimize
