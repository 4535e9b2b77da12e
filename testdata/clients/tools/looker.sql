-- What Looker generates: buckets as texts, dates made by CAST, measures behind COALESCE, and sums that hold where a join repeats rows.

SELECT (DATE(orders.placed)) AS `orders.placed_date`, COUNT(*) AS `orders.count` FROM shop.orders AS orders
WHERE ((( orders.placed ) >= ((TIMESTAMP('2023-01-01'))) AND ( orders.placed ) < ((DATE_ADD(TIMESTAMP('2023-01-01'),INTERVAL 1 year))))) GROUP BY 1 ORDER BY (DATE(orders.placed)) DESC LIMIT 500;

SELECT DATE_FORMAT(orders.placed,'%Y-%m') AS `orders.placed_month`, COALESCE(SUM(orders.amount ), 0) AS `orders.total` FROM shop.orders AS orders GROUP BY 1 ORDER BY 1 DESC LIMIT 500;

SELECT DATE_FORMAT(TIMESTAMP(DATE(DATE_ADD(orders.placed,INTERVAL (0 - MOD((DAYOFWEEK(orders.placed) - 1) - 1 + 7, 7)) day))), '%Y-%m-%d') AS `orders.placed_week`, COUNT(*) AS `orders.count`
FROM shop.orders AS orders GROUP BY 1 ORDER BY 1;

SELECT DATE_FORMAT(CAST(CONCAT(DATE_FORMAT(orders.placed, '%Y-'), LPAD(3 * (QUARTER(orders.placed) - 1) + 1, 2, '0')) AS CHAR),'%Y-%m') IS NULL AS q FROM shop.orders AS orders LIMIT 1;

SELECT CONCAT(YEAR(orders.placed), '-Q', QUARTER(orders.placed)) AS `orders.placed_quarter`, YEAR(orders.placed) AS `orders.placed_year`, COUNT(DISTINCT orders.customer_id) AS `orders.customers`
FROM shop.orders AS orders GROUP BY 1, 2 ORDER BY 1, 2;

SELECT DATE_FORMAT(orders.placed,'%Y-%m-%d %H:%i:%s') AS `orders.placed_time`, DATE_FORMAT(orders.placed, '%Y-%m-%d %H') AS h, HOUR(orders.placed) AS `hour_of_day`, DAYNAME(orders.placed) AS `day_of_week`,
MONTHNAME(orders.placed) AS `month_name`, MOD((DAYOFWEEK(CAST(orders.placed AS DATETIME)) - 1) - 1 + 7, 7) AS `day_of_week_index`, CAST(orders.placed AS DATE) AS d, WEEK(orders.placed, 3) AS w
FROM shop.orders AS orders;

SELECT CASE WHEN orders.quantity < 2 THEN '0' WHEN orders.quantity >= 2 AND orders.quantity < 4 THEN '1' ELSE 'Undefined' END AS `orders.tier__sort_`,
CASE WHEN orders.quantity < 2 THEN 'Below 2' WHEN orders.quantity >= 2 AND orders.quantity < 4 THEN '2 to 3' ELSE 'Undefined' END AS `orders.tier`,
COUNT(CASE WHEN (orders.status = 'paid') THEN 1 ELSE NULL END) AS `orders.paid`, AVG(orders.amount ) AS `orders.average`
FROM shop.orders AS orders GROUP BY 1, 2 ORDER BY 1;

SELECT customers.region AS `customers.region`,
COALESCE(COALESCE(CAST(( SUM(DISTINCT (CAST(FLOOR(COALESCE(customers.rating ,0)*(1000000*1.0)) AS DECIMAL(65,0))) + (CAST(CONV(SUBSTR(MD5(customers.id ),1,16),16,10) AS DECIMAL(65)) *18446744073709551616 + CAST(CONV(SUBSTR(MD5(customers.id ),17,16),16,10) AS DECIMAL(65))) )
- SUM(DISTINCT (CAST(CONV(SUBSTR(MD5(customers.id ),1,16),16,10) AS DECIMAL(65)) *18446744073709551616 + CAST(CONV(SUBSTR(MD5(customers.id ),17,16),16,10) AS DECIMAL(65)))) ) AS DECIMAL(65)) / (1000000*1.0), 0), 0) AS `customers.rating`,
COUNT(DISTINCT customers.id) AS `customers.count`, COALESCE(SUM(orders.amount ), 0) AS `orders.total`
FROM shop.orders AS orders LEFT JOIN lake.customers AS customers ON orders.customer_id = customers.id GROUP BY 1 ORDER BY COALESCE(SUM(orders.amount ), 0) DESC LIMIT 500;

SELECT customers.region AS `customers.region`, COALESCE(SUM(CASE WHEN orders.status = 'sent' THEN orders.amount ELSE NULL END), 0) AS `orders.sent` FROM shop.orders AS orders
LEFT JOIN lake.customers AS customers ON orders.customer_id = customers.id WHERE (customers.region LIKE 'n%' OR customers.region LIKE 'S%') AND (((customers.joined ) < (DATE('2022-01-01'))))
GROUP BY 1 HAVING NOT (COALESCE(SUM(orders.amount ), 0) IS NULL) ORDER BY 1 LIMIT 500;

-- A derived table that lives for the query, and totals beside the rows.
WITH best AS (SELECT customer_id, SUM(amount) AS total FROM shop.orders GROUP BY 1) SELECT best.total AS `best.total`, customers.name AS `customers.name` FROM best
LEFT JOIN lake.customers AS customers ON best.customer_id = customers.id WHERE (best.total > 1000) GROUP BY 1, 2 ORDER BY 1 DESC LIMIT 10;

SELECT COUNT(*) AS total FROM (SELECT DATE_FORMAT(placed, '%Y-%m') AS m FROM shop.orders GROUP BY 1) AS ss;

-- Pivots number the columns and the rows.
SELECT * FROM (SELECT *, DENSE_RANK() OVER (ORDER BY z___min_rank) AS z___pivot_row_rank, RANK() OVER (PARTITION BY z__pivot_col_rank ORDER BY z___min_rank) AS z__pivot_col_ordering FROM (
SELECT *, MIN(z___rank) OVER (PARTITION BY `orders.month`) AS z___min_rank FROM (
SELECT *, RANK() OVER (ORDER BY `orders.month` DESC, z__pivot_col_rank) AS z___rank FROM (
SELECT *, DENSE_RANK() OVER (ORDER BY `orders.status`) AS z__pivot_col_rank FROM (
SELECT orders.status AS `orders.status`, DATE_FORMAT(orders.placed, '%Y-%m') AS `orders.month`, COUNT(*) AS `orders.count` FROM shop.orders AS orders GROUP BY 1, 2) ww
) bb WHERE z__pivot_col_rank <= 16384 ) aa ) xx ) zz WHERE (z__pivot_col_rank <= 50 OR z__pivot_col_ordering = 1) AND (z___pivot_row_rank <= 500 OR z__pivot_col_ordering = 1) ORDER BY z___pivot_row_rank, z__pivot_col_rank;

-- alone: 1 row
SELECT CONNECTION_ID();

-- alone: rows
SHOW FULL PROCESSLIST;

-- alone: 1 row
SHOW TABLES FROM `shop`;

-- alone: 7 rows
SHOW COLUMNS FROM `shop`.`orders`;
