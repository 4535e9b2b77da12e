//go:build integration

package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/internal/testserver"
)

// class is a kind of argument: values for the functions of testdata/functions.txt.
type class struct {
	maria, postgres string                // the column's type
	literal         func(v string) string // a value as a constant of MySQL's
	values          []string              // besides NULL
}

func verbatim(v string) string { return v }

func quotedText(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(v) + "'"
}

func keyword(word string) func(string) string {
	return func(v string) string { return word + quotedText(v) }
}

const textColumn = "VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"

// classes are the kinds of arguments, by the name that stands in braces in testdata/functions.txt.
var classes = map[string]class{
	"int":     {"BIGINT", "BIGINT", verbatim, []string{"0", "1", "-1", "2", "7", "-8", "100", "65536", "9223372036854775807", "-9223372036854775807"}},
	"small":   {"BIGINT", "BIGINT", verbatim, []string{"0", "1", "-1", "2", "3", "5", "-3", "100"}},
	"base":    {"BIGINT", "BIGINT", verbatim, []string{"2", "8", "10", "16", "36", "-10", "1", "37"}},
	"dec":     {"DECIMAL(20,4)", "DECIMAL(20,4)", verbatim, []string{"0.0000", "1.5000", "-1.5000", "2.4999", "12345.6789", "-0.0001", "1234567890123456.7891"}},
	"dbl":     {"DOUBLE", "DOUBLE PRECISION", func(v string) string { return v + "e0" }, []string{"0", "1", "-1", "0.5", "2.5", "-2.5", "1234.5678", "1000000"}},
	"text":    {textColumn, "TEXT", quotedText, []string{"", "a", "abc", "ABC", "abcabc", " abc ", "héllo wörld", "日本語", "a,b,c", "foo.bar.baz", "O'Neill\\x", "12", "-7.5", "1e3", "12abc", "2024-02-29", "10:20:30"}},
	"short":   {textColumn, "TEXT", quotedText, []string{"", "a", "b", "bc", "日", ","}},
	"word":    {textColumn, "TEXT", quotedText, []string{"", "Robert", "rupert", "Rubin", "Ashcraft", "Tymczak", "Pfister", "Honeyman", "O'Hara", "a1b2"}},
	"digits":  {textColumn, "TEXT", quotedText, []string{"0", "1", "-1", "1010", "777", "ff", "FF", "zz", "123abc", "", "18446744073709551615", "-17", "99999999999999999999"}},
	"hex":     {textColumn, "TEXT", quotedText, []string{"", "41", "4142", "e697a5", "F", "abc", "zz", "616263"}},
	"base64":  {textColumn, "TEXT", quotedText, []string{"", "YWJj", "YWI=", "YQ==", "!!", "YW Jj"}},
	"ip":      {textColumn, "TEXT", quotedText, []string{"1.2.3.4", "255.255.255.255", "0.0.0.0", "10.0.5.9", "256.1.1.1", "1.2.3", "", "abc", "::1", "fe80::1", "::ffff:1.2.3.4", "2001:db8::8a2e:370:7334"}},
	"uuid":    {textColumn, "TEXT", quotedText, []string{"6ccd780c-baba-1026-9564-5b8c656024db", "6CCD780CBABA102695645B8C656024DB", "{6ccd780c-baba-1026-9564-5b8c656024db}", "xyz", ""}},
	"set":     {textColumn, "TEXT", quotedText, []string{"", "a", "a,b,c", "abc,,b", "b,a", ","}},
	"date":    {"DATE", "DATE", keyword("DATE"), []string{"1999-12-31", "2000-02-29", "2024-01-01", "2024-12-30", "1970-01-01", "0001-01-01", "9999-12-31"}},
	"dt":      {"DATETIME(6)", "TIMESTAMP(6)", keyword("TIMESTAMP"), []string{"1999-12-31 23:59:59.999999", "2000-02-29 00:00:00.000000", "2024-01-01 12:34:56.000000", "2024-03-10 02:30:00.500000", "1970-01-01 00:00:01.000000", "9999-12-31 23:59:59.000000"}},
	"time":    {"TIME(6)", "TIME(6)", keyword("TIME"), []string{"00:00:00.000000", "12:34:56.000000", "23:59:59.999999", "01:02:03.400000"}},
	"dtext":   {textColumn, "TEXT", quotedText, []string{"2024-02-29", "2024-02-30", "2024-1-2", "20240131", "240131", "2024-01-31 10:20:30", "2024-01-31 10:20:30.123456", "2024-01-31T10:20:30", "2024-13-01", "abc", ""}},
	"ttext":   {textColumn, "TEXT", quotedText, []string{"10:20:30", "-10:20:30", "10:20", "102030", "1:2:3", "838:59:59", "839:00:00", "1 02:03:04", "10:20:30.5", "10:61:00", "2024-01-31 10:20:30", "abc", ""}},
	"year":    {"BIGINT", "BIGINT", verbatim, []string{"2024", "1999", "0", "70", "69", "9999", "10000", "-1"}},
	"period":  {"BIGINT", "BIGINT", verbatim, []string{"202401", "200012", "9912", "7001", "6912"}},
	"secs":    {"BIGINT", "BIGINT", verbatim, []string{"0", "1", "3661", "-3661", "86400", "1700000000", "3020399", "3020400", "-5000000"}},
	"dnum":    {"BIGINT", "BIGINT", verbatim, []string{"20240115", "240115", "20240115102030", "20241301", "1", "99991231", "700101"}},
	"zone":    {textColumn, "TEXT", quotedText, []string{"+00:00", "+05:30", "-08:00", "+13:00", "bad"}},
	"dformat": {textColumn, "TEXT", quotedText, []string{"%Y-%m-%d", "%W %M %Y", "%H:%i:%s.%f", "%a %b %e %c %D %j", "%U %u %V %v %X %x", "%r %T %p %h %I %k %l", "100%% %q", ""}},
	"json":    {textColumn, "TEXT", quotedText, []string{`{}`, `[]`, `1`, `"a"`, `null`, `true`, `[1,2,3]`, `{"a":1,"b":[1,2,{"c":"x"}]}`, `[{"a":1},{"a":2}]`, `{"a":"é\n\"q\"","b":null}`, `1.5`, `[1,[2,[3]]]`}},
	"path":    {textColumn, "TEXT", quotedText, []string{"$", "$.a", "$.b", "$.b[2].c", "$[0]", "$[1]", "$.x"}},
	"jtext":   {textColumn, "TEXT", quotedText, []string{`{}`, `[1]`, `{"a":1`, `abc`, ``, `"x"`, `01`, `[1,]`}},
}

