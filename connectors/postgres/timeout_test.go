package postgres

import (
	"context"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silogate/silogate/engine/plan"
)

func TestTimeouts(t *testing.T) {
	of := func(own time.Duration) []*plan.Table {
		return []*plan.Table{{Handle: &relation{}}, {Handle: &relation{server: server{statementTimeout: own}}}}
	}
	for _, c := range []struct {
		left, own       time.Duration
		statement, idle int // milliseconds
	}{
		{time.Second, 0, 1200, 1200},
		{1050 * time.Millisecond, 0, 1200, 1200},
		{time.Second, time.Hour, 1200, 1200},
		{time.Minute, 5 * time.Second, 5000, 60200},
		{-time.Second, 0, 200, 200},
		{50 * 24 * time.Hour, 0, math.MaxInt32, math.MaxInt32},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.left)
			defer cancel()
			want := fmt.Sprintf("SET LOCAL statement_timeout = %d;SET LOCAL idle_in_transaction_session_timeout = %d;", c.statement, c.idle)
			if got := timeouts(ctx, of(c.own)); got != want {
				t.Errorf("%s left of %s: %s, want %s", c.left, c.own, got, want)
			}
		})
	}
	if got := timeouts(t.Context(), of(time.Second)); got != "" {
		t.Errorf("without a deadline: %s", got)
	}
}
