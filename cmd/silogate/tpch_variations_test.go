//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// databases are how a Postgres server's operator may have set it up.
var databases = []struct {
	name    string
	options []testserver.DatabaseOption
	utf8    bool
}{
	{"C.UTF-8", nil, true},
	{"C", []testserver.DatabaseOption{testserver.Locale("C")}, true},
	{"en_US", []testserver.DatabaseOption{testserver.Locale("en_US.UTF-8")}, true},
	{"tr_TR", []testserver.DatabaseOption{testserver.Locale("tr_TR.UTF-8")}, true},
	{"ICU und", []testserver.DatabaseOption{testserver.ICULocale("und")}, true},
	{"ICU de", []testserver.DatabaseOption{testserver.ICULocale("de")}, true},
	{"LATIN1", []testserver.DatabaseOption{testserver.Locale("C"), testserver.Encoding("LATIN1")}, false},
	{"de_DE LATIN1", []testserver.DatabaseOption{testserver.Locale("de_DE"), testserver.Encoding("LATIN1")}, false},
	{"SQL_ASCII", []testserver.DatabaseOption{testserver.Locale("C"), testserver.Encoding("SQL_ASCII")}, false},
}

// settings are what ALTER DATABASE may have changed for each of its sessions.
var settings = []string{
	"standard_conforming_strings = off", "datestyle = 'SQL, DMY'", "datestyle = 'German'", "timezone = 'Asia/Kathmandu'",
	"search_path = nowhere", "transform_null_equals = on", "array_nulls = off", "enable_hashjoin = off",
	"default_transaction_isolation = serializable", "extra_float_digits = -10", "intervalstyle = 'sql_standard'",
	"client_encoding = 'LATIN1'", "bytea_output = 'escape'", "work_mem = '64kB'", "jit = on",
	"quote_all_identifiers = on", "lc_numeric = 'de_DE.UTF-8'", "lc_messages = 'de_DE.UTF-8'",
	"force_parallel_mode = on", "backslash_quote = off", "synchronize_seqscans = on", "xmloption = document", "row_security = off",
}

// TestTPCHVariations keeps TPC-H in ways that must not change an answer: other servers, types, layouts, placements and
// statistics, all drawn from a seed, and compares the 22 queries, with
// other parameters, with DuckDB under the settings that must not either.
// SILOGATE_SCALE sets another scale factor.
func TestTPCHVariations(t *testing.T) {
	first, count := seeds(t, 3, 20)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { runVariation(t, seed) })
	}
}

// variation is what a seed has drawn.
type variation struct {
	*rand.Rand
	t       *testing.T
	data    tpch.Data
	sources string
	names   map[string]string // of the tables, qualified
	doubles bool
	queries []string
	answers [][][]string
	story   []string // what was drawn, for the log
}

func runVariation(t *testing.T, seed uint64) {
	scale := os.Getenv("SILOGATE_SCALE")
	v := &variation{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, names: make(map[string]string), sources: "sources:\n"}
	if scale == "" {
		scale = "0.01"
		if nightly && v.IntN(6) == 0 {
			scale = "0.05"
		}
	}
	v.doubles = v.IntN(8) == 0
	var err error
	if v.data, err = tpch.Generate(scale); err != nil {
		t.Fatal(err)
	}
	v.ask()
	v.place()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("scale " + scale + "\n" + strings.Join(v.story, "\n"))
		}
	})
	memory := []string{"64MiB", "64MiB", "32MiB"}[v.IntN(3)]
	for _, streams := range []int{1, 2 + v.IntN(6)} {
		dynamic := []build.DynamicMode{build.DynamicOn, build.DynamicLate, build.DynamicLate}[v.IntN(3)]
		gateway := serving(t, "memory: {server: 1GiB, query: "+memory+", spill: 8GiB}\n"+v.sources, func(c *engine.Config) {
			c.Verify, c.Parallelism, c.Dynamic = true, streams, dynamic
		})
		for _, pushdown := range []string{"ON", "OFF"} {
			also := v.setting()
			conn := session(t, gateway, "SET silogate_pushdown = "+pushdown, also)
			for i := range v.queries {
				if err := v.check(conn, i); err != nil {
					t.Errorf("%d streams, pushdown %s, %s, dynamic %d, %s: %v\n%s", streams, pushdown, memory, dynamic, also, err, v.queries[i])
				}
			}
		}
	}
}

// setting is a statement that must not change an answer either.
func (v *variation) setting() string {
	switch v.IntN(4) {
	case 0:
		return "SET time_zone = '" + []string{"+05:45", "-11:00", "+14:00"}[v.IntN(3)] + "'"
	case 1:
		return "SET silogate_dynamic_filters = OFF"
	case 2:
		// The others keep these queries from products of whole tables.
		rules := []string{"inline_with", "simplify", "self_joins", "ranges", "merge", "prune", "order", "limits", "eager_aggregate", "expand_or", "narrow", "build_side"}
		return "SET silogate_disabled_rules = '" + rules[v.IntN(len(rules))] + "'"
	}
	return "SET @nothing = 1"
}

