// Package tpch gives tests and benchmarks the TPC-H data, its 22 queries in MySQL's dialect and DuckDB's answers.
//
// The data is made by scripts/tpch.py into the test cache, once per scale factor. TPC-H is a benchmark of the
// Transaction Processing Performance Council; the queries follow its specification, version 3, with the validation
// parameters, and the generator is the independent reimplementation tpchgen.
package tpch

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/silogate/silogate/internal/testserver"
)

// Tables are the names of the eight tables, small ones first.
var Tables = []string{"region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"}

//go:embed queries
var queries embed.FS

// Query returns query n, 1 to 22.
func Query(n int) (string, error) {
	text, err := queries.ReadFile(fmt.Sprintf("queries/q%02d.sql", n))
	return strings.TrimSpace(string(text)), err
}

// inFrom finds a table's name in a FROM list: it follows FROM, JOIN or a comma.
var inFrom = regexp.MustCompile(`(?i)(\bfrom|\bjoin|,)(\s+)(` + strings.Join(Tables, "|") + `)\b`)

// Qualify writes database(table).table for each table of a query's FROM lists.
func Qualify(query string, database func(table string) string) string {
	return Rename(query, func(table string) string { return database(table) + "." + table })
}

// Rename writes name(table) for each table of a query's FROM lists.
func Rename(query string, name func(table string) string) string {
	return inFrom.ReplaceAllStringFunc(query, func(match string) string {
		at := strings.LastIndexAny(match, " \n") + 1
		return match[:at] + name(match[at:])
	})
}

// Data is the generated data of one scale factor.
type Data struct{ dir string }

// Generate returns the data of a scale factor such as "0.1", making it first where the cache lacks it.
func Generate(scale string) (Data, error) {
	cache, err := testserver.CacheDir()
	if err != nil {
		return Data{}, err
	}
	dir := filepath.Join(cache, "tpch-"+scale)
	if _, err := os.Stat(dir); err == nil {
		return Data{dir}, nil
	}
	return Data{dir}, script("tpch.py", scale, dir)
}

// script runs one of the repository's Python scripts.
func script(name string, arguments ...string) error {
	cache, err := testserver.CacheDir()
	if err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	python := filepath.Join(cache, "venv", "bin", "python")
	arguments = append([]string{filepath.Join(root, "scripts", name)}, arguments...)
	if out, err := exec.Command(python, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s (is it installed? make deps): %w\n%s", name, err, out)
	}
	return nil
}

// scriptVersion is a text that changes with a script.
func scriptVersion(name string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, "scripts", name))
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4]), err
}

// moduleRoot finds the repository above the working directory, which for a test is its package.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside the repository")
		}
		dir = parent
	}
}

// Parquet returns the path of a table's Parquet file.
func (d Data) Parquet(table string) string { return filepath.Join(d.dir, "parquet", table+".parquet") }

// csv opens a table's rows as CSV, making the file first where the cache lacks it.
func (d Data) csv(table string) (*os.File, error) {
	path := filepath.Join(d.dir, "csv", table+".csv")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := script("tocsv.py", d.Parquet(table), path); err != nil {
			return nil, err
		}
		return os.Open(path)
	}
	return f, err
}

// Dir returns the folder of all Parquet files, TABLE.parquet each.
func (d Data) Dir() string { return filepath.Join(d.dir, "parquet") }

// Answer returns DuckDB's rows for query n, as text; NULL is the empty string.
func (d Data) Answer(n int) ([][]string, error) {
	return readAnswer(filepath.Join(d.dir, "answers", fmt.Sprintf("q%02d.csv", n)))
}
