//go:build integration

package mysql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
	"github.com/silogate/silogate/internal/testserver"
)

// collations are those of columns that change what may be pushed, and the types as which such are read. Random queries take the
// others.
var collations = map[string]types.Collation{
	"utf8mb4_nopad_bin":  types.Utf8mb4Bin0900,
	"utf8mb4_general_ci": types.Utf8mb4General,
	"utf8mb4_unicode_ci": types.Utf8mb4Unicode,
}

func TestConformance(t *testing.T) {
	for name, id := range collations {
		t.Run(name, func(t *testing.T) { conform(t, name, id) })
	}
}

func conform(t *testing.T, name string, id types.Collation) {
	m := testserver.MariaDB(t)
	admin := adminOf(t, m)
	broken := func(option, value string) func(testing.TB) connectors.Connector {
		return func(tb testing.TB) connectors.Connector { return openSource(tb, m, connectors.Options{option: value}) }
	}
	under := func(typ types.Type) types.Type {
		if typ.IsText() && typ.Kind != types.JSON {
			typ.Collation = id
		}
		return typ
	}
	var exempt map[string]string
	if !id.Bytewise() {
		exempt = map[string]string{name + "/pushdown/averages": "which of texts that are equal stands for a group, or is its least, MySQL leaves open"}
	}
	conntest.Run(t, conntest.Config{
		Source: "shop", Namespace: m.Database, Secrets: []string{m.Password, "hunter2"},
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			for _, table := range tables {
				create(tb, m, table, name)
			}
			// More statements at a time than the suite starts at once: it ends them together.
			return openSource(tb, m, connectors.Options{"pool": "24", "admission": "16"})
		},
		Reads:    func(typ types.Type) (types.Type, bool) { return under(typ), true },
		Evaluate: testengine.Evaluate,
		Broken: []conntest.Broken{
			{Name: "wrong password", Code: sqlerr.SourceAuth, Open: broken("password", "hunter2")},
			{Name: "refused", Code: sqlerr.SourceDown, Open: broken("url", "mysql://app:hunter2@127.0.0.1:1/db?ssl-mode=DISABLED")},
		},
		Plans: provenPlans, Exempt: exempt,
		Sessions: func(tb testing.TB) int {
			var n int
			if err := admin.QueryRow(`SELECT COUNT(*) FROM information_schema.PROCESSLIST
				WHERE COMMAND <> 'Sleep' AND ID <> CONNECTION_ID() AND INFO LIKE ?`, "%"+m.Database+"%").Scan(&n); err != nil {
				tb.Error(err)
			}
			return n
		},
	})
}

func declaration(t types.Type, collation string) string {
	switch t.Kind {
	case types.Text:
		return "LONGTEXT COLLATE " + collation
	case types.Char, types.Varchar:
		return t.String() + " COLLATE " + collation
	}
	return t.String()
}

// create makes a fixture.
func create(tb testing.TB, m testserver.Maria, t conntest.Table, collation string) {
	tb.Helper()
	cfg, err := driver.ParseDSN(m.DSN())
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Params = map[string]string{"time_zone": "'+00:00'", "sql_mode": "''"}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var columns, places []string
	for _, c := range t.Columns {
		null := " NULL"
		if !c.Nullable {
			null = " NOT NULL"
		}
		columns = append(columns, quoteIdent(c.Name)+" "+declaration(c.Type, collation)+null)
		places = append(places, "?")
	}
	for _, pos := range t.Key {
		columns = append(columns, "PRIMARY KEY ("+quoteIdent(t.Columns[pos].Name)+")")
	}
	run := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			tb.Fatalf("%s: %v", query[:min(len(query), 200)], err)
		}
	}
	run(fmt.Sprintf("CREATE TABLE %s (%s) CHARACTER SET utf8mb4", quoteIdent(t.Name), strings.Join(columns, ", ")))
	const together = 1000
	for len(t.Rows) > 0 {
		n := min(together, len(t.Rows))
		var args []any
		for _, row := range t.Rows[:n] {
			for i, v := range row {
				args = append(args, stored(v, t.Columns[i].Type))
			}
		}
		row := "(" + strings.Join(places, ", ") + ")"
		run("INSERT INTO "+quoteIdent(t.Name)+" VALUES "+strings.TrimSuffix(strings.Repeat(row+", ", n), ", "), args...)
		t.Rows = t.Rows[n:]
	}
	run("ANALYZE TABLE " + quoteIdent(t.Name))
}

// stored is a value as the driver takes it.
func stored(v types.Value, t types.Type) any {
	switch {
	case v.Null:
		return nil
	case t.IsFloat():
		return v.Float
	case t.IsUnsigned():
		return uint64(v.Int)
	case t.IsBinary():
		return []byte(v.Str)
	}
	return conntest.FormatValue(v, t)
}

