-- What people write themselves in the SQL editors of all these tools.

SELECT DATE_FORMAT(CONVERT_TZ(placed, '+00:00', '-08:00'), '%Y-%u') AS w, COUNT(*) FROM shop.orders GROUP BY 1 ORDER BY 1;

SELECT STR_TO_DATE(DATE_FORMAT(CONVERT_TZ(`orders`.`placed`, '+00:00', '+02:00'), '%Y-%m-%d %H'), '%Y-%m-%d %H') AS `placed`, COUNT(*) FROM shop.orders GROUP BY `placed` ORDER BY `placed`;

SELECT EXTRACT(YEAR_MONTH FROM placed) AS ym, EXTRACT(DAY_HOUR FROM placed), WEEKDAY(placed), WEEKOFYEAR(placed), YEARWEEK(placed, 1), TO_DAYS(placed), LAST_DAY(placed), DAYNAME(placed) FROM shop.orders;

SELECT FROM_UNIXTIME(UNIX_TIMESTAMP(placed) - UNIX_TIMESTAMP(placed) % 900) AS t, COUNT(*) FROM shop.orders GROUP BY t ORDER BY t;

SELECT FROM_UNIXTIME(FLOOR(UNIX_TIMESTAMP(placed) / 900) * 900, '%Y-%m-%d %H:%i') AS t, COUNT(*) FROM shop.orders GROUP BY t ORDER BY t;

SELECT DATE_SUB(DATE_SUB(placed, INTERVAL MINUTE(placed) MINUTE), INTERVAL SECOND(placed) SECOND) AS h FROM shop.orders;

SELECT CAST(placed AS TIME) AS t, TIME(placed), CAST(CAST(placed AS DATE) AS DATETIME), DATE(placed) + INTERVAL 1 DAY, placed - INTERVAL 1 WEEK FROM shop.orders;

SELECT status, GROUP_CONCAT(DISTINCT quantity ORDER BY quantity SEPARATOR ';') FROM shop.orders GROUP BY status WITH ROLLUP;

-- MariaDB has no GROUPING and no ANY_VALUE.
-- alone: 25 rows
SELECT status, quantity, SUM(amount), GROUPING(status), GROUPING(quantity) FROM shop.orders GROUP BY status, quantity WITH ROLLUP;

SELECT c.region, YEAR(o.placed) AS y, SUM(o.amount) AS s, SUM(SUM(o.amount)) OVER (PARTITION BY c.region ORDER BY YEAR(o.placed)) AS running, LAG(SUM(o.amount), 1) OVER (PARTITION BY c.region ORDER BY YEAR(o.placed)) AS before_, SUM(o.amount) / SUM(SUM(o.amount)) OVER () AS share FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id GROUP BY c.region, YEAR(o.placed) ORDER BY 1, 2;

SELECT NTILE(4) OVER (ORDER BY amount, id) AS q, id, FIRST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY placed), ROW_NUMBER() OVER (ORDER BY placed DESC) FROM shop.orders;

SELECT COUNT(*) FROM shop.orders WHERE placed >= DATE_SUB(CURDATE(), INTERVAL 30 YEAR) AND placed < NOW() AND DATE(placed) BETWEEN '2022-01-01' AND '2024-06-30';

SELECT COUNT(*) FROM shop.orders WHERE placed > '2023-01-01T00:00:00' AND placed < '2024-01-01 00:00:00.000' AND shipped <> '2023-05-05';

SELECT COUNT(*) FROM shop.orders WHERE YEAR(placed) = 2023 AND MONTH(placed) IN (1, 2, 3) AND HOUR(placed) BETWEEN 8 AND 17;

SELECT o.id FROM shop.orders o WHERE o.customer_id IN (SELECT id FROM lake.customers WHERE region = 'north') AND NOT EXISTS (SELECT 1 FROM shop.orders p WHERE p.customer_id = o.customer_id AND p.placed > o.placed);

SELECT a.status, a.n, b.n FROM (SELECT status, COUNT(*) AS n FROM shop.orders WHERE YEAR(placed) = 2023 GROUP BY status) a LEFT JOIN (SELECT status, COUNT(*) AS n FROM shop.orders WHERE YEAR(placed) = 2024 GROUP BY status) b ON a.status = b.status;

