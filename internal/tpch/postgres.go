package tpch

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PostgresTable says how a table lies in Postgres.
type PostgresTable struct {
	Table      string // one of Tables
	Schema     string // made if needed
	Name       string // as it is spelled, case included
	Columns    []Column
	Kind       string // one of PostgresKinds
	Statistics string // one of PostgresStatistics
	Key        bool   // it has its primary key, and an index on o_custkey
}

// PostgresKinds are the kinds of relations that a table may be.
var PostgresKinds = []string{"table", "view", "materialized view", "hash partitions", "range partitions", "children"}

// PostgresStatistics are the ways in which the server's idea of a table may be right or wrong:
//   - fresh: as VACUUM ANALYZE left it
//   - none: it was never analyzed
//   - stale: it was analyzed when it had the rows with the lowest keys only
//   - updated: since it was analyzed every row was updated
//   - small, huge: the number of pages and rows in pg_class are wrong
//   - distinct: every column is said to have one value
var PostgresStatistics = []string{"fresh", "none", "stale", "updated", "small", "huge", "distinct"}

// LoadPostgres creates the tables in a schema (made if needed) with primary keys, an index on o_custkey and fresh
// statistics. With varchar every CHAR(n) column is a VARCHAR(n).
func (d Data) LoadPostgres(ctx context.Context, url, schema string, varchar bool, tables ...string) error {
	var all []PostgresTable
	for _, table := range tables {
		columns := Columns(table)
		for i, c := range columns {
			if varchar && strings.HasPrefix(c.Type, "char") {
				columns[i].Type = "var" + c.Type
			}
		}
		all = append(all, PostgresTable{Table: table, Schema: schema, Name: table, Columns: columns, Kind: "table", Statistics: "fresh", Key: true})
	}
	return d.Load(ctx, url, all...)
}

// Load creates tables in Postgres.
func (d Data) Load(ctx context.Context, url string, tables ...PostgresTable) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, t := range tables {
		if err := d.loadTable(ctx, conn, t); err != nil {
			return fmt.Errorf("load %s.%s: %w", t.Schema, t.Name, err)
		}
	}
	return nil
}

func (d Data) loadTable(ctx context.Context, conn *pgx.Conn, t PostgresTable) error {
	f, err := d.csv(t.Table)
	if err != nil {
		return err
	}
	defer f.Close()
	// The rows come as the specification has them into a table of the session, and from there into the one that is made.
	staging := t
	staging.Columns = Columns(t.Table)
	if _, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE staging ("+staging.definition()+")"); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, f, "COPY staging FROM STDIN (FORMAT csv)"); err != nil {
		return err
	}
	for _, s := range append(t.statements(), "DROP TABLE staging") {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (t PostgresTable) qualified(name string) string { return quoted(t.Schema) + "." + quoted(name) }

// spelled is a column as the table spells it.
func (t PostgresTable) spelled(column string) string {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, column) {
			return quoted(c.Name)
		}
	}
	return quoted(column)
}

func (t PostgresTable) definition() string {
	items := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		items[i] = quoted(c.Name) + " " + c.Type
	}
	return strings.Join(items, ", ")
}

