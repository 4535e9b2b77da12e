package main

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/demo"
)

// update writes what the documentation shows anew: go test ./cmd/silogate -run Documentation -update.
var update = flag.Bool("update", false, "write the outputs in the documentation anew")

const repository = "../.."

// block is a fenced block of a page.
type block struct {
	page       string
	line       int    // of its first line of text, from 1
	info, text string // the fence's words; the lines between the fences
	output     *block // a text block that follows with nothing but empty lines between
}

// pages returns README.md and every page under docs but the decision records, which hold no commands.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{filepath.Join(repository, "README.md")}
	for _, pattern := range []string{"docs/*.md", "docs/sources/*.md", "docs/clients/*.md"} {
		more, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, more...)
	}
	return found
}

// blocks reads the fenced blocks of a page.
func blocks(t *testing.T, page string) []*block {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []*block
	var open *block
	adjacent := false // nothing but empty lines since the last block
	for i, line := range strings.SplitAfter(string(data), "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case open == nil && isFence:
			open = &block{page: page, line: i + 2, info: fence}
			if fence == "text" && adjacent && list[len(list)-1].output == nil {
				list[len(list)-1].output = open
			} else {
				list = append(list, open)
			}
		case open != nil && isFence:
			open, adjacent = nil, true
		case open != nil:
			open.text += line
		case strings.TrimSpace(line) != "":
			adjacent = false
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block does not end", page, open.line)
	}
	return list
}

// tester tries blocks of one page in order; its session lasts for the page.
type tester struct {
	conn  *sql.Conn
	silos string // the folder of the demo's silos, which pages call /demo
	new   map[*block]string
}

// kinds says what is done with a block of each kind. Those that need servers are tried by the integration tests.
var kinds = map[string]func(*testing.T, *tester, *block){
	"sql demo":        func(t *testing.T, p *tester, b *block) { p.statements(t, b) },
	"sql integration": nil,
	"sql on-postgres": nil,
	"sql on-mariadb":  nil,
	"sql on-mlflow":   nil,
	"sql on-iceberg":  nil,
	"sql on-delta":    nil,
	"python superset": nil,
	"yaml config":     tryConfig,
	"sh":              tryCommands,
	"go":              tryGo,
	"mermaid":         tryPicture,
}

// demoSilos writes those of the demo to a folder and returns it with the sources that serve them.
func demoSilos(t *testing.T) (dir, sources string) {
	t.Helper()
	dir = t.TempDir()
	servers, err := demo.Write(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	sources = "sources:\n"
	for _, s := range servers {
		sources += "  " + s.Name + ": {type: " + s.Type
		for key, value := range s.Options {
			sources += ", " + key + ": " + value
		}
		sources += "}\n"
	}
	return dir, sources
}

// newTester begins a session, which ends with the test and is used by nobody after it.
func newTester(t *testing.T, db *sql.DB, dir string) *tester {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Raw(func(any) error { return sqldriver.ErrBadConn }) })
	return &tester{conn: conn, silos: dir, new: map[*block]string{}}
}

func TestDocumentation(t *testing.T) {
	dir, sources := demoSilos(t)
	db := serving(t, sources)
	tried, left := map[string]int{}, map[string]int{}
	for _, page := range pages(t) {
		p := newTester(t, db, dir)
		for _, b := range blocks(t, page) {
			try, known := kinds[b.info]
			switch {
			case !known:
				t.Errorf("%s:%d: nothing tests blocks of kind %q", b.page, b.line, b.info)
			case try == nil:
				left[b.info]++
			default:
				tried[b.info]++
				try(t, p, b)
			}
		}
		p.rewrite(t, page)
	}
	t.Logf("blocks tried: %v; left to the integration tests: %v", tried, left)
}

var (
	measured = regexp.MustCompile(`\b(time|memory|bytes|planning)([=:] ?)[0-9.]+[a-zA-Zµ]+`)
	inJSON   = regexp.MustCompile(`("(?:time_ms|planning_ms|memory_bytes|batches|bytes)": )[0-9.e-]+`)
	padding  = regexp.MustCompile(` +\n`)
)

// settled is an output without what differs from run to run.
func settled(text string) string {
	text = inJSON.ReplaceAllString(measured.ReplaceAllString(text, "$1$2_"), "${1}0")
	return padding.ReplaceAllString(text, "\n")
}

