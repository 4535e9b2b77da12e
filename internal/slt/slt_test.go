package slt

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
)

const sample = `# a comment
hash-threshold 8

statement ok
CREATE TABLE t (a int)

onlyif sqlite
statement ok
PRAGMA x

skipif mysql
query I nosort
SELECT 0
----
0

query IT rowsort label-1
SELECT a, b
FROM t
----
1
x

query error 1054
SELECT nope FROM t

query TT
SELECT 1, 2
----
a	b
`

func TestParse(t *testing.T) {
	records, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 6 {
		t.Fatalf("%d records: %+v", len(records), records)
	}
	if r := records[1]; r.For("mysql") || !r.For("sqlite") {
		t.Errorf("onlyif sqlite: %+v", r)
	}
	if r := records[2]; r.For("mysql") || !r.For("sqlite") {
		t.Errorf("skipif mysql: %+v", r)
	}
	records = slices.DeleteFunc(records, func(r Record) bool { return !r.For("mysql") })
	q := records[1]
	if q.SQL != "SELECT a, b\nFROM t" || q.Sort != RowSort || !slices.Equal(q.Expected, []string{"1", "x"}) || q.Types != "IT" {
		t.Errorf("query: %+v", q)
	}
	if e := records[2]; !e.Error || e.Errno != 1054 {
		t.Errorf("error: %+v", e)
	}
	if _, err := Parse(strings.NewReader("query I sideways\nSELECT 1\n")); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("unknown sort mode: %v", err)
	}
}

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func TestFlatten(t *testing.T) {
	rows := [][]sql.NullString{{text("2"), text("b")}, {text("10"), {}}, {text("2"), text("")}}
	for _, c := range []struct {
		sort Sort
		want string
	}{
		{NoSort, "2 b 10 NULL 2 (empty)"},
		{RowSort, "10 NULL 2 (empty) 2 b"},
		{ValueSort, "(empty) 10 2 2 NULL b"},
	} {
		got := strings.Join(flatten(Record{Types: "IT", Sort: c.sort}, rows), " ")
		if got != c.want {
			t.Errorf("sort %d: %q, want %q", c.sort, got, c.want)
		}
	}
	if got := format('R', text("1.5")); got != "1.500" {
		t.Errorf("R: %s", got)
	}
	oneRow := Record{Types: "TT", Expected: []string{"a\tb"}}
	if got := flatten(oneRow, [][]sql.NullString{{text("a"), text("b")}}); !slices.Equal(got, oneRow.Expected) {
		t.Errorf("one line a row: %q", got)
	}
	if got := hashed([]string{"1", "2"}); got != "2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0" {
		t.Error(got)
	}
}
