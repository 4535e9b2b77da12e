-- What Metabase asks as it connects, reads the tables of a database and draws charts.

-- alone: 1 row
SELECT @@GLOBAL.time_zone AS global_tz, @@system_time_zone AS system_tz, TIME_FORMAT(TIMEDIFF(NOW(), CONVERT_TZ(NOW(), @@GLOBAL.time_zone, '+00:00')), '%H:%i') AS offset;

-- alone: 1 row
SHOW GRANTS FOR CURRENT_USER();

-- alone: 12 rows
SELECT c.column_name AS name, c.ordinal_position - 1 AS `database-position`, c.table_schema AS `table-schema`, c.table_name AS `table-name`,
UPPER(c.data_type) AS `database-type`, c.extra = 'auto_increment' AS `database-is-auto-increment`, c.is_nullable = 'YES' AS `database-is-nullable`,
IF(c.column_key = 'PRI', TRUE, FALSE) AS `pk?`, NULLIF(c.column_comment, '') AS `field-comment`
FROM information_schema.columns c WHERE c.table_schema NOT IN ('information_schema', 'performance_schema', 'sys', 'mysql') ORDER BY c.table_name, c.ordinal_position;

-- alone: 0 rows
SELECT a.table_schema AS `fk-table-schema`, a.table_name AS `fk-table-name`, a.column_name AS `fk-column-name`, a.referenced_table_name AS `pk-table-name`,
a.referenced_column_name AS `pk-column-name` FROM information_schema.key_column_usage a JOIN information_schema.table_constraints b
USING (constraint_schema, constraint_name, table_name) WHERE b.constraint_type = 'FOREIGN KEY' AND a.table_schema = 'shop' ORDER BY a.table_schema, a.table_name;

SELECT TRUE AS `_` FROM `shop`.`orders` WHERE 1 <> 1 LIMIT 0;

-- Fingerprints are taken of a sample.
SELECT `orders`.`id` AS `id`, SUBSTRING(`orders`.`status`, 1, 1234) AS `substring1`, `orders`.`placed` AS `placed` FROM `shop`.`orders` ORDER BY `orders`.`id` LIMIT 10000;

-- The values of a filter.
SELECT `shop`.`orders`.`status` AS `status` FROM `shop`.`orders` GROUP BY `shop`.`orders`.`status` ORDER BY `shop`.`orders`.`status` ASC LIMIT 1001;

SELECT STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H:%i'), '%Y-%m-%d %H:%i') AS `placed`, COUNT(*) AS `count` FROM `shop`.`orders`
GROUP BY STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H:%i'), '%Y-%m-%d %H:%i')
ORDER BY STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H:%i'), '%Y-%m-%d %H:%i') ASC;

SELECT STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H'), '%Y-%m-%d %H') AS `placed`, SUM(`orders`.`amount`) AS `sum` FROM `shop`.`orders`
GROUP BY STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H'), '%Y-%m-%d %H') ORDER BY STR_TO_DATE(DATE_FORMAT(`orders`.`placed`, '%Y-%m-%d %H'), '%Y-%m-%d %H') ASC;

SELECT DATE(`orders`.`placed`) AS `placed`, AVG(`orders`.`amount`) AS `avg` FROM `shop`.`orders` GROUP BY DATE(`orders`.`placed`) ORDER BY DATE(`orders`.`placed`) ASC;

SELECT STR_TO_DATE(CONCAT(YEARWEEK(`orders`.`placed`), ' Sunday'), '%X%V %W') AS `placed`, SUM(`orders`.`amount`) AS `sum` FROM `shop`.`orders`
GROUP BY STR_TO_DATE(CONCAT(YEARWEEK(`orders`.`placed`), ' Sunday'), '%X%V %W') ORDER BY STR_TO_DATE(CONCAT(YEARWEEK(`orders`.`placed`), ' Sunday'), '%X%V %W') ASC;

SELECT ADDDATE(STR_TO_DATE(CONCAT(YEARWEEK(ADDDATE(`orders`.`placed`, INTERVAL 1 day)), ' Sunday'), '%X%V %W'), INTERVAL -1 day) AS `placed`, COUNT(*) AS `count`
FROM `shop`.`orders` GROUP BY ADDDATE(STR_TO_DATE(CONCAT(YEARWEEK(ADDDATE(`orders`.`placed`, INTERVAL 1 day)), ' Sunday'), '%X%V %W'), INTERVAL -1 day)
ORDER BY `placed` ASC;

SELECT STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`placed`, '%Y-%m'), '-01'), '%Y-%m-%d') AS `placed`, SUM(`orders`.`amount`) AS `sum` FROM `shop`.`orders`
GROUP BY STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`placed`, '%Y-%m'), '-01'), '%Y-%m-%d') ORDER BY STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`placed`, '%Y-%m'), '-01'), '%Y-%m-%d') ASC;

SELECT STR_TO_DATE(CONCAT(YEAR(`orders`.`placed`), '-', ((QUARTER(`orders`.`placed`) * 3) - 2), '-01'), '%Y-%m-%d') AS `placed`, MIN(`orders`.`amount`) AS `min` FROM `shop`.`orders`
GROUP BY STR_TO_DATE(CONCAT(YEAR(`orders`.`placed`), '-', ((QUARTER(`orders`.`placed`) * 3) - 2), '-01'), '%Y-%m-%d') ORDER BY `placed` ASC;

