package connectors

import (
	"context"
	"time"
)

// stalenessKey is the key of a context with a staleness.
type stalenessKey struct{}

type staleness struct {
	begun time.Time
	most  time.Duration // negative: it was not said
}

// WithStaleness returns a context for a statement that began at a time and may be answered by what sources said of their tables at most so long
// before; negative: what they said a few seconds ago will do, as far as it still is so.
func WithStaleness(ctx context.Context, begun time.Time, most time.Duration) context.Context {
	return context.WithValue(ctx, stalenessKey{}, staleness{begun, most})
}

// FreshSince returns since when a source must have said something that is not asked for again. It is the zero time if the context is of no statement.
// Said reports that the session has chosen it.
func FreshSince(ctx context.Context) (since time.Time, said bool) {
	s, ok := ctx.Value(stalenessKey{}).(staleness)
	if !ok {
		return time.Time{}, false
	}
	return s.begun.Add(-max(s.most, 0)), s.most >= 0
}
