-- What DBeaver asks to fill its tree of databases, tables, columns, keys and routines, and its data editor.

-- alone: 1 row
SELECT DATABASE();

-- alone: 0 rows
SET autocommit=1;

-- alone: 1 row
SHOW ENGINES;

-- alone: 14 rows
SHOW CHARSET;

-- alone: rows
SHOW COLLATION;

-- alone: 0 rows
SHOW PLUGINS;

-- alone: 1 row
SHOW VARIABLES LIKE 'lower_case_table_names';

-- alone: rows
SHOW PRIVILEGES;

-- alone: rows
SHOW STATUS;

-- alone: rows
SHOW GLOBAL VARIABLES;

-- alone: 6 rows
SELECT * FROM information_schema.SCHEMATA;

-- alone: 6 rows
SHOW DATABASES;

-- alone: 1 row
SHOW FULL TABLES FROM `shop`;

-- alone: 1 row
SHOW TABLE STATUS FROM `shop`;

-- alone: 1 row
SHOW TABLE STATUS FROM `shop` LIKE 'orders';

-- alone: 7 rows
SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='orders' ORDER BY ORDINAL_POSITION;

-- alone: 0 rows
SELECT kc.CONSTRAINT_NAME, kc.TABLE_NAME, kc.COLUMN_NAME, kc.ORDINAL_POSITION FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE kc WHERE kc.TABLE_SCHEMA='shop' AND kc.REFERENCED_TABLE_NAME IS NULL AND kc.TABLE_NAME='orders' ORDER BY kc.CONSTRAINT_NAME, kc.ORDINAL_POSITION;

-- alone: 0 rows
SELECT cc.CONSTRAINT_NAME, cc.CHECK_CLAUSE, tc.TABLE_NAME FROM (SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = 'shop' ORDER BY CONSTRAINT_NAME) cc,
(SELECT TABLE_NAME, CONSTRAINT_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders') tc WHERE cc.CONSTRAINT_NAME = tc.CONSTRAINT_NAME;

-- alone: 0 rows
SELECT * FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='orders' ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX;

-- alone: 0 rows
SELECT * FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA='shop';

-- alone: 0 rows
SELECT * FROM INFORMATION_SCHEMA.TRIGGERS WHERE TRIGGER_SCHEMA='shop';

-- alone: 0 rows
SELECT * FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA='shop' ORDER BY ROUTINE_NAME;

-- alone: 0 rows
SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA='shop';

-- alone: 1 row
SELECT * FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='orders' ORDER BY PARTITION_METHOD, PARTITION_ORDINAL_POSITION;

-- alone: 0 rows
SELECT TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, IS_UPDATABLE, DEFINER FROM INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA='shop';

-- alone: 1 row
SHOW CREATE TABLE `shop`.`orders`;

-- alone: 1 row
SHOW CREATE DATABASE `shop`;

-- alone: 7 rows
SHOW FULL COLUMNS FROM `shop`.`orders`;

-- alone: 0 rows
SHOW INDEX FROM `shop`.`orders`;

-- alone: rows
SHOW FULL PROCESSLIST;

-- alone: 1 row
SELECT * FROM mysql.user ORDER BY user;

-- alone: 1 row
SHOW GRANTS FOR 'root'@'%';

-- alone: 1 row
EXPLAIN SELECT * FROM shop.orders;

-- alone: 1 row
EXPLAIN FORMAT=JSON SELECT * FROM shop.orders;

SELECT * FROM shop.orders LIMIT 0, 200;

SELECT x.* FROM lake.customers x WHERE x.region = 'north' ORDER BY x.name DESC;

SELECT count(*) FROM shop.orders;

SELECT COUNT(*) FROM (SELECT o.id FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id) AS dbvrcnt;

SELECT status, COUNT(*) FROM shop.orders WHERE status IS NOT NULL GROUP BY status ORDER BY status;
