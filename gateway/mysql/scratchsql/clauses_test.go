package scratchsql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// oldTable is a draft of t (a, b, c, d), with keys over a, b and both, d generated of c, and a check of b and c.
func oldTable() *draft {
	generated := "(`c` + 1)"
	def := &scratch.Definition{Name: "t", Columns: []scratch.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d", Generated: &generated}},
		Primary: []scratch.Part{{Column: 0}}, Checks: []scratch.Check{{Name: "low", SQL: "(`b` > 0)"}, {Name: "less", SQL: "(`b` < `c`)"}},
		Keys: []scratch.Key{{Name: "ab", Parts: []scratch.Part{{Column: 0}, {Column: 1}}}, {Name: "k", Parts: []scratch.Part{{Column: 1}}}}}
	d := &draft{database: "x", name: "t", old: def, collation: sql.Collation_Default}
	for i, c := range def.Columns {
		d.columns = append(d.columns, draftColumn{name: c.Name, from: i, kept: c})
	}
	d.keys = []draftKey{
		{Key: scratch.Key{Name: primary}, primary: true, kept: true, parts: []draftPart{{column: "a"}}},
		{Key: scratch.Key{Name: "ab"}, kept: true, parts: []draftPart{{column: "a"}, {column: "b"}}},
		{Key: scratch.Key{Name: "k"}, kept: true, parts: []draftPart{{column: "b"}}},
	}
	for i := range def.Checks {
		d.checks = append(d.checks, draftCheck{name: def.Checks[i].Name, kept: &def.Checks[i]})
	}
	return d
}

// shape is the draft's columns with where their values come from, its keys and its checks.
func (d *draft) shape() string {
	var parts []string
	for _, c := range d.columns {
		text := c.name
		if c.from >= 0 {
			text += fmt.Sprintf("<%d", c.from)
		}
		parts = append(parts, text)
	}
	for _, k := range d.keys {
		var columns []string
		for _, p := range k.parts {
			columns = append(columns, p.column)
		}
		parts = append(parts, k.Name+"("+strings.Join(columns, ",")+")")
	}
	for _, c := range d.checks {
		parts = append(parts, "check:"+c.name)
	}
	return strings.Join(parts, " ")
}

func TestClauses(t *testing.T) {
	const rest = " PRIMARY(a) ab(a,b) k(b) check:low check:less"
	for alter, want := range map[string]string{
		"MODIFY c INT FIRST, MODIFY b INT AFTER c":             "c<2 b<1 a<0 d<3" + rest,
		"MODIFY b INT AFTER a, MODIFY a INT AFTER b":           "b<1 a<0 c<2 d<3" + rest,
		"ADD e INT FIRST, ADD f INT AFTER a":                   "e a<0 f b<1 c<2 d<3" + rest,
		"ADD e INT AFTER c, MODIFY c INT FIRST":                "c<2 a<0 b<1 e d<3" + rest,
		"ADD e INT, ADD f INT AFTER e":                         "a<0 b<1 c<2 d<3 e f" + rest,
		"RENAME COLUMN a TO e, ADD f INT AFTER e":              "e<0 f b<1 c<2 d<3 PRIMARY(e) ab(e,b) k(b) check:low check:less",
		"CHANGE a e INT AFTER d":                               "b<1 c<2 d<3 e<0 PRIMARY(e) ab(e,b) k(b) check:low check:less",
		"RENAME COLUMN a TO d, RENAME COLUMN d TO a":           "d<0 b<1 c<2 a<3 PRIMARY(d) ab(d,b) k(b) check:low check:less",
		"DROP CONSTRAINT less, DROP b":                         "a<0 c<2 d<3 PRIMARY(a) ab(a)",
		"DROP b, DROP CONSTRAINT less":                         "a<0 c<2 d<3 PRIMARY(a) ab(a)",
		"DROP d, DROP CHECK less, DROP c":                      "a<0 b<1 PRIMARY(a) ab(a,b) k(b) check:low",
		"DROP KEY k, RENAME KEY ab TO k":                       "a<0 b<1 c<2 d<3 PRIMARY(a) k(a,b) check:low check:less",
		"DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)":             "a<0 b<1 c<2 d<3 ab(a,b) k(b) PRIMARY(b,a) check:low check:less",
		"DROP a, ADD a INT FIRST":                              "a b<1 c<2 d<3 ab(b) k(b) check:low check:less",
		"DROP nosuch":                                          "1091",
		"DROP c":                                               "3108",
		"RENAME COLUMN c TO e":                                 "3108",
		"DROP d, DROP c":                                       "3959",
		"RENAME COLUMN b TO e":                                 "3959",
		"DROP a, DROP b, DROP c, DROP d, DROP CONSTRAINT less": "1090",
		"MODIFY nosuch INT":                                    "1054",
		"MODIFY a INT AFTER a":                                 "1054",
		"DROP a, MODIFY a INT":                                 "1054",
		"MODIFY a INT, MODIFY a BIGINT":                        "1054",
		"ADD e INT AFTER f, ADD f INT":                         "1054",
		"RENAME COLUMN a TO d":                                 "1060",
		"ADD A INT":                                            "1060",
		"RENAME KEY nosuch TO e":                               "1176",
	} {
		parsed, err := sqlparser.Parse("ALTER TABLE t " + alter)
		if err != nil {
			t.Fatalf("%s: %v", alter, err)
		}
		d := oldTable()
		_, err = d.apply(parsed.(*sqlparser.AlterTable).Statements)
		got := d.shape()
		var refused *sqlerr.Error
		if errors.As(err, &refused) {
			got = fmt.Sprint(refused.Code.Identity().Errno)
		} else if err != nil {
			t.Errorf("%s: %v", alter, err)
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", alter, got, want)
		}
	}
}

func TestColumnsIn(t *testing.T) {
	for text, want := range map[string]string{"(`a` + f(`B`, 'c') + `a`)": "a B", "7": "", "CURRENT_TIMESTAMP": ""} {
		if got := strings.Join(columnsIn(text), " "); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
