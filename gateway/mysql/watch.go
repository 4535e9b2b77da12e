package mysql

import (
	"context"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/sqlerr"
)

const (
	// watchAfter is how long a statement runs before its client is watched: most never are.
	watchAfter = 20 * time.Millisecond
	// hurryAfter is how long a client has to take what is being written when its statement was ended.
	hurryAfter = 500 * time.Millisecond
)

// watch cancels a statement whose client goes away. The returned function ends the watch, which must be over before
// the next command is read.
func watch(c *vitess.Conn, cancel context.CancelCauseFunc) (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	timer := time.AfterFunc(watchAfter, func() {
		defer close(over)
		if err := c.WaitForClientActivity(ctx); err != nil {
			cancel(sqlerr.Wrap(sqlerr.Cancelled, err, "the client went away"))
		}
	})
	return func() {
		end()
		if !timer.Stop() {
			<-over
		}
	}
}

// hurry gives a client that does not read its result only a short time more once ctx ends, so that a statement that was
// killed does not wait for it with all it holds. The returned function lifts that.
func hurry(ctx context.Context, c *vitess.Conn) (lift func()) {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		_ = c.Conn.SetWriteDeadline(time.Now().Add(hurryAfter)) // a closed connection needs no deadline
	})
	return func() {
		if !stop() {
			<-over
			_ = c.Conn.SetWriteDeadline(time.Time{})
		}
	}
}
