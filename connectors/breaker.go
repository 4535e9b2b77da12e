package connectors

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

const (
	slowFailure  = time.Second      // a failure that took so long opens a breaker by itself
	fastFailures = 5                // as many quick ones in a row do
	firstPause   = time.Second      // before a source is tried again; it doubles with every slow attempt in vain
	longestPause = 30 * time.Second // but is no longer than that
)

// Breaker spares the users of a source that cannot be reached the wait for it. It is closed at first: everybody may try
// to reach the source. After a failure that was waited for, or several quick ones, it is open: everybody is refused at
// once, with what failed last and when the source is tried again. Then one attempt at a time is let through, and the
// first that reaches the source closes it.
//
// Only unreachability is a failure. A source that answers has been reached, whatever it says: that it refuses the
// credentials, is overloaded or does not have the table.
type Breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int       // in a row
	since    time.Time // when the first of them began
	last     error
	pause    time.Duration // 0: closed
	next     time.Time     // of an open one: nobody tries before
	trying   bool          // an open one has let an attempt through that has not ended
}

// NewBreaker returns a closed breaker that tells the time by now.
func NewBreaker(now func() time.Time) *Breaker { return &Breaker{now: now} }

// Try admits an attempt to reach the source, which the caller ends by one of its methods, or says why there is none.
func (b *Breaker) Try() (*Attempt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	open := b.pause > 0
	if open && (b.trying || now.Before(b.next)) {
		return nil, b.reason()
	}
	b.trying = open
	return &Attempt{breaker: b, begun: now, alone: open}, nil
}

// Err says why an open breaker is; nil: it is closed.
func (b *Breaker) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause == 0 {
		return nil
	}
	return b.reason()
}

func (b *Breaker) reason() error {
	again := "it is tried again at " + moment(b.next)
	switch {
	case b.trying:
		again = "it is being tried again"
	case !b.now().Before(b.next):
		again = "it is tried again when it is read next"
	}
	times := ""
	if b.failures > 1 {
		times = fmt.Sprintf(" in %d attempts", b.failures)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, b.last, "not reached since %s%s, %s; the last failure", moment(b.since), times, again)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Dial connects if the breaker admits it, within a time. It goes on when nobody waits for it any more, and so learns how it ends.
func (b *Breaker) Dial(ctx context.Context, network, address string, timeout time.Duration) (net.Conn, error) {
	attempt, err := b.Try()
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(context.WithoutCancel(ctx), network, address)
	if err != nil {
		attempt.Failed(err)
		return nil, err
	}
	attempt.Reached()
	return conn, nil
}

// Attempt is one try to reach a source.
type Attempt struct {
	breaker *Breaker
	begun   time.Time
	alone   bool // the breaker was open
}

// Reached ends an attempt that the source answered.
func (a *Attempt) Reached() {
	b := a.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.last, b.pause, b.trying = 0, nil, 0, false
}

// Failed ends an attempt that did not reach the source.
func (a *Attempt) Failed(err error) {
	b := a.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	slow := now.Sub(a.begun) >= slowFailure
	if b.failures == 0 {
		b.since = a.begun
	}
	b.failures++
	b.last = err
	switch {
	case b.pause == 0:
		if !slow && b.failures < fastFailures {
			return
		}
		b.pause = firstPause
	case a.alone:
		b.trying = false
		if slow {
			b.pause = min(2*b.pause, longestPause)
		}
	default: // it began before others had opened the breaker
		return
	}
	b.next = now.Add(b.pause)
}
