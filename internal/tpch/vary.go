package tpch

import (
	"math/rand/v2"
	"strings"
)

// postgresTypes are the types that a column of the specification's type may have in Postgres without its values changing;
// the first word of the type is the key.
var postgresTypes = map[string][]string{
	"char": {"char(n)", "char(n)", "varchar(n)", "text", "char(200)", `text COLLATE "C"`, `varchar(n) COLLATE "POSIX"`,
		`char(n) COLLATE "und-x-icu"`, `text COLLATE "en-x-icu"`, caseless, "label"},
	"varchar": {"varchar(n)", "varchar(n)", "text", "varchar", `text COLLATE "C"`, `text COLLATE "und-x-icu"`, caseless, "label"},
	"decimal": {"numeric(15,2)", "numeric(15,2)", "numeric", "numeric(38,6)", "numeric(12,2)", "amount"},
	"integer": {"integer", "integer", "bigint", "numeric(20,0)", "numeric", "oid"},
	"bigint":  {"bigint", "integer", "numeric(20,0)"},
	"date":    {"date", "date", "date", "timestamp", "timestamp(0)", "text"},
}

// caseless is text under a nondeterministic collation: the server takes 'a' and 'A' for equal, and refuses LIKE.
const caseless = `text COLLATE "caseless"`

// preludes make what columns are of.
var preludes = map[string]string{
	caseless: `CREATE COLLATION IF NOT EXISTS public.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
	"label":  domain("label", "text"),
	"amount": domain("amount", "numeric(15,2) CHECK (VALUE > -1000000000)"),
}

func domain(name, base string) string {
	return "DO $$ BEGIN IF to_regtype('public." + name + "') IS NULL THEN CREATE DOMAIN public." + name + " AS " + base + "; END IF; END $$"
}

// utf8Only marks types that a database with another character set refuses.
func utf8Only(typ string) bool { return strings.Contains(typ, "-x-icu") || typ == caseless }

// VaryPostgres returns a random way to keep a table in a schema.
func VaryPostgres(r *rand.Rand, table, schema string, utf8 bool) PostgresTable {
	t := PostgresTable{
		Table: table, Schema: schema, Name: table, Kind: "table", Key: r.IntN(4) > 0,
		Statistics: PostgresStatistics[r.IntN(len(PostgresStatistics))],
	}
	if r.IntN(3) == 0 {
		t.Kind = PostgresKinds[r.IntN(len(PostgresKinds))]
	}
	mixed := r.IntN(4) == 0
	if mixed {
		t.Name = strings.ToUpper(table[:1]) + table[1:]
	}
	t.Columns = Columns(table)
	for i, c := range t.Columns {
		kind, length, _ := strings.Cut(c.Type, "(")
		types := postgresTypes[kind]
		typ := types[r.IntN(len(types))]
		if utf8Only(typ) && !utf8 {
			typ = types[0]
		}
		t.Columns[i].Type = strings.Replace(typ, "(n)", "("+length, 1)
		if mixed {
			t.Columns[i].Name = strings.ToUpper(c.Name[:1]) + c.Name[1:]
		}
	}
	if r.IntN(3) == 0 {
		r.Shuffle(len(t.Columns), func(i, j int) { t.Columns[i], t.Columns[j] = t.Columns[j], t.Columns[i] })
	}
	return t
}

// parquetTypes are DuckDB's types for a column in Parquet that keep its values.
var parquetTypes = map[string][]string{
	"char":    {"VARCHAR"},
	"varchar": {"VARCHAR"},
	"decimal": {"DECIMAL(15,2)", "DECIMAL(9,2)", "DECIMAL(38,2)", "DECIMAL(18,6)", "DECIMAL(38,10)"},
	"integer": {"INTEGER", "BIGINT", "UINTEGER", "DECIMAL(18,0)", "DECIMAL(9,0)"},
	"bigint":  {"BIGINT", "INTEGER", "UBIGINT", "DECIMAL(20,0)"},
	"date":    {"DATE", "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "VARCHAR"},
}

// partitions are columns that a table may be partitioned by.
var partitions = map[string][]string{
	"region": {"r_name"}, "nation": {"n_regionkey"}, "supplier": {"s_nationkey"}, "customer": {"c_mktsegment", "c_nationkey"},
	"part": {"p_brand", "p_size", "p_mfgr"}, "orders": {"o_orderstatus", "o_orderpriority"},
	"lineitem": {"l_shipmode", "l_returnflag", "l_linenumber", "l_shipinstruct"},
}

// VaryParquet returns a random way to keep a table in Parquet. With doubles, decimals may be doubles.
func VaryParquet(r *rand.Rand, table string, doubles bool) ParquetTable {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	t := ParquetTable{Table: table, Columns: Columns(table), Files: 1, Shuffle: r.IntN(3) == 0}
	for i, c := range t.Columns {
		kind, _, _ := strings.Cut(c.Type, "(")
		t.Columns[i].Type = pick(parquetTypes[kind]...)
		if kind == "decimal" && doubles {
			t.Columns[i].Type = "DOUBLE"
		}
	}
	if r.IntN(2) == 0 {
		t.Files = 1 + r.IntN(12)
	}
	if list := partitions[table]; len(list) > 0 && r.IntN(3) == 0 {
		t.Partition = pick(list...)
	}
	t.Options = "COMPRESSION " + pick("snappy", "uncompressed", "gzip", "zstd", "brotli", "lz4_raw") +
		", ROW_GROUP_SIZE " + pick("2048", "10000", "122880", "100000000") +
		", PARQUET_VERSION " + pick("v1", "v2")
	if r.IntN(3) == 0 {
		t.Options += ", DICTIONARY_SIZE_LIMIT 0"
	}
	if r.IntN(4) == 0 {
		t.Columns[0].Name = strings.ToUpper(t.Columns[0].Name)
	}
	if r.IntN(4) == 0 {
		r.Shuffle(len(t.Columns), func(i, j int) { t.Columns[i], t.Columns[j] = t.Columns[j], t.Columns[i] })
	}
	return t
}
