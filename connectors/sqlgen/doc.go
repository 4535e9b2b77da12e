// Package sqlgen renders a plan sub-tree as one SELECT of a source's SQL, or refuses it with a reason.
//
// A Dialect says how a system writes SQL and, above all, which of the engine's expressions it evaluates as MySQL does:
// an allow-list of functions, aggregates and casts, each with its rendering and the guards under which it is proven.
// Everything that is not on the list is refused; the reason is a phrase that EXPLAIN prints. There is one code path:
// whether a step can be pushed (Dialect.Take, the answer that package pushdown asks for) is decided by rendering it.
//
// Rendering flattens Filter, Project, Join, Aggregate, Sort and Limit into one SELECT block where SQL's order of
// evaluation allows, and nests a subquery where it does not. Tables and subqueries are aliased t1, t2, ... from the
// inside out, columns of subqueries c1, c2, ...; every column reference is qualified, so that no output name captures it. Equal
// trees give equal text.
//
// A filter may be rendered looser than it is, if a hook says so (Writer.Loosen): it then runs in the source as a superset
// and stays above as well. Below an OR an AND whose parts are not all on the list is loosened to those that are.
//
// A semi join becomes EXISTS and an anti join NOT EXISTS. Joins whose NULL logic has no plain SQL form (NullAnti, Mark,
// Single, Full), Apply and Values are refused: they run above the fragment. The bindings of all Withs, of a dialect that
// shares them, stand before the statement, under names that their ids make unique.
//
// Values never enter the text by concatenation: a dialect's Literal hook binds them (Writer.Bind) or writes literals it
// can prove safe. Text is valid for the server only together with Query.Args.
//
// The package does not know any source: dialects live in their connectors.
package sqlgen
