-- What Power BI sends: DirectQuery wraps the table in derived tables, and counts and limits rows outside.

-- alone: 1 row
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'VIEW') AND TABLE_SCHEMA = 'shop';

-- alone: 7 rows
SELECT COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, DATA_TYPE, CASE WHEN NUMERIC_PRECISION IS NOT NULL THEN NUMERIC_PRECISION WHEN DATA_TYPE IN ('DATE', 'DATETIME') THEN DATETIME_PRECISION ELSE CHARACTER_MAXIMUM_LENGTH END AS SIZE
FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders' ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;

-- alone: 0 rows
SELECT kcu.CONSTRAINT_NAME AS FK_NAME, kcu.ORDINAL_POSITION AS ORDINAL, kcu.REFERENCED_TABLE_SCHEMA, kcu.REFERENCED_TABLE_NAME, kcu.REFERENCED_COLUMN_NAME, kcu.COLUMN_NAME FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS rc
INNER JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE kcu ON kcu.CONSTRAINT_SCHEMA = rc.CONSTRAINT_SCHEMA AND kcu.CONSTRAINT_NAME = rc.CONSTRAINT_NAME WHERE kcu.TABLE_SCHEMA = 'shop' AND kcu.TABLE_NAME = 'orders' ORDER BY FK_NAME, ORDINAL;

select `$Table`.`id`, `$Table`.`amount`, `$Table`.`placed` from `shop`.`orders` `$Table` where `$Table`.`amount` > 900 limit 1000;

select `rows`.`status` as `status`, sum(`rows`.`amount`) as `a0`, count(distinct(`rows`.`customer_id`)) + max(case when `rows`.`customer_id` is null then 1 else 0 end) as `a1` from ( select `_`.`status`, `_`.`amount`, `_`.`customer_id` from `shop`.`orders` as `_` ) `rows` group by `status`;

select `a0`, `a1`, `status` from ( select sum(`rows`.`amount`) as `a0`, min(`rows`.`placed`) as `a1`, `rows`.`status` as `status` from ( select `_`.`status` as `status`, `_`.`amount` as `amount`, `_`.`placed` as `placed` from `shop`.`orders` `_`
where `_`.`placed` >= '2023-01-01 00:00:00' and `_`.`placed` < '2024-01-01 00:00:00' and (`_`.`status` = 'paid' and `_`.`status` is not null or `_`.`status` like 'n%') ) as `rows` group by `status` ) as `_` where not `a0` is null limit 1000001;

select `$Outer`.`region`, `$Outer`.`amount` from ( select `$Outer`.`id` as `id2`, `$Inner`.`region`, `$Outer`.`amount` from `shop`.`orders` as `$Outer` left outer join `lake`.`customers` as `$Inner` on (`$Outer`.`customer_id` = `$Inner`.`id`) ) as `$Outer` where `$Outer`.`amount` is not null;

select year(`_`.`placed`) as `Year`, month(`_`.`placed`) as `Month`, cast(`_`.`placed` as date) as `Date`, `_`.`amount` * 1.19 as `Gross`, concat(`_`.`status`, '-', cast(`_`.`id` as char)) as `Key` from `shop`.`orders` as `_`;
