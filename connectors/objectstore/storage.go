package objectstore

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// opener opens a store, without I/O on it.
type opener func(connectors.Config) (blob.Store, error)

// storage is a kind of store.
type storage struct {
	urls    string   // that name it, for messages
	options []string // that not all storages have
	is      func(at *url.URL, o connectors.Options) bool
	parse   func(s *settings, at *url.URL, o connectors.Options) (opener, error)
}

// storages are asked one after the other: an address of Azure's is a web server's too.
var storages = []storage{
	{"s3://", []string{"endpoint", "region", "access_key", "secret_key", "session_token", "profile", "role_arn", "role_external_id", "sts_endpoint",
		"ca", "requester_pays", "anonymous", "path_style"}, isS3, parseS3},
	{"az://", []string{"account", "account_key", "sas_token", "connection_string", "tenant_id", "client_id", "client_secret", "endpoint", "ca", "anonymous"},
		isAzure, parseAzure},
	{"gs://", []string{"credentials", "access_key", "secret_key", "region", "user_project", "endpoint", "ca", "anonymous"}, isGCS, parseGCS},
	{"hdfs://", []string{"user", "namenodes", "datanode_hostnames"}, isHDFS, parseHDFS},
	{"http:// and https://", []string{"files", "bearer_token", "ca"}, isWeb, parseWeb},
	{"folders", nil, isFolder, parseFolder},
}

// common are the options that all storages have, besides those of reading.
var common = []string{"url", "layout", "admission"}

// storageOf finds the storage that a URL names.
func storageOf(o connectors.Options) (storage, *url.URL, error) {
	text := o["url"]
	at, err := url.Parse(text)
	switch {
	case text == "":
		return storage{}, nil, fmt.Errorf("option url is missing")
	case strings.HasPrefix(text, "/"):
		at = &url.URL{Scheme: "file", Path: text} // whatever characters it has
	case err != nil:
		return storage{}, nil, fmt.Errorf("url is malformed")
	}
	const forms = "url must be s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, hdfs://namenode/folder, https://server/folder/, file:///folder or /folder"
	if _, password := at.User.Password(); password || at.RawQuery != "" || at.Fragment != "" {
		return storage{}, nil, fmt.Errorf("%s and nothing more", forms)
	}
	for _, p := range storages {
		if p.is(at, o) {
			return p, at, nil
		}
	}
	return storage{}, nil, fmt.Errorf("%s", forms)
}

// check finds options that are unknown or of other storages.
func (p storage) check(o connectors.Options) error {
	for key := range o {
		if slices.Contains(common, key) || slices.Contains(readingOptions, key) || strings.HasPrefix(key, tableOptionsPrefix) || slices.Contains(p.options, key) {
			continue
		}
		var others []string
		for _, other := range storages {
			if slices.Contains(other.options, key) {
				others = append(others, other.urls)
			}
		}
		if others != nil {
			return fmt.Errorf("option %s is for %s only", key, strings.Join(others, ", "))
		}
		return fmt.Errorf("unknown option %s (known: %s, %s, %s...)", key,
			strings.Join(append(slices.Clone(common), p.options...), ", "), strings.Join(readingOptions, ", "), tableOptionsPrefix)
	}
	return nil
}

func isS3(at *url.URL, _ connectors.Options) bool {
	return at.Scheme == "s3" && at.Host != "" && at.User == nil
}

func isWeb(at *url.URL, _ connectors.Options) bool {
	return (at.Scheme == "http" || at.Scheme == "https") && at.Host != "" && at.User == nil
}

func isFolder(at *url.URL, _ connectors.Options) bool {
	return at.Scheme == "file" && at.Host == "" && at.User == nil && strings.HasPrefix(at.Path, "/")
}

func parseFolder(s *settings, at *url.URL, _ connectors.Options) (opener, error) {
	s.local = true
	return func(cfg connectors.Config) (blob.Store, error) { return blob.NewLocal(at.Path, cfg.LocalRoots) }, nil
}

// prefixOf is what the keys below a path begin with.
func prefixOf(path string) string {
	if path = strings.Trim(path, "/"); path != "" {
		path += "/"
	}
	return path
}

// address reads an option that is the address of a server; nil: it is not given.
func address(o connectors.Options, key string) (*url.URL, error) {
	if o[key] == "" {
		return nil, nil
	}
	u, err := url.Parse(o[key])
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%s must be http://host[:port] or https://host[:port]", key)
	}
	return u, nil
}

// boolean reads an option that is true or false into target, unless it is not given.
func boolean(o connectors.Options, key string, target *bool) error {
	text, ok := o[key]
	if !ok {
		return nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%s must be true or false", key)
	}
	*target = value
	return nil
}
