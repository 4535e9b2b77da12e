-- What Tableau sends through ODBC: it asks what the server can do, keeps filters in temporary tables, and truncates moments.

-- alone: 0 rows
CREATE TEMPORARY TABLE `shop`.`#Tableau_1_1_Connect` (`COL` INTEGER);

-- alone: 0 rows
INSERT INTO `shop`.`#Tableau_1_1_Connect` (`COL`) VALUES (1);

-- alone: 1 row
SELECT `COL` FROM `shop`.`#Tableau_1_1_Connect` GROUP BY 1;

-- alone: 0 rows
DROP TABLE IF EXISTS `shop`.`#Tableau_1_1_Connect`;

-- A context filter: the rows are kept, and read by what follows.
-- alone: 0 rows
CREATE TEMPORARY TABLE `shop`.`#Tableau_2_1_Filter` SELECT `orders`.`customer_id` AS `customer_id`, SUM(`orders`.`amount`) AS `$__alias__0` FROM `shop`.`orders` `orders` GROUP BY 1 ORDER BY 2 DESC LIMIT 5;

-- alone: 4 rows
SELECT `customers`.`region` AS `region`, SUM(`t0`.`$__alias__0`) AS `sum_amount_ok` FROM `lake`.`customers` `customers` INNER JOIN `shop`.`#Tableau_2_1_Filter` `t0` ON (`customers`.`id` = `t0`.`customer_id`) GROUP BY 1;

-- alone: 0 rows
DROP TABLE `shop`.`#Tableau_2_1_Filter`;

SELECT * FROM (SELECT o.id, o.placed, c.region FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id) `Custom SQL Query` LIMIT 0;

SELECT `Custom SQL Query`.`region` AS `region`, COUNT(1) AS `cnt` FROM (SELECT o.id, c.region FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id) `Custom SQL Query` GROUP BY 1;

SELECT COUNT(1) AS `COL` FROM `shop`.`orders` `orders` HAVING (COUNT(1) > 0);

SELECT ADDDATE( CONCAT( DATE_FORMAT( `orders`.`placed`, '%Y-%m-01 ' ), '00:00:00' ), INTERVAL 0 SECOND ) AS `tmn_placed_ok`, SUM(`orders`.`amount`) AS `sum_amount_ok` FROM `shop`.`orders` `orders` GROUP BY 1 ORDER BY 1;

SELECT ADDDATE( CONCAT( DATE_FORMAT( `orders`.`placed`, '%Y-' ), (3*(QUARTER(`orders`.`placed`)-1)+1), '-01 00:00:00' ), INTERVAL 0 SECOND ) AS `tqr_placed_ok`, COUNT(DISTINCT `orders`.`customer_id`) AS `ctd` FROM `shop`.`orders` `orders` GROUP BY 1 ORDER BY 1;

SELECT ADDDATE( DATE_FORMAT( `orders`.`placed`, '%Y-01-01 00:00:00' ), INTERVAL 0 SECOND ) AS `tyr_placed_ok`, AVG(`orders`.`amount`) AS `avg` FROM `shop`.`orders` `orders` GROUP BY 1 ORDER BY 1;

SELECT TIMESTAMP(ADDDATE( DATE_FORMAT( `orders`.`placed`, '%Y-%m-%d 00:00:00' ), INTERVAL 1 - DAYOFWEEK(`orders`.`placed`) DAY )) AS `twk_placed_ok`, SUM(`orders`.`quantity`) AS `q` FROM `shop`.`orders` `orders` GROUP BY 1 ORDER BY 1;

SELECT DATE(`orders`.`placed`) AS `tdy_placed_ok`, ADDDATE( DATE_FORMAT( `orders`.`placed`, '%Y-%m-%d %H:00:00' ), INTERVAL 0 SECOND ) AS `thr`, ADDDATE( DATE_FORMAT( `orders`.`placed`, '%Y-%m-%d %H:%i:00' ), INTERVAL 0 SECOND ) AS `tmi` FROM `shop`.`orders` `orders`;

SELECT YEAR(`orders`.`placed`) AS `yr`, QUARTER(`orders`.`placed`) AS `qr`, MONTH(`orders`.`placed`) AS `mn`, DAYOFMONTH(`orders`.`placed`) AS `dy`, WEEK(`orders`.`placed`, 0) + 1 AS `wk`, MONTHNAME(`orders`.`placed`) AS `name`, (`orders`.`placed` >= {ts '2023-01-01 00:00:00'}) AS `ts`, (`orders`.`shipped` < {d '2024-01-01'}) AS `d`
FROM `shop`.`orders` `orders`;

SELECT `orders`.`status` AS `status`, SUM((CASE WHEN (`orders`.`amount` > 100) THEN `orders`.`amount` WHEN NOT (`orders`.`amount` > 100) THEN 0 ELSE NULL END)) AS `big`, MIN(`orders`.`placed`) AS `first`, MAX(`orders`.`placed`) AS `last`, (STDDEV_SAMP(`orders`.`amount`)) AS `std`
FROM `shop`.`orders` `orders` INNER JOIN `lake`.`customers` `customers` ON (`orders`.`customer_id` = `customers`.`id`) WHERE ((NOT ISNULL(`orders`.`amount`)) AND (`customers`.`region` IN ('north', 'Süd'))) GROUP BY 1;

-- Top N with an inner query, and level of detail expressions as joins that treat NULL as equal.
SELECT `orders`.`status` AS `status`, SUM(`orders`.`amount`) AS `sum` FROM `shop`.`orders` `orders` INNER JOIN ( SELECT `orders`.`customer_id` AS `customer_id`, SUM(`orders`.`amount`) AS `$__alias__0` FROM `shop`.`orders` `orders`
GROUP BY 1 ORDER BY `$__alias__0` DESC LIMIT 3 ) `t0` ON (`orders`.`customer_id` = `t0`.`customer_id`) GROUP BY 1;

SELECT `t0`.`status` AS `status`, SUM(`t0`.`amount`) AS `sum`, AVG(`t1`.`lod`) AS `lod` FROM (SELECT status, amount, customer_id FROM shop.orders) `t0` INNER JOIN (SELECT `orders`.`customer_id` AS `customer_id`, MAX(`orders`.`amount`) AS `lod` FROM `shop`.`orders` `orders` GROUP BY 1) `t1`
ON ((`t0`.`customer_id` = `t1`.`customer_id`) OR ((`t0`.`customer_id` IS NULL) AND (`t1`.`customer_id` IS NULL))) GROUP BY 1;

SELECT TIMESTAMPDIFF(DAY, `orders`.`placed`, `orders`.`shipped`) AS `diff`, ADDDATE(`orders`.`shipped`, INTERVAL 3 MONTH) AS `later`, LEFT(`orders`.`status`, 2), LOCATE('a', `orders`.`status`), IFNULL(`orders`.`amount`, 0), CAST(`orders`.`amount` AS SIGNED), CAST(`orders`.`id` AS CHAR), FLOOR(`orders`.`amount` / 10.0), TRUNCATE(`orders`.`amount`, 1) FROM `shop`.`orders` `orders`;
