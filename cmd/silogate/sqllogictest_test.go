//go:build integration

package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/slt"
)

const corpus = "../../testdata/sqllogictest"

// shortRecords is how many queries of each file run where the long suites do not.
const shortRecords = 150

// TestSQLLogicTest runs the sqllogictest corpus: statements make tables in a SQLite file, queries read them through the
// gateway. Differences that are intended are listed, with the reason, in exemptions.txt.
func TestSQLLogicTest(t *testing.T) {
	exempt := readExemptions(t, filepath.Join(corpus, "exemptions.txt"))
	only := os.Getenv("SILOGATE_SLT") // a substring of file names
	err := filepath.WalkDir(corpus, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".test.gz") || !strings.Contains(path, only) {
			return err
		}
		name := strings.TrimPrefix(strings.TrimSuffix(path, ".test.gz"), corpus+"/")
		t.Run(name, func(t *testing.T) { runCorpusFile(t, name, readCorpusFile(t, path), exempt) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	exempt.unused(t)
}

func readCorpusFile(t *testing.T, path string) []slt.Record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	records, err := slt.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func runCorpusFile(t *testing.T, name string, records []slt.Record, exempt *exemptions) {
	file := filepath.Join(t.TempDir(), "tables.db")
	tables, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	if _, err := tables.Exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"); err != nil {
		t.Fatal(err)
	}
	gateway, err := serving(t, "sources:\n  s: {type: sqlite, path: "+file+"}\n").Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	if _, err := gateway.ExecContext(t.Context(), "USE s"); err != nil {
		t.Fatal(err)
	}
	queries, failed := 0, 0
	for _, r := range records {
		reader := "sqlite" // statements make what it reads
		if r.Query || r.Halt {
			reader = "mysql"
		}
		if strings.HasPrefix(r.SQL, "SET ") && r.For("mysql") {
			if _, err := gateway.ExecContext(t.Context(), r.SQL); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !r.For(reader) {
			continue
		}
		if r.Halt {
			break
		}
		if !r.Query {
			if _, err := tables.ExecContext(t.Context(), r.SQL); (err != nil) != r.Error {
				t.Fatalf("line %d: %s: %v", r.Line, r.SQL, err)
			}
			continue
		}
		if queries++; !nightly && queries > shortRecords {
			break
		}
		for _, pushdown := range []string{"ON", "OFF"} {
			if err := runCorpusQuery(t.Context(), gateway, pushdown, r); err != nil && !exempt.covers(name, r.SQL) {
				failed++
				t.Errorf("line %d, pushdown %s: %s\n%v", r.Line, pushdown, r.SQL, err)
			}
		}
	}
	t.Logf("%d queries, %d failures", queries, failed)
}

// queryTime is the most that a query of the corpus may take.
const queryTime = 30 * time.Second

func runCorpusQuery(ctx context.Context, gateway *sql.Conn, pushdown string, r slt.Record) error {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	if _, err := gateway.ExecContext(ctx, "SET silogate_pushdown = "+pushdown); err != nil {
		return err
	}
	return slt.Run(ctx, gateway, r)
}

// exemptions are queries whose answer differs on purpose.
type exemptions struct{ list []*exemption }

type exemption struct {
	file, query *regexp.Regexp
	line        int
	used        bool
}

// readExemptions reads lines `FILE QUERY`, two regular expressions, the second reaching to the line's end; lines that
// begin with # give the reason of those that follow.
func readExemptions(t *testing.T, path string) *exemptions {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all exemptions
	scanner := bufio.NewScanner(f)
	for line := 1; scanner.Scan(); line++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		file, query, _ := strings.Cut(text, " ")
		all.list = append(all.list, &exemption{regexp.MustCompile(file), regexp.MustCompile(query), line, false})
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return &all
}

// covers reports whether a query's difference is listed.
func (e *exemptions) covers(file, query string) bool {
	for _, x := range e.list {
		if x.file.MatchString(file) && x.query.MatchString(query) {
			x.used = true
			return true
		}
	}
	return false
}

// unused fails a complete run for lines that nothing needed.
func (e *exemptions) unused(t *testing.T) {
	for _, x := range e.list {
		if nightly && os.Getenv("SILOGATE_SLT") == "" && !x.used {
			t.Error(fmt.Errorf("exemptions.txt:%d is not needed", x.line))
		}
	}
}
