-- What Superset asks for its time grains of MySQL. TestSuperset runs the program itself; here MariaDB says what is right.

SELECT DATE_ADD(DATE(placed), INTERVAL (HOUR(placed)*60*60 + MINUTE(placed)*60 + SECOND(placed)) SECOND) AS placed, SUM(amount) AS total
FROM shop.orders GROUP BY DATE_ADD(DATE(placed), INTERVAL (HOUR(placed)*60*60 + MINUTE(placed)*60 + SECOND(placed)) SECOND) ORDER BY placed LIMIT 10000;

SELECT DATE_ADD(DATE(placed), INTERVAL (HOUR(placed)*60 + MINUTE(placed)) MINUTE) AS placed, SUM(amount) AS total
FROM shop.orders GROUP BY DATE_ADD(DATE(placed), INTERVAL (HOUR(placed)*60 + MINUTE(placed)) MINUTE) ORDER BY placed LIMIT 10000;

SELECT DATE_ADD(DATE(placed), INTERVAL HOUR(placed) HOUR) AS placed, COUNT(*) AS count, AVG(amount) AS `AVG(amount)`
FROM shop.orders GROUP BY DATE_ADD(DATE(placed), INTERVAL HOUR(placed) HOUR) ORDER BY placed LIMIT 10000;

SELECT DATE(placed) AS placed, COUNT(DISTINCT customer_id) AS customers
FROM shop.orders WHERE placed >= STR_TO_DATE('2023-01-01 00:00:00.000000', '%Y-%m-%d %H:%i:%s.%f')
AND placed < STR_TO_DATE('2025-01-01 00:00:00.000000', '%Y-%m-%d %H:%i:%s.%f') AND status IN ('paid', 'sent')
GROUP BY DATE(placed) ORDER BY customers DESC, placed LIMIT 50;

SELECT DATE(DATE_SUB(placed, INTERVAL DAYOFWEEK(placed) - 1 DAY)) AS placed, SUM(amount) AS total
FROM shop.orders GROUP BY DATE(DATE_SUB(placed, INTERVAL DAYOFWEEK(placed) - 1 DAY)) ORDER BY placed LIMIT 1000;

SELECT DATE(DATE_SUB(placed, INTERVAL DAYOFWEEK(DATE_SUB(placed, INTERVAL 1 DAY)) - 1 DAY)) AS placed, SUM(amount) AS total
FROM shop.orders GROUP BY DATE(DATE_SUB(placed, INTERVAL DAYOFWEEK(DATE_SUB(placed, INTERVAL 1 DAY)) - 1 DAY)) ORDER BY placed LIMIT 1000;

SELECT DATE(DATE_SUB(placed, INTERVAL DAYOFMONTH(placed) - 1 DAY)) AS placed, status AS status, SUM(quantity) AS `SUM(quantity)`
FROM shop.orders GROUP BY DATE(DATE_SUB(placed, INTERVAL DAYOFMONTH(placed) - 1 DAY)), status ORDER BY placed, status LIMIT 1000;

SELECT MAKEDATE(YEAR(placed), 1) + INTERVAL QUARTER(placed) QUARTER - INTERVAL 1 QUARTER AS placed, MAX(amount) AS most
FROM shop.orders GROUP BY MAKEDATE(YEAR(placed), 1) + INTERVAL QUARTER(placed) QUARTER - INTERVAL 1 QUARTER ORDER BY placed LIMIT 1000;

SELECT DATE(DATE_SUB(placed, INTERVAL DAYOFYEAR(placed) - 1 DAY)) AS placed, SUM(amount) AS total
FROM (SELECT o.placed, o.amount, c.region FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id) AS virtual_table
WHERE region = 'north' GROUP BY DATE(DATE_SUB(placed, INTERVAL DAYOFYEAR(placed) - 1 DAY)) ORDER BY total DESC LIMIT 1000;

-- The series of a chart are the groups that are largest as a whole.
SELECT DATE(placed) AS placed, orders.status AS status, SUM(amount) AS total FROM shop.orders
JOIN (SELECT status AS status__, SUM(amount) AS mme_inner__ FROM shop.orders GROUP BY status ORDER BY mme_inner__ DESC LIMIT 2) AS series_limit
ON orders.status = status__ GROUP BY DATE(placed), orders.status ORDER BY total DESC, placed LIMIT 100;

SELECT status, COUNT(*) FROM shop.orders WHERE status LIKE '%a%' OR status IS NULL GROUP BY status HAVING COUNT(*) > 3 ORDER BY status;

-- Spans shorter than a day as docs/clients/superset.md has Superset write them.
SELECT TIMESTAMP(DATE(placed)) + INTERVAL (HOUR(placed) * 3600 + MINUTE(placed) * 60 + SECOND(placed)) SECOND AS placed, SUM(amount) AS total
FROM shop.orders GROUP BY TIMESTAMP(DATE(placed)) + INTERVAL (HOUR(placed) * 3600 + MINUTE(placed) * 60 + SECOND(placed)) SECOND ORDER BY MIN(placed) ASC LIMIT 1000;

SELECT TIMESTAMP(DATE(placed)) + INTERVAL (HOUR(placed) * 60 + MINUTE(placed)) MINUTE AS placed, COUNT(*) AS n
FROM shop.orders GROUP BY TIMESTAMP(DATE(placed)) + INTERVAL (HOUR(placed) * 60 + MINUTE(placed)) MINUTE ORDER BY MIN(placed) ASC LIMIT 1000;

SELECT TIMESTAMP(DATE(placed)) + INTERVAL HOUR(placed) HOUR AS placed, AVG(amount) AS avg
FROM shop.orders GROUP BY TIMESTAMP(DATE(placed)) + INTERVAL HOUR(placed) HOUR ORDER BY MIN(placed) ASC LIMIT 1000;