// provenPlans prove the entries of the allow-list that the suite's own plans do not.
const provenPlans = `
# quotients round half away from zero
project id, amount / 7 as a, amount / customer as b, amount / 0.03 as c, customer / weight as d, id / 3 as e
    scan orders

# all digits of a quotient, which is cut off
project id, cast(amount as decimal(20,5)) / 7 as a, customer / 7 * 3 as b, -(amount / 7) * 0.5 as c
    scan orders

# all digits of quotients in groups
aggregate k | sum(q) as s, avg(q) as a, max(q) as m
    project id % 7 as k, customer / 7 * 3 + amount / 3 as q
        scan orders

# integer division
project id, customer div 7 as a, (customer - 30) % 7 as b, customer div 0 as c, amount % 3.1 as d, amount div 7 as e, (30 - customer) div 7 as f
    scan orders

# rounding
project id, round(amount) as a, round(amount, 1) as b, truncate(amount, 1) as c, ceil(amount) as d, floor(amount) as e, abs(amount) as f, sign(amount) as g, abs(customer - 30) as h
    scan orders

# arithmetic
project id, customer + 1 as a, customer - id as b, customer * customer as c, amount + customer as d, amount * amount as e, -amount as f, -customer as g
    scan orders

# choices
project id, case when customer > 30 then amount else 0 end as a, if(amount > 0, 'in', 'out') as b, coalesce(note, status) as c, ifnull(amount, 0) as d, nullif(status, 'new') as e
    scan orders

# choices compared
filter if(amount > 0, 'in', 'OUT') = 'out' or coalesce(note, status) = 'A' or case when customer > 30 then 'x' else note end < 'm'
    scan orders

# choices in groups
aggregate k, l | count(*) as n
    project if(amount > 0, note, status) as k, coalesce(placed, shipped) as l
        scan orders

# greatest and least
project id, greatest(customer, id) as a, least(amount, 100.00) as b, greatest(customer, 5, 30) as c
    scan orders

# texts
project id, concat(status, '-', note) as a, concat_ws(',', status, note) as z, char_length(note) as b, length(note) as c, substring(note, 2, 2) as d, left(note, 2) as e, right(note, 2) as f, trim(note) as g, ltrim(note) as h, rtrim(note) as i, replace(note, 'a', 'xy') as j, reverse(note) as k
    scan orders

# texts from behind
project id, substring(note, -2) as a, substring(note, -3, 2) as b, substring(note, 0) as c, left(note, 0) as d, left(note, -1) as e, right(note, -1) as f, substring(note, 2, -1) as g
    scan orders

# cases
project id, upper(note) as a, lower(note) as b, locate('a', note) as c, locate('B', concat(note, status)) as d
    scan orders

# texts compared with texts
filter note = status or concat(note, 'x') < status or note > concat(status, ' ') or note <=> status
    scan orders

# texts in lists
filter concat(note, '') in ('a', 'AB', 'ä') or status not in ('new', 'Paid')
    scan orders

# parts of dates
project id, year(placed) as a, quarter(placed) as b, month(placed) as c, day(placed) as d, dayofyear(placed) as e, dayofweek(placed) as f, weekday(placed) as g, last_day(placed) as h, datediff(shipped, placed) as i, to_days(placed) as j
    scan orders

# parts of times
project id, hour(shipped) as a, minute(shipped) as b, second(shipped) as c, date(shipped) as d, year(shipped) as e, microsecond(shipped) as f, hour(placed) as g, minute(placed) as h
    scan orders

# parts of times of day
project id, hour(v) as a, minute(v) as b, second(v) as c, microsecond(v) as d
    scan k_time

# averages
aggregate status, customer | avg(amount) as a, avg(id) as b, sum(amount) as c, sum(customer) as d, count(distinct note) as e, min(note) as f, max(note) as g
    scan orders

# averages and least values by number
aggregate customer | avg(amount) as a, avg(id) as b, sum(amount) as c, sum(customer) as d, count(distinct note) as e, min(placed) as f, max(shipped) as g
    scan orders

# having an average
filter a > 100
    aggregate customer | avg(amount) as a
        scan orders

# average of nothing
aggregate | avg(amount) as a, sum(amount) as s, count(*) as n
    filter id < 0
        scan orders

# counts of several
aggregate status | count(distinct note, customer) as a, count(distinct placed) as b
    scan orders

# long lists
filter customer in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18) and note not in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q')
    scan orders

# char compared with constants
filter v = 'a' or v = 'ab c ' or v in ('', 'Zürich') or v <> 'a' and v like 'ab _'
    scan k_char

# char in order
top 3 by v desc, id
    scan k_char

# instants
filter v >= timestamp '2024-03-10 02:30:00' or v < timestamp '1999-12-31 19:00:00'
    scan k_timestamp

# unsigned
filter v > 9223372036854775807 or v = 0 or v in (9223372036854775807)
    scan k_ubigint

# unsigned sums
aggregate | max(v) as a, min(v) as b, count(distinct v) as c
    scan k_ubigint

# single precision
filter v = 1.5e0 or v < 0e0 or v > 1e38
    scan k_float

# extremes of single precision
aggregate | max(v) as a, min(v) as b
    scan k_float

# doubles
filter v = 0.1e0 or v < 0e0 or v <=> null
    scan k_double

# times
filter v = time '00:00:00' or v < time '00:00:00' or v > time '12:00:00'
    scan k_time

# bytes
filter v = x'00' or v > x'70' or v in (x'706c61696e')
    scan k_blob

# byte counts
project id, length(v) as n
    scan k_blob

# documents
filter v is null
    scan k_json
`
