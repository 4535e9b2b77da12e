// Package plantext reads plans from an indented text, so that tests of pushdown and of connectors show the plan they are
// about:
//
//	top 3 by total desc
//	    aggregate region | sum(amount) as total
//	        filter amount > 10.00 and region is not null
//	            scan orders o: id, region, amount
//
// Nodes, one a line, inputs indented below:
//
//	scan TABLE [ALIAS][: column, ...]     all columns where none is listed
//	filter CONDITION                      its top-level ANDs are the conjuncts
//	project EXPR [as NAME], ...
//	aggregate KEY [as NAME], ... | AGG(EXPR) [as NAME], ...
//	join inner|left|full|semi|anti CONDITION
//	sort EXPR [desc], ...
//	top N [offset M] by EXPR [desc], ...
//	limit N [offset M]
//	union
//	keys NAME TYPE, ...
//	with                                  its inputs are binds, which see those before them, and then its body
//	bind NAME
//	read NAME [ALIAS]
//
// Expressions are MySQL's, over column names that may be qualified by the scan's alias: literals (DATE '...', TIMESTAMP
// '...', x'..'), arithmetic, comparisons, AND, OR, XOR, NOT, IS [NOT] NULL|TRUE|FALSE, [NOT] IN, BETWEEN, LIKE, CASE WHEN,
// CAST(x AS type), parameters :name and functions by the names of package expr. They are typed by expr.New, so that a
// plan holds the casts that a bound statement would.
package plantext
