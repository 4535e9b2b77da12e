package objectstore

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// TestStorages finds the address of a key by the options that name a store.
func TestStorages(t *testing.T) {
	for _, c := range []struct {
		options connectors.Options
		want    string // of key k
	}{
		{connectors.Options{"url": "s3://b/x"}, "s3://b/k"},
		{connectors.Options{"url": "/srv/a b%20c"}, "file:///srv/a b%20c/k"},
		{connectors.Options{"url": "https://a.blob.core.windows.net/c/one.csv"}, "https://a.blob.core.windows.net/c/k"},
		{connectors.Options{"url": "https://a.blob.core.windows.net/c", "files": "one.csv"}, "https://a.blob.core.windows.net/c/k"},
		{connectors.Options{"url": "az://c/x", "account": "a"}, "https://a.blob.core.windows.net/c/k"},
		{connectors.Options{"url": "az://c/x", "account": "a", "anonymous": "true", "endpoint": "http://127.0.0.1:10000/a"}, "http://127.0.0.1:10000/a/c/k"},
		{connectors.Options{"url": "az://c/x", "account": "a", "tenant_id": "t", "client_id": "c", "client_secret": "s"}, "https://a.blob.core.windows.net/c/k"},
		{connectors.Options{"url": "https://a.blob.core.windows.net/c/x", "account_key": "aHVudGVyMg=="}, "https://a.blob.core.windows.net/c/k"},
		{connectors.Options{"url": "abfss://c@a.dfs.core.usgovcloudapi.net/x"}, "https://a.blob.core.usgovcloudapi.net/c/k"},
		{connectors.Options{"url": "az://c", "connection_string": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aHVudGVyMg==;EndpointSuffix=core.chinacloudapi.cn"},
			"https://a.blob.core.chinacloudapi.cn/c/k"},
		{connectors.Options{"url": "az://c", "connection_string": "BlobEndpoint=http://127.0.0.1:10000/a;SharedAccessSignature=sv=1&sig=2;"}, "http://127.0.0.1:10000/a/c/k"},
		{connectors.Options{"url": "gs://b/x"}, "gs://b/k"},
		{connectors.Options{"url": "gs://b", "access_key": "GOOG1", "secret_key": "s"}, "gs://b/k"},
		{connectors.Options{"url": "gs://b", "anonymous": "true", "user_project": "p", "endpoint": "http://127.0.0.1:4443"}, "gs://b/k"},
		{connectors.Options{"url": "hdfs://nn1/lake", "namenodes": "nn2:9000"}, "hdfs://nn1:8020/lake/k"},
		{connectors.Options{"url": "hdfs://nn1:9000", "user": "alice", "datanode_hostnames": "true"}, "hdfs://nn1:9000/k"},
	} {
		opened, err := Open(context.Background(), connectors.Config{Name: "lake", Options: c.options, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Errorf("%v: %v", c.options, err)
			continue
		}
		if got := opened.(*source).store.Location("k"); got != c.want {
			t.Errorf("%v: %s, want %s", c.options, got, c.want)
		}
		opened.Close()
	}
}

// TestStoragesRefuse options that are missing, malformed or at odds with each other, without a secret in what they say.
func TestStoragesRefuse(t *testing.T) {
	for _, o := range []connectors.Options{
		{"url": "az://c/x"},
		{"url": "az://c/x", "account": "a", "account_key": "no Base64: hunter2"},
		{"url": "az://c/x", "account": "a", "account_key": "aHVudGVyMg==", "sas_token": "sig=hunter2"},
		{"url": "az://c/x", "account": "a", "tenant_id": "t", "client_id": "c"},
		{"url": "az://c/x", "account": "a", "anonymous": "perhaps"},
		{"url": "az://c/x", "account": "a", "region": "eu"},
		{"url": "az://c/x", "endpoint": "https://hunter2@x"},
		{"url": "az://c/x", "endpoint": "https://x", "account_key": "aHVudGVyMg=="},
		{"url": "az://c/x", "endpoint": "https://elsewhere.example.com"},
		{"url": "az://c/x", "connection_string": "AccountKey"},
		{"url": "az://c/x", "connection_string": "AccountKey=aHVudGVyMg=="},
		{"url": "az://c/x", "connection_string": "AccountName=a;AccountKey=aHVudGVyMg==", "account": "a"},
		{"url": "https://a.blob.core.windows.net"},
		{"url": "https://a.blob.core.windows.net/c", "account": "b"},
		{"url": "https://a.blob.core.windows.net/c?sig=hunter2"},
		{"url": "gs://"},
		{"url": "gs://b", "credentials": "hunter2"},
		{"url": "gs://b", "access_key": "k"},
		{"url": "gs://b", "access_key": "k", "secret_key": "hunter2", "anonymous": "true"},
		{"url": "gs://b", "access_key": "k", "secret_key": "hunter2", "user_project": "p"},
		{"url": "gs://b", "endpoint": "http://127.0.0.1:4443"},
		{"url": "gs://b", "region": "eu"},
		{"url": "hdfs:///lake"},
		{"url": "hdfs://alice@nn/lake"},
		{"url": "hdfs://nn/lake", "namenodes": "a:b:c"},
		{"url": "hdfs://nn/lake", "datanode_hostnames": "perhaps"},
		{"url": "/x", "user": "alice"},
		{"url": "abfss://c@a.example.com/x"},
		{"url": "abfss://c:hunter2@a.dfs.core.windows.net/x"},
		{"url": "abfss://a.dfs.core.windows.net/x"},
	} {
		_, err := Open(context.Background(), connectors.Config{Name: "lake", Options: o, Log: slog.New(slog.DiscardHandler)})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "source lake") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: error %v, want BadOption", o, err)
		}
	}
}
