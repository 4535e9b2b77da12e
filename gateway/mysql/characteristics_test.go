package mysql

import (
	"fmt"
	"testing"
)

// TestCharacteristicsOfOneTransaction sets characteristics for the next transaction, which the transactions after it have not (MySQL 8.0 manual, 15.3.7).
func TestCharacteristicsOfOneTransaction(t *testing.T) {
	g := start(t)
	other, _ := g.conn(g.open(""))
	exec(t, other, "CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)")
	c, _ := g.conn(g.open(""))
	// latest reports whether a transaction reads what is committed after its first read.
	latest := func() bool {
		t.Helper()
		exec(t, c, "START TRANSACTION", "SELECT COUNT(*) FROM d.t INTO @before")
		exec(t, other, "INSERT INTO d.t VALUES ()")
		rows, err := texts(c, "SELECT COUNT(*) = @before + 1 FROM d.t")
		if err != nil {
			t.Fatal(err)
		}
		exec(t, c, "COMMIT")
		return fmt.Sprint(rows) == "[[1]]"
	}
	writes := func() bool {
		_, err := c.ExecContext(background, "INSERT INTO d.t VALUES ()")
		if err != nil {
			wantErrno(t, "a write in a transaction that only reads", err, 1792, "25006")
		}
		return err == nil
	}
	for _, step := range []struct {
		statements  []string
		first, then bool // what ask says of the transaction after them, and of the one after that
		ask         func() bool
	}{
		{nil, false, false, latest},
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED"}, true, false, latest},
		{[]string{"SET @@transaction_isolation = 'READ-COMMITTED'"}, true, false, latest},
		{[]string{"SET transaction_isolation = 'READ-COMMITTED'"}, true, true, latest},
		{[]string{"SET @@session.transaction_isolation = 'REPEATABLE-READ'"}, false, false, latest},
		{[]string{"SET LOCAL TRANSACTION ISOLATION LEVEL READ COMMITTED"}, true, true, latest},
		{[]string{"SET SESSION transaction_isolation = 'REPEATABLE-READ'"}, false, false, latest},
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT 1", "SELECT @@transaction_isolation"}, true, false, latest}, // which are no transactions
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT COUNT(*) FROM d.t"}, false, false, latest},
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT COUNT(*) FROM fake.numbers"}, false, false, latest},
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "COMMIT"}, false, false, latest},
		{[]string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SESSION transaction_isolation = 'REPEATABLE-READ'"}, false, false, latest},
		{[]string{"PREPARE p FROM 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED'", "EXECUTE p"}, true, false, latest},
		{[]string{"SET TRANSACTION READ ONLY"}, false, false, writes}, // what is refused is no transaction
		{[]string{"SELECT COUNT(*) FROM d.t"}, true, true, writes},
		{[]string{"SET TRANSACTION READ ONLY", "START TRANSACTION"}, false, false, writes},
		{[]string{"COMMIT"}, true, true, writes},
		{[]string{"SET TRANSACTION READ ONLY", "START TRANSACTION", "COMMIT AND CHAIN"}, false, false, writes},
		{[]string{"ROLLBACK"}, true, true, writes},
		{[]string{"SET @@transaction_read_only = ON", "SELECT COUNT(*) FROM d.t"}, true, true, writes},
		{[]string{"SET transaction_read_only = 1"}, false, false, writes},
		{[]string{"START TRANSACTION READ WRITE"}, true, true, writes},
		{[]string{"COMMIT"}, false, false, writes},
		{[]string{"SET SESSION TRANSACTION READ WRITE", "START TRANSACTION READ ONLY"}, false, false, writes},
		{[]string{"START TRANSACTION"}, true, true, writes},
		{[]string{"SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE"}, true, true, writes}, // the transaction goes on as it is
		{[]string{"COMMIT"}, false, false, writes},
	} {
		exec(t, c, step.statements...)
		if first, then := step.ask(), step.ask(); first != step.first || then != step.then {
			t.Errorf("%q: %t, then %t; want %t, then %t", step.statements, first, then, step.first, step.then)
		}
	}
	wantTable(t, c, "SELECT @@transaction_isolation, @@transaction_read_only", "SERIALIZABLE|1")
	exec(t, c, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
	wantTable(t, c, "SELECT @@transaction_isolation, @@transaction_read_only", "SERIALIZABLE|1")

	exec(t, c, "SET TRANSACTION READ ONLY", "START TRANSACTION")
	for _, statement := range []string{"SET TRANSACTION READ WRITE", "SET @@transaction_isolation = 'SERIALIZABLE'", "SET @a = 1, @@transaction_read_only = 0"} {
		_, err := c.ExecContext(background, statement)
		wantErrno(t, statement+" in a transaction", err, 1568, "25001")
	}
	for _, statement := range []string{"CREATE TABLE d.made (a INT)", "CREATE USER made", "ALTER USER root IDENTIFIED BY ''"} { // which commit, and are no part of that transaction
		_, err := c.ExecContext(background, statement)
		wantErrno(t, statement+" of a session whose transactions only read", err, 1792, "25006")
	}
	exec(t, c, "SET SESSION TRANSACTION READ WRITE", "START TRANSACTION READ ONLY", "CREATE USER made", "CREATE TABLE d.made (a INT)", "INSERT INTO d.made VALUES (1)")
	exec(t, c, "SET SESSION transaction_isolation = 'READ-COMMITTED'", "ROLLBACK", "SET autocommit = 0", "SELECT * FROM d.t")
	_, err := c.ExecContext(background, "SET TRANSACTION READ WRITE")
	wantErrno(t, "SET TRANSACTION after a read without autocommit", err, 1568, "25001")
}

