// Package write runs INSERT, REPLACE, UPDATE and DELETE (MySQL 8.0 manual, 13.2): which row is written, refused, counted.
//
// What is written has been computed before, or is computed by terms here: the rows that an UPDATE or DELETE is about, with the new values of
// their columns, come from a query of the engine, and so do those of INSERT ... SELECT. Values become columns' by package store. The rows go
// to a Table, which knows keys and foreign keys.
//
// A statement is atomic because who runs it takes back what one that failed has written. The package knows neither sessions nor
// transactions.
package write
