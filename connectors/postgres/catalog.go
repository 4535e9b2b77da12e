package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// visible is the condition on pg_namespace n that leaves out PostgreSQL's own schemas. They resolve all the same.
const visible = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\_temp\_%'
	AND n.nspname NOT LIKE 'pg\_toast\_temp\_%' AND (cardinality($1::text[]) = 0 OR n.nspname = ANY ($1))`

// listed is the condition on pg_class c that selects what has rows to read: tables, views, materialized views, foreign
// and partitioned tables. A partition is listed too, as it is in PostgreSQL.
const listed = `c.relkind IN ('r', 'v', 'm', 'f', 'p')`

// estimatedRows is pg_class.reltuples scaled to the table's size of now, as PostgreSQL's planner does; -1: unknown.
const estimatedRows = `CASE WHEN c.relkind IN ('v', 'f') THEN nullif(greatest(c.reltuples, 0), 0)::float8
	WHEN c.relkind = 'p' THEN (
		SELECT sum(greatest(l.reltuples, 0)) FROM pg_partition_tree(c.oid) p JOIN pg_class l ON l.oid = p.relid WHERE p.isleaf)::float8
	WHEN c.relpages > 0 AND c.reltuples >= 0 THEN
		c.reltuples::float8 * pg_relation_size(c.oid) / (c.relpages::float8 * current_setting('block_size')::int)
	WHEN pg_relation_size(c.oid) = 0 THEN 0 END`

// inMetadata runs f on the connection that is kept for metadata.
func (c *connector) inMetadata(ctx context.Context, doing string, f func(*pgx.Conn) error) error {
	slot, err := c.pool.forMetadata(ctx)
	if err == nil {
		err = f(slot.Conn.Conn())
		slot.release()
	}
	return c.translate(ctx, err, doing)
}

// List implements connectors.Source.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	if o.Namespaces {
		return s.list(ctx, `SELECT n.nspname, '', '', obj_description(n.oid, 'pg_namespace'), NULL::float8
			FROM pg_namespace n WHERE `+visible+` AND has_schema_privilege(n.oid, 'USAGE')
			ORDER BY n.nspname COLLATE "C"`, s.only())
	}
	pattern := o.Pattern
	if pattern == "" {
		pattern = "%"
	}
	return s.list(ctx, `SELECT n.nspname, c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'), `+estimatedRows+`
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE `+listed+` AND `+visible+` AND ($2::text IS NULL OR n.nspname = $2) AND c.relname LIKE $3
		ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`, s.only(), o.In, pattern)
}

// only is the list of schemas to show; empty: all.
func (s *settings) only() []string {
	if s.schemas == nil {
		return []string{}
	}
	return s.schemas
}

func (s *source) list(ctx context.Context, query string, args ...any) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		err := s.inMetadata(ctx, "list tables", func(conn *pgx.Conn) error {
			rows, err := conn.Query(ctx, query, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var l connectors.Listed
				var kind string
				var comment *string
				var estimate *float64
				if err := rows.Scan(&l.Name.Namespace, &l.Name.Name, &kind, &comment, &estimate); err != nil {
					return err
				}
				l.Kind, l.Comment, l.Rows = tableKind(kind), text(comment), number(estimate)
				if !yield(l, nil) {
					return nil
				}
			}
			return rows.Err()
		})
		if err != nil {
			yield(connectors.Listed{}, err)
		}
	}
}

func tableKind(relkind string) plan.TableKind {
	if relkind == "v" {
		return plan.View
	}
	return plan.BaseTable
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number(f *float64) float64 {
	if f == nil || *f < 0 {
		return math.NaN()
	}
	return *f
}

// describeTables selects a row per column of the relations that a condition on c and n selects, and one row with NULL
// as the column's number for a relation without columns. A domain is resolved to its base type here. The last columns
// tell whether and how far the relation can be split by ctid: not if a part of it is anything but a heap. NOT NULL and
// unique indexes are reported where the server enforces them on every row that is read: not on views and foreign tables,
// and not on a table that others inherit from, whose constraints do not bind their rows.
const describeTables = `
WITH RECURSIVE base AS (
	SELECT t.oid AS domain, t.typbasetype AS oid, t.typtypmod AS modifier, t.typnotnull AS required
	FROM pg_type t WHERE t.typtype = 'd'
	UNION ALL
	SELECT b.domain, t.typbasetype, CASE WHEN b.modifier = -1 THEN t.typtypmod ELSE b.modifier END, b.required OR t.typnotnull
	FROM base b JOIN pg_type t ON t.oid = b.oid AND t.typtype = 'd'
)
SELECT n.nspname, c.relname, c.oid, c.relkind::text, obj_description(c.oid, 'pg_class'), ` + estimatedRows + `,
	parts.bytes::float8, parts.bytes / current_setting('block_size')::int, parts.longest / current_setting('block_size')::int,
	parts.heaps,
	CASE WHEN parts.enforced THEN (SELECT json_agg(json_build_object('primary', i.indisprimary, 'columns', i.indkey::int2[], 'count', i.indnkeyatts)
		ORDER BY i.indisprimary DESC, i.indexrelid) FROM pg_index i
		WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL) END,
	a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
	CASE WHEN tn.nspname = 'pg_catalog' OR t.typname = 'citext' THEN t.typname ELSE '' END, t.typtype::text, t.typcategory::text,
	CASE WHEN a.atttypmod = -1 THEN coalesce(b.modifier, -1) ELSE a.atttypmod END,
	parts.enforced IS TRUE AND (a.attnotnull OR coalesce(b.required, false)),
	CASE WHEN t.typtype = 'e' THEN ARRAY(
		SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END,
	coalesce(co.collisdeterministic, true), CASE WHEN co.collprovider <> 'd' THEN co.oid ELSE 0 END, col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
	WITH RECURSIVE part AS (
		SELECT c.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
	)
	SELECT sum(pg_relation_size(l.oid))::int8 AS bytes, max(pg_relation_size(l.oid)) AS longest,
		bool_and(l.relkind = 'p' OR l.relkind IN ('r', 'm') AND am.amname = 'heap') AS heaps,
		(c.relkind = 'p' OR count(*) = 1) AND bool_and(l.relkind <> 'f') AS enforced
	FROM part JOIN pg_class l ON l.oid = part.oid LEFT JOIN pg_am am ON am.oid = l.relam
) parts ON c.relkind IN ('r', 'm', 'p')
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN base b ON b.domain = a.atttypid
	AND NOT EXISTS (SELECT FROM pg_type d WHERE d.oid = b.oid AND d.typtype = 'd')
