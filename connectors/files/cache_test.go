package files_test

import (
	"context"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/sqlerr"
)

// broken is a store with a defect.
type broken struct{ blob.Store }

func (broken) Location(key string) string                             { return key }
func (broken) Read(context.Context, blob.Object, int64, []byte) error { panic("boom") }

// TestCacheSurvivesAPanic opens a file twice: nobody waits for a read that a panic ended.
func TestCacheSurvivesAPanic(t *testing.T) {
	c := files.NewCache(1 << 20)
	for range 2 {
		_, err := c.Open(t.Context(), parquet.New(0), broken{}, blob.Object{Size: 1000}, &connectors.Usage{})
		if !sqlerr.Is(err, sqlerr.Internal) {
			t.Errorf("error %v", err)
		}
	}
}
