// Package scratch keeps the tables that clients make: scratch databases, and a session's temporary tables.
//
// It knows rows, keys and transactions, not SQL: what a default or a CHECK says is text that whoever runs statements
// keeps in a Definition.
//
// # Versions
//
// A table is a persistent B-tree of encoded rows, ordered as its primary key is, and one more for each unique key. A copy
// costs nothing and shares what neither side changes, so a version is a value: the committed state of all tables (state) is
// immutable, a transaction changes copies of its own, a savepoint or the start of a statement is a copy put aside, and a
// query reads the copy that was current when its statement began. Readers wait for LOCK TABLES alone.
//
// # Transactions
//
// A transaction reads the state that was committed when it first read, and its own changes. A table has one writer at a
// time: what writes first locks it until its transaction ends. Statements that write see what others have committed by
// then, others do not. What locks as it reads shares a table with others who do, or has it alone. LOCK TABLES locks for the
// session, beyond transactions; who has locked to write makes others wait even to read. Waiting ends with an error after a
// time (1205), or at once where sessions wait for each other (1213).
//
// A statement that fails leaves nothing of itself. DDL is a transaction like any other.
//
// # Durability
//
// The rows of all permanent tables lie in one SQLite file too, written row by row in one SQLite transaction per commit and
// synced before the commit is reported; it is read whole when the store opens. Nothing is read from it later: it is a
// journal that needs no compaction. Temporary tables are in memory alone.
//
// # Bounds
//
// Rows are held in memory. What a user's tables hold, uncommitted rows included, is bounded by a quota (errno 1114), and so is the
// sum of all users. Versions that only running statements still see are not counted.
package scratch