LEFT JOIN pg_type t ON t.oid = coalesce(b.oid, a.atttypid)
LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE ` + listed + ` AND `

// Table implements connectors.Source. Tables have no versions.
func (s *source) Table(ctx context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	if at != (connectors.AsOf{}) {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s: PostgreSQL keeps no older versions of table %s", s.name, name)
	}
	unknown := sqlerr.New(sqlerr.UnknownTable, "source %s: table %s does not exist", s.name, name)
	if len(s.schemas) > 0 && !slices.Contains(s.schemas, name.Namespace) {
		return nil, unknown
	}
	var found *plan.Table
	err := s.describe(ctx, "describe table "+name.String(), func(t *plan.Table) bool {
		found = t
		return true
	}, "n.nspname = $1 AND c.relname = $2", name.Namespace, name.Name)
	if err == nil && found == nil {
		return nil, unknown
	}
	return found, err
}

// Tables implements connectors.ColumnLister.
func (s *source) Tables(ctx context.Context, namespace string) iter.Seq2[*plan.Table, error] {
	return func(yield func(*plan.Table, error) bool) {
		err := s.describe(ctx, "describe schema "+namespace, func(t *plan.Table) bool {
			return yield(t, nil)
		}, visible+" AND n.nspname = $2", s.only(), namespace)
		if err != nil {
			yield(nil, err)
		}
	}
}

// described is a row of describeTables.
type described struct {
	name             plan.TableName
	oid              uint32
	kind             string
	comment          *string
	rows, bytes      *float64
	pages, longest   *int64
	heaps            *bool
	keys             *string
	number           *int16
	column, declared *string
	typ              *string
	typeKind         *string
	category         *string
	modifier         *int32
	notNull          *bool
	labels           []string
	deterministic    bool
	collation        uint32
	note             *string
}

// describe calls yield for each relation that where selects, by name, until it returns false.
func (s *source) describe(ctx context.Context, doing string, yield func(*plan.Table) bool, where string, args ...any) error {
	return s.inMetadata(ctx, doing, func(conn *pgx.Conn) error {
		srv, err := serverOf(conn.PgConn())
		if err != nil {
			return err
		}
		rows, err := conn.Query(ctx, describeTables+where+` ORDER BY c.relname COLLATE "C", c.oid, a.attnum`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var b *tableBuilder
		for rows.Next() {
			var d described
			if err := rows.Scan(&d.name.Namespace, &d.name.Name, &d.oid, &d.kind, &d.comment, &d.rows, &d.bytes, &d.pages,
				&d.longest, &d.heaps, &d.keys, &d.number, &d.column, &d.declared, &d.typ, &d.typeKind, &d.category, &d.modifier,
				&d.notNull, &d.labels, &d.deterministic, &d.collation, &d.note); err != nil {
				return err
			}
			if b != nil && b.relation.oid != d.oid {
				if !yield(b.finish()) {
					return nil
				}
				b = nil
			}
			if b == nil {
				if b, err = s.newTable(srv, &d); err != nil {
					return err
				}
			}
			if d.number != nil {
				b.add(s.strict, &d)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if b != nil {
			yield(b.finish())
		}
		return nil
	})
}

// serverOf reads what the server said of itself when the connection was made.
func serverOf(conn *pgconn.PgConn) (server, error) {
	major, rest, _ := strings.Cut(conn.ParameterStatus("server_version"), ".")
	number := func(s string) int {
		digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			s = s[:digits]
		}
		n, _ := strconv.Atoi(s) // a development version has no minor number
		return n
	}
	s := server{version: 10000*number(major) + number(rest), encoding: conn.ParameterStatus("server_encoding")}
	if s.version < 120000 {
		return s, fmt.Errorf("server version %s is too old: PostgreSQL 12 or later is needed", conn.ParameterStatus("server_version"))
	}
	return s, nil
}

// key is an element of describeTables' list of unique indexes.
type key struct {
	Primary bool    `json:"primary"`
	Columns []int16 `json:"columns"`
	Count   int     `json:"count"` // those of Columns that are key columns
}

// tableBuilder collects the rows of one relation.
type tableBuilder struct {
	table    plan.Table
	relation *relation
	keys     []key
	position map[int16]int // of attribute numbers
}

func (s *source) newTable(srv server, d *described) (*tableBuilder, error) {
	b := &tableBuilder{
		table: plan.Table{
			Name: d.name, Kind: tableKind(d.kind), Comment: text(d.comment),
			Location: fmt.Sprintf("postgres://%s/%s.%s.%s", s.host, s.database, d.name.Namespace, d.name.Name),
			Stats:    plan.Statistics{Rows: number(d.rows), Bytes: number(d.bytes)},
		},
		relation: &relation{oid: d.oid, server: srv},
		position: make(map[int16]int),
	}
	if d.pages != nil && d.longest != nil {
		b.relation.pages, b.relation.longest = *d.pages, *d.longest
		b.relation.ranges = d.heaps != nil && *d.heaps && srv.version >= 140000
	}
	if d.keys != nil {
		if err := json.Unmarshal([]byte(*d.keys), &b.keys); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *tableBuilder) add(strict bool, d *described) {
	a := attribute{
		name: *d.column, declared: *d.declared, typ: *d.typ, kind: (*d.typeKind)[0], category: (*d.category)[0],
		modifier: *d.modifier, notNull: *d.notNull, labels: d.labels, deterministic: d.deterministic,
		collation: d.collation, comment: text(d.note),
	}
	column, how := a.describe(strict, b.relation.server)
	b.position[*d.number] = len(b.table.Columns)
	b.table.Columns = append(b.table.Columns, column)
	b.relation.columns = append(b.relation.columns, how)
}

func (b *tableBuilder) finish() *plan.Table {
	for _, k := range b.keys {
		if columns, ok := b.candidate(k); ok {
			b.table.Primary = b.table.Primary || k.Primary
			b.table.Keys = append(b.table.Keys, columns)
		}
	}
	b.table.Handle = b.relation
	return &b.table
}

// candidate returns a key's column positions, and false if rows can be equal in it as MySQL sees them: where two NULLs
// are no conflict, or where different values become NULL.
func (b *tableBuilder) candidate(k key) ([]int, bool) {
	var columns []int
	for _, number := range k.Columns[:k.Count] {
		pos, ok := b.position[number]
		if !ok || b.table.Columns[pos].Nullable && (!k.Primary || !b.relation.columns[pos].exactly) {
			return nil, false
		}
		columns = append(columns, pos)
	}
	return columns, true
}
