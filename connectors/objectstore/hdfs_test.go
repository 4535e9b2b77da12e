//go:build integration

package objectstore

import (
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/internal/testserver"
)

func TestHDFS(t *testing.T) {
	folder := testserver.HDFS(t)
	readsALake(t, connectors.Options{"url": "hdfs://" + folder.Namenode + folder.Dir + "/lake", "user": folder.User},
		func(key string, content []byte) { folder.Put(t, key, string(content)) })
}
