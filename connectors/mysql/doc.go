// Package mysql reads MySQL (5.7 and later) and MariaDB (10.2 and later): databases as namespaces, every table and view and
// every column type, and as much of a query as the server evaluates exactly as MySQL 8 does.
//
// # Connections
//
// A source has a bounded pool of connections of go-sql-driver/mysql, in two shares: of statements that read the source
// (connectors.Admitter) and of metadata, which never wait for each other. Each session is set up alike when it begins, so that
// SQL means the same on every server: UTC, utf8mb4, a sql_mode of our own, REPEATABLE READ. A connection that was idle for a
// while is asked before it is used, and what breaks under the first message of a statement is sent again over another. The
// first that does not answer takes all idle ones with it. One connection more than the pool's is there for a moment to kill
// statements, one after the other.
//
// Attempts to connect are subject to a connectors.Breaker. Whoever began one may go: it goes on, its end counts, and who needs a
// connection next takes what it gives. A server that is silent for as long as connecting may take is asked over another
// connection whether it is alive; if it answers nobody, what waits for it fails.
//
// # Reading
//
// A statement holds one connection with one read-only transaction, whose snapshot no other connection can take over: so a scan
// has one split, and all fragments of a statement share the connection. It carries one result at a time. A query is sent when
// its first batch is asked for, and rows are decoded as they come; a reader that needs the connection while another's result
// has not ended first reads the rest of that into the other's batches, with which it charges the query's memory. No reader ever waits for another to be read, so
// fragments may be read in any order.
//
// The text protocol is as exact as the binary one and takes a round trip less: floats are selected as doubles, which are
// printed with all digits.
//
// What runs is ended by KILL QUERY over a connection made for it, when a context ends or a reader is closed early, and the
// connection goes on being used, unless nothing is heard of the end within a second: then it is closed. The deadline of a
// context is also the server's limit for the statement, for the case that nobody is left to cancel.
//
// # Changed tables
//
// The message that begins a statement's transaction locks the metadata of all tables that the statement may read (a query with
// LIMIT 0) and asks what their columns and unique keys are now (shape), before it reads. If a table is not as it was
// described, nothing of it is read: sqlerr.SourceChanged. That costs no round trip.
//
// # Semantics
//
// Texts come as utf8mb4 and have one of the collations that the gateway knows; the server's own where that is one of
// them. A comparison is written as it is where the server makes it under that collation of its own accord, so that indexes
// serve, and else names the collation. Where texts of several collations become one, nothing is pushed.
//
// A date that is none (0000-00-00, 2024-02-31) is NULL with a warning, an error or a text by the option zero_dates; pushed SQL
// guards such columns so that the server sees the same NULL.
//
// MariaDB joins by hashing only where it is told to (byHashing), which it is where no text and no float is compared: its hash tables
// tell apart what is equal. A join by equality for which a server would compare very many pairs of rows is not pushed.
//
// Quotients and averages are cast to MySQL's type of them: MariaDB gives them less room where it puts them aside. Float
// arithmetic and sums of floats are not pushed, nor is anything that no conformance case proves.
//
// The package does not write to the source and caches nothing but connections.
package mysql
