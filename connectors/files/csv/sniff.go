package csv

import (
	"bytes"

	"github.com/silogate/silogate/connectors/files/text"
)

// sniffedRecords is how many records of a sample tell its dialect.
const sniffedRecords = 500

// sniff finds the dialect of a sample.
func sniff(s *text.Sample, o Options) *dialect {
	delimiters := []byte{',', '\t', ';', '|'}
	if o.Delimiter != 0 {
		delimiters = []byte{o.Delimiter}
	}
	escapes := []byte{o.Escape}
	switch {
	case o.Escape == o.Quote: // doubled quotes, which always count
		escapes[0] = 0
	case o.Escape == 0 && bytes.Contains(s.Data, []byte{'\\', o.Quote}):
		escapes = append(escapes, '\\')
	}
	var best *dialect
	var most fit
	for _, delimiter := range delimiters {
		for _, escape := range escapes {
			d := &dialect{delimiter: delimiter, quoted: o.Quote != NoQuote, quote: o.Quote, escape: escape, null: []byte(o.Null)}
			if f := d.fits(s); best == nil || f.better(most) {
				best, most = d, f
			}
		}
	}
	return best
}

// fit is how well a dialect suits a sample.
type fit struct {
	alike  float64 // the part of the records that have as many fields as the first one and are not malformed
	fields int
}

// acceptable is the part of the records from which on a dialect is a likely one: some may be malformed in any.
const acceptable = 0.9

// better reports whether a dialect suits a sample better than an earlier one: one by which records are alike than one by which they are
// not, then the one that finds more fields.
func (f fit) better(than fit) bool {
	switch a, b := f.fields > 1 && f.alike >= acceptable, than.fields > 1 && than.alike >= acceptable; {
	case a != b:
		return a
	case a && f.alike == 1 != (than.alike == 1):
		return f.alike == 1
	case a && f.fields != than.fields:
		return f.fields > than.fields
	case f.fields > 1 != (than.fields > 1) && !a:
		return than.fields > 1 // records that are not alike are rather of one field
	}
	return f.alike > than.alike
}

func (d *dialect) fits(s *text.Sample) fit {
	data := s.Data
	if !s.Whole {
		data = data[:d.Last(data)]
	}
	records, alike, width := 0, 0, 0
	var fields []text.Cell
	for at := 0; at < len(data) && records < sniffedRecords; {
		var why string
		begin := at
		fields, at, why = d.record(data, at, fields[:0])
		if line := bytes.TrimRight(data[begin:at], "\r\n"); len(line) == 0 {
			continue
		}
		if records++; records == 1 {
			width = len(fields)
		}
		if len(fields) == width && why == "" {
			alike++
		}
	}
	if records == 0 {
		return fit{}
	}
	return fit{float64(alike) / float64(records), width}
}
