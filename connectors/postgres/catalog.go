package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

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

// sizeOf selects how many rows and pages a relation l has itself, as far as that is known without looking at its files,
// for which the server waits if somebody has locked the table: NULL is unknown. VACUUM and ANALYZE have left a size that is
// fresh unless far more rows have been counted since (a load that ANALYZE follows is counted twice for a while). Else the
// rows are those counted, and each is taken to have 28 bytes and 32 for each value whose length is open.
const sizeOf = `SELECT e.rows, e.fresh, CASE WHEN e.fresh THEN l.relpages
		ELSE greatest(l.relpages, e.rows / current_setting('block_size')::int * (
			SELECT 28 + sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END) FROM pg_attribute a
			WHERE a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped)) END AS pages
	FROM (SELECT k.fresh, CASE
			WHEN l.relkind = 'p' THEN NULL
			WHEN k.fresh THEN l.reltuples
			WHEN counted > 0 OR l.reltuples > 0 OR l.reltuples = 0 AND current_setting('server_version_num')::int >= 140000
				THEN greatest(counted, l.reltuples)
		END::float8 AS rows
		FROM pg_stat_get_live_tuples(l.oid) AS counted,
		LATERAL (SELECT l.relpages > 0 AND l.reltuples >= 0 AND counted <= 3 * l.reltuples AS fresh) k) e`

// partsOf selects c and all that inherit from it, partitions included, as part.
const partsOf = `WITH RECURSIVE part AS (
		SELECT c.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
	)`

// inMetadata runs f on the connection that is kept for metadata, and once more if that had broken while it was idle.
func (c *connector) inMetadata(ctx context.Context, doing string, f func(*pgx.Conn) error) error {
	slot, err := c.pool.forMetadata(ctx)
	for err == nil {
		err = f(slot.Conn.Conn())
		slot.release()
		if _, again := errors.AsType[unanswered](err); !again || !slot.reused || ctx.Err() != nil {
			break
		}
		if slot, err = proven(ctx, c.pool.forMetadata); err == nil {
			slot.reused = false
		}
	}
	return c.translate(ctx, err, doing)
}

// unanswered is the failure of a query on a connection that was lost before anything was answered.
type unanswered struct{ error }

func (u unanswered) Unwrap() error { return u.error }

// lost makes the failure of a query to which nothing was answered unanswered if it took the connection with it.
func lost(conn *pgx.Conn, err error) error {
	if conn.IsClosed() {
		return unanswered{err}
	}
	return err
}

// withoutJIT makes what follows in a transaction run without compilation, which takes seconds where a session's settings
// make a query of the catalog look dear.
const withoutJIT = "SELECT set_config('jit', 'off', true)"

