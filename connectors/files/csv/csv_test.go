package csv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/connectors/files/text"
	"github.com/silogate/silogate/engine/sqlerr"
)

// read returns a file's columns, as "name type", and rows.
func read(t *testing.T, name, content string, o Options) (columns, rows []string, err error) {
	t.Helper()
	return filestest.Read(t, New(o), name, []byte(content))
}

func TestDialects(t *testing.T) {
	want := []string{`1 "a" NULL`, `2 "b c" 3`}
	for _, c := range []struct {
		name, content string
		file          string
		o             Options
		columns, rows []string
	}{
		{name: "comma", content: "id,name,n\n1,a,\n2,b c,3\n"},
		{name: "semicolon", content: "id;name;n\n1;a;\n2;b c;3\n"},
		{name: "tab", content: "id\tname\tn\n1\ta\t\n2\tb c\t3\n"},
		{name: "bar", content: "id|name|n\n1|a|\n2|b c|3\n"},
		{name: "CRLF", content: "id,name,n\r\n1,a,\r\n2,b c,3\r\n"},
		{name: "no last line break", content: "id,name,n\n1,a,\n2,b c,3"},
		{name: "CR before the end", content: "id,name,n\r\n1,a,\r\n2,b c,3\r"},
		{name: "byte order mark", content: "\xef\xbb\xbfid,name,n\n1,a,\n2,b c,3\n"},
		{name: "quotes", content: "\"id\",\"name\",\"n\"\r\n\"1\",\"a\",\"\"\r\n\"2\",\"b c\",\"3\"\r\n"},
		{name: "empty lines", content: "\n\nid,name,n\n\n1,a,\n\r\n2,b c,3\n\n"},
		{name: "spaces around numbers", content: "id,name,n\n 1,a, \n2 ,b c, 3\n"},
		{name: "a tab of a .tsv, whatever it looks like", file: "x.tsv", content: "id\tname\tn\n1\ta\t\n2\tb c\t3\n"},
		{name: "fewer commas than semicolons", content: "id;name;n\n1;a,b;\n2;c,d;3\n", rows: []string{`1 "a,b" NULL`, `2 "c,d" 3`}},
		{name: "commas in quotes", content: "id,name,n\n1,\"a,b;c\",\n2,\"say \"\"hi\"\"\",3\n", rows: []string{`1 "a,b;c" NULL`, `2 "say \"hi\"" 3`}},
		{name: "line breaks in quotes", content: "id,name,n\n1,\"a\nb\r\n\",\n2,\"\n\",3\n", rows: []string{`1 "a\nb\r\n" NULL`, `2 "\n" 3`}},
		{name: "quotes within a field", content: "id,name,n\n1,5\" pipe,\n2,a \"b\" c,3\n", rows: []string{`1 "5\" pipe" NULL`, `2 "a \"b\" c" 3`}},
		{name: "backslashes", content: "id,name,n\n1,\"a \\\"b\\\", c\",\n2,\"\\\\\",3\n", rows: []string{`1 "a \"b\", c" NULL`, `2 "\\" 3`}},
		{name: "backslashes are characters", content: "id,name,n\n1,\"a\\\",\n2,\\b,3\n", o: Options{Escape: '"'}, rows: []string{`1 "a\\" NULL`, `2 "\\b" 3`}},
		{name: "an empty text is no NULL", content: "id,name,n\n1,\"\",\n2,,3\n", rows: []string{`1 "" NULL`, `2 NULL 3`}},
		{name: "a text of NULL", content: "id,name,n\n1,NA,NA\n2,,3\n3,\"NA\",\n", o: Options{Null: "NA"}, rows: []string{`1 NULL NULL`, `2 "" 3`, `3 "NA" NULL`}},
		{name: "another quote", content: "id,name,n\n1,'a,b',\n2,\"c,3\n", o: Options{Quote: '\''}, rows: []string{`1 "a,b" NULL`, `2 "\"c" 3`}},
		{name: "no quote", content: "id,name,n\n1,\"a,\n2,\"b\",3\n", o: Options{Quote: NoQuote}, rows: []string{`1 "\"a" NULL`, `2 "\"b\"" 3`}},
		{name: "another delimiter", content: "id:name:n\n1:a:\n2:b c:3\n", o: Options{Delimiter: ':'}},
		{name: "no header", content: "1,a,\n2,b c,3\n", columns: []string{"column0 bigint", "column1 longtext", "column2 bigint"}},
		{name: "a header of texts is a guess", content: "a,b\nc,d\n", columns: []string{"a longtext", "b longtext"}, rows: []string{`"c" "d"`}},
		{name: "no header by the option", content: "a,b\nc,d\n", o: Options{Header: HeaderNo},
			columns: []string{"column0 longtext", "column1 longtext"}, rows: []string{`"a" "b"`, `"c" "d"`}},
		{name: "a header by the option", content: "2019,2020\n1,2\n", o: Options{Header: HeaderYes},
			columns: []string{"2019 bigint", "2020 bigint"}, rows: []string{`1 2`}},
		{name: "a name that is missing", content: ",b\n0,x\n1,y\n", columns: []string{"column0 bigint", "b longtext"}, rows: []string{`0 "x"`, `1 "y"`}},
		{name: "a header alone", content: "id,name\n", columns: []string{"id longtext", "name longtext"}, rows: []string{}},
		{name: "one column", content: "id\n1\n\n3\n", columns: []string{"id bigint"}, rows: []string{"1", "NULL", "3"}},
		{name: "all texts", content: "id,name,n\n1,a,\n2,b c,3\n", o: Options{Texts: true},
			columns: []string{"id longtext", "name longtext", "n longtext"}, rows: []string{`"1" "a" NULL`, `"2" "b c" "3"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.columns == nil {
				c.columns = []string{"id bigint", "name longtext", "n bigint"}
			}
			if c.rows == nil {
				c.rows = want
			}
			if c.file == "" {
				c.file = "x.csv"
			}
			columns, rows, err := read(t, c.file, c.content, c.o)
			if err != nil || !slices.Equal(columns, c.columns) || !slices.Equal(rows, c.rows) {
				t.Errorf("columns %q, rows %q, error %v\nwant %q, %q", columns, rows, err, c.columns, c.rows)
			}
		})
	}
}

// Rows that are not what their columns say are named by file, line and column, or treated as the option says.
func TestBadRows(t *testing.T) {
	pad := strings.Repeat("-", 200)
	long := "id,name\n" + strings.Repeat("1,\"a\n"+pad+"\"\n", 3_000) // beyond the sample
	before := fmt.Sprintf("1 %q", "a\n"+pad)
	for _, c := range []struct {
		name, content string
		code          sqlerr.Code
		err           string
		null, skip    []string // the last rows
		nulls, skips  int
	}{
		{"a value", long + "x,y\n4,z\n", sqlerr.BadValue, "line 6002, column id: \"x\" is no bigint", []string{`NULL "y"`, `4 "z"`}, []string{before, `4 "z"`}, 1, 1},
		{"a number beyond", long + "9223372036854775808,y\n", sqlerr.BadValue, "column id: \"9223372036854775808\" is no bigint", []string{`NULL "y"`}, []string{before}, 1, 1},
		{"too few fields", long + "4\n5,y\n", sqlerr.Corrupt, "line 6002: 1 fields instead of 2", []string{"4 NULL", `5 "y"`}, []string{before, `5 "y"`}, 1, 1},
		{"too many fields", long + "4,y,z\n", sqlerr.Corrupt, "line 6002: 3 fields instead of 2", []string{`4 "y"`}, []string{before}, 1, 1},
		{"after a quote", long + "4,\"y\"z\n5,y\n", sqlerr.Corrupt, "line 6002: a quoted field goes on after its quote", []string{"4 NULL", `5 "y"`}, []string{before, `5 "y"`}, 1, 1},
		{"truncated in a quote", long + "4,\"y\nz", sqlerr.Corrupt, "line 6002: a quoted field does not end", []string{"4 NULL"}, []string{before}, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := read(t, "x.csv", c.content, Options{})
			if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), "x.csv, "+c.err) && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			for policy, want := range map[files.BadRows][]string{files.BadRowsNull: c.null, files.BadRowsSkip: c.skip} {
				_, rows, err := read(t, "x.csv", c.content, Options{BadRows: policy})
				if err != nil {
					t.Fatal(err)
				}
				if got := rows[len(rows)-len(want):]; !slices.Equal(got, want) {
					t.Errorf("policy %d: %q, want %q", policy, got, want)
				}
			}
		})
	}
}

// Every cut of a file into blocks is at the end of a record.
func TestLast(t *testing.T) {
	const content = "a,b\r\n1,\"x\ny\"\n\"\"\"\n\",2\n5\" pipe,\"z\"\n\"q\"r\ns\"t,\"\n\"\nlast,\"open\n"
	d := &dialect{delimiter: ',', quoted: true, quote: '"', width: 2}
	ends := map[int]bool{0: true}
	for at := 0; at < len(content); {
		_, next, why := d.record([]byte(content), at, nil)
		if why == unclosed {
			break
		}
		ends[next] = true
		at = next
	}
	for n := range len(content) + 1 {
		got := d.Last([]byte(content[:n]))
		want := 0
		for end := range ends {
			if end <= n {
				want = max(want, end)
			}
		}
		if got != want {
			t.Errorf("%q: %d, want %d", content[:n], got, want)
		}
	}
}

// A record that never ends is an error before it fills the memory.
func TestLongestRecord(t *testing.T) {
	content := "id,name\n1,a\n2,\"" + strings.Repeat("x", text.LongestRecord+1<<20)
	_, _, err := read(t, "x.csv", content, Options{})
	if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "line 3: the record at byte 12 is longer than 64 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestHeadersMustAgree(t *testing.T) {
	var opened []files.File
	for i, content := range []string{"id,name\n1,a\n", "2,b\n"} {
		_, f, err := filestest.Open(t, New(Options{}), fmt.Sprintf("%d.csv", i), []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, f)
	}
	for i, f := range opened {
		err := f.(files.Consistent).Agrees(opened[1-i])
		if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "0.csv seems to begin with a header and ") {
			t.Errorf("error %v", err)
		}
		if err := f.(files.Consistent).Agrees(f); err != nil {
			t.Error(err)
		}
	}
}
