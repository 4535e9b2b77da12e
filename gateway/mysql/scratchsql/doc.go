// Package scratchsql makes of the tables of package scratch those of go-mysql-server (GMS): scratch databases with MySQL's DDL and
// DML, and the temporary tables of sessions.
//
// What makes and changes tables is decided here: a statement becomes a draft, all clauses of it together, of which GMS binds types and
// expressions (Databases.Create, Databases.Alter).
//
// Rows are written by package write, for which a table is a writer: it stores them and finds those that a key forbids. Foreign keys GMS
// enforces and follows: it hands the rows of cascades to an editor. Queries are the engine's, which reads a Snapshot without a detour over
// GMS's rows.
//
// What GMS has no storage for is none here: FULLTEXT, SPATIAL and vector indexes, spatial types, triggers, procedures and
// events are refused.
//
// Transactions, savepoints and locks are those of a scratch.Session, which a session of the gateway has (Sessioner). Who runs
// statements begins and ends them.
package scratchsql