// call is a line of testdata/functions.txt: an expression whose arguments are classes in braces.
type call struct {
	template string
	args     []string // classes
	line     int
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func functionCalls(t *testing.T) []call {
	t.Helper()
	f, err := os.Open("testdata/functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var calls []call
	scanner := bufio.NewScanner(f)
	for line := 1; scanner.Scan(); line++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		c := call{template: text, line: line}
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if _, ok := classes[m[1]]; !ok {
				t.Fatalf("functions.txt:%d: no class %s", line, m[1])
			}
			c.args = append(c.args, m[1])
		}
		calls = append(calls, c)
	}
	return calls
}

// over writes the call with an expression for each argument.
func (c call) over(argument func(i int) string) string {
	i := -1
	return placeholder.ReplaceAllStringFunc(c.template, func(string) string {
		i++
		return argument(i)
	})
}

// classTables creates a table of each class: its values by number, and NULL.
func classTables(postgres bool) []string {
	var out []string
	for name, c := range classes {
		typ, prefix := c.maria, ""
		if postgres {
			typ, prefix = c.postgres, "E"
		}
		rows := []string{"(0, NULL)"}
		for i, v := range c.values {
			rows = append(rows, fmt.Sprintf("(%d, %s%s)", i+1, prefix, quotedText(v)))
		}
		out = append(out, fmt.Sprintf("CREATE TABLE arg_%s (id INT PRIMARY KEY, c %s)", name, typ),
			fmt.Sprintf("INSERT INTO arg_%s VALUES %s", name, strings.Join(rows, ", ")))
	}
	return out
}

// outcome is what a query of one column and a number in front answers: the values by number, or an errno.
type outcome struct {
	values map[string]string
	double bool // the values are approximate
	errno  uint16
	warned []string // errnos of the warnings, each once
	err    error
}

func ask(ctx context.Context, conn *sql.Conn, query string) (out outcome) {
	rows, err := conn.QueryContext(ctx, query)
	if err == nil {
		defer rows.Close()
		types, typesErr := rows.ColumnTypes()
		out.double = typesErr == nil && slices.Contains([]string{"DOUBLE", "FLOAT"}, types[len(types)-1].DatabaseTypeName())
		out.values = make(map[string]string)
		for rows.Next() {
			var key string
			var value sql.NullString
			if err = rows.Scan(&key, &value); err != nil {
				break
			}
			if !value.Valid {
				value.String = "NULL"
			}
			out.values[key] = value.String
		}
		err = errors.Join(err, rows.Err())
		rows.Close()
	}
	if err != nil {
		out.err = err
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
			out.errno = e.Number
		}
		return out
	}
	warnings, err := conn.QueryContext(ctx, "SHOW WARNINGS")
	if err != nil {
		out.err = err
		return out
	}
	defer warnings.Close()
	for warnings.Next() {
		var level, code, message string
		if out.err = warnings.Scan(&level, &code, &message); out.err != nil {
			return out
		}
		if !slices.Contains(out.warned, code) {
			out.warned = append(out.warned, code)
		}
	}
	slices.Sort(out.warned)
	out.err = warnings.Err()
	return out
}

