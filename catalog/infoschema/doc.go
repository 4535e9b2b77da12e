// Package infoschema has the databases that a MySQL server describes itself in: information_schema, performance_schema and sys,
// as the tables of an ordinary connectors.Source. A query over them is planned and run like any other, and joins with anything.
//
// A table is declared once (table, column): MySQL 8's name, type and place of each column, and a function that gives its value
// for what a row is about (item): a database, a table, a column of one, a column of a key. What has no rows here is declared by
// its columns alone. Nothing else knows the tables.
//
// # How a scan reads
//
// Databases are listed first, then the tables of each that is wanted, several at the same time and in order, and only what
// is left is described, by one request for each database (catalog.Describe). Conditions that read nothing but the columns
// that name databases and tables are evaluated on the listings with the engine's own evaluator, under the columns' collation; they
// stay above the scan as well, so that nothing depends on them. A table that a statement names by constants is found where its
// source does not list it.
//
// What a source can't list or describe is a warning, and the others' rows are the result.
//
// # Who sees what
//
// A Source is of one session, which the gateway describes as a Viewer: his rights, and what only the gateway knows of the
// session and itself, such as variables. A table is seen by who has a right on it.
package infoschema
