package blob

import (
	"context"
	"net/http"
	"time"
)

// bearer gives requests a token, which is asked for anew before it ends. It is safe for concurrent use.
type bearer struct {
	fetch func(context.Context) (token string, expires time.Time, err error)

	turn    chan struct{} // of one element: who has it may use what is below
	token   string
	expires time.Time
}

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 5 * time.Minute

func newBearer(fetch func(context.Context) (string, time.Time, error)) *bearer {
	return &bearer{fetch: fetch, turn: make(chan struct{}, 1)}
}

// authorize gives a request the token.
func (b *bearer) authorize(r *http.Request) error {
	ctx := r.Context()
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if b.token == "" || time.Until(b.expires) < tokenMargin {
		token, expires, err := b.fetch(ctx)
		if err != nil {
			return err
		}
		b.token, b.expires = token, expires
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	return nil
}
