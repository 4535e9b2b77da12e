// Package postgres reads PostgreSQL (12 and later): schemas as namespaces, every relation and every column type, and as
// much of a query as the server evaluates exactly as MySQL would.
//
// # Connections
//
// A source has a bounded pool. One connection is kept for metadata; each statement of the gateway that reads the
// source has one more, on which it holds a read-only REPEATABLE READ transaction (statement); what is left of the pool
// goes to big scans. All fragments of a gateway statement thus see one snapshot, which the statement's transaction
// exports. A scan that gets a connection of its own streams COPY (SELECT ...) TO STDOUT (FORMAT binary); a small one,
// or one that finds the pool used up, fetches batches from a cursor on the statement's connection. No reader ever
// waits for another's connection, so any number of fragments may be read in any order with as little as one. A
// statement's turn at its connection is taken before anything is read (connectors.Admitter), the connection itself when it
// is used first.
//
// A connection of the pool may have broken without a sign. The first message of a statement is sent again over a new
// one if nothing came back over the old but a farewell; a stream of COPY falls back on a cursor of the statement's; a
// query of metadata is sent again. Attempts to connect are subject to a connectors.Breaker.
//
// # Reading
//
// Messages are read straight from the socket by the goroutine that asks for a batch, and rows, which COPY and
// DataRow frame alike, are decoded in place into Arrow buffers: back-pressure is TCP's, and there is no goroutine to
// leak. Cancelling a context sends a cancel request on a second connection. The deadline of a context is also the server's
// timeout, which the messages that need it set, for the case that nobody is left to cancel.
//
// Large tables are split by ctid ranges (PostgreSQL 14 and later), which cover all pages however much a table has grown
// since it was described.
//
// What a join's other side knows of the rows that matter goes into the query: conditions, and up to 131,072 keys as one array
// (PostgreSQL 14 and later, which look values up in it by their hash). The planner takes = ANY of an array for what it is,
// and pushes it below a GROUP BY; of a subquery over unnest it guesses 200 values.
//
// # Changed tables
//
// The message that begins a statement's transaction locks all tables that the statement may read against change, before
// it takes the snapshot, and asks what they are now: their columns, types, collations and keys (shape). If a table is
// not as it was described, nothing of it is read: sqlerr.SourceChanged. That costs no round trip.
//
// # Metadata
//
// Tables that are asked for at the same time are described by one query (wishes). The first query of its kind on a connection
// is not prepared, which would take a round trip more; the second is.
//
// # Locks
//
// Metadata does not wait for tables that somebody has locked: it comes from the system catalog, and what needs the table
// itself, such as the size of one that was never analyzed or a plan's cost, is given up soon. Reading a locked table
// waits, as in PostgreSQL.
//
// # Semantics
//
// A value without a MySQL counterpart - NaN and infinities of floats and numerics, infinite dates, years outside 1 to
// 9999 - is NULL with a warning, or an error with the option unrepresentable=error; pushed SQL guards such columns
// so that the server sees the same NULL. A numeric that does not fit DECIMAL(65,30) is an error. CHAR(n) loses its
// padding. Types that MySQL does not have come as JSON (arrays, composites, ranges of them) or text, with a warning at
// the column; none is hidden.
//
// SUM and AVG of floats are not pushed: their result depends on the order of addition. Float arithmetic is not
// pushed either, since PostgreSQL refuses an underflow that MySQL rounds to zero. Order and ranges of text are pushed
// under COLLATE "C" on a UTF8 server only, and upper and lower case mappings never.
//
// The package does not write to the source, and does not cache what it says, as the catalog does, but for a minute the
// statistics and estimates, which decide nothing but how a query is run.
package postgres
