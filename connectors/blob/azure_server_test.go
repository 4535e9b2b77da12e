//go:build integration

package blob

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// azure returns a store of a test container as change has it configured.
func azure(t *testing.T, container testserver.AzureStore, change func(*AzureConfig)) *Azure {
	t.Helper()
	endpoint, err := url.Parse(container.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	config := AzureConfig{Endpoint: endpoint, Account: container.Account, Container: container.Container, Key: connectors.Secret(container.Key)}
	if change != nil {
		change(&config)
	}
	store, err := NewAzure(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func azurePlace(t *testing.T, change func(testserver.AzureStore, *AzureConfig)) place {
	container := testserver.Azure(t)
	put := func(t *testing.T, key, content string) { container.Put(t, key, content) }
	return place{azure(t, container, func(c *AzureConfig) { change(container, c) }), put, func(t *testing.T, key string) {
		if _, err := container.Client(t).DeleteBlob(context.Background(), container.Container, key, nil); err != nil {
			t.Fatal(err)
		}
	}}
}

func TestAzure(t *testing.T) {
	suite(t, func(t *testing.T) place { return azurePlace(t, func(testserver.AzureStore, *AzureConfig) {}) })
}

// signature returns the parameters of a shared access signature that may read and list until a time.
func signature(t *testing.T, s testserver.AzureStore, until time.Time) connectors.Secret {
	t.Helper()
	address, err := s.Client(t).ServiceClient().NewContainerClient(s.Container).GetSASURL(sas.ContainerPermissions{Read: true, List: true}, until, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, _ := strings.Cut(address, "?")
	return connectors.Secret(parameters)
}

func TestAzureBySignature(t *testing.T) {
	suite(t, func(t *testing.T) place {
		return azurePlace(t, func(s testserver.AzureStore, c *AzureConfig) {
			c.Key, c.SAS = "", signature(t, s, time.Now().Add(time.Hour))
		})
	})
}

// TestAzureRefusals has errors that people understand and that hold no secret, and neither has the log.
func TestAzureRefusals(t *testing.T) {
	container := testserver.Azure(t)
	container.Put(t, "f", "x")
	ended := signature(t, container, time.Now().Add(-time.Minute))
	const wrong = "aHVudGVyMg=="
	for name, c := range map[string]struct {
		change func(*AzureConfig)
		code   sqlerr.Code
		says   string
	}{
		"no container": {func(c *AzureConfig) { c.Container = "none" }, sqlerr.SourceError, "the container none does not exist"},
		"wrong key":    {func(c *AzureConfig) { c.Key = wrong }, sqlerr.SourceAuth, "the store refuses access: status 403, AuthorizationFailure"},
		"ended":        {func(c *AzureConfig) { c.Key, c.SAS = "", ended }, sqlerr.SourceAuth, "the store refuses access: status 403"},
		"anonymous":    {func(c *AzureConfig) { c.Key, c.Anonymous = "", true }, sqlerr.SourceAuth, "the store refuses access"},
		"no server": {func(c *AzureConfig) {
			c.Key, c.SAS = "", ended
			c.Endpoint = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
		}, sqlerr.SourceDown, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := azure(t, container, func(config *AzureConfig) {
				config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				c.change(config)
			})
			check := func(doing string, err error) {
				if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.says) || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: code %d: %v", doing, sqlerr.CodeOf(err), err)
				}
				for _, secret := range []string{wrong, "sig=", container.Key} {
					if strings.Contains(err.Error()+log.String(), secret) {
						t.Errorf("%s: %s is in %v or in the log %s", doing, secret, err, log.String())
					}
				}
			}
			_, err := s.Stat(t.Context(), "f")
			check("stat", err)
			for _, err := range s.List(t.Context(), ListOptions{}) {
				check("list", err)
			}
		})
	}
}
