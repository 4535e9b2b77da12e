package mysql

// The categories of statements.
const (
	manipulation   = "Data Manipulation"
	definition     = "Data Definition"
	transactions   = "Transactions"
	accounts       = "Account Management"
	preparing      = "Prepared Statements"
	administration = "Administration"
	servers        = "Servers"
	utility        = "Utility"
)

// statementTopics are the statements that docs/sql.md, docs/scratch.md and docs/operations.md are about.
var statementTopics = []helpTopic{
	{"SELECT", manipulation, "Reads rows of tables of any sources and of scratch databases.", "SELECT category, COUNT(*) FROM shop.products GROUP BY category;", "select.html"},
	{"JOIN", manipulation, "INNER, LEFT, RIGHT, CROSS and FULL JOIN put rows of tables together, also of several sources.", "SELECT p.name FROM shop.products p JOIN lake.reviews r ON r.product_id = p.id;", "join.html"},
	{"UNION", manipulation, "All rows of two queries, without duplicates unless ALL follows.", "SELECT 1 UNION ALL SELECT 1;", "union.html"},
	{"INTERSECT", manipulation, "The rows that two queries have in common.", "SELECT 1 INTERSECT SELECT 1;", "intersect.html"},
	{"EXCEPT", manipulation, "The rows of one query that another has not.", "SELECT 1 EXCEPT SELECT 2;", "except.html"},
	{"WITH", manipulation, "Names queries for the statement that follows; WITH RECURSIVE, also ones that read themselves.", "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n;", "with.html"},
	{"VALUES STATEMENT", manipulation, "A table of the rows that are written out.", "VALUES ROW(1, 'a'), ROW(2, 'b');", "values.html"},
	{"TABLE", manipulation, "All of a table.", "TABLE shop.products LIMIT 3;", "table.html"},
	{"INSERT", manipulation, "Adds rows to a table of a scratch database; tables of sources are read-only.", "INSERT INTO desk.notes (note) SELECT name FROM shop.products;", "insert.html"},
	{"REPLACE", manipulation, "INSERT that first deletes the rows with the same keys.", "REPLACE INTO desk.notes (id, note) VALUES (1, 'new');", "replace.html"},
	{"UPDATE", manipulation, "Changes rows of a table of a scratch database.", "UPDATE desk.notes SET note = 'old' WHERE id = 1;", "update.html"},
	{"DELETE", manipulation, "Deletes rows of a table of a scratch database.", "DELETE FROM desk.notes WHERE id = 1;", "delete.html"},
	{"DO", manipulation, "Evaluates expressions and answers nothing.", "DO @last := NOW();", "do.html"},
	{"CREATE DATABASE", definition, "Makes a scratch database.", "CREATE DATABASE desk;", "create-database.html"},
	{"DROP DATABASE", definition, "Drops a scratch database with all its tables and views.", "DROP DATABASE desk;", "drop-database.html"},
	{"CREATE TABLE", definition, "Makes a table in a scratch database, or a TEMPORARY one in any; with AS it is filled by a query.", "CREATE TABLE desk.cheap AS SELECT id, name FROM shop.products WHERE price < 20;", "create-table.html"},
	{"ALTER TABLE", definition, "Changes columns, keys and constraints of a scratch table.", "ALTER TABLE desk.notes ADD COLUMN seen DATETIME;", "alter-table.html"},
	{"DROP TABLE", definition, "Drops scratch and temporary tables.", "DROP TABLE IF EXISTS desk.notes;", "drop-table.html"},
	{"TRUNCATE TABLE", definition, "Empties a scratch table.", "TRUNCATE TABLE desk.notes;", "truncate-table.html"},
	{"CREATE INDEX", definition, "Adds a key to a scratch table.", "CREATE UNIQUE INDEX by_name ON desk.notes (note);", "create-index.html"},
	{"DROP INDEX", definition, "Drops a key of a scratch table.", "DROP INDEX by_name ON desk.notes;", "drop-index.html"},
	{"CREATE VIEW", definition, "Names a query over tables of any sources. It is read as its definer, or with SQL SECURITY INVOKER as who reads it.", "CREATE VIEW shop.cheap AS SELECT name FROM shop.products WHERE price < 20;", "create-view.html"},
	{"ALTER VIEW", definition, "Gives a view another query.", "ALTER VIEW shop.cheap AS SELECT name FROM shop.products WHERE price < 10;", "alter-view.html"},
	{"DROP VIEW", definition, "Drops a view.", "DROP VIEW IF EXISTS shop.cheap;", "drop-view.html"},
	{"START TRANSACTION", transactions, "Begins a transaction over scratch tables.", "START TRANSACTION READ ONLY;", "commit.html"},
	{"COMMIT", transactions, "Keeps what the transaction did.", "COMMIT;", "commit.html"},
	{"ROLLBACK", transactions, "Undoes what the transaction did, or what it did since a savepoint.", "ROLLBACK TO SAVEPOINT before_it;", "commit.html"},
	{"SAVEPOINT", transactions, "Marks a place in a transaction to go back to.", "SAVEPOINT before_it;", "savepoint.html"},
	{"CREATE USER", accounts, "Makes accounts.", "CREATE USER ann IDENTIFIED BY 'secret';", "create-user.html"},
	{"ALTER USER", accounts, "Changes an account's password.", "ALTER USER ann IDENTIFIED BY 'another';", "alter-user.html"},
	{"RENAME USER", accounts, "Gives accounts other names; their rights go with them.", "RENAME USER ann TO anne;", "rename-user.html"},
	{"DROP USER", accounts, "Drops accounts.", "DROP USER ann;", "drop-user.html"},
	{"GRANT", accounts, "Gives rights on all, on a database or on a table.", "GRANT SELECT ON shop.* TO ann;", "grant.html"},
	{"REVOKE", accounts, "Takes rights back.", "REVOKE SELECT ON shop.* FROM ann;", "revoke.html"},
	{"PREPARE", preparing, "Prepares a statement that a text or a variable holds.", "PREPARE p FROM 'SELECT ? + 1';", "prepare.html"},
	{"EXECUTE", preparing, "Runs a prepared statement with the values of user variables.", "EXECUTE p USING @one;", "execute.html"},
	{"DEALLOCATE PREPARE", preparing, "Forgets a prepared statement.", "DEALLOCATE PREPARE p;", "deallocate-prepare.html"},
	{"ANALYZE TABLE", administration, "Finds out how many rows and values a table has, by which queries are planned.", "ANALYZE TABLE shop.products;", "analyze-table.html"},
	{"CHECKSUM TABLE", administration, "The checksum of a table, or NULL.", "CHECKSUM TABLE shop.products;", "checksum-table.html"},
	{"FLUSH", administration, "Is accepted for what clients mean by it.", "FLUSH TABLES;", "flush.html"},
	{"KILL", administration, "Ends a connection, or with QUERY only its statement.", "KILL QUERY 7;", "kill.html"},
	{"SET", administration, "Assigns session, global and user variables.", "SET @one = 1, time_zone = '+00:00';", "set-variable.html"},
	{"SHOW", administration, "SHOW DATABASES, TABLES, COLUMNS, INDEX, CREATE TABLE, CREATE VIEW, TABLE STATUS, VARIABLES, STATUS, PROCESSLIST, GRANTS, WARNINGS, ERRORS and others.", "SHOW FULL TABLES FROM shop LIKE 'p%';", "show.html"},
	{"GET DIAGNOSTICS", administration, "Puts what SHOW WARNINGS shows into user variables.", "GET DIAGNOSTICS CONDITION 1 @code = MYSQL_ERRNO;", "get-diagnostics.html"},
	{"CREATE SERVER", servers, "Adds a source, whose tables are then those of the database named like it.", "CREATE SERVER books FOREIGN DATA WRAPPER sqlite OPTIONS (PATH '/srv/books.db');", "create-server.html"},
	{"ALTER SERVER", servers, "Changes options of a source.", "ALTER SERVER books OPTIONS (PATH '/srv/more.db');", "alter-server.html"},
	{"DROP SERVER", servers, "Removes a source.", "DROP SERVER books;", "drop-server.html"},
	{"EXPLAIN", utility, "Shows what of a statement runs where; with ANALYZE also what was measured.", "EXPLAIN FORMAT=JSON SELECT COUNT(*) FROM shop.products;", "explain.html"},
	{"DESCRIBE", utility, "Shows the columns of a table; before a statement, EXPLAIN.", "DESCRIBE shop.products;", "describe.html"},
	{"HELP", utility, "Explains statements and functions: HELP 'contents' lists the categories.", "HELP 'select';", "help.html"},
	{"USE", utility, "Makes a database the one that names without one are of.", "USE shop;", "use.html"},
}
