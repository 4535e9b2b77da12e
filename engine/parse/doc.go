// Package parse reads the statements that the grammar of go-mysql-server lacks: CREATE, ALTER and DROP SERVER, SHOW
// SERVERS, ANALYZE TABLE as MySQL has it, OPTIMIZE and its kin, SHOW WARNINGS and ERRORS, GET DIAGNOSTICS, START
// TRANSACTION with what it may say. It refuses those that nothing here could do (refusals).
//
// Statement looks at the first words of a text; anything it does not know belongs to the other grammar and is left
// alone, so a new statement is one more row of its table. Tokens follow MySQL's lexical rules: three kinds of comment,
// 'text' and "text" with backslash escapes and doubled quotes, `names`.
//
// Rewrite says in the other grammar's words what it lacks inside its own statements: comparisons with ANY and ALL, IS
// UNKNOWN, the escapes \% and \_, temporal literals, the collation of SET NAMES.
//
// Widen does the same for what the other grammar refuses as it is, and only when it has: chained comparisons, ROW(...), queries in
// parentheses with a limit behind them. So statements that are understood cost nothing more.
//
// CutFormat takes the FORMAT of an EXPLAIN out of its text, where the other grammar does not know all of them.
//
// A statement's own text can hold secrets. Redact gives the form that logs and process lists may show.
//
// The package does not run statements, and expands nothing in what it reads: ${...} in an option is five characters.
package parse
