package objectstore

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/csv"
	"github.com/silogate/silogate/connectors/files/jsonlines"
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
	bucket        string // "": a local folder
	folder        string // local folder
	prefix        string // of all keys; empty or ending in a slash
	schemas       bool   // layout schema/table
	failNonFinite bool
	admission     int   // statements at a time
	only          *kind // of data files; nil: any
	csv           csv.Options
	json          jsonlines.Options
	s3            blob.S3Config
}

// Open makes the connector of a bucket or folder, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	var store blob.Store
	var bytes *blob.Cache
	pages := int64(0)
	if s.bucket != "" {
		bytes, pages = blob.NewCache(byteCache), pageCache
		s.s3.Log = cfg.Log
		store = blob.NewS3(s.s3)
	} else if store, err = blob.NewLocal(s.folder, cfg.LocalRoots); err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	return &source{
		name: cfg.Name, settings: s, store: store,
		formats: s.formats(pages), opened: files.NewCache(footerCache), bytes: bytes, turns: connectors.NewTurns(s.admission),
		tables: make(map[string]described),
	}, nil
}

var known = []string{"url", "endpoint", "region", "access_key", "secret_key", "session_token", "profile", "role_arn", "role_external_id",
	"sts_endpoint", "ca", "requester_pays", "anonymous", "path_style", "layout", "nonfinite", "admission",
	"format", "types", "bad_rows", "csv_delimiter", "csv_quote", "csv_escape", "csv_header", "csv_null"}

// defaultAdmission is how many statements read a source at a time if its options do not say.
const defaultAdmission = 16

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	var s settings
	for key := range o {
		if !slices.Contains(known, key) {
			return s, fmt.Errorf("unknown option %s (known: %s)", key, strings.Join(known, ", "))
		}
	}
	if err := s.parseURL(o["url"]); err != nil {
		return s, err
	}
	switch o["layout"] {
	case "", "table":
	case layoutSchemas:
		s.schemas = true
	default:
		return s, fmt.Errorf("layout must be table or %s", layoutSchemas)
	}
	switch o["nonfinite"] {
	case "", "null":
	case "error":
		s.failNonFinite = true
	default:
		return s, fmt.Errorf("nonfinite must be null or error")
	}
	s.admission = defaultAdmission
	if text, ok := o["admission"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
		s.admission = n
	}
	if err := s.parseFormats(o); err != nil {
		return s, err
	}
	return s, s.parseS3(o)
}

func (s *settings) parseURL(text string) error {
	if strings.HasPrefix(text, "/") {
		s.folder = text
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fmt.Errorf("option url is missing")
	case err != nil:
		return fmt.Errorf("url is malformed")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("url must be s3://bucket/prefix, file:///folder or /folder and nothing more")
	case u.Scheme == "file" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		s.folder = u.Path
	case u.Scheme == "s3" && u.Host != "":
		s.bucket = u.Host
		if s.prefix = strings.Trim(u.Path, "/"); s.prefix != "" {
			s.prefix += "/"
		}
	default:
		return fmt.Errorf("url must be s3://bucket/prefix, file:///folder or /folder")
	}
	return nil
}

func (s *settings) parseS3(o connectors.Options) error {
	if s.bucket == "" {
		for _, key := range known[1 : slices.Index(known, "path_style")+1] {
			if _, ok := o[key]; ok {
				return fmt.Errorf("option %s is for s3:// only", key)
			}
		}
		return nil
	}
	s.s3 = blob.S3Config{
		Bucket: s.bucket, Endpoint: o["endpoint"], Region: o["region"],
		AccessKey: o["access_key"], SecretKey: connectors.Secret(o["secret_key"]),
		SessionToken: connectors.Secret(o["session_token"]), Profile: o["profile"], CA: o["ca"],
		Role:      blob.S3Role{ARN: o["role_arn"], ExternalID: o["role_external_id"], Endpoint: o["sts_endpoint"]},
		PathStyle: o["endpoint"] != "",
	}
	for _, key := range []string{"endpoint", "sts_endpoint"} {
		u, err := url.Parse(o[key])
		if o[key] != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
			return fmt.Errorf("%s must be http://host[:port] or https://host[:port]", key)
		}
	}
	switch role := o["role_arn"]; {
	case (o["access_key"] == "") != (o["secret_key"] == ""):
		return fmt.Errorf("access_key and secret_key belong together")
	case o["session_token"] != "" && o["access_key"] == "":
		return fmt.Errorf("session_token belongs to access_key and secret_key")
	case o["profile"] != "" && o["access_key"] != "":
		return fmt.Errorf("profile and access_key exclude each other")
	case role != "" && !strings.HasPrefix(role, "arn:"):
		return fmt.Errorf("role_arn must be arn:aws:iam::account:role/name")
	case role == "" && (o["role_external_id"] != "" || o["sts_endpoint"] != ""):
		return fmt.Errorf("role_external_id and sts_endpoint belong to role_arn")
	}
	for key, target := range map[string]*bool{"path_style": &s.s3.PathStyle, "anonymous": &s.s3.Anonymous, "requester_pays": &s.s3.RequesterPays} {
		text, ok := o[key]
		if !ok {
			continue
		}
		value, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%s must be true or false", key)
		}
		*target = value
	}
	if s.s3.Anonymous {
		for _, key := range []string{"access_key", "profile", "role_arn"} {
			if o[key] != "" {
				return fmt.Errorf("anonymous and %s exclude each other", key)
			}
		}
	}
	return nil
}
