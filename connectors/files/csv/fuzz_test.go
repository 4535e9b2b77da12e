package csv

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/connectors/files/text"
	"github.com/silogate/silogate/engine/sqlerr"
)

var seeds = []string{
	"id,name\n1,a\n2,\"b\nc\"\n",
	"a;b\r\n1,5;\"x\"\"y\"\r\n\r\n",
	"a\tb\n\\N\t\"q\\\"\"\n",
	"5\" x,\"y\"z\n\"open\n",
	"\xef\xbb\xbfx\n1.50\n2024-02-29\n",
	",,\n,,,\n\"\",\n",
}

// FuzzRead reads files of any content: rows or an error of theirs, the same however they are cut.
func FuzzRead(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), byte(i))
	}
	f.Fuzz(func(t *testing.T, content []byte, options byte) {
		o := Options{BadRows: files.BadRows(options % 3), Texts: options&4 != 0, Header: Header(options >> 3 % 3)}
		if options&64 != 0 {
			o.Delimiter = ','
		}
		if options&128 != 0 {
			o.Escape = '\\'
		}
		_, _, err := filestest.Read(t, New(o), "x.csv", content)
		if err != nil && !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.BadValue) && !sqlerr.Is(err, sqlerr.Unsupported) {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzRecords compares records with those of encoding/csv, where it takes the content for well-formed, and the ends of
// records with those of every prefix.
func FuzzRecords(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		d := &dialect{delimiter: ',', quoted: true, quote: '"'}
		var got [][]string
		ends := []int{0}
		for at := 0; at < len(content); {
			fields, next, why := d.record(content, at, nil)
			if why != unclosed && content[next-1] == '\n' {
				ends = append(ends, next)
			}
			at = next
			if len(fields) == 1 && fields[0].Kind != text.Escaped && fields[0].From == fields[0].To {
				continue
			}
			var values []string
			for _, c := range fields {
				values = append(values, strings.ReplaceAll(d.value(content, c), "\r\n", "\n"))
			}
			got = append(got, values)
		}
		for n := range min(len(content), 200) + 1 {
			want := 0
			for _, end := range ends {
				if end <= n {
					want = end
				}
			}
			if last := d.Last(content[:n]); last != want {
				t.Fatalf("%q: the last record ends at %d, want %d", content[:n], last, want)
			}
		}
		r := csv.NewReader(strings.NewReader(string(content)))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err == nil && !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	})
}
