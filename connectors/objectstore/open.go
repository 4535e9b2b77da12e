package objectstore

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
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
	bucket    string     // of S3; "": it is another place
	base      *url.URL   // of a web server; nil: it is another place
	folder    string     // local folder
	prefix    string     // of all keys; empty or ending in a slash
	schemas   bool       // layout schema/table
	admission int        // statements at a time
	reading              // of tables whose own options do not say otherwise
	declared  []declared // ascending by name
	s3        blob.S3Config
	web       blob.HTTPConfig
}

// Open makes the connector of a bucket or folder, without I/O on it.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg.Options)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "source %s", cfg.Name)
	}
	var bytes *blob.Cache
	pages := int64(0)
	if s.folder == "" {
		bytes, pages = blob.NewCache(byteCache), pageCache
	}
	store, err := s.store(cfg)
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

// store is where the files lie.
func (s *settings) store(cfg connectors.Config) (blob.Store, error) {
	switch {
	case s.bucket != "":
		s.s3.Log = cfg.Log
		return blob.NewS3(s.s3), nil
	case s.base != nil:
		s.web.Log = cfg.Log
		return blob.NewHTTP(s.web)
	}
	return blob.NewLocal(s.folder, cfg.LocalRoots)
}

var known = []string{"url", "files", "bearer_token", "endpoint", "region", "access_key", "secret_key", "session_token", "profile", "role_arn", "role_external_id",
	"sts_endpoint", "ca", "requester_pays", "anonymous", "path_style", "layout", "admission"}

// defaultAdmission is how many statements read a source at a time if its options do not say.
const defaultAdmission = 16

// parse checks options; an unknown one is an error.
func parse(o connectors.Options) (settings, error) {
	var s settings
	for key := range o {
		if !slices.Contains(known, key) && !slices.Contains(readingOptions, key) && !strings.HasPrefix(key, tableOptionsPrefix) {
			return s, fmt.Errorf("unknown option %s (known: %s, %s, %s...)", key, strings.Join(known, ", "), strings.Join(readingOptions, ", "), tableOptionsPrefix)
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
	s.admission = defaultAdmission
	if text, ok := o["admission"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return s, fmt.Errorf("admission must be a number of statements, at least 1")
		}
		s.admission = n
	}
	var err error
	if s.reading, err = parseReading(o); err != nil {
		return s, err
	}
	if s.declared, err = parseTables(o, s.schemas); err != nil {
		return s, err
	}
	if err := s.parseWeb(o); err != nil {
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
		return fmt.Errorf("url must be s3://bucket/prefix, https://server/folder/, file:///folder or /folder and nothing more")
	case u.Scheme == "file" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		s.folder = u.Path
	case u.Scheme == "s3" && u.Host != "":
		s.bucket = u.Host
		if s.prefix = strings.Trim(u.Path, "/"); s.prefix != "" {
			s.prefix += "/"
		}
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		s.base = u
	default:
		return fmt.Errorf("url must be s3://bucket/prefix, https://server/folder/, file:///folder or /folder")
	}
	return nil
}

// parseWeb reads which files of a web server are data: those of the option files below the URL, or the URL's own.
func (s *settings) parseWeb(o connectors.Options) error {
	if s.base == nil {
		for _, key := range []string{"files", "bearer_token"} {
			if _, ok := o[key]; ok {
				return fmt.Errorf("option %s is for http:// and https:// only", key)
			}
		}
		return nil
	}
	s.web = blob.HTTPConfig{Token: connectors.Secret(o["bearer_token"]), CA: o["ca"]}
	if o["files"] == "" {
		folder, name := path.Split(s.base.Path)
		if s.kindOf(name) == nil {
			return fmt.Errorf("url must be that of a data file, or option files must name some below it: a web server lists none")
		}
		s.web.Files = []string{name}
		s.base = s.base.ResolveReference(&url.URL{Path: folder})
	}
	for name := range strings.SplitSeq(o["files"], ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if strings.HasPrefix(name, "/") || path.Clean(name) != name || strings.HasPrefix(name, "..") || s.kindOf(name) == nil {
			return fmt.Errorf("files must be paths of data files below the url: %s is none", name)
		}
		s.web.Files = append(s.web.Files, name)
	}
	if !strings.HasSuffix(s.base.Path, "/") {
		s.base = s.base.JoinPath("/")
	}
	s.web.Base = s.base
	return nil
}

func (s *settings) parseS3(o connectors.Options) error {
	if s.bucket == "" {
		for _, key := range known[slices.Index(known, "endpoint") : slices.Index(known, "path_style")+1] {
			if _, ok := o[key]; ok && (key != "ca" || s.base == nil) {
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
