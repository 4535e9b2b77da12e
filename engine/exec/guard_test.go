package exec

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/sqlerr"
)

type panics struct{}

func (panics) Next(context.Context) (arrow.RecordBatch, error) { panic("boom") }
func (panics) Close() error                                    { return nil }

func TestAPanicInAGoroutineIsAnError(t *testing.T) {
	root := Gather(Streams{panics{}, panics{}})
	defer root.Close()
	_, err := root.Next(context.Background())
	var p *sqlerr.Panic
	if !sqlerr.Is(err, sqlerr.Internal) || !errors.As(err, &p) || err.Error() != "internal error: boom" {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(string(p.Stack), "panics.Next") {
		t.Errorf("the stack does not show where: %s", p.Stack)
	}
}
