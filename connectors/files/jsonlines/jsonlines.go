package jsonlines

import (
	"bytes"
	"context"
	"slices"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/text"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Options are what is known of the files beforehand.
type Options struct {
	Texts   bool // every column that is no JSON is a text
	BadRows files.BadRows
}

// Format is files.Format of JSON lines.
type Format struct{ options Options }

// New returns the format.
func New(o Options) *Format { return &Format{o} }

// Name implements files.Format.
func (*Format) Name() string { return "JSON lines" }

// mostColumns bounds the keys of a file; MySQL's tables have 4096 columns at most.
const mostColumns = 4096

// Open implements files.Format.
func (p *Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	s, err := text.Read(ctx, store, o, usage)
	if err != nil {
		return nil, err
	}
	if first := bytes.TrimLeft(s.Data, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		return nil, sqlerr.New(sqlerr.Unsupported, "%s is an array in JSON; JSON lines are read, an object on each line", s.Location)
	}
	x := &syntax{places: make(map[string]int)}
	data := s.Data
	if !s.Whole {
		data = data[:x.Last(data)]
	}
	guesses, records, end := x.sample(data)
	if records == 0 {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s, line 1: no JSON object; JSON lines are read, an object on each line", s.Location)
	}
	if len(x.names) > mostColumns {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has more than %d keys", s.Location, mostColumns)
	}
	columns := make([]files.Column, len(x.names))
	for i, name := range x.names {
		typ := guesses[i].Type()
		if p.options.Texts && typ.Kind != types.JSON {
			typ = types.Of(types.Text)
		}
		columns[i] = files.Column{
			Name: name, Type: typ, Nullable: true, Native: "JSON", Warning: guesses[i].Warning(), Inferred: true,
		}
	}
	return text.NewFile(s, text.Content{Columns: columns, Syntax: x, Rows: records, Bytes: end, BadRows: p.options.BadRows}), nil
}

// sample finds the keys of the first objects and guesses the types of their values. It returns how many objects there are
// and where the last one ends.
func (x *syntax) sample(data []byte) (guesses []text.Guess, objects int64, end int) {
	for at := 0; at < len(data) && objects < text.SampleRows && len(x.names) <= mostColumns; {
		line, next := lineAt(data, at)
		at = next
		if len(line) == 0 || check(line) != "" {
			continue
		}
		objects++
		end = next
		members(line, func(key []byte, escaped bool, c text.Cell) {
			name := string(key)
			if escaped {
				name = string(x.Unescape(nil, key))
			}
			place, known := x.places[name]
			if !known {
				place = len(x.names)
				x.names = append(x.names, name)
				x.places[name] = place
				guesses = append(guesses, text.Guess{})
			}
			guesses[place].Add(x, line, c)
		})
	}
	x.names = slices.Clip(x.names)
	return guesses, objects, end
}
