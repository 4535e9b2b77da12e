package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/silogate/silogate/engine/plan"
)

// granule is what timeouts on the server are rounded up to, by one at least: the gateway, which can say why, is to be first.
const granule = 100 * time.Millisecond

// timeouts is the text that makes the server itself end what a transaction runs when ctx's deadline is over, and the
// transaction if nothing comes: the gateway may be lost by then. It takes no time that the server's own statement_timeout
// does not give. Without a deadline it is empty.
func timeouts(ctx context.Context, tables []*plan.Table) string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ""
	}
	left := max(time.Until(deadline), 0).Truncate(granule) + 2*granule
	left = min(left, math.MaxInt32*time.Millisecond)
	statement := left
	for _, t := range tables {
		if own := t.Handle.(*relation).server.statementTimeout; own > 0 {
			statement = min(statement, own)
		}
	}
	return fmt.Sprintf("SET LOCAL statement_timeout = %d;SET LOCAL idle_in_transaction_session_timeout = %d;",
		statement.Milliseconds(), left.Milliseconds())
}
