//go:build integration

package objectstore

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func TestAzure(t *testing.T) {
	container := testserver.Azure(t)
	options := connectors.Options{"url": "az://" + container.Container + "/lake", "endpoint": container.Endpoint, "account": container.Account, "account_key": container.Key}
	readsALake(t, options, func(key string, content []byte) { container.Put(t, key, string(content)) })
	options["account_key"] = "aHVudGVyMg=="
	if _, err := open(t, options).Table(t.Context(), orders(), connectors.AsOf{}); !sqlerr.Is(err, sqlerr.SourceAuth) || !strings.Contains(err.Error(), "source lake, table orders") {
		t.Errorf("a wrong key: %v", err)
	}
}