SELECT MAKEDATE(YEAR(`orders`.`placed`), 1) AS `placed`, COUNT(DISTINCT `orders`.`status`) AS `count` FROM `shop`.`orders` GROUP BY MAKEDATE(YEAR(`orders`.`placed`), 1) ORDER BY MAKEDATE(YEAR(`orders`.`placed`), 1) ASC;

SELECT DAYOFWEEK(`orders`.`placed`) AS `placed`, HOUR(`orders`.`placed`) AS `placed_2`, COUNT(*) AS `count` FROM `shop`.`orders`
GROUP BY DAYOFWEEK(`orders`.`placed`), HOUR(`orders`.`placed`) ORDER BY DAYOFWEEK(`orders`.`placed`) ASC, HOUR(`orders`.`placed`) ASC;

SELECT DAYOFMONTH(placed), DAYOFYEAR(placed), WEEK(placed, 3), WEEK(placed, 6), MONTH(placed), QUARTER(placed), MINUTE(placed), SECOND(placed), CEIL(DAYOFYEAR(MAKEDATE(YEAR(placed), 7)) / 7.0) FROM shop.orders;

SELECT CONVERT_TZ(CAST(`orders`.`placed` AS datetime), '+00:00', '+05:30') AS `placed`, TIMESTAMPDIFF(month, `orders`.`placed`, `orders`.`shipped`) AS `months`,
TIMESTAMPDIFF(day, DATE(`orders`.`placed`), DATE(`orders`.`shipped`)) AS `days`, TIMESTAMPDIFF(quarter, '2020-01-01', placed) AS q, TIMESTAMPDIFF(week, placed, '2026-01-01') AS w FROM `shop`.`orders`;

SELECT TIMESTAMPDIFF(second, `orders`.`placed`, `orders`.`shipped`), TIMESTAMPDIFF(hour, placed, shipped), TIMESTAMPDIFF(year, shipped, placed) FROM shop.orders;

SELECT COUNT(*) AS `count` FROM `shop`.`orders` WHERE `orders`.`placed` >= CAST('2023-02-01' AS date) AND `orders`.`placed` < CAST('2024-02-01' AS date);

SELECT COUNT(*) AS `count` FROM `shop`.`orders` WHERE `orders`.`placed` >= timestamp '2023-02-01 00:00:00.000' AND `orders`.`placed` < timestamp '2024-02-01 10:00:00.250';

SELECT COUNT(*) AS `count` FROM `shop`.`orders` WHERE `orders`.`placed` >= STR_TO_DATE(CONCAT(DATE_FORMAT(DATE_ADD(NOW(6), INTERVAL -120 month), '%Y-%m'), '-01'), '%Y-%m-%d')
AND `orders`.`placed` < STR_TO_DATE(CONCAT(DATE_FORMAT(NOW(6), '%Y-%m'), '-01'), '%Y-%m-%d');

SELECT `source`.`region` AS `region`, SUM(`source`.`amount`) AS `sum`, CAST(SUM(CASE WHEN `source`.`amount` > 100 THEN 1 ELSE 0.0 END) AS double) / CASE WHEN COUNT(*) = 0 THEN NULL ELSE COUNT(*) END AS `share`
FROM (SELECT `orders`.`amount` AS `amount`, `Customers`.`region` AS `region` FROM `shop`.`orders` LEFT JOIN `lake`.`customers` AS `Customers` ON `orders`.`customer_id` = `Customers`.`id`) AS `source`
WHERE (`source`.`amount` BETWEEN 5 AND 900.5) AND (NOT (LOWER(`source`.`region`) LIKE '%xx%') OR `source`.`region` IS NULL) GROUP BY `source`.`region` ORDER BY `sum` DESC, `source`.`region` ASC LIMIT 2000;

-- Bins of numbers, and totals that run on.
SELECT ((FLOOR(((`orders`.`amount` - 0.0) / 125.0)) * 125.0) + 0.0) AS `amount`, COUNT(*) AS `count` FROM `shop`.`orders` GROUP BY ((FLOOR(((`orders`.`amount` - 0.0) / 125.0)) * 125.0) + 0.0) ORDER BY ((FLOOR(((`orders`.`amount` - 0.0) / 125.0)) * 125.0) + 0.0) ASC;

SELECT `breakout`, SUM(SUM(`amount`)) OVER (ORDER BY `breakout` ASC ROWS UNBOUNDED PRECEDING) AS `sum` FROM (SELECT MAKEDATE(YEAR(placed), 1) AS `breakout`, amount AS `amount` FROM shop.orders) AS s GROUP BY `breakout` ORDER BY `breakout` ASC;

SELECT STDDEV_SAMP(amount), VAR_POP(quantity), STDDEV_POP(amount) FROM shop.orders;

SELECT REGEXP_REPLACE(name, '[aeiou]', '_'), REGEXP_SUBSTR(name, '[A-Z]$'), CONCAT(name, ' ', region), COALESCE(region, 'none'), LENGTH(name), CHAR_LENGTH(region), TRIM(name), ROUND(rating), POWER(rating, 2), EXP(rating), LOG10(rating + 1), SQRT(rating) FROM lake.customers;
