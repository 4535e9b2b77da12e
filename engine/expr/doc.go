// Package expr is the scalar expression language of plans: typed trees over columns with unique ids, and their
// compilation to vectorized evaluators.
//
// Every conversion is explicit. New applies MySQL's rules once: it finds the result type of a function and wraps
// arguments in Cast where they must change, so that an evaluator, a rule or a source's dialect never guesses. A
// comparison's two sides thus have one comparison class (integers, decimals, doubles, bytes, dates), and a literal
// compared with a date column is a date. Rules: MySQL Reference Manual 14.3 (type conversion), 14.4 (operators),
// 12.25 (precision math).
//
// A function is a row of the function table: its name, its typing rule and its kernel, a loop of package kernel. A row marked native
// is what statements call by that name; the binder knows the others from operators and from its own names. The table makes
// docs/functions.md, and CONTRIBUTING.md says how to add to it.
//
// What has no kernel becomes a Fallback: one scalar expression of MySQL's reference implementation, evaluated row by
// row over its argument vectors, behind the RowFunc interface that the binder fills. Everything around it stays
// vectorized.
//
// Trees are immutable and may be shared. An Evaluator has scratch space and belongs to one goroutine; compile one per
// worker.
//
// Evaluation is lazy where MySQL's is: the arms of CASE, IF and COALESCE, the later arguments of AND and OR, and the later
// conjuncts of a Filter fail or warn only for the rows that reach them. They are computed for all rows if that turns out to be
// harmless, else for the rows taken out.
//
// The package does not know tables, sources or subqueries: the binder turns a subquery into a plan.Apply and the
// expression reads its column.
package expr
