package jsonlines

import (
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/sqlerr"
)

func read(t *testing.T, content string, o Options) (columns, rows []string, err error) {
	t.Helper()
	return filestest.Read(t, New(o), "x.jsonl", []byte(content))
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, content string
		o             Options
		columns, rows []string
	}{
		{"scalars", `{"i":1,"d":1.50,"f":1e3,"b":true,"s":"x","n":null}` + "\n" + `{"i":-9223372036854775808,"d":-2.25,"f":2,"b":false,"s":"","n":null}`, Options{},
			[]string{"i bigint", "d decimal(38,2)", "f double", "b boolean", "s longtext", "n longtext"},
			[]string{`1 1.50 1000 1 "x" NULL`, `-9223372036854775808 -2.25 2 0 "" NULL`}},
		{"missing keys, and keys in another order", "{\"a\":1}\n{\"b\":2,\"a\":3}\n{}\n", Options{}, []string{"a bigint", "b bigint"},
			[]string{"1 NULL", "3 2", "NULL NULL"}},
		{"a key twice", `{"a":1,"a":2}`, Options{}, []string{"a bigint"}, []string{"2"}},
		{"spaces and empty lines", "\n  { \"a\" : 1 , \"b\" : [ 1 , 2 ] }  \r\n\r\n\t{\"b\":null,\"a\":2}\r\n \n", Options{}, []string{"a bigint", "b json"},
			[]string{`1 "[1, 2]"`, "2 NULL"}},
		{"escapes", `{"a\u0062":"x\n\"\\\u00e9\ud83d\ude00","c":"\u0031"}`, Options{}, []string{"ab longtext", "c longtext"},
			[]string{`"x\n\"\\é😀" "1"`}},
		{"nested values", `{"o":{"b":[1,"}"],"a":{"x":"]"}},"l":[]}` + "\n" + `{"o":"text","l":1.5}`, Options{}, []string{"o json", "l json"},
			[]string{`"{\"a\": {\"x\": \"]\"}, \"b\": [1, \"}\"]}" "[]"`, `"\"text\"" "1.5"`}},
		{"moments are texts that read so", `{"d":"2024-02-29","t":"2024-02-29T12:30:15.5Z","n":"12"}`, Options{},
			[]string{"d date", "t timestamp(6)", "n longtext"}, []string{`2024-02-29 2024-02-29 12:30:15.500000 "12"`}},
		{"numbers and texts are texts", "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":true}", Options{}, []string{"a longtext"}, []string{`"1"`, `"x"`, `"true"`}},
		{"large numbers", "{\"a\":18446744073709551616}\n{\"a\":1}", Options{}, []string{"a decimal(38,0)"}, []string{"18446744073709551616", "1"}},
		{"all texts", `{"a":1,"b":{"c":1},"d":"2024-01-01"}`, Options{Texts: true}, []string{"a longtext", "b json", "d longtext"},
			[]string{`"1" "{\"c\": 1}" "2024-01-01"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			columns, rows, err := read(t, c.content, c.o)
			if err != nil || !slices.Equal(columns, c.columns) || !slices.Equal(rows, c.rows) {
				t.Errorf("columns %q, rows %q, error %v\nwant %q, %q", columns, rows, err, c.columns, c.rows)
			}
		})
	}
}

// Lines that are not what the sample said are named, or treated as the option says.
func TestBadRows(t *testing.T) {
	long := strings.Repeat(`{"a":1,"b":"`+strings.Repeat("-", 300)+`"}`+"\n", 1_000)
	for _, c := range []struct {
		name, line string
		code       sqlerr.Code
		err        string
		null       string
	}{
		{"a value", `{"a":"x","b":"y"}`, sqlerr.BadValue, `line 1001, column a: "x" is no bigint`, `NULL "y"`},
		{"an empty text", `{"a":"","b":"y"}`, sqlerr.BadValue, `line 1001, column a: "" is no bigint`, `NULL "y"`},
		{"a number in a text", `{"a":"1","b":"y"}`, sqlerr.BadValue, `line 1001, column a: "1" is no bigint`, `NULL "y"`},
		{"a number with a point", `{"a":1.5,"b":"y"}`, sqlerr.BadValue, `column a: "1.5" is no bigint`, `NULL "y"`},
		{"no object", `[1]`, sqlerr.Corrupt, "line 1001: it is no JSON object", "NULL NULL"},
		{"no JSON", `{"a":1,"b":"y"`, sqlerr.Corrupt, "line 1001: it is not JSON", "NULL NULL"},
		{"too deep", `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, sqlerr.Corrupt, "line 1001: it nests too deep", "NULL NULL"},
		{"many brackets that are not deep", `{"a":[` + strings.Repeat("[],", 20_000) + `"]"]}`, sqlerr.BadValue, "column a", "NULL NULL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := long + c.line + "\n" + `{"a":2,"b":"z"}`
			_, _, err := read(t, content, Options{})
			if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			_, rows, err := read(t, content, Options{BadRows: files.BadRowsNull})
			if want := []string{c.null, `2 "z"`}; err != nil || !slices.Equal(rows[1_000:], want) {
				t.Errorf("null: %q, error %v; want %q", rows[min(1_000, len(rows)):], err, want)
			}
			_, rows, err = read(t, content, Options{BadRows: files.BadRowsSkip})
			if want := []string{`2 "z"`}; err != nil || !slices.Equal(rows[1_000:], want) {
				t.Errorf("skip: %q, error %v; want %q", rows[min(1_000, len(rows)):], err, want)
			}
		})
	}
}

func TestNotJSONLines(t *testing.T) {
	for _, c := range []struct {
		content string
		code    sqlerr.Code
		err     string
	}{
		{"[{\"a\":1},\n{\"a\":2}]", sqlerr.Unsupported, "is an array in JSON"},
		{"{\n  \"a\": 1\n}\n", sqlerr.Corrupt, "line 1: no JSON object"},
		{"a,b\n1,2\n", sqlerr.Corrupt, "line 1: no JSON object"},
	} {
		if _, _, err := read(t, c.content, Options{}); !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: error %v, want %q", c.content, err, c.err)
		}
	}
}
