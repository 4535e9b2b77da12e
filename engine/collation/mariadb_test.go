//go:build integration

package collation

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	_ "github.com/go-sql-driver/mysql" // the driver of the oracle

	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// TestMariaDB compares random texts where MariaDB has the collations of MySQL: their tables have one origin.
func TestMariaDB(t *testing.T) {
	maria := testserver.MariaDB(t)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SET NAMES utf8mb4"); err != nil {
		t.Fatal(err)
	}
	cases(t, conn)
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		a, b := randomText(r), randomText(r)
		if r.IntN(3) == 0 {
			b = strings.ToUpper(a)
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			continue
		}
		for _, id := range []types.Collation{gen, uni, new, bin} {
			var order, found, in int
			var like bool
			query := fmt.Sprintf("SELECT STRCMP(a, b), a LIKE b, LOCATE(b, a), FIND_IN_SET(b, a) FROM (SELECT ? COLLATE %[1]s AS a, ? COLLATE %[1]s AS b) AS x", id)
			if err := conn.QueryRowContext(t.Context(), query, a, b).Scan(&order, &like, &found, &in); err != nil {
				t.Fatal(err)
			}
			c := of(t, id)
			at := c.Index(a, b)
			if at >= 0 {
				at = utf8.RuneCountInString(a[:at])
			}
			if got := c.Compare(a, b); got != order {
				t.Errorf("%s: Compare(%q, %q) is %d, there %d", id, a, b, got, order)
			}
			if got := c.NewPattern(b, '\\').Match(a); got != like {
				t.Errorf("%s: %q LIKE %q is %v", id, a, b, got)
			}
			if at+1 != found {
				t.Errorf("%s: LOCATE(%q, %q) is %d, there %d", id, b, a, at+1, found)
			}
			if got := c.FindInSet(b, a); got != in {
				t.Errorf("%s: FIND_IN_SET(%q, %q) is %d, there %d", id, b, a, got, in)
			}
		}
	}
}

// cases compares the case of all characters.
func cases(t *testing.T, conn *sql.Conn) {
	for _, id := range []types.Collation{gen, uni, new, bin} {
		c := of(t, id)
		rows, err := conn.QueryContext(t.Context(), fmt.Sprintf(`SELECT seq, ORD(CONVERT(UPPER(c) USING utf32)), ORD(CONVERT(LOWER(c) USING utf32))
			FROM (SELECT seq, CONVERT(CHAR(seq USING utf32) USING utf8mb4) COLLATE %s AS c FROM seq_1_to_131071) AS x
			WHERE seq NOT BETWEEN 0xD800 AND 0xDFFF`, id))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; rows.Next(); n++ {
			var r, upper, lower rune
			if err := rows.Scan(&r, &upper, &lower); err != nil {
				t.Fatal(err)
			}
			if c.ToUpper(r) != upper || c.ToLower(r) != lower {
				t.Errorf("%s: U+%04X has the capital U+%04X and the small letter U+%04X, there U+%04X and U+%04X", id, r, c.ToUpper(r), c.ToLower(r), upper, lower)
			}
		}
		if err := rows.Err(); err != nil || n < 100_000 {
			t.Fatal(n, err)
		}
		rows.Close()
	}
}
