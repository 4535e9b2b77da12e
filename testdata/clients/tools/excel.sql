-- What Microsoft Query and Power Query write through ODBC, with the escapes of ODBC.

SELECT orders_0.id, orders_0.amount, orders_0.placed FROM shop.orders orders_0 WHERE (orders_0.placed>={ts '2024-01-01 00:00:00'}) ORDER BY orders_0.id;

SELECT orders_0.status, Sum(orders_0.amount) AS 'Sum of amount', Count(orders_0.id) AS 'Count of id' FROM shop.orders orders_0 WHERE (orders_0.shipped Between {d '2023-01-01'} And {d '2024-12-31'}) GROUP BY orders_0.status HAVING (Sum(orders_0.amount)>10);

SELECT orders_0.id, customers_0.region, customers_0.name FROM {oj shop.orders orders_0 LEFT OUTER JOIN lake.customers customers_0 ON orders_0.customer_id = customers_0.id} WHERE (customers_0.region Is Null);

SELECT {fn UCASE(customers_0.name)} AS n, {fn YEAR(customers_0.joined)} AS y, {fn CONCAT(customers_0.name, '!')} AS c, {fn TIMESTAMPDIFF(SQL_TSI_DAY, customers_0.joined, {d '2024-01-01'})} AS d, {fn IFNULL(customers_0.region, 'none')} AS r FROM lake.customers customers_0;

SELECT customers_0.region, Avg(customers_0.rating), Min(customers_0.joined), Max(customers_0.joined) FROM lake.customers customers_0 GROUP BY customers_0.region;

select `_`.`Region` as `Region`, sum(`_`.`Amount`) as `Amount` from (select c.region as `Region`, o.amount as `Amount` from shop.orders o inner join lake.customers c on c.id = o.customer_id) as `_` group by `_`.`Region`;
