package delta

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/sqlerr"
)

// What a source keeps: bytes of footers, of data that were read last from a remote store, of pages that it decompressed more than once, and
// of what logs say.
const (
	footerCache   = 128 << 20
	byteCache     = 104 << 20
	pageCache     = 24 << 20
	snapshotCache = 256 << 20
)

// defaultAdmission is how many statements read a source at a time if its options do not say.
const defaultAdmission = 16

// The layouts of a source: its tables' folders lie at its top, or in folders that are namespaces.
const (
	layoutTables  = "table"
	layoutSchemas = "schema/table"
)

// settings are the options, checked.
type settings struct {
	place     storage.Place
	schemas   bool // layout schema/table
	admission int
}

// stores are the kinds of stores that tables lie in.
var stores = []storage.Kind{storage.S3, storage.Azure, storage.GCS, storage.HDFS, storage.Folder}

// common are the options that all stores have.
var common = []string{"url", "layout", "admission"}

// Open makes the connector of a bucket or folder, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	store, err := s.place.Open(cfg)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	out := &source{
		settings: s, name: cfg.Name, store: store,
		opened: files.NewCache(footerCache), turns: connectors.NewTurns(s.admission), snapshots: newSnapshots(snapshotCache),
	}
	pages := int64(0)
	if !s.place.Local {
		out.bytes, pages = blob.NewCache(byteCache), pageCache
		out.bytes.UseDisk(cfg.Disk)
	}
	out.parquet = parquet.New(pages)
	return out, nil
}

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	s := settings{admission: defaultAdmission}
	kind, at, err := storage.Find(stores, "url", o)
	if err != nil {
		return s, err
	}
	known := slices.Concat(common, kind.Options)
	for key := range o {
		if !slices.Contains(known, key) {
			return s, storage.Refuse(stores, key, known)
		}
	}
	switch o["layout"] {
	case "", layoutTables:
	case layoutSchemas:
		s.schemas = true
	default:
		return s, fmt.Errorf("layout must be %s or %s", layoutTables, layoutSchemas)
	}
	if text, ok := o["admission"]; ok {
		if s.admission, err = strconv.Atoi(text); err != nil || s.admission < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
	}
	s.place, err = kind.Parse(at, o)
	return s, err
}
