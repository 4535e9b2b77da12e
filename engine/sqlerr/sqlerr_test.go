package sqlerr

import (
	"context"
	"fmt"
	"testing"
)

func TestEveryCodeHasAnIdentity(t *testing.T) {
	for c := Internal; c <= ViewCheckOption; c++ {
		id := c.Identity()
		if id.Errno == 0 || len(id.State) != 5 {
			t.Errorf("code %d: identity %+v", c, id)
		}
	}
}

func TestCodeOf(t *testing.T) {
	down := Wrap(SourceDown, context.DeadlineExceeded, "source shop: connect")
	for _, c := range []struct {
		err  error
		want Code
	}{
		{down, SourceDown},
		{fmt.Errorf("scan orders: %w", down), SourceDown},
		{fmt.Errorf("scan: %w", context.Canceled), Cancelled},
		{context.DeadlineExceeded, Timeout},
		{fmt.Errorf("boom"), Internal},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("CodeOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
	if got, want := down.Error(), "source shop: connect: context deadline exceeded"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}