// statements runs the block's statements. The last one's answer is the output, if one is shown; an error fails the test
// unless it is the output.
func (p *tester) statements(t *testing.T, b *block) {
	t.Helper()
	var answer string
	statements := strings.Split(strings.TrimSpace(b.text), ";\n")
	for i, statement := range statements {
		statement = strings.TrimSuffix(strings.ReplaceAll(statement, "/demo/", p.silos+"/"), ";")
		text, err := p.answer(t.Context(), statement)
		if err != nil {
			var e *driver.MySQLError
			if !errors.As(err, &e) || b.output == nil || i < len(statements)-1 {
				t.Errorf("%s:%d: %s: %v", b.page, b.line, statement, err)
				return
			}
			text = fmt.Sprintf("ERROR %d (%s): %s\n", e.Number, e.SQLState, e.Message)
		}
		answer = strings.ReplaceAll(text, p.silos+"/", "/demo/")
	}
	if b.output == nil || settled(answer) == settled(b.output.text) {
		return
	}
	p.new[b.output] = answer
	if !*update {
		t.Errorf("%s:%d: the answer is\n%s\nand the page says\n%s", b.page, b.line, answer, b.output.text)
	}
}

// answer runs a statement and draws its result as the mysql client does; plans are drawn without a frame.
func (p *tester) answer(ctx context.Context, statement string) (string, error) {
	r, err := p.conn.QueryContext(ctx, statement)
	if err != nil {
		return "", err
	}
	defer r.Close()
	columns, err := r.ColumnTypes()
	if err != nil || len(columns) == 0 {
		return "", err
	}
	var names []string
	right := make([]bool, len(columns))
	for i, c := range columns {
		names = append(names, c.Name())
		right[i] = isNumber(c.DatabaseTypeName())
	}
	table := [][]string{names}
	for r.Next() {
		cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			return "", err
		}
		var row []string
		for _, c := range cells {
			if !c.Valid {
				c.String = "NULL"
			}
			row = append(row, c.String)
		}
		table = append(table, row)
	}
	if err := r.Err(); err != nil {
		return "", err
	}
	if len(names) == 1 && names[0] == "EXPLAIN" {
		var lines strings.Builder
		for _, row := range table[1:] {
			lines.WriteString(row[0] + "\n")
		}
		return lines.String(), nil
	}
	return frame(table, right), nil
}

// frame draws a table whose first row is its head.
func frame(table [][]string, right []bool) string {
	width := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	rule := "+"
	for _, w := range width {
		rule += strings.Repeat("-", w+2) + "+"
	}
	out := rule + "\n"
	for n, row := range table {
		for i, cell := range row {
			w := width[i]
			if right[i] && n > 0 {
				w = -w
			}
			out += fmt.Sprintf("| %*s ", -w, cell)
		}
		out += "|\n"
		if n == 0 {
			out += rule + "\n"
		}
	}
	return out + rule + "\n"
}

