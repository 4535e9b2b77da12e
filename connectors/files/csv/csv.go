package csv

import (
	"context"
	"fmt"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/text"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Header says whether the first record names the columns.
type Header uint8

// The ways to know.
const (
	HeaderAuto Header = iota // by the values
	HeaderYes
	HeaderNo
)

// NoQuote is the Quote of files in which no field is quoted.
const NoQuote = 0xff // occurs in no UTF-8

// Options are what is known of the files beforehand.
type Options struct {
	Delimiter byte // 0: detected, one of `,`, tab, `;` and `|`; of a .tsv a tab
	Quote     byte // 0: `"`
	Escape    byte // 0: detected, none or a backslash
	Header    Header
	Null      string // an unquoted field that is NULL
	Texts     bool   // every column is a text
	BadRows   files.BadRows
}

// Format is files.Format of separated values.
type Format struct{ options Options }

// New returns the format.
func New(o Options) *Format {
	if o.Quote == 0 {
		o.Quote = '"'
	}
	return &Format{o}
}

// Name implements files.Format.
func (*Format) Name() string { return "CSV" }

// file is a text with what its columns don't show.
type file struct {
	*text.File
	header bool
}

// Agrees implements files.Consistent: columns have names in all files of a table, or in none.
func (f *file) Agrees(with files.File) error {
	if other, ok := with.(*file); ok && other.header != f.header {
		named, unnamed := f, other
		if other.header {
			named, unnamed = other, f
		}
		return sqlerr.New(sqlerr.Corrupt, "%s seems to begin with a header and %s does not: option csv_header says which is true",
			named.Describe().Location, unnamed.Describe().Location)
	}
	return nil
}

// Open implements files.Format.
func (p *Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	s, err := text.Read(ctx, store, o, usage)
	if err != nil {
		return nil, err
	}
	options := p.options
	if options.Delimiter == 0 && isTabbed(o.Key) {
		options.Delimiter = '\t'
	}
	d := sniff(s, options)
	records, end := d.records(s)
	if len(records) == 0 {
		if !s.Whole {
			return nil, sqlerr.New(sqlerr.Corrupt, "%s, line 1: the record does not end within %d bytes", s.Location, len(s.Data))
		}
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has no record", s.Location)
	}
	if n := len(records[0].fields); n > mostColumns {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s, line 1: %d columns; %d are the most", s.Location, n, mostColumns)
	}
	columns, header := d.describe(s, records, options)
	content := text.Content{Columns: columns, Syntax: d, Rows: int64(len(records)), Bytes: end, BadRows: options.BadRows}
	if header {
		content.Start = records[0].end
		content.Rows--
		content.Bytes -= records[0].end
	}
	return &file{text.NewFile(s, content), header}, nil
}

// mostColumns bounds the columns of a file; MySQL's tables have 4096 at most.
const mostColumns = 4096

func isTabbed(key string) bool {
	name := strings.ToLower(text.Uncompressed(blob.Base(key)))
	return strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".tab")
}

// record is one of a sample.
type record struct {
	end    int // after its line break
	fields []text.Cell
}

// records returns those of a sample, as far as they are whole, and where the last one ends.
func (d *dialect) records(s *text.Sample) (out []record, end int) {
	data := s.Data
	if !s.Whole {
		data = data[:d.Last(data)]
	}
	for end < len(data) && len(out) < text.SampleRows {
		fields, next, why := d.record(data, end, nil)
		if why == unclosed { // which the scan says
			break
		}
		if blank := len(fields) == 1 && fields[0].Kind != text.Escaped && fields[0].From == fields[0].To; !blank {
			out = append(out, record{next, fields})
		}
		end = next
	}
	return out, end
}

// describe guesses the columns of records and whether the first one names them.
func (d *dialect) describe(s *text.Sample, records []record, o Options) (columns []files.Column, header bool) {
	d.width = len(records[0].fields)
	first := make([]text.Guess, d.width)
	rest := make([]text.Guess, d.width)
	for i, r := range records {
		of := rest
		if i == 0 {
			of = first
		}
		for c := range min(len(r.fields), d.width) {
			of[c].Add(d, s.Data, r.fields[c])
		}
	}
	switch o.Header {
	case HeaderYes:
		header = true
	case HeaderAuto:
		header = d.isHeader(s, records[0], first, rest)
	}
	if !header {
		for c, f := range records[0].fields {
			rest[c].Add(d, s.Data, f)
		}
	}
	columns = make([]files.Column, d.width)
	for c := range columns {
		name := ""
		if header {
			name = strings.TrimSpace(d.value(s.Data, records[0].fields[c]))
		}
		if name == "" {
			name = fmt.Sprintf("column%d", c)
		}
		typ := rest[c].Type()
		if o.Texts {
			typ = types.Of(types.Text)
		}
		columns[c] = files.Column{
			Name: name, Type: typ, Nullable: true, Native: "text", Warning: rest[c].Warning(), Inferred: true,
		}
	}
	return columns, header
}

// isHeader decides whether the first record names the columns.
func (d *dialect) isHeader(s *text.Sample, r record, first, rest []text.Guess) bool {
	over, texts := false, true
	seen := make(map[string]bool)
	for c := range r.fields {
		name := strings.ToLower(d.value(s.Data, r.fields[c]))
		above, below := first[c].Type().Kind, rest[c].Type().Kind
		switch {
		case above == types.Null && c > 0, above != types.Null && above != types.Text:
			texts = false
		case above == types.Text && below != types.Text && below != types.Null:
			over = true
		case seen[name]:
			texts = false
		}
		if below != types.Text && below != types.Null && above == below {
			return false // a value as those below it
		}
		seen[name] = true
	}
	return over || texts
}

// value is the text of a field.
func (d *dialect) value(data []byte, c text.Cell) string {
	if c.Kind == text.Escaped {
		return string(d.Unescape(nil, data[c.From:c.To]))
	}
	return string(data[c.From:c.To])
}
