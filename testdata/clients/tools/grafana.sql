-- What Grafana makes of its macros. Its editor lists databases, tables and columns.

SELECT TABLE_NAME FROM information_schema.TABLES WHERE table_schema = 'nosuch' AND TABLE_TYPE = 'BASE TABLE';

-- alone: 5 rows
SELECT DISTINCT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_TYPE != 'SYSTEM VIEW' ORDER BY TABLE_SCHEMA;

-- alone: 7 rows
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders' AND table_schema = 'shop' ORDER BY column_name;

SELECT UNIX_TIMESTAMP(placed) DIV 300 * 300 AS "time", SUM(amount) AS "amount" FROM shop.orders
WHERE placed BETWEEN FROM_UNIXTIME(1640995200) AND FROM_UNIXTIME(1735689600) GROUP BY time ORDER BY time;

SELECT UNIX_TIMESTAMP(placed) DIV 86400 * 86400 AS "time", status AS metric, AVG(quantity) AS "value", COUNT(*) AS n FROM shop.orders
WHERE placed BETWEEN FROM_UNIXTIME(1640995200) AND FROM_UNIXTIME(1735689600) AND status IN ('paid','new') GROUP BY 1, 2 ORDER BY 1, 2;

SELECT CAST(CAST(UNIX_TIMESTAMP(placed)/(3600) AS signed)*3600 AS signed) AS "time", MAX(amount) AS value FROM shop.orders GROUP BY 1 ORDER BY 1;

SELECT UNIX_TIMESTAMP(placed) AS time_sec, amount AS value FROM shop.orders WHERE UNIX_TIMESTAMP(placed) > 1650000000 AND UNIX_TIMESTAMP(placed) < 1700000000 ORDER BY placed ASC;

SELECT placed AS "time", amount AS value, status AS metric FROM shop.orders WHERE placed >= FROM_UNIXTIME(1672531200.5) AND placed <= FROM_UNIXTIME(1704067199) ORDER BY placed;

SELECT 1672531200 DIV 3600 * 3600 AS "time", id DIV 50 * 50 AS bucket, COUNT(*) AS value FROM shop.orders GROUP BY 1, 2 ORDER BY 1, 2;

SELECT FROM_UNIXTIME(1672531200) AS time, UNIX_TIMESTAMP('2023-01-01 10:00:00.5') AS t, UNIX_TIMESTAMP('2023-01-01') AS d;

-- Variables and annotations.
SELECT DISTINCT region AS __text, id AS __value FROM lake.customers WHERE region IN ('north','Süd') ORDER BY 2;

SELECT UNIX_TIMESTAMP(shipped) AS time, UNIX_TIMESTAMP(shipped) + 3600 AS timeend, CONCAT('Order ', id) AS text, status AS tags FROM shop.orders WHERE shipped IS NOT NULL ORDER BY shipped, id LIMIT 100;

-- Series of two silos.
SELECT UNIX_TIMESTAMP(o.placed) DIV 2592000 * 2592000 AS "time", c.region AS metric, SUM(o.amount) AS revenue FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id
WHERE o.placed BETWEEN FROM_UNIXTIME(1640995200) AND FROM_UNIXTIME(1767225600) GROUP BY 1, 2 ORDER BY 1, 2;
