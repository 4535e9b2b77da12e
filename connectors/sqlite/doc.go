// Package sqlite reads a SQLite database file.
//
//	type: sqlite
//	path: shop.db
//
// The file is opened read-only for each statement, so that a replaced file is seen by the next one. All fragments of a
// statement read one snapshot through one connection (connectors.Tx); they take turns on it batch by batch. A writer in
// another process waits for the statement's end in rollback-journal mode and not in WAL mode. The C API is called
// directly (modernc.org/sqlite/lib): values go from the page to the Arrow buffer without a row in between.
//
// A statement reads a table only if the file's schema is still that in which the table was described (sqlerr.SourceChanged).
//
// # Types
//
// SQLite's columns bind no value to their declared type. The declared type decides how a value is read, by SQLite's own
// affinity rules; a value that does not fit is an error that names table and column, where it is read:
//
//	declared                      type            reads
//	...INT...                     BIGINT          INTEGER
//	BOOL, BOOLEAN                 TINYINT         INTEGER from -128 to 127
//	...CHAR..., ...CLOB..., ...TEXT...  LONGTEXT  TEXT that is UTF-8; declared lengths bind nothing in SQLite
//	...BLOB...                    LONGBLOB        anything, as CAST(x AS BLOB)
//	...REAL..., FLOAT..., DOUBLE...     DOUBLE    REAL, INTEGER where exact; infinities are NULL
//	NUMERIC, DECIMAL, NUMBER, NUM DOUBLE          the same
//	DECIMAL(p,s), NUMERIC(p,s), NUMBER(p,s)  DECIMAL(p,s)  INTEGER, REAL by its shortest digits rounded to s, as MySQL stores a number
//	DATE                          DATE            TEXT 'YYYY-MM-DD' exactly
//	DATETIME, TIMESTAMP           DATETIME(6)     TEXT 'YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]', also with T; a zone converts to UTC
//	TIME                          TIME(6)         TEXT '[-]HH:MM[:SS[.ffffff]]'
//	JSON                          JSON            TEXT that is JSON; numbers
//	none, and any other           LONGTEXT        anything, as CAST(x AS TEXT); with a warning
//
// # Pushdown
//
// Filters, projections, grouping, COUNT, MIN, MAX, top-N and joins run in SQLite where its answer is proven to be MySQL's:
// comparisons of integers, doubles, dates and text under the BINARY collation (written out where the column has
// another), LIKE with literal patterns as byte operations, truth logic, CASE. Not pushed: integer arithmetic (SQLite
// turns an overflow into a double), SUM and AVG (its sums are 64-bit or floating), text functions (ASCII only, or blind
// after a NUL character). DECIMAL and DATETIME columns are stored in more than one form, so that conditions on them are
// pushed widened, as a superset that is checked again. Text is ordered there only in UTF-8 databases.
package sqlite
