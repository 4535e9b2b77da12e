//go:build integration

package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// TestTypes reads every type with ordinary and extreme values. A column of the table is one case.
func TestTypes(t *testing.T) {
	pg := testserver.Postgres(t)
	setup := []string{
		`CREATE EXTENSION hstore`, `CREATE EXTENSION citext`,
		`CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')`,
		`CREATE TYPE pair AS (a int, b text)`,
		`CREATE DOMAIN price AS numeric(8,3) CHECK (VALUE >= 0)`,
		`CREATE DOMAIN fee AS price`,
		`CREATE DOMAIN code AS char(4) NOT NULL`,
	}
	cases := []struct {
		declared, mysql string
		values          map[string]string // SQL -> as read
		warning         bool
	}{
		{"bool", "boolean", map[string]string{"true": "1", "false": "0"}, false},
		{"int2", "smallint", map[string]string{"-32768": "-32768", "32767": "32767"}, false},
		{"int4", "int", map[string]string{"-2147483648": "-2147483648", "2147483647": "2147483647"}, false},
		{"int8", "bigint", map[string]string{"-9223372036854775808": "-9223372036854775808", "9223372036854775807": "9223372036854775807"}, false},
		{"oid", "int unsigned", map[string]string{"4294967295": "4294967295", "0": "0"}, false},
		{"float4", "float", map[string]string{"'3.4028235e38'": "3.4028235e38", "'1e-45'": "1e-45", "'NaN'": "NULL", "'-0'": "-0"}, false},
		{"float8", "double", map[string]string{"'1.7976931348623157e308'": "1.7976931348623157e308", "'5e-324'": "5e-324", "'Infinity'": "NULL", "'-Infinity'": "NULL", "'NaN'": "NULL", "0.1": "0.1"}, false},
		{"numeric(15,2)", "decimal(15,2)", map[string]string{"0": "0.00", "-0.01": "-0.01", "9999999999999.99": "9999999999999.99", "-9999999999999.99": "-9999999999999.99", "1000000": "1000000.00", "'NaN'": "NULL"}, false},
		{"numeric(18,0)", "decimal(18,0)", map[string]string{"999999999999999999": "999999999999999999", "-999999999999999999": "-999999999999999999"}, false},
		{"numeric(20,1)", "decimal(20,1)", map[string]string{"922337203685477580.7": "922337203685477580.7", "922337203685477580.8": "922337203685477580.8", "-922337203685477580.9": "-922337203685477580.9", "1.5": "1.5"}, false},
		{"numeric(38,10)", "decimal(38,10)", map[string]string{"9999999999999999999999999999.9999999999": "9999999999999999999999999999.9999999999", "-0.0000000001": "-0.0000000001"}, false},
		{"numeric(65,30)", "decimal(65,30)", map[string]string{"-99999999999999999999999999999999999.999999999999999999999999999999": "-99999999999999999999999999999999999.999999999999999999999999999999", "1": "1.000000000000000000000000000000"}, false},
		{"numeric(5,-2)", "decimal(7,0)", map[string]string{"1234567": "1234600", "-50": "-100"}, false},
		{"numeric(3,5)", "decimal(5,5)", map[string]string{"0.00999": "0.00999", "-0.001": "-0.00100"}, false},
		{"numeric(80,40)", "decimal(65,30)", map[string]string{"1.5": "1.500000000000000000000000000000"}, false},
		{"numeric", "decimal(65,30)", map[string]string{"12345678901234567890.123": "12345678901234567890.123000000000000000000000000000", "'Infinity'": "NULL", "'NaN'": "NULL", "1e34": "10000000000000000000000000000000000.000000000000000000000000000000"}, false},
		{"price", "decimal(8,3)", map[string]string{"12.345": "12.345"}, false},
		{"fee", "decimal(8,3)", map[string]string{"0.5": "0.500"}, false},
		{"money", "decimal(19,2)", map[string]string{"'-92233720368547758.08'": "-92233720368547758.08", "'1.5'": "1.50"}, false},
		{"char(5)", "char(5)", map[string]string{"'ab'": "ab", "''": "", "' a b '": " a b", "'ééééé'": "ééééé"}, false},
		{"code", "char(4)", map[string]string{"'x'": "x"}, false},
		{"char(300)", "varchar(300)", map[string]string{"'y'": "y"}, false},
		{"bpchar", "longtext", map[string]string{"'z  '": "z"}, false},
		{"varchar(10)", "varchar(10)", map[string]string{"'a '": "a ", "'日本'": "日本"}, false},
		{"varchar", "longtext", map[string]string{"''": ""}, false},
		{"varchar(20000)", "longtext", map[string]string{"'v'": "v"}, false},
		{"text", "longtext", map[string]string{"E'a\\nb\\t\\\\'": "a\nb\t\\", "repeat('x', 100000)": strings.Repeat("x", 100000)}, false},
		{"citext", "longtext", map[string]string{"'AbC'": "AbC"}, false},
		{"name", "varchar(63)", map[string]string{"'pg_class'": "pg_class"}, false},
		{`"char"`, "longtext", map[string]string{"'x'": "x", "''": ""}, false},
		{"date", "date", map[string]string{"'0001-01-01'": "0001-01-01", "'9999-12-31'": "9999-12-31", "'1969-12-31'": "1969-12-31", "'infinity'": "NULL", "'-infinity'": "NULL", "'0001-12-31 BC'": "NULL", "'10000-01-01'": "NULL"}, false},
		{"timestamp", "datetime(6)", map[string]string{"'9999-12-31 23:59:59.999999'": "9999-12-31 23:59:59.999999", "'0001-01-01'": "0001-01-01 00:00:00.000000", "'infinity'": "NULL", "'-infinity'": "NULL", "'0044-03-15 BC'": "NULL"}, false},
		{"timestamp(0)", "datetime", map[string]string{"'2020-02-29 12:34:56'": "2020-02-29 12:34:56"}, false},
		{"timestamptz", "timestamp(6)", map[string]string{"'2024-06-01 12:00:00.5+02'": "2024-06-01 10:00:00.500000", "'infinity'": "NULL"}, false},
		{"timestamptz(3)", "timestamp(3)", map[string]string{"'1969-12-31 23:59:59.999Z'": "1969-12-31 23:59:59.999"}, false},
		{"time", "time(6)", map[string]string{"'00:00'": "00:00:00.000000", "'24:00'": "24:00:00.000000", "'23:59:59.999999'": "23:59:59.999999"}, false},
		{"timetz", "longtext", map[string]string{"'12:00+02'": "12:00:00+02"}, true},
		{"interval", "longtext", map[string]string{"'1 year 2 days 03:04:05.6'": "1 year 2 days 03:04:05.6"}, true},
		{"uuid", "char(36)", map[string]string{"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, false},
		{"bytea", "longblob", map[string]string{`'\x00ff20'`: "x'00ff20'", "''": "x''"}, false},
		{"json", "json", map[string]string{`'{"b": 1,  "a":[null]}'`: `{"a": [null], "b": 1}`, `'{"long":1.50,"b":1, "b":2,"c":"\u00e9"}'`: `{"b": 2, "c": "é", "long": 1.5}`}, false},
		{"jsonb", "json", map[string]string{`'{"bb": 1, "a":[null, "\u00e9"]}'`: `{"a": [null, "é"], "bb": 1}`}, false},
		{"int4[]", "json", map[string]string{"'{1,NULL,3}'": "[1, null, 3]", "'{{1},{2}}'": "[[1], [2]]", "'{}'": "[]"}, true},
		{"text[]", "json", map[string]string{`ARRAY['a"b', NULL, 'c']`: `["a\"b", null, "c"]`}, true},
		{"pair", "json", map[string]string{"ROW(1, 'x')": `{"a": 1, "b": "x"}`}, true},
		{"mood", "enum('sad','it''s ok','happy')", map[string]string{"'it''s ok'": "it's ok"}, false},
		{"bit(10)", "bit(10)", map[string]string{"B'1000000001'": "513", "B'0000000000'": "0"}, false},
		{"bit(64)", "bit(64)", map[string]string{"~0::bigint::bit(64)": "18446744073709551615"}, false},
		{"varbit", "longtext", map[string]string{"B'101'": "101"}, true},
		{"int4range", "longtext", map[string]string{"'[1,5)'": "[1,5)"}, true},
		{"hstore", "longtext", map[string]string{`'a=>1'`: `"a"=>"1"`}, true},
		{"inet", "longtext", map[string]string{"'10.0.0.1/8'": "10.0.0.1/8"}, true},
		{"macaddr", "longtext", map[string]string{"'08:00:2b:01:02:03'": "08:00:2b:01:02:03"}, true},
		{"point", "longtext", map[string]string{"'(1,2)'": "(1,2)"}, true},
		{"tsvector", "longtext", map[string]string{"'a b'": "'a' 'b'"}, true},
		{"xml", "longtext", map[string]string{"'<a/>'": "<a/>"}, false},
		{"pg_lsn", "longtext", map[string]string{"'1/A'": "1/A"}, true},
		{"regclass", "longtext", map[string]string{"'pg_class'": "pg_class"}, true},
	}
	f := newFixture(t, pg, nil, setup...)
	for i, c := range cases {
		t.Run(c.declared, func(t *testing.T) {
			table := fmt.Sprintf("t%d", i)
			pg.Exec(t, fmt.Sprintf("CREATE TABLE %s (id serial, v %s)", table, c.declared))
			var want []string
			for sql, read := range c.values {
				pg.Exec(t, fmt.Sprintf("INSERT INTO %s (v) VALUES (%s)", table, sql))
				want = append(want, read)
			}
			if c.declared != "code" {
				pg.Exec(t, fmt.Sprintf("INSERT INTO %s (v) VALUES (NULL)", table))
				want = append(want, "NULL")
			}
			scan := f.scan(table, "v")
			column := scan.Table.Columns[1]
			if got := column.Type.String(); got != c.mysql {
				t.Errorf("type %s, want %s", got, c.mysql)
			}
			if (column.Warning != "") != c.warning {
				t.Errorf("warning %q", column.Warning)
			}
			got := f.rows(f.pushed(scan), run{})
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("rows %q, want %q", got, want)
			}
			for _, row := range got {
				if row == "NULL" && !column.Nullable {
					t.Error("NULL in a column that is not nullable")
				}
			}
		})
	}
}

// TestNumericThatDoesNotFit names the column and its type.
func TestNumericThatDoesNotFit(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE n (v numeric)`)
	for _, v := range []string{"1e-31", "1e35", "-1e40", "1e200", "0.1234567890123456789012345678901"} {
		f.pg.Exec(t, "TRUNCATE n", "INSERT INTO n VALUES (1), ("+v+")")
		_, err := f.tryRows(t.Context(), f.pushed(f.scan("n")), run{})
		if !sqlerr.Is(err, sqlerr.OutOfRange) || !strings.Contains(err.Error(), "public.n") || !strings.Contains(err.Error(), "column v") {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// TestUnrepresentable turns what is NULL with a warning into an error by option.
func TestUnrepresentable(t *testing.T) {
	pg := testserver.Postgres(t)
	f := newFixture(t, pg, nil, `CREATE TABLE u (f float8 NOT NULL, d date)`,
		`INSERT INTO u SELECT 'NaN', 'infinity' FROM generate_series(1, 10)`)
	if got := f.rows(f.pushed(f.scan("u")), run{}); len(got) != 10 || got[9] != "NULL|NULL" {
		t.Errorf("rows %q", got)
	}
	if len(f.warned) != 2 || !strings.Contains(f.warned[0], "column f") || !strings.Contains(f.warned[0], "public.u") {
		t.Errorf("warnings %q", f.warned)
	}
	strict := newFixture(t, pg, connectors.Options{"unrepresentable": "error"})
	scan := strict.scan("u")
	if scan.Cols[0].Nullable {
		t.Error("a column that is never NULL is nullable")
	}
	if _, err := strict.tryRows(t.Context(), strict.pushed(scan), run{}); !sqlerr.Is(err, sqlerr.BadValue) {
		t.Errorf("error %v", err)
	}
}
