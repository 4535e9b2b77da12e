// Package silogate holds the tests of the repository's own structure.
package silogate

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/silogate/silogate/"

// layers are the import rules of the design: a file in a folder that starts with from may not import a package that
// starts with one of to, unless it is listed in except. Tests may look further.
var layers = []struct {
	from   string
	to     []string
	except []string
}{
	{from: "engine/sqlerr", to: []string{module}},
	{from: "engine/types", to: []string{module}, except: []string{module + "engine/sqlerr"}},
	{from: "engine/bufpool", to: []string{module}, except: []string{module + "engine/bufpool"}},
	{from: "engine/expr", to: []string{module}, except: []string{
		module + "engine/sqlerr", module + "engine/types", module + "engine/collation", module + "engine/expr",
		module + "engine/bufpool"}},
	{from: "engine/collation", to: []string{module}, except: []string{module + "engine/types"}},
	{from: "engine/jsontable", to: []string{module}, except: []string{
		module + "engine/sqlerr", module + "engine/types", module + "engine/expr/kernel"}},
	{from: "engine/plan", to: []string{module}, except: []string{
		module + "engine/sqlerr", module + "engine/types", module + "engine/expr", module + "engine/jsontable"}},
	{from: "engine", to: []string{module + "catalog", module + "gateway", module + "cmd", module + "internal",
		module + "connectors/"}},
	{from: "connectors", to: []string{module + "catalog", module + "gateway", module + "cmd", module + "internal",
		module + "engine/exec", module + "engine/build", module + "engine/optimize", module + "engine/bind"}},
	{from: "catalog", to: []string{module + "gateway", module + "cmd", module + "engine/bind", module + "engine/optimize",
		module + "engine/exec"}},
	{from: "gateway", to: []string{module + "cmd"}},
}

// A connector may use the SPI and the helpers, never another connector.
var connectorHelpers = []string{"pushdown", "sqlgen", "files", "blob", "rest", "conntest", "builtin", "lake", "diskcache"}

// onlyGMS are the only folders that may import go-mysql-server and its family.
var onlyGMS = []string{"engine/bind", "gateway/mysql", "bench/stock"}

func TestImportsPointDown(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			if why := forbidden(filepath.ToSlash(filepath.Dir(path)), strings.Trim(spec.Path.Value, `"`)); why != "" {
				t.Errorf("%s imports %s: %s", path, spec.Path.Value, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d files seen", files)
	}
}

func forbidden(dir, imported string) string {
	if strings.HasPrefix(imported, "github.com/dolthub/") && !within(dir, onlyGMS) {
		return "go-mysql-server stays in " + strings.Join(onlyGMS, " and ")
	}
	for _, l := range layers {
		if !within(dir, []string{l.from}) || !hasPrefix(imported, l.to) {
			continue
		}
		if !hasPrefix(imported, l.except) {
			return "imports point down"
		}
	}
	if from, to := connector(dir), connector(strings.TrimPrefix(imported, module)); from != "" && to != "" && from != to {
		return "a connector never imports another one"
	}
	return ""
}

// connector returns the connector's name of a path below connectors/, "" for the SPI root, helpers and anything else.
func connector(path string) string {
	rest, ok := strings.CutPrefix(path, "connectors/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	for _, h := range connectorHelpers {
		if name == h {
			return ""
		}
	}
	return name
}

func within(dir string, folders []string) bool {
	for _, f := range folders {
		if dir == f || strings.HasPrefix(dir, f+"/") {
			return true
		}
	}
	return false
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func TestForbiddenFindsViolations(t *testing.T) {
	for _, c := range []struct {
		dir, imported string
		bad           bool
	}{
		{"engine/exec", "github.com/dolthub/go-mysql-server/sql", true},
		{"engine/bind", "github.com/dolthub/go-mysql-server/sql", false},
		{"engine/expr", module + "engine/plan", true},
		{"engine/plan", module + "engine/expr", false},
		{"engine/optimize", module + "connectors", false},
		{"engine/exec", module + "connectors/postgres", true},
		{"connectors/postgres", module + "connectors/sqlgen", false},
		{"connectors/postgres", module + "connectors/sqlite", true},
		{"connectors/postgres", module + "engine/exec", true},
		{"catalog", module + "engine/bind", true},
		{"engine/build", module + "gateway/mysql", true},
	} {
		if got := forbidden(c.dir, c.imported); (got != "") != c.bad {
			t.Errorf("%s importing %s: %q", c.dir, c.imported, got)
		}
	}
}

// TestFilesStaySmall keeps every source file within what one can read at once.
func TestFilesStaySmall(t *testing.T) {
	const limit = 600
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), "\n"); n > limit {
			t.Errorf("%s has %d lines, more than %d", path, n, limit)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
