package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// shape is what a plan relies on of a relation c, as a number: which one it is, what its columns are and which of its
// keys bind. COPY tells no types, and a condition that was pushed may mean something else to a column of another type or
// collation, so that a statement compares the shapes of its tables with those that they were described with.
const shape = `hashtextextended(concat_ws(' ', c.oid, c.relkind, c.relhassubclass,
	(SELECT string_agg(concat_ws(' ', s.attnum, s.attname, s.atttypid, s.atttypmod, s.attcollation, s.attnotnull), ',' ORDER BY s.attnum)
		FROM pg_attribute s WHERE s.attrelid = c.oid AND s.attnum > 0 AND NOT s.attisdropped),
	(SELECT string_agg(u.indexrelid::text, ',' ORDER BY u.indexrelid)
		FROM pg_index u WHERE u.indrelid = c.oid AND u.indisunique AND u.indisvalid)) COLLATE "C", 0)`

// shapes is a query with one row: the shape of each table that is named so now. It is not worth compiling, whatever the
// session's settings make of its cost.
func shapes(tables []*plan.Table) string {
	var b strings.Builder
	b.WriteString("SET LOCAL jit = off; SELECT ")
	for i, t := range tables {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(SELECT %s FROM pg_class c WHERE c.oid = %s::regclass)", shape, quoteText(qualified(t)))
	}
	b.WriteString("; SET LOCAL jit = DEFAULT;")
	return b.String()
}

// checkShapes compares the row of shapes with what the tables were described with.
func checkShapes(row []byte, tables []*plan.Table) error {
	found, err := textFields(row, len(tables))
	if err != nil {
		return err
	}
	for i, t := range tables {
		if string(found[i]) != strconv.FormatInt(t.Handle.(*relation).shape, 10) {
			return sqlerr.New(sqlerr.SourceChanged, "table %s changed since it was described", t.Name)
		}
	}
	return nil
}

// hold is the text that makes tables stay as they are until the transaction ends. It comes before the transaction's
// snapshot, which does not see the rows of a table that is rewritten after it (PostgreSQL, 13.6), and lasts, since a table
// that is read in several transactions may else be rewritten or emptied between them.
func hold(tables []*plan.Table) string {
	var b strings.Builder
	for _, t := range tables {
		switch r := t.Handle.(*relation); {
		case !r.lockable:
			b.WriteString(holdByUse(t))
		case r.kind == partitioned: // the query itself locks those that it reads
			fmt.Fprintf(&b, "LOCK TABLE ONLY %s IN ACCESS SHARE MODE;", qualified(t))
		default:
			fmt.Fprintf(&b, "LOCK TABLE %s IN ACCESS SHARE MODE;", qualified(t))
		}
	}
	return b.String()
}

// holdByUse locks what LOCK TABLE does not take, such as a foreign table or one of which the user may read some columns
// only, and what a view reads, by a query that is neither planned nor run. It takes the transaction's snapshot first.
func holdByUse(t *plan.Table) string {
	return "PREPARE silogate_hold AS SELECT FROM " + qualified(t) + "; DEALLOCATE silogate_hold;"
}

// await is the text of a transaction that waits for those who have locked the tables of holdByUse, so that the snapshot
// is not older than what they do, as long as limits admits.
func await(tables []*plan.Table, limits string) string {
	used := ""
	for _, t := range tables {
		if !t.Handle.(*relation).lockable {
			used += holdByUse(t)
		}
	}
	if used == "" {
		return ""
	}
	return "BEGIN READ ONLY;" + limits + used + "COMMIT;"
}

func qualified(t *plan.Table) string {
	return quoteIdent(t.Name.Namespace) + "." + quoteIdent(t.Name.Name)
}

// textFields returns the fields of a row in text format, n of them.
func textFields(row []byte, n int) ([][]byte, error) {
	var r pgproto3.DataRow
	if err := r.Decode(row); err != nil {
		return nil, err
	}
	if len(r.Values) != n {
		return nil, corrupt("a row has %d columns instead of %d", len(r.Values), n)
	}
	return r.Values, nil
}