// rewrite puts the new outputs into the page, with -update.
func (p *tester) rewrite(t *testing.T, page string) {
	t.Helper()
	if !*update || len(p.new) == 0 {
		return
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	outputs := make([]*block, 0, len(p.new))
	for b := range p.new {
		outputs = append(outputs, b)
	}
	slices.SortFunc(outputs, func(a, b *block) int { return b.line - a.line }) // from the end: lines keep their numbers
	for _, b := range outputs {
		lines = slices.Replace(lines, b.line-1, b.line-1+strings.Count(b.text, "\n"), p.new[b])
	}
	if err := os.WriteFile(page, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

var environment = regexp.MustCompile(`\$\{env:(\w+)\}`)

// tryConfig reads a configuration as the gateway would and opens its sources, none of which has to be up.
func tryConfig(t *testing.T, _ *tester, b *block) {
	t.Helper()
	for _, name := range environment.FindAllStringSubmatch(b.text, -1) {
		t.Setenv(name[1], "sesame")
	}
	cfg, err := config.Parse([]byte(b.text))
	if err != nil {
		t.Errorf("%s:%d: %v", b.page, b.line, err)
		return
	}
	cat, err := openCatalog(t.Context(), cfg, kept{}, nil, quiet, nil)
	if err != nil {
		t.Errorf("%s:%d: %v", b.page, b.line, err)
		return
	}
	defer cat.Close() //nolint:errcheck // nothing was read
	for _, s := range cat.Servers() {
		if s.Problem != "" {
			t.Errorf("%s:%d: source %s: %s", b.page, b.line, s.Name, s.Problem)
		}
	}
}

// tryCommands checks that each line names something that exists: a target of the Makefile, a command of silogate and its
// flags, a path of the web port. Clients are checked by what they must say to connect.
func tryCommands(t *testing.T, _ *tester, b *block) {
	t.Helper()
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.text) {
		command, _, _ := strings.Cut(strings.TrimSpace(line), "#")
		words := strings.Fields(command)
		if len(words) == 0 {
			continue
		}
		good := false
		switch words[0] {
		case "make":
			good = len(words) == 2 && regexp.MustCompile(`(?m)^`+words[1]+`:.*## `).Match(makefile)
		case "bin/silogate":
			good = len(words) > 1 && strings.Contains(usage, "  silogate "+words[1])
			for _, w := range words[1:] {
				good = good && (!strings.HasPrefix(w, "--") || strings.Contains(usage, w+" "))
			}
		case "mysql", "mariadb":
			good = slices.Contains(words, "-h") && slices.Contains(words, "-P") && slices.Contains(words, "-u")
		case "curl":
			u, err := url.Parse(words[len(words)-1])
			good = err == nil && slices.Contains([]string{"/metrics", "/healthz"}, u.Path)
		case "export":
			good = len(words) == 2 && strings.Contains(words[1], "=")
		}
		if !good {
			t.Errorf("%s:%d: no such command: %s", b.page, b.line, command)
		}
	}
}

// tryGo parses a program; what it connects with is what these tests connect with.
func tryGo(t *testing.T, _ *tester, b *block) {
	t.Helper()
	if _, err := parser.ParseFile(token.NewFileSet(), b.page, b.text, parser.AllErrors); err != nil {
		t.Errorf("%s:%d: %v", b.page, b.line, err)
	}
	for _, dsn := range regexp.MustCompile(`sql\.Open\("mysql", "([^"]*)"\)`).FindAllStringSubmatch(b.text, -1) {
		if _, err := driver.ParseDSN(dsn[1]); err != nil {
			t.Errorf("%s:%d: %v", b.page, b.line, err)
		}
	}
}

// folder is a path of the repository in a picture.
var folder = regexp.MustCompile(`\b(?:cmd|engine|gateway|catalog|connectors)/[a-z/]+\b`)

// tryPicture checks that the packages of a picture exist.
func tryPicture(t *testing.T, _ *tester, b *block) {
	t.Helper()
	for _, path := range folder.FindAllString(b.text, -1) {
		if info, err := os.Stat(filepath.Join(repository, path)); err != nil || !info.IsDir() {
			t.Errorf("%s:%d: there is no package %s", b.page, b.line, path)
		}
	}
}

// TestLinks follows the relative links of all pages.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	n := 0
	for _, page := range pages(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(data), -1) {
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), l[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	t.Logf("%d links followed", n)
}

// TestFunctionsPage compares the page with the function table. The section behind it is TestRowByRow's, of engine/bind.
func TestFunctionsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Functions

These run as vectorized kernels (made from the function table of ` + "`engine/expr`" + `; operators go by the name that
plans show). ` + "`as_json`, `cast_as_json`, `char_using`, `json_truth`, `neg`" + ` and other names of operators and syntax are not called by that name.
Any other scalar function of MySQL that go-mysql-server has still works: it is evaluated row by row, and EXPLAIN
shows it as ` + "`row[...]`" + `. They are [listed below](#row-by-row).

| Function | Arguments | Result |
|---|---|---|
`)
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, f := range expr.Functions() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", cell.Replace(string(f.Name)), cell.Replace(f.Args), cell.Replace(f.Doc))
	}
	path := filepath.Join(repository, "docs", "functions.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, rest, _ := strings.Cut(string(page), "\n## ")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()+"\n## "+rest), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if table != b.String() {
		t.Error("docs/functions.md is stale: go test ./cmd/silogate -run FunctionsPage -update")
	}
}

// isNumber reports a type whose values mysql aligns to the right.
func isNumber(databaseType string) bool {
	switch databaseType {
	case "DECIMAL", "DOUBLE", "FLOAT":
		return true
	}
	return strings.HasSuffix(databaseType, "INT")
}
