package objectstore

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/arrowipc"
	"github.com/silogate/silogate/connectors/files/avro"
	"github.com/silogate/silogate/connectors/files/csv"
	"github.com/silogate/silogate/connectors/files/jsonlines"
	"github.com/silogate/silogate/connectors/files/orc"
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/connectors/files/text"
)

// kind is a format of files as options and names have it.
type kind struct {
	name       string   // of the option
	extensions []string // in lower case; the first one is the usual one
	compressed bool     // a compression's extension may follow
}

// The kinds.
var (
	parquetKind = &kind{"parquet", []string{".parquet", ".parq", ".pq"}, false}
	csvKind     = &kind{"csv", []string{".csv", ".tsv", ".tab", ".psv"}, true}
	jsonKind    = &kind{"jsonl", []string{".jsonl", ".ndjson", ".json"}, true}

	arrowKind = &kind{"arrow", []string{".arrow", ".arrows", ".feather", ".ipc"}, false}
	avroKind  = &kind{"avro", []string{".avro"}, false}
	orcKind   = &kind{"orc", []string{".orc"}, false}

	kinds = []*kind{parquetKind, csvKind, jsonKind, arrowKind, avroKind, orcKind}
)

// reading is how files are read: options of a source, or of one of its tables.
type reading struct {
	only          *kind // of data files; nil: any
	csv           csv.Options
	json          jsonlines.Options
	failNonFinite bool
}

// stem splits the name of a file into what precedes the extension of its kind, and that; no kind: the extension is of none.
func (r *reading) stem(name string) (string, *kind) {
	for _, k := range kinds {
		if r.only != nil && r.only != k {
			continue
		}
		stem := name
		if k.compressed {
			stem = text.Uncompressed(name)
		}
		if ext := path.Ext(stem); slices.Contains(k.extensions, strings.ToLower(ext)) {
			return strings.TrimSuffix(stem, ext), k
		}
	}
	return name, nil
}

// kindOf returns the kind of a data file by its path inside a table; nil: it is none. A name without any extension, as Hive
// and Trino write them, is of the only kind, or else Parquet.
func (r *reading) kindOf(relative string) *kind {
	if !visible(relative) {
		return nil
	}
	name := blob.Base(relative)
	_, k := r.stem(name)
	switch {
	case k != nil || path.Ext(name) != "":
		return k
	case r.only != nil:
		return r.only
	}
	return parquetKind
}

// visible reports a path of a file that neither is hidden nor lies in a hidden folder.
func visible(relative string) bool {
	folders := strings.Split(relative, "/")
	name := folders[len(folders)-1]
	return name != "" && !hidden(name) && !slices.ContainsFunc(folders[:len(folders)-1], func(f string) bool { return hidden(f) && !isPartition(f) })
}

// formats makes the formats of a source. Pages is how many bytes of Parquet's pages it keeps.
func (r *reading) formats(pages int64) map[*kind]files.Format {
	return map[*kind]files.Format{
		parquetKind: parquet.New(pages), csvKind: csv.New(r.csv), jsonKind: jsonlines.New(r.json), arrowKind: arrowipc.New(), avroKind: avro.New(),
		orcKind: orc.New(),
	}
}

// readingOptions are the options that parseReading knows.
var readingOptions = []string{"format", "types", "bad_rows", "csv_delimiter", "csv_quote", "csv_escape", "csv_header", "csv_null", "nonfinite"}

// parseReading reads the options of reading. Errors begin with an option's name.
func parseReading(o connectors.Options) (r reading, err error) {
	switch o["nonfinite"] {
	case "", "null":
	case "error":
		r.failNonFinite = true
	default:
		return r, fmt.Errorf("nonfinite must be null or error")
	}
	if name, given := o["format"]; given && name != "auto" {
		at := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name })
		if at < 0 {
			return r, fmt.Errorf("format must be auto, parquet, csv, jsonl, arrow, avro or orc")
		}
		r.only = kinds[at]
	}
	policies := map[string]files.BadRows{"": files.BadRowsFail, "error": files.BadRowsFail, "null": files.BadRowsNull, "skip": files.BadRowsSkip}
	policy, ok := policies[o["bad_rows"]]
	if !ok {
		return r, fmt.Errorf("bad_rows must be error, null or skip")
	}
	headers := map[string]csv.Header{"": csv.HeaderAuto, "auto": csv.HeaderAuto, "true": csv.HeaderYes, "false": csv.HeaderNo}
	header, ok := headers[o["csv_header"]]
	if !ok {
		return r, fmt.Errorf("csv_header must be auto, true or false")
	}
	texts := o["types"] == "text"
	if !texts && o["types"] != "" && o["types"] != "inferred" {
		return r, fmt.Errorf("types must be inferred or text")
	}
	r.json = jsonlines.Options{Texts: texts, BadRows: policy}
	r.csv = csv.Options{Header: header, Null: o["csv_null"], Texts: texts, BadRows: policy}
	for key, target := range map[string]*byte{"csv_delimiter": &r.csv.Delimiter, "csv_quote": &r.csv.Quote, "csv_escape": &r.csv.Escape} {
		value, given := o[key]
		if !given {
			continue
		}
		switch {
		case value == `\t`:
			*target = '\t'
		case value == "" && key == "csv_quote":
			*target = csv.NoQuote
		case len(value) != 1 || value[0] >= 0x80 || value[0] < ' ' && value[0] != '\t':
			return r, fmt.Errorf("%s must be one ASCII character", key)
		default:
			*target = value[0]
		}
	}
	if d := r.csv.Delimiter; d != 0 && (d == r.csv.Quote || d == '"' && r.csv.Quote == 0 || d == r.csv.Escape) {
		return r, fmt.Errorf("csv_delimiter must differ from csv_quote and csv_escape")
	}
	return r, nil
}