// question is a query of the catalog. read takes its rows, as many as it wants.
type question struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// ask puts questions to the server, all at once. The first time on a connection they are not prepared, which takes a round
// trip more.
func ask(ctx context.Context, conn *pgx.Conn, questions ...question) error {
	first := false
	for _, q := range questions {
		first = !noted(conn.PgConn(), q.sql) || first
	}
	if first {
		return askFirst(ctx, conn, questions)
	}
	var b pgx.Batch
	b.Queue(withoutJIT)
	for _, q := range questions {
		b.Queue(q.sql, q.args...)
	}
	results := conn.SendBatch(ctx, &b)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // which ends as this did
		return lost(conn, err)
	}
	for _, q := range questions {
		rows, err := results.Query()
		if err == nil {
			err = q.take(rows)
		}
		if err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// askFirst is ask without preparing anything.
func askFirst(ctx context.Context, conn *pgx.Conn, questions []question) error {
	var b pgconn.Batch
	b.ExecParams(withoutJIT, nil, nil, nil, nil)
	for _, q := range questions {
		values := make([][]byte, len(q.args))
		for i, a := range q.args {
			typ := uint32(pgtype.TextOID)
			if _, list := a.([]string); list {
				typ = pgtype.TextArrayOID
			}
			var err error
			if values[i], err = conn.TypeMap().Encode(typ, pgtype.TextFormatCode, a, nil); err != nil {
				return err
			}
		}
		b.ExecParams(q.sql, values, nil, nil, nil)
	}
	results := conn.PgConn().ExecBatch(ctx, &b)
	if results.NextResult() {
		_, _ = results.ResultReader().Close() // what failed there fails below
	}
	for i, q := range questions {
		if !results.NextResult() {
			err := results.Close()
			if i == 0 {
				err = lost(conn, err)
			}
			return err
		}
		if err := q.take(pgx.RowsFromResultReader(conn.TypeMap(), results.ResultReader())); err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// take reads the answer.
func (q *question) take(rows pgx.Rows) error {
	defer rows.Close()
	if err := q.read(rows); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
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
	return s.list(ctx, `SELECT n.nspname, c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'), CASE
		WHEN c.relhassubclass THEN (`+partsOf+` SELECT sum(s.rows) FROM part JOIN pg_class l ON l.oid = part.oid, LATERAL (`+sizeOf+`) s)
		ELSE (SELECT s.rows FROM pg_class l, LATERAL (`+sizeOf+`) s WHERE l.oid = c.oid) END
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE `+listed+` AND `+visible+` AND ($2::text IS NULL OR n.nspname = $2) AND c.relname LIKE $3
		ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`, s.only(), o.In, pattern)
}

// Check refuses a name in the option schemas that no schema has.
func (s *source) Check(ctx context.Context) error {
	missing := slices.Clone(s.schemas)
	for l, err := range s.List(ctx, connectors.ListOptions{Namespaces: true}) {
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == l.Name.Namespace })
	}
	if len(missing) > 0 {
		return sqlerr.New(sqlerr.BadOption, "source %s: option schemas: there is no schema %s that the login may use", s.name,
			strings.Join(missing, ", "))
	}
	return nil
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
		read := func(rows pgx.Rows) error {
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
					break
				}
			}
			return nil
		}
		err := s.inMetadata(ctx, "list tables", func(conn *pgx.Conn) error {
			return ask(ctx, conn, question{query, args, read})
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
// and not on a table that others inherit from, whose constraints do not bind their rows. A domain's NOT NULL is none of
// the column's: the server stores what an outer join or a subquery without rows gave as a NULL of the domain.
const describeTables = `
WITH RECURSIVE base AS (
	SELECT t.oid AS domain, t.typbasetype AS oid, t.typtypmod AS modifier
	FROM pg_type t WHERE t.typtype = 'd'
	UNION ALL
	SELECT b.domain, t.typbasetype, CASE WHEN b.modifier = -1 THEN t.typtypmod ELSE b.modifier END
	FROM base b JOIN pg_type t ON t.oid = b.oid AND t.typtype = 'd'
)
SELECT n.nspname, c.relname, c.oid, c.relkind::text, obj_description(c.oid, 'pg_class'), parts.rows,
	parts.pages::float8 * current_setting('block_size')::int, parts.pages, parts.longest, parts.heaps, parts.fresh,
	CASE WHEN parts.enforced THEN (SELECT json_agg(json_build_object('primary', i.indisprimary, 'columns', i.indkey::int2[], 'count', i.indnkeyatts)
		ORDER BY i.indisprimary DESC, i.indexrelid) FROM pg_index i
		WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL) END,
	a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
	CASE WHEN tn.nspname = 'pg_catalog' OR t.typname = 'citext' THEN t.typname ELSE '' END, t.typtype::text, t.typcategory::text,
	CASE WHEN a.atttypmod = -1 THEN coalesce(b.modifier, -1) ELSE a.atttypmod END,
	parts.enforced IS TRUE AND a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint k
		WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated AND k.conkey = ARRAY[a.attnum]),
	CASE WHEN t.typtype = 'e' THEN ARRAY(
		SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END,
	coalesce(co.collisdeterministic, true), CASE WHEN co.collprovider <> 'd' THEN co.oid ELSE 0 END, col_description(c.oid, a.attnum),
	has_table_privilege(c.oid, 'SELECT') AND c.relkind IN ('r', 'p'), ` + shape + `,
	(SELECT setting::int8 FROM pg_settings WHERE name = 'statement_timeout')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
	` + partsOf + `
	SELECT sum(s.rows) AS rows, ceil(sum(s.pages))::int8 AS pages, ceil(max(s.pages))::int8 AS longest,
		bool_and(l.relkind IN ('p', 'f') OR s.fresh) AS fresh,
		bool_and(l.relkind = 'p' OR l.relkind IN ('r', 'm') AND am.amname = 'heap') AS heaps,
		(c.relkind = 'p' OR count(*) = 1) AND bool_and(l.relkind <> 'f') AS enforced
	FROM part JOIN pg_class l ON l.oid = part.oid LEFT JOIN pg_am am ON am.oid = l.relam, LATERAL (` + sizeOf + `) s
) parts ON c.relkind <> 'v'
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
	found, err := s.wished(ctx, name)
	if err == nil && found == nil {
		return nil, unknown
	}
	if err == nil && found.Handle.(*relation).unmeasured {
		err = s.measure(ctx, found)
	}
	return found, err
}

// measure asks for the size of a table that the catalog does not know, such as one that was just loaded.
func (s *source) measure(ctx context.Context, t *plan.Table) error {
	r := t.Handle.(*relation)
	sql := fmt.Sprintf(`SELECT sum(pg_relation_size(p.oid))::int8, max(pg_relation_size(p.oid)), current_setting('block_size')
		FROM pg_class c, LATERAL (%s SELECT oid FROM part) p WHERE c.oid = %d`, partsOf, r.oid)
	return s.inMetadata(ctx, "describe table "+t.Name.String(), func(conn *pgx.Conn) error {
		rows, err := impatiently(ctx, conn, sql)
		if err != nil || len(rows) == 0 {
			return err
		}
		var size [3]int64 // all parts, the longest, a page
		for i, field := range rows[0] {
			if size[i], err = strconv.ParseInt(string(field), 10, 64); err != nil {
				return err
			}
		}
		if size[0] == 0 {
			t.Stats.Rows = 0
		}
		t.Stats.Bytes = float64(size[0])
		r.pages, r.longest, r.unmeasured = size[0]/size[2], size[1]/size[2], false
		r.ranges = r.server.version >= withRanges
		return nil
	})
}

// lockPatience is how long metadata waits for a table that somebody has locked: others want the connection.
const (
	lockPatience     = "SET LOCAL lock_timeout = 100; " + withoutJIT + "; "
	lockNotAvailable = "55P03"
)

// impatiently returns the rows of a query that locks tables, as text, and none if one of them is locked. Two statements
// sent together are one transaction.
func impatiently(ctx context.Context, conn *pgx.Conn, sql string) ([][][]byte, error) {
	results, err := conn.PgConn().Exec(ctx, lockPatience+sql).ReadAll()
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == lockNotAvailable {
		return nil, nil
	}
	if err != nil && len(results) == 0 {
		return nil, lost(conn, err)
	}
	if err != nil {
		return nil, err
	}
	return results[len(results)-1].Rows, nil
}

// Tables implements connectors.ColumnLister.
func (s *source) Tables(ctx context.Context, namespace string) iter.Seq2[*plan.Table, error] {
	return func(yield func(*plan.Table, error) bool) {
		err := s.inMetadata(ctx, "describe schema "+namespace, func(conn *pgx.Conn) error {
			return ask(ctx, conn, s.describe(conn, func(t *plan.Table) bool { return yield(t, nil) },
				visible+" AND n.nspname = $2", s.only(), namespace))
		})
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
	heaps, fresh     *bool
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
	lockable         bool
	shape            int64
	timeout          int64 // the server's statement_timeout in milliseconds
}

// describe is the question for the relations that where selects. It calls yield for each, by name, until that returns false.
func (s *source) describe(conn *pgx.Conn, yield func(*plan.Table) bool, where string, args ...any) question {
	return question{describeTables + where + ` ORDER BY c.relname COLLATE "C", c.oid, a.attnum`, args, func(rows pgx.Rows) error {
		return s.described(conn, rows, yield)
	}}
}

// described calls yield for each relation of the rows of describeTables until it returns false.
func (s *source) described(conn *pgx.Conn, rows pgx.Rows, yield func(*plan.Table) bool) error {
	srv, err := serverOf(conn.PgConn())
	if err != nil {
		return err
	}
	var b *tableBuilder
	for rows.Next() {
		var d described
		if err := rows.Scan(&d.name.Namespace, &d.name.Name, &d.oid, &d.kind, &d.comment, &d.rows, &d.bytes, &d.pages,
			&d.longest, &d.heaps, &d.fresh, &d.keys, &d.number, &d.column, &d.declared, &d.typ, &d.typeKind, &d.category, &d.modifier,
			&d.notNull, &d.labels, &d.deterministic, &d.collation, &d.note,
			&d.lockable, &d.shape, &d.timeout); err != nil {
			return err
		}
		srv.statementTimeout = time.Duration(d.timeout) * time.Millisecond
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
	if b != nil && rows.Err() == nil {
		yield(b.finish())
	}
	return nil
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
			Name: d.name, Kind: tableKind(d.kind), Comment: text(d.comment), Snapshot: slices.Contains([]string{"r", "p", "m"}, d.kind),
			Location: fmt.Sprintf("postgres://%s/%s.%s.%s", s.host, s.database, d.name.Namespace, d.name.Name),
			Stats:    plan.Statistics{Rows: number(d.rows), Bytes: number(d.bytes)},
		},
		relation: &relation{oid: d.oid, kind: d.kind, lockable: d.lockable, shape: d.shape, server: srv},
		position: make(map[int16]int),
	}
	heaps := d.heaps != nil && *d.heaps
	if d.pages != nil && d.longest != nil {
		b.relation.pages, b.relation.longest = *d.pages, *d.longest
		b.relation.ranges = heaps && srv.version >= withRanges
	}
	b.relation.unmeasured = heaps && !*d.fresh
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