// TestCompletion begins a transaction with the end of another, or ends the connection with it.
func TestCompletion(t *testing.T) {
	g := start(t)
	setup, _ := g.conn(g.open(""))
	exec(t, setup, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
	c, _ := g.conn(g.open(""))
	id := 0
	for _, step := range []struct {
		statement    string
		kept, chains bool
	}{
		{"COMMIT", true, false},
		{"COMMIT WORK AND CHAIN", true, true},
		{"COMMIT AND NO CHAIN NO RELEASE", true, false},
		{"ROLLBACK /* it */ AND CHAIN NO RELEASE", false, true},
		{"ROLLBACK", false, false},
		{"SET completion_type = CHAIN", false, false},
		{"COMMIT", true, true},
		{"ROLLBACK WORK", false, true},
		{"COMMIT AND NO CHAIN", true, false},
		{"PREPARE p FROM 'ROLLBACK'", false, false},
		{"EXECUTE p", false, true},
		{"ROLLBACK AND NO CHAIN", false, false},
		{"SET completion_type = 0", false, false},
	} {
		if id++; step.kept || step.chains {
			exec(t, c, "START TRANSACTION", fmt.Sprintf("INSERT INTO d.t VALUES (%d)", id))
		}
		exec(t, c, step.statement)
		wantTable(t, setup, fmt.Sprintf("SELECT COUNT(*) FROM d.t WHERE id = %d", id), fmt.Sprint(map[bool]int{true: 1}[step.kept]))
		exec(t, c, fmt.Sprintf("INSERT INTO d.t VALUES (%d)", -id))
		wantTable(t, setup, fmt.Sprintf("SELECT COUNT(*) FROM d.t WHERE id = %d", -id), fmt.Sprint(map[bool]int{false: 1}[step.chains]))
		exec(t, c, "ROLLBACK AND NO CHAIN")
	}
	_, err := c.ExecContext(background, "COMMIT AND CHAIN RELEASE")
	wantErrno(t, "a transaction after the connection", err, 1064, "42000")
	_, err = c.ExecContext(background, "PREPARE p FROM 'COMMIT AND CHAIN'")
	wantErrno(t, "PREPARE of what GMS's tree leaves out", err, 1235, "42000")
	exec(t, c, "START TRANSACTION", "SAVEPOINT s", "INSERT INTO d.t VALUES (1000)", "ROLLBACK WORK TO s", "ROLLBACK TO SAVEPOINT s", "COMMIT")
	wantTable(t, setup, "SELECT COUNT(*) FROM d.t WHERE id = 1000", "0")

	prepared, err := c.PrepareContext(background, "COMMIT AND CHAIN")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	if _, err := prepared.Exec(); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "INSERT INTO d.t VALUES (2000)", "ROLLBACK")
	wantTable(t, setup, "SELECT COUNT(*) FROM d.t WHERE id = 2000", "0")

	for i, statement := range []string{"COMMIT RELEASE", "SET completion_type = 'RELEASE'; START TRANSACTION; INSERT INTO d.t VALUES (3001); COMMIT; INSERT INTO d.t VALUES (3010)"} {
		gone, connection := g.conn(g.open("multiStatements=true"))
		exec(t, gone, statement)
		eventually(t, statement, func() bool { _, open := g.connections.Load(uint32(connection)); return !open })
		wantTable(t, setup, "SELECT COUNT(*) FROM d.t WHERE id > 3000", fmt.Sprint(i))
		hangUp(gone)
	}
}
