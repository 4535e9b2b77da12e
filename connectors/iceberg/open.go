package iceberg

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
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
	catalogREST   = "rest"
)

// settings are the options, checked.
type settings struct {
	bucket, root string // of the warehouse
	catalog      string
	file         string // of a SQLite catalog
	name         string // of the catalog in that file; "": the only one
	rest         restSettings
	admission    int
	s3           blob.S3Config
}

var (
	catalogOptions = map[string][]string{
		catalogFolder: nil,
		catalogSQLite: {"catalog_file", "catalog_name"},
		catalogREST:   {"catalog_url", "catalog_warehouse", "token", "credential", "oauth_url", "scope"},
	}
	s3Options = []string{"endpoint", "region", "access_key", "secret_key", "session_token", "profile", "ca", "anonymous", "path_style", "requester_pays"}
)

// Open makes the connector of a warehouse, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	w := &warehouse{bucket: s.bucket, root: s.root, cache: newContents(metadataCache)}
	src := &source{name: cfg.Name, warehouse: w, opened: files.NewCache(footerCache), turns: connectors.NewTurns(s.admission)}
	pages := int64(0)
	if s.bucket != "" {
		s.s3.Bucket, s.s3.Log = s.bucket, cfg.Log
		w.store = blob.NewS3(s.s3)
		src.bytes, pages = blob.NewCache(byteCache), pageCache
	} else if w.store, err = blob.NewLocal(s.root, cfg.LocalRoots); err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	src.parquet = parquet.New(pages)
	if src.metadata, err = lru.New[string, table.Metadata](mostTables); err != nil {
		return nil, err
	}
	switch s.catalog {
	case catalogFolder:
		src.catalog = &folderCatalog{src}
	case catalogSQLite:
		if src.catalog, err = newSQLiteCatalog(src, s.file, s.name, cfg.LocalRoots); err != nil {
			return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
		}
	case catalogREST:
		src.catalog = &restCatalog{settings: s.rest}
	}
	return src, nil
}

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	s := settings{catalog: o["catalog"], admission: defaultAdmission}
	if s.catalog == "" {
		s.catalog = catalogFolder
	}
	own, ok := catalogOptions[s.catalog]
	if !ok {
		return s, fmt.Errorf("catalog must be %s, %s or %s", catalogFolder, catalogSQLite, catalogREST)
	}
	known := slices.Concat([]string{"warehouse", "catalog", "admission"}, own, s3Options)
	for key := range o {
		if !slices.Contains(known, key) {
			return s, fmt.Errorf("unknown option %s of a catalog %s (known: %s)", key, s.catalog, strings.Join(known, ", "))
		}
	}
	if err := s.parseWarehouse(o["warehouse"]); err != nil {
		return s, err
	}
	if text, ok := o["admission"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
		s.admission = n
	}
	if s.file, s.name = o["catalog_file"], o["catalog_name"]; s.catalog == catalogSQLite && s.file == "" {
		return s, fmt.Errorf("option catalog_file is missing")
	}
	if s.catalog == catalogREST {
		if err := s.rest.parse(o); err != nil {
			return s, err
		}
	}
	return s, s.parseS3(o)
}

func (s *settings) parseWarehouse(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fmt.Errorf("option warehouse is missing")
	case strings.HasPrefix(text, "/"):
		s.root = text
	case err != nil || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("warehouse must be s3://bucket/prefix, file:///folder or /folder and nothing more")
	case u.Scheme == "file" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		s.root = u.Path
	case u.Scheme == "s3" && u.Host != "":
		s.bucket = u.Host
		if s.root = strings.Trim(u.Path, "/"); s.root != "" {
			s.root += "/"
		}
	default:
		return fmt.Errorf("warehouse must be s3://bucket/prefix, file:///folder or /folder")
	}
	return nil
}

func (s *settings) parseS3(o connectors.Options) error {
	if s.bucket == "" {
		for _, key := range s3Options {
			if _, ok := o[key]; ok {
				return fmt.Errorf("option %s is for s3:// only", key)
			}
		}
		return nil
	}
	s.s3 = blob.S3Config{
		Endpoint: o["endpoint"], Region: o["region"], CA: o["ca"], Profile: o["profile"],
		AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]), SessionToken: connectors.Secret(o["session_token"]),
		PathStyle: o["endpoint"] != "",
	}
	if u, err := url.Parse(o["endpoint"]); o["endpoint"] != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
		return fmt.Errorf("endpoint must be http://host[:port] or https://host[:port]")
	}
	switch {
	case (o["access_key"] == "") != (o["secret_key"] == ""):
		return fmt.Errorf("access_key and secret_key belong together")
	case o["session_token"] != "" && o["access_key"] == "":
		return fmt.Errorf("session_token belongs to access_key and secret_key")
	case o["profile"] != "" && o["access_key"] != "":
		return fmt.Errorf("profile and access_key exclude each other")
	}
	for key, target := range map[string]*bool{"path_style": &s.s3.PathStyle, "anonymous": &s.s3.Anonymous, "requester_pays": &s.s3.RequesterPays} {
		if text, ok := o[key]; ok {
			value, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("%s must be true or false", key)
			}
			*target = value
		}
	}
	if s.s3.Anonymous && (o["access_key"] != "" || o["profile"] != "") {
		return fmt.Errorf("anonymous excludes access_key and profile")
	}
	return nil
}
