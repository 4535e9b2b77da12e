package mysql

import "testing"

// TestForeignKeyErrors checks that what a foreign key refuses says all of it.
func TestForeignKeyErrors(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE DATABASE e", "USE d", "CREATE TABLE parent (id INT PRIMARY KEY, n INT, UNIQUE (n))", "INSERT INTO parent VALUES (1, 1)",
		"CREATE TABLE child (p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE RESTRICT ON UPDATE SET NULL)",
		"CREATE TABLE e.`other ``one` (n INT, `m m` INT, FOREIGN KEY (n) REFERENCES d.parent (n))", "INSERT INTO child VALUES (1)", "INSERT INTO e.`other ``one` VALUES (1, 2)")
	const key = "(`d`.`child`, CONSTRAINT `fk` FOREIGN KEY (`p`) REFERENCES `parent` (`id`) ON DELETE RESTRICT ON UPDATE SET NULL)"
	const other = "(`e`.`other ``one`, CONSTRAINT `other ``one_ibfk_1` FOREIGN KEY (`n`) REFERENCES `d`.`parent` (`n`))"
	const noParent, child = "Error 1452 (23000): Cannot add or update a child row: a foreign key constraint fails ", "Error 1451 (23000): Cannot delete or update a parent row: a foreign key constraint fails "
	wantRefused(t, c, [][2]string{
		{"INSERT INTO child VALUES (2)", noParent + key},
		{"UPDATE child SET p = 3", noParent + key},
		{"INSERT INTO e.`other ``one` VALUES (5, NULL)", noParent + other},
		{"DELETE FROM parent", child + key},
		{"UPDATE parent SET n = 2", child + other},
		{"ALTER TABLE e.`other ``one` ADD CONSTRAINT late FOREIGN KEY (`m m`) REFERENCES d.parent (n)", noParent + "(`e`.`other ``one`, CONSTRAINT `late` FOREIGN KEY (`m m`) REFERENCES `d`.`parent` (`n`))"},
		{"TRUNCATE parent", "Error 1701 (42000): Cannot truncate a table referenced in a foreign key constraint (`d`.`child`, CONSTRAINT `fk`)"},
		{"DROP TABLE parent", "Error 3730 (HY000): Cannot drop table 'parent' referenced by a foreign key constraint 'fk' on table 'child'."},
	})
}