// statements make the table from what is in staging.
func (t PostgresTable) statements() []string {
	out := []string{"CREATE SCHEMA IF NOT EXISTS " + quoted(t.Schema)}
	for _, c := range t.Columns {
		if s, ok := preludes[c.Type]; ok {
			out = append(out, s)
		}
	}
	base := t.qualified(t.Name)
	if strings.HasSuffix(t.Kind, "view") {
		base = t.qualified(t.Name + " base")
	}
	key := t.spelled(firstKey(t.Table))
	leaves := []string{base}
	switch t.Kind {
	case "hash partitions":
		out = append(out, "CREATE TABLE "+base+" ("+t.definition()+") PARTITION BY HASH ("+key+")")
		leaves = nil
		for i := range 3 {
			leaf := t.qualified(fmt.Sprintf("%s %d", t.Name, i))
			leaves = append(leaves, leaf)
			out = append(out, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS 3, REMAINDER %d)", leaf, base, i))
		}
	case "range partitions":
		out = append(out, "CREATE TABLE "+base+" ("+t.definition()+") PARTITION BY RANGE ("+key+")")
		leaves = []string{t.qualified(t.Name + " low"), t.qualified(t.Name + " high")}
		out = append(out, "CREATE TABLE "+leaves[0]+" PARTITION OF "+base+" FOR VALUES FROM (MINVALUE) TO (100)",
			"CREATE TABLE "+leaves[1]+" PARTITION OF "+base+" DEFAULT")
	case "children":
		child := t.qualified(t.Name + " child")
		out = append(out, "CREATE TABLE "+base+" ("+t.definition()+")", "CREATE TABLE "+child+" () INHERITS ("+base+")")
		leaves = append(leaves, child)
	default:
		out = append(out, "CREATE TABLE "+base+" ("+t.definition()+")")
	}
	for _, leaf := range leaves {
		out = append(out, "ALTER TABLE "+leaf+" SET (autovacuum_enabled = false)")
	}
	out = append(out, t.fill(base, leaves)...)
	if t.Key && t.Kind != "children" {
		keys := strings.Split(primaryKeys[t.Table], ", ")
		for i, k := range keys {
			keys[i] = t.spelled(k)
		}
		out = append(out, "ALTER TABLE "+base+" ADD PRIMARY KEY ("+strings.Join(keys, ", ")+")")
		if t.Table == "orders" {
			out = append(out, "CREATE INDEX ON "+base+" ("+t.spelled("o_custkey")+")")
		}
	}
	out = append(out, t.mislead(base, leaves)...)
	if strings.HasSuffix(t.Kind, "view") {
		out = append(out, "CREATE "+t.Kind+" "+t.qualified(t.Name)+" AS SELECT * FROM "+base)
	}
	return out
}

// fill inserts the rows.
func (t PostgresTable) fill(base string, leaves []string) []string {
	var to, from []string
	for _, c := range Columns(t.Table) {
		to, from = append(to, t.spelled(c.Name)), append(from, c.Name)
	}
	insert := func(target, condition string) string {
		return "INSERT INTO " + target + " (" + strings.Join(to, ", ") + ") SELECT " + strings.Join(from, ", ") +
			" FROM staging WHERE " + condition
	}
	few, rest := firstKey(t.Table)+" < 20", firstKey(t.Table)+" >= 20"
	if t.Kind == "children" {
		// The parent keeps the few.
		return []string{insert(leaves[0], few), insert(leaves[1], rest)}
	}
	if t.Statistics == "stale" {
		return []string{insert(base, few), "ANALYZE " + base, insert(base, rest)}
	}
	return []string{insert(base, "true")}
}

// mislead leaves the statistics as t wants them.
func (t PostgresTable) mislead(base string, leaves []string) []string {
	const lie = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = '%s'::regclass"
	var out []string
	analyze := "VACUUM ANALYZE " + base
	switch t.Statistics {
	case "none", "stale":
	case "updated":
		column := t.spelled(firstKey(t.Table))
		out = append(out, analyze, fmt.Sprintf("UPDATE %s SET %s = %s", base, column, column))
	case "small":
		out = append(out, analyze)
		for _, leaf := range leaves {
			out = append(out, fmt.Sprintf(lie, "1", "10", leaf))
		}
	case "huge":
		out = append(out, analyze)
		for _, leaf := range leaves {
			out = append(out, fmt.Sprintf(lie, "relpages * 1000 + 50000", "reltuples * 1000", leaf))
		}
	case "distinct":
		for _, c := range t.Columns {
			out = append(out, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET (n_distinct = 1)", base, quoted(c.Name)))
		}
		out = append(out, analyze)
	default:
		out = append(out, analyze)
	}
	return out
}
