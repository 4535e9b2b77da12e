//go:build integration

package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
	"github.com/silogate/silogate/internal/testserver"
)

// TestConformance runs the suite on databases of every encoding and collation that changes what may be pushed.
func TestConformance(t *testing.T) {
	for name, options := range map[string][]testserver.DatabaseOption{
		"C.UTF-8": nil,
		"ICU":     {testserver.ICULocale("en-US")},
	} {
		t.Run(name, func(t *testing.T) { conform(t, name, options...) })
	}
}

func conform(t *testing.T, name string, options ...testserver.DatabaseOption) {
	pg := testserver.Postgres(t, options...)
	admin, err := pgx.Connect(t.Context(), pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	broken := func(option, value string) func(testing.TB) connectors.Connector {
		return func(tb testing.TB) connectors.Connector {
			return openShop(tb, pg, connectors.Options{option: value})
		}
	}
	conntest.Run(t, conntest.Config{
		Source: "shop", Namespace: publicSchema, Secrets: []string{pg.Password, "hunter2"},
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			for _, table := range tables {
				for _, statement := range creation(tb, table) {
					if _, err := admin.Exec(tb.Context(), statement); err != nil {
						tb.Fatalf("%s: %v", statement[:min(len(statement), 200)], err)
					}
				}
			}
			// More statements at a time than the suite starts at once: it ends them together.
			return openShop(tb, pg, connectors.Options{"pool": "24", "admission": "16"})
		},
		Reads:    reads,
		Evaluate: testengine.Evaluate,
		Broken: []conntest.Broken{
			{Name: "wrong password", Code: sqlerr.SourceAuth, Open: broken("password", "hunter2")},
			{Name: "refused", Code: sqlerr.SourceDown, Open: broken("url", "postgres://app:hunter2@127.0.0.1:1/db?sslmode=disable")},
		},
		Plans: provenPlans,
		Sessions: func(tb testing.TB) int {
			var n int
			if err := admin.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity
				WHERE application_name = 'silogate' AND datname = current_database() AND state <> 'idle'`).Scan(&n); err != nil {
				tb.Error(err)
			}
			return n
		},
	})
}

func openShop(tb testing.TB, pg testserver.PG, opts connectors.Options) connectors.Connector {
	tb.Helper()
	all := connectors.Options{"url": pg.URL()}
	for k, v := range opts {
		all[k] = v
	}
	c, err := Open(tb.Context(), connectors.Config{Name: "shop", Options: all, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// reads is the type of a column declared by declaration.
func reads(t types.Type) (types.Type, bool) {
	switch t.Kind {
	case types.Int8, types.Uint8:
		return types.Of(types.Int16), true
	case types.Uint16:
		return types.Of(types.Int32), true
	case types.Uint64, types.Time: // fixtures have values outside a day
		return types.Type{}, false
	}
	return t, declaration(t) != ""
}

func declaration(t types.Type) string {
	switch t.Kind {
	case types.Uint8:
		return "int2"
	case types.Uint16:
		return "int4"
	case types.Uint32:
		return "oid"
	case types.Decimal:
		return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale)
	case types.Char, types.Varchar:
		return fmt.Sprintf("%s(%d)", map[types.Kind]string{types.Char: "char", types.Varchar: "varchar"}[t.Kind], t.Length)
	case types.JSON:
		return "json"
	}
	return sqlType(t)
}

// creation returns the statements that make a fixture.
func creation(tb testing.TB, t conntest.Table) []string {
	d := newDialect(utf8Encoding, false)
	var columns []string
	for _, c := range t.Columns {
		column := quoteIdent(c.Name) + " " + declaration(c.Type)
		if !c.Nullable {
			column += " NOT NULL"
		}
		columns = append(columns, column)
	}
	for _, pos := range t.Key {
		columns = append(columns, "PRIMARY KEY ("+quoteIdent(t.Columns[pos].Name)+")")
	}
	statements := []string{fmt.Sprintf("CREATE TABLE %s (%s)", quoteIdent(t.Name), strings.Join(columns, ", "))}
	const together = 1000
	for rows := range slices.Chunk(t.Rows, together) {
		lines := make([]string, len(rows))
		for r, row := range rows {
			values := make([]string, len(row))
			for i, v := range row {
				typ := t.Columns[i].Type
				if typ.Kind == types.JSON {
					typ = types.Of(types.Text)
				}
				text, err := d.constant(v, typ)
				if err != nil {
					tb.Fatal(err)
				}
				if t.Columns[i].Type.Kind == types.JSON {
					text += "::json"
				}
				values[i] = text
			}
			lines[r] = "(" + strings.Join(values, ", ") + ")"
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO %s VALUES %s", quoteIdent(t.Name), strings.Join(lines, ", ")))
	}
	return append(statements, "ANALYZE "+quoteIdent(t.Name))
}

// provenPlans prove the entries of the allow-list that the suite's own plans do not.
const provenPlans = `
# quotients round half away from zero
project id, amount / 7 as a, amount / customer as b, amount / 0.03 as c, customer / weight as d, id / 3 as e
    scan orders

# all digits of a quotient, which is cut off
project id, cast(amount as decimal(20,5)) / 7 as a, customer / 7 * 3 as b, -(amount / 7) * 0.5 as c
    scan orders

# integer division
project id, customer div 7 as a, (customer - 30) % 7 as b, customer div 0 as c, amount % 3.1 as d, amount div 7 as e
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

# texts
project id, concat(status, '-', note) as a, char_length(note) as b, length(note) as c, substring(note, 2, 2) as d, left(note, 2) as e, right(note, 2) as f, trim(note) as g, ltrim(note) as h, rtrim(note) as i, replace(note, 'a', 'xy') as j, reverse(note) as k
    scan orders

# parts of dates
project id, year(placed) as a, quarter(placed) as b, month(placed) as c, day(placed) as d, dayofyear(placed) as e, dayofweek(placed) as f, weekday(placed) as g, last_day(placed) as h, datediff(shipped, placed) as i
    scan orders

# parts of times
project id, hour(shipped) as a, minute(shipped) as b, second(shipped) as c, date(shipped) as d, year(shipped) as e
    scan orders

# averages
aggregate status, customer | avg(amount) as a, avg(id) as b, sum(amount) as c, sum(customer) as d, count(distinct note) as e, min(note) as f, max(note) as g
    scan orders

# having an average
filter a > 100
    aggregate customer | avg(amount) as a
        scan orders

# average of nothing
aggregate | avg(amount) as a, sum(amount) as s, count(*) as n
    filter id < 0
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
`
