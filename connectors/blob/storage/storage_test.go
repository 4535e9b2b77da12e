package storage

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
)

var kinds = []Kind{S3, Azure, GCS, HDFS, Folder}

func place(t *testing.T, o connectors.Options) Place {
	t.Helper()
	kind, at, err := Find(kinds, "url", o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := kind.Parse(at, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The files of a place have keys by any address that programs have for them; those of other places and above it have none.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		options connectors.Options
		keys    map[string]string // by address; "": it lies elsewhere
	}{
		{connectors.Options{"url": "/data/lake"}, map[string]string{
			"/data/lake/a": "a", "file:///data/lake/a/b": "a/b", "file:/data/lake/a": "a", "/data/lake/a%20b": "a%20b", "/data/lake//a": "a",
			"/data/lakes/a": "", "/data/lake/../a": "", "data/lake/a": "", "s3://data/lake/a": "", "file://host/data/lake/a": "", "hdfs:///data/lake/a": "",
		}},
		{connectors.Options{"url": "s3://data/lake"}, map[string]string{
			"s3://data/lake/a": "lake/a", "s3a://data/lake/a%20b": "lake/a%20b", "s3n://data/lake//a": "lake//a",
			"s3://data/lakes/a": "", "s3://data/lake/../a": "", "s3://other/lake/a": "", "gs://data/lake/a": "", "/data/lake/a": "",
		}},
		{connectors.Options{"url": "gs://data/lake"}, map[string]string{"gs://data/lake/a": "lake/a", "gs://data/a": "", "s3://data/lake/a": ""}},
		{connectors.Options{"url": "az://data/lake", "account": "acme"}, map[string]string{
			"az://data/lake/a": "lake/a", "abfss://data@acme.dfs.core.windows.net/lake/a": "lake/a", "wasb://data@acme.blob.core.windows.net/lake/a": "lake/a",
			"https://acme.blob.core.windows.net/data/lake/a%20b": "lake/a%20b",
			"abfss://data@other.dfs.core.windows.net/lake/a":     "", "abfss://other@acme.dfs.core.windows.net/lake/a": "", "abfss://data/lake/a": "",
			"https://acme.blob.core.windows.net/other/lake/a": "", "http://acme.blob.core.windows.net/data/lake/a": "", "abfs://data@acme.dfs.core.windows.net/a": "",
		}},
		{connectors.Options{"url": "az://data", "account": "acme", "endpoint": "http://127.0.0.1:10000/acme"}, map[string]string{
			"http://127.0.0.1:10000/acme/data/a": "a", "http://127.0.0.1:10000/other/data/a": "",
		}},
		{connectors.Options{"url": "hdfs://one/lake", "namenodes": "two:9000"}, map[string]string{
			"hdfs://one/lake/a": "a", "hdfs://one:8020/lake/a": "a", "hdfs://two:9000/lake/a/b": "a/b", "hdfs:///lake/a": "a",
			"hdfs://three/lake/a": "", "hdfs://two/lake/a": "", "hdfs://one/lakes/a": "", "hdfs://one/lake/../a": "", "/lake/a": "",
		}},
		{connectors.Options{"url": "hdfs://one"}, map[string]string{"hdfs://one/a/b": "a/b"}},
	} {
		p := place(t, c.options)
		for address, want := range c.keys {
			if key, ok := p.Key(address); ok != (want != "") || ok && key != want {
				t.Errorf("%v: %s is %q, %v; want %q", c.options, address, key, ok, want)
			}
		}
	}
}

// What is wrong with options is said by the name of the one that it is about.
func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"": "option warehouse is missing", "ftp://x": "warehouse must be s3://bucket/prefix, az://container/prefix, ",
		"s3://a:b@x": "and nothing more", "https://acme.blob.core.windows.net": "warehouse must name a container",
	} {
		o := connectors.Options{"warehouse": text}
		kind, at, err := Find(kinds, "warehouse", o)
		if err == nil {
			_, err = kind.Parse(at, o)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if err := Refuse(kinds, "region", nil); err.Error() != "option region is for s3://, gs:// only" {
		t.Error(err)
	}
	if err := Refuse(kinds, "regoin", []string{"region", "ca"}); err.Error() != "unknown option regoin (known: region, ca)" {
		t.Error(err)
	}
}