SELECT CASE WHEN c.region IS NULL THEN 'none' ELSE c.region END AS r, COUNT(DISTINCT o.customer_id, o.status) AS pairs, SUM(IF(o.status = 'paid', 1, 0)) / COUNT(*) * 100 AS pct, ROUND(AVG(o.amount), 2) FROM shop.orders o LEFT JOIN lake.customers c ON c.id = o.customer_id GROUP BY r;

SELECT CONVERT(amount, CHAR) AS t, CONVERT(amount, SIGNED) AS s, CAST(amount AS DOUBLE) AS d, FORMAT(amount, 2) AS f, CAST(id AS DECIMAL(20, 6)) AS x, CAST(amount AS UNSIGNED), amount DIV 7, MOD(amount, 7), amount % 7, -amount, ABS(-amount), SIGN(amount) FROM shop.orders;

SELECT SUBSTRING_INDEX(name, ' ', -1), REPLACE(name, 'Customer', 'C'), LPAD(id, 5, '0'), UPPER(region), INSTR(name, 'er'), REVERSE(name), FIELD(region, 'north', 'south'), ELT(2, 'a', 'b'), LEFT(name, 3), MID(name, 2, 3), ASCII(name), HEX(region), NULLIF(region, 'north'), GREATEST(rating, 1), LEAST(id, 3), IF(rating > 1, 'hi', 'lo') FROM lake.customers;

-- alone: 4 rows
SELECT region, JSON_ARRAYAGG(id) IS NULL, BIT_OR(id), VARIANCE(rating), MAX(joined), MIN(name), ANY_VALUE(region) FROM lake.customers GROUP BY region;

SELECT DATE_ADD('2024-01-31', INTERVAL 1 MONTH), DATEDIFF('2024-03-01', '2024-02-01'), TIMEDIFF('2024-01-01 10:00:00', '2024-01-01 08:30:00'), PERIOD_DIFF(202403, 202401), MAKETIME(1, 2, 3), SEC_TO_TIME(3661), TIME_TO_SEC('01:00:00');

WITH RECURSIVE days AS (SELECT DATE('2024-01-01') AS d UNION ALL SELECT d + INTERVAL 1 DAY FROM days WHERE d < '2024-01-31') SELECT days.d, COUNT(o.id) AS n FROM days LEFT JOIN shop.orders o ON DATE(o.placed) = days.d GROUP BY days.d ORDER BY days.d;

(SELECT 'a' AS k, COUNT(*) AS n FROM shop.orders) UNION ALL (SELECT 'b', COUNT(*) FROM lake.customers) ORDER BY k;

SELECT DISTINCT DATE_FORMAT(placed, '%b %Y') AS m, DATE_FORMAT(placed, '%Y Q') AS y, CONCAT_WS('-', YEAR(placed), LPAD(MONTH(placed), 2, '0')) AS ym FROM shop.orders ORDER BY ym, m;

SELECT t.placed, t.amount FROM (SELECT placed, amount FROM shop.orders ORDER BY placed DESC LIMIT 10) t ORDER BY t.placed;

SELECT CAST(placed AS DATE) AS d, CAST(DATE_FORMAT(placed, '%Y-%m-01') AS DATE) AS m, CAST(CONCAT(YEAR(placed), '-01-01') AS DATE) AS y, TIMESTAMP(DATE(placed), '10:00:00') AS n, STR_TO_DATE('01/02/2024 03:04 PM', '%d/%m/%Y %h:%i %p') AS p, SUBDATE(placed, WEEKDAY(placed)) AS s, SUBDATE(DATE(placed), WEEKDAY(placed)) AS mon FROM shop.orders;

SELECT TIMESTAMPADD(MONTH, -1, placed), TIMESTAMPADD(SECOND, 90, placed), ADDTIME(placed, '01:00:00'), SUBTIME(placed, '00:00:01.5'), DATE_ADD(placed, INTERVAL '1:30' HOUR_MINUTE), DATE_ADD(placed, INTERVAL 1.5 SECOND), MICROSECOND(placed) FROM shop.orders;

SELECT UNIX_TIMESTAMP(placed) AS u, FLOOR(UNIX_TIMESTAMP(placed)) AS f, UNIX_TIMESTAMP(DATE(placed)) AS d, UNIX_TIMESTAMP(shipped) * 1000 AS ms FROM shop.orders;
