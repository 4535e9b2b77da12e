package write

import (
	"fmt"
	"strings"
	"testing"
)

// TestFields reads rows of files as MySQL does.
func TestFields(t *testing.T) {
	standard := Format{FieldEnd: "\t", Escape: `\`, LineEnd: "\n"}
	csv := Format{FieldEnd: ",", Enclosed: `"`, Escape: `\`, LineEnd: "\n"}
	doubled := Format{FieldEnd: ",", Enclosed: `"`, Escape: `"`, LineEnd: "\r\n"}
	for _, c := range []struct {
		format Format
		text   string
		want   string // fields in brackets, NULL as -
	}{
		{standard, "1\ta\n2\tb\n", "[1][a];[2][b]"},
		{standard, "1\ta", "[1][a]"},
		{standard, "", ""},
		{standard, "\n\n", "[];[]"},
		{standard, `\N` + "\t" + `x\N` + "\t" + `\Nx` + "\tNULL\n", "[-][xN][Nx][NULL]"},
		{standard, `a\tb\\c\` + "\nd\n", "[a\tb\\c\nd]"},
		{csv, "\"a,b\",\"c\nd\",\"e\"\"f\"\n", "[a,b][c\nd][e\"f]"},
		{csv, `NULL,"NULL",\N` + "\n", "[-][NULL][-]"},
		{csv, `"a"b,"c` + "\n", `["a"b,"c` + "\n" + "]"},
		{csv, `a"b,c` + "\n", `[a"b][c]`},
		{doubled, "\"a\"\"b\",c\r\nd,\"e\"", `[a"b][c];[d][e]`},
		{Format{FieldEnd: ";", LineHead: "x:", LineEnd: "|"}, "junk x:1;2|no| x:3;NULL|", "[1][2];[3][-]"},
		{Format{FieldEnd: "||", LineEnd: "\n"}, "a|b||c\n", "[a|b][c]"},
	} {
		r := NewFieldReader(strings.NewReader(c.text), c.format)
		var rows []string
		for {
			fields, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if fields == nil {
				break
			}
			var b strings.Builder
			for _, f := range fields {
				if f.Null {
					f.Text = "-"
				}
				fmt.Fprintf(&b, "[%s]", f.Text)
			}
			rows = append(rows, b.String())
		}
		if got := strings.Join(rows, ";"); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	r := NewFieldReader(strings.NewReader("a\nb\nc\n"), standard)
	if err := r.Skip(2); err != nil {
		t.Fatal(err)
	}
	if fields, err := r.Next(); err != nil || len(fields) != 1 || fields[0].Text != "c" {
		t.Errorf("after two lines: %v, %v", fields, err)
	}
	if err := r.Skip(5); err != nil {
		t.Errorf("beyond the end: %v", err)
	}
}