func (o outcome) sameValue(want outcome, key string) bool {
	a, ok := o.values[key]
	b := want.values[key]
	if !ok || a == b {
		return ok
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && (o.double || want.double) && math.Abs(x-y) <= 1e-12*math.Abs(y)
}

// TestFunctions compares every function with MariaDB: of the columns of tables, in Postgres and with nothing pushed down, and
// of constants. testdata/functions.txt lists the calls, testdata/functions_exemptions.txt where MySQL answers otherwise.
func TestFunctions(t *testing.T) {
	exempt := readExemptions(t, "testdata/functions_exemptions.txt")
	maria, pg := testserver.MariaDB(t), testserver.Postgres(t)
	maria.Exec(t, classTables(false)...)
	pg.Exec(t, classTables(true)...)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	settings := []string{"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'", "SET time_zone = '+00:00'",
		"SET max_error_count = 10000"}
	oracle := session(t, db, append(settings, "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin")...)
	gateway := serving(t, "sources:\n"+postgresSource("pg", pg))
	conn := session(t, gateway, append(settings[:2:2], "SET NAMES utf8mb4 COLLATE utf8mb4_0900_bin", "USE pg", "SET silogate_pushdown = OFF")...)
	only := os.Getenv("SILOGATE_FUNCTION")
	for _, c := range functionCalls(t) {
		if only != "" && !strings.Contains(c.template, only) {
			continue
		}
		t.Run(strconv.Itoa(c.line), func(t *testing.T) {
			c.compareColumns(t, conn, oracle, exempt)
			c.compareConstants(t, conn, oracle, exempt)
		})
	}
	exempt.unused(t)
}

// compareColumns compares a call over all combinations of its classes' values.
func (c call) compareColumns(t *testing.T, conn, oracle *sql.Conn, exempt *exemptions) {
	if len(c.args) == 0 {
		return
	}
	ids, tables := make([]string, len(c.args)), make([]string, len(c.args))
	for i, a := range c.args {
		ids[i], tables[i] = fmt.Sprintf("a%d.id", i), fmt.Sprintf("arg_%s AS a%d", a, i)
	}
	text := c.over(func(i int) string { return fmt.Sprintf("a%d.c", i) })
	query := fmt.Sprintf("SELECT CONCAT_WS(' ', %s), %s FROM %s", strings.Join(ids, ", "), text, strings.Join(tables, " CROSS JOIN "))
	want := ask(t.Context(), oracle, query)
	got := ask(t.Context(), conn, query)
	if exempt.covers("columns", text) {
		return
	}
	if got.err != nil || want.err != nil {
		if want.err != nil && got.errno == want.errno || exempt.covers("columns", fmt.Sprintf("%s => %v", text, got.err)) {
			return
		}
		t.Errorf("%s: %v, want %v", text, got.err, want.err)
		return
	}
	wrong := 0
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range want.values {
			if !yield(k) {
				return
			}
		}
	}) {
		args := c.arguments(key)
		if got.sameValue(want, key) || exempt.covers("columns", args+" => "+got.values[key]) {
			continue
		}
		if wrong++; wrong <= 4 {
			t.Errorf("columns of %s: %s, want %s", args, got.values[key], want.values[key])
		}
	}
	if wrong > 0 {
		t.Errorf("columns of %s: %d of %d differ", c.template, wrong, len(want.values))
	}
}

// arguments is the call with the constants of the values' numbers.
func (c call) arguments(key string) string {
	ids := strings.Fields(key)
	return c.over(func(i int) string {
		n, err := strconv.Atoi(ids[i])
		if err != nil || n == 0 {
			return "NULL"
		}
		cl := classes[c.args[i]]
		return cl.literal(cl.values[n-1])
	})
}

// constants are the combinations of values that a call is compared of: each value of an argument beside some of the others'.
func (c call) constants() []string {
	most := 1
	for _, a := range c.args {
		most = max(most, len(classes[a].values)+1)
	}
	var keys []string
	for shift := range 3 {
		for k := range most {
			ids := make([]string, len(c.args))
			for i, a := range c.args {
				ids[i] = strconv.Itoa((k + i*shift*(i+1)) % (len(classes[a].values) + 1))
			}
			if key := strings.Join(ids, " "); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// compareConstants compares a call of constants, its warnings too.
func (c call) compareConstants(t *testing.T, conn, oracle *sql.Conn, exempt *exemptions) {
	wrong := 0
	for _, key := range c.constants() {
		text := c.arguments(key)
		query := "SELECT 0, " + text
		for _, c := range []*sql.Conn{conn, oracle} { // a query without tables leaves the warnings of the last
			if _, err := c.ExecContext(t.Context(), "SELECT c FROM arg_base LIMIT 1"); err != nil {
				t.Fatal(err)
			}
		}
		want := ask(t.Context(), oracle, query)
		got := ask(t.Context(), conn, query)
		shown := got.values["0"]
		if got.err != nil {
			shown = got.err.Error()
		}
		same := got.errno == want.errno
		if got.err == nil && want.err == nil {
			same = got.sameValue(want, "0") && slices.Equal(got.warned, want.warned)
		}
		if same || exempt.covers("constants", fmt.Sprintf("%s => %s %v", text, shown, got.warned)) {
			continue
		}
		if wrong++; wrong <= 4 {
			if want.err != nil {
				want.values = map[string]string{"0": want.err.Error()}
			}
			t.Errorf("%s: %s %v, want %s %v", text, shown, got.warned, want.values["0"], want.warned)
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d differ", c.template, wrong)
	}
}
