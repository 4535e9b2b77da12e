package objectstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// footerCache is how many bytes of footers, and what else describes files, a source keeps.
const footerCache = 128 << 20

// byteCache is how many bytes a source keeps of what it read last from S3, and pageCache of the pages that it decompressed more than once.
const (
	byteCache = 104 << 20
	pageCache = 24 << 20
)

// layoutSchemas is the layout with a folder for each namespace.
const layoutSchemas = "schema/table"

// settings are the options, checked.
type settings struct {
	place     storage.Place
	schemas   bool       // layout schema/table
	admission int        // statements at a time
	reading              // of tables whose own options do not say otherwise
	declared  []declared // ascending by name
}

// Open makes the connector of a bucket or folder, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	var bytes *blob.Cache
	pages := int64(0)
	if !s.place.Local {
		bytes, pages = blob.NewCache(byteCache), pageCache
		bytes.UseDisk(cfg.Disk)
	}
	store, err := s.place.Open(cfg)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	formats := s.formats(pages)
	for i := range s.declared {
		s.declared[i].share(formats)
	}
	return &source{
		name: cfg.Name, settings: s, store: store,
		formats: formats, opened: files.NewCache(footerCache), bytes: bytes, turns: connectors.NewTurns(s.admission),
		tables: make(map[plan.TableName]described),
	}, nil
}

// defaultAdmission is how many statements read a source at a time if its options do not say.
const defaultAdmission = 16

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	var s settings
	kinds := s.storages()
	where, at, err := storage.Find(kinds, "url", o)
	if err != nil {
		return s, err
	}
	if err := checkOptions(kinds, where, o); err != nil {
		return s, err
	}
	switch o["layout"] {
	case "", "table":
	case layoutSchemas:
		s.schemas = true
	default:
		return s, fmt.Errorf("layout must be table or %s", layoutSchemas)
	}
	s.admission = defaultAdmission
	if text, ok := o["admission"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
		s.admission = n
	}
	if s.reading, err = parseReading(o); err != nil {
		return s, err
	}
	if s.declared, err = parseTables(o, s.schemas); err != nil {
		return s, err
	}
	s.place, err = where.Parse(at, o)
	return s, err
}