// ask draws the queries' parameters and gets their answers.
func (v *variation) ask() {
	for n := 1; n <= 22; n++ {
		if n == 15 && v.doubles {
			continue // it compares two sums of doubles, whose last digit depends on the order of their rows
		}
		text, err := tpch.Query(n)
		if v.IntN(4) > 0 {
			text, err = tpch.RandomQuery(v.Rand, n)
		}
		if err != nil {
			v.t.Fatal(err)
		}
		v.queries = append(v.queries, text)
	}
	var err error
	if v.answers, err = v.data.Ask(v.queries); err != nil {
		v.t.Fatal(err)
	}
}

func (v *variation) check(conn *sql.Conn, i int) error {
	want := v.answers[i]
	got, err := queryTexts(v.t.Context(), conn, tpch.Rename(v.queries[i], func(table string) string { return v.names[table] }))
	if err != nil {
		return err
	}
	for _, row := range got {
		for i, cell := range row {
			row[i] = midnight(cell)
		}
	}
	if v.doubles {
		return tpch.CompareDoubles(got, want)
	}
	return tpch.Compare(got, want)
}

// midnight drops the time of day from a date that is kept as a timestamp.
func midnight(cell string) string {
	if date, clock, ok := strings.Cut(cell, " "); ok && len(date) == len(time.DateOnly) && strings.Trim(clock, "0:.") == "" {
		if _, err := time.Parse(time.DateOnly, date); err == nil {
			return date
		}
	}
	return cell
}

// place gives every table a home.
func (v *variation) place() {
	homes := make(map[string][]string)
	federated := v.IntN(2) == 0
	for _, table := range tpch.Tables {
		home := []string{"pga", "pgb", "s3", "folder", "lite"}[v.IntN(5)]
		if federated {
			home = "s3"
			if slices.Contains(inPostgres, table) {
				home = "pga"
			}
		}
		homes[home] = append(homes[home], table)
	}
	for _, home := range []string{"pga", "pgb", "s3", "folder", "lite"} {
		tables := homes[home]
		if len(tables) == 0 {
			continue
		}
		v.story = append(v.story, fmt.Sprint(home, ": ", tables))
		switch home {
		case "s3", "folder":
			v.inParquet(home, tables)
		case "lite":
			v.inSQLite(home, tables)
		default:
			v.inPostgres(home, tables)
		}
	}
}

func (v *variation) inPostgres(home string, tables []string) {
	server := databases[v.IntN(len(databases))]
	pg := testserver.Postgres(v.t, server.options...)
	v.story = append(v.story, "  database "+server.name)
	schema := []string{"public", "public", "sales"}[v.IntN(3)]
	var all []tpch.PostgresTable
	for _, table := range tables {
		p := tpch.VaryPostgres(v.Rand, table, schema, server.utf8)
		if v.doubles {
			for i, c := range p.Columns {
				if strings.HasPrefix(c.Type, "numeric") && strings.Contains(tpch.Type(table, c.Name), "decimal") {
					p.Columns[i].Type = "double precision"
				}
			}
		}
		all = append(all, p)
		v.story = append(v.story, fmt.Sprintf("  %+v", p))
		database := home
		if schema != "public" {
			database += "_" + schema
		}
		v.names[table] = database + "." + p.Name
	}
	if err := v.data.Load(v.t.Context(), pg.URL(), all...); err != nil {
		v.t.Fatal(err)
	}
	for range v.IntN(3) {
		s := settings[v.IntN(len(settings))]
		v.story = append(v.story, "  SET "+s)
		pg.Exec(v.t, "ALTER DATABASE "+pg.Database+" SET "+s)
	}
	v.sources += strings.Replace(postgresSource(home, pg), "{type", fmt.Sprintf("{pool: %d, type", 2+v.IntN(8)), 1)
}

func (v *variation) inParquet(home string, tables []string) {
	var all []tpch.ParquetTable
	for _, table := range tables {
		p := tpch.VaryParquet(v.Rand, table, v.doubles)
		all = append(all, p)
		v.story = append(v.story, fmt.Sprintf("  %+v", p))
		v.names[table] = home + "." + table
	}
	folder := filepath.Join(v.t.TempDir(), home)
	if err := v.data.WriteParquet(folder, all...); err != nil {
		v.t.Fatal(err)
	}
	if home == "folder" {
		v.sources += "  folder: {type: objectstore, url: " + folder + "}\n"
		return
	}
	store := testserver.S3(v.t)
	store.PutFolder(v.t, "tpch", folder)
	v.sources += s3Source(home, "tpch", store)
}

func (v *variation) inSQLite(home string, tables []string) {
	file := filepath.Join(v.t.TempDir(), "tpch.db")
	if err := v.data.WriteSQLite(v.t.Context(), file, v.doubles, tables...); err != nil {
		v.t.Fatal(err)
	}
	for _, table := range tables {
		v.names[table] = home + "." + table
	}
	v.sources += "  " + home + ": {type: sqlite, path: " + file + "}\n"
}
