package iceberg

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/avro"
	"github.com/silogate/silogate/connectors/files/orc"
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/sqlerr"
)

// What a source keeps: bytes of footers, of data that were read last from S3, of pages that it decompressed more than once, of
// metadata files, and how many tables' metadata.
const (
	footerCache   = 128 << 20
	byteCache     = 104 << 20
	pageCache     = 24 << 20
	metadataCache = 64 << 20
	mostTables    = 128
)

// defaultAdmission is how many statements read a source at a time if its options do not say.
const defaultAdmission = 16

// Catalogs, as the option catalog names them.
const (
	catalogFolder = "folder"
	catalogSQLite = "sqlite"
	catalogPG     = "postgres"
	catalogREST   = "rest"
	catalogGlue   = "glue"
)

// settings are the options, checked.
type settings struct {
	warehouse storage.Place
	catalog   string
	file      string // of a SQLite catalog
	url       string // of a Postgres catalog
	password  connectors.Secret
	name      string // of the catalog in that file or database; "": the only one
	rest      restSettings
	glue      glueSettings
	admission int
}

var catalogOptions = map[string][]string{
	catalogFolder: nil,
	catalogSQLite: {"catalog_file", "catalog_name"},
	catalogPG:     {"catalog_url", "catalog_password", "catalog_name"},
	catalogGlue:   append([]string{"catalog_url", "catalog_id"}, storage.AWSOptions...),
	catalogREST:   {"catalog_url", "catalog_warehouse", "token", "credential", "oauth_url", "scope"},
}

// warehouses are the kinds of stores that a warehouse lies in.
var warehouses = []storage.Kind{storage.S3, storage.Azure, storage.GCS, storage.HDFS, storage.Folder}

// Open makes the connector of a warehouse, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	store, err := s.warehouse.Open(cfg)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	w := &warehouse{store: store, place: s.warehouse, cache: newContents(metadataCache)}
	src := &source{name: cfg.Name, warehouse: w, opened: files.NewCache(footerCache), turns: connectors.NewTurns(s.admission)}
	pages := int64(0)
	if !s.warehouse.Local {
		src.bytes, pages = blob.NewCache(byteCache), pageCache
		src.bytes.UseDisk(cfg.Disk)
	}
	src.formats = map[format.FileFormat]files.Format{format.ParquetFile: parquet.New(pages), format.OrcFile: orc.New(), format.AvroFile: avro.New()}
	if src.metadata, err = lru.New[string, table.Metadata](mostTables); err != nil {
		return nil, err
	}
	if src.catalog, err = s.open(src, cfg.LocalRoots, cfg.Log); err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	return src, nil
}

// open makes the catalog, without I/O.
func (s *settings) open(src *source, roots []string, log *slog.Logger) (catalog, error) {
	var of database
	var err error
	switch s.catalog {
	case catalogSQLite:
		of, err = newSQLiteFile(s.file, roots)
	case catalogPG:
		of, err = newPostgres(s.url, s.password)
	case catalogREST:
		return &restCatalog{settings: s.rest}, nil
	case catalogGlue:
		return &glueCatalog{source: src, settings: s.glue, log: log}, nil
	default:
		return &folderCatalog{src}, nil
	}
	return &sqlCatalog{src, of, s.name}, err
}

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	s := settings{catalog: o["catalog"], admission: defaultAdmission}
	if s.catalog == "" {
		s.catalog = catalogFolder
	}
	own, ok := catalogOptions[s.catalog]
	if !ok {
		return s, fmt.Errorf("catalog must be one of %s", strings.Join(slices.Sorted(maps.Keys(catalogOptions)), ", "))
	}
	kind, at, err := storage.Find(warehouses, "warehouse", o)
	if err != nil {
		return s, err
	}
	known := slices.Concat([]string{"warehouse", "catalog", "admission"}, own, kind.Options)
	for key := range o {
		if !slices.Contains(known, key) {
			return s, refuse(key, known)
		}
	}
	if text, ok := o["admission"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
		s.admission = n
	}
	s.file, s.url, s.password, s.name = o["catalog_file"], o["catalog_url"], connectors.Secret(o["catalog_password"]), o["catalog_name"]
	switch s.catalog {
	case catalogSQLite:
		if s.file == "" {
			return s, fmt.Errorf("option catalog_file is missing")
		}
	case catalogREST:
		if err := s.rest.parse(o); err != nil {
			return s, err
		}
	case catalogGlue:
		if kind.URLs == storage.GCS.URLs { // whose keys have the same names
			return s, fmt.Errorf("catalog: glue is not for warehouses in %s", kind.URLs)
		}
		if err := s.glue.parse(o); err != nil {
			return s, err
		}
	}
	s.warehouse, err = kind.Parse(at, o)
	return s, err
}

// refuse says why an option is none of a source with that kind of catalog.
func refuse(key string, known []string) error {
	of := func(k storage.Kind) bool { return slices.Contains(k.Options, key) }
	var catalogs []string
	for catalog, options := range catalogOptions {
		if slices.Contains(options, key) {
			catalogs = append(catalogs, catalog)
		}
	}
	if catalogs == nil || slices.ContainsFunc(warehouses, of) {
		return storage.Refuse(warehouses, key, known)
	}
	return fmt.Errorf("option %s is for catalog: %s only", key, strings.Join(sorted(catalogs), ", "))
}
