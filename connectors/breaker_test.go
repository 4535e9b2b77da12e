package connectors

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// clock is a time that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time            { return c.Time }
func (c *clock) pass(d time.Duration)      { c.Time = c.Add(d) }
func (c *clock) at(d time.Duration) string { return c.Add(d).UTC().Format("15:04:05 UTC") }

func newClock() *clock { return &clock{time.Date(2026, 3, 29, 12, 0, 0, 0, time.FixedZone("", 3600))} }

var errRefused = errors.New("connection refused")

// try makes an attempt that must be admitted.
func try(t *testing.T, b *Breaker) *Attempt {
	t.Helper()
	a, err := b.Try()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// refuses checks that an attempt is refused for a reason.
func refuses(t *testing.T, b *Breaker, says ...string) {
	t.Helper()
	_, err := b.Try()
	if err == nil {
		t.Fatal("the attempt was admitted")
	}
	if shown := b.Err(); shown == nil || shown.Error() != err.Error() {
		t.Errorf("it shows %v, and the error of an attempt is %v", shown, err)
	}
	if !sqlerr.Is(err, sqlerr.SourceDown) || !errors.Is(err, errRefused) {
		t.Errorf("error %#v", err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("the error does not say %q: %v", s, err)
		}
	}
}

func TestQuickFailuresOpenTogether(t *testing.T) {
	c := newClock()
	b := NewBreaker(c.now)
	for range 3 {
		for range fastFailures - 1 {
			try(t, b).Failed(errRefused)
		}
		if b.Err() != nil {
			t.Fatal("it is open too early")
		}
		try(t, b).Reached() // so none of them were in a row with the next
	}
	since := c.at(0)
	for range fastFailures {
		try(t, b).Failed(errRefused)
		c.pass(time.Second / 10)
	}
	refuses(t, b, "not reached since 2026-03-29 11:00:00 UTC in 5 attempts", since, "tried again at 2026-03-29 11:00:01 UTC", "connection refused")
}

func TestASlowFailureOpensAtOnce(t *testing.T) {
	c := newClock()
	b := NewBreaker(c.now)
	a := try(t, b)
	since := c.at(0)
	c.pass(slowFailure)
	a.Failed(errRefused)
	refuses(t, b, "not reached since 2026-03-29 "+since+", it is tried again at 2026-03-29 "+c.at(firstPause))
	if b.Err() == nil {
		t.Error("it says that it is closed")
	}
}

func TestOneAttemptAtATimeReopens(t *testing.T) {
	c := newClock()
	b := NewBreaker(c.now)
	early, late := try(t, b), try(t, b) // begun before anybody knew
	a := try(t, b)
	c.pass(slowFailure)
	a.Failed(errRefused)
	next := c.at(firstPause)
	early.Failed(errRefused) // tells nothing new
	refuses(t, b, "tried again at 2026-03-29 "+next)

	c.pass(firstPause)
	if b.Err() == nil || !strings.Contains(b.Err().Error(), "tried again when it is read next") {
		t.Errorf("at its time: %v", b.Err())
	}
	try(t, b).Failed(errRefused) // at once: it costs nobody anything to try again soon
	refuses(t, b, "tried again at 2026-03-29 "+c.at(firstPause))
	c.pass(firstPause)
	for pause := 2 * firstPause; pause < 3*longestPause; pause *= 2 {
		alone := try(t, b)
		refuses(t, b, "it is being tried again")
		c.pass(slowFailure)
		alone.Failed(errRefused)
		refuses(t, b, c.at(min(pause, longestPause)))
		c.pass(min(pause, longestPause) - 1)
		refuses(t, b)
		c.pass(1)
	}

	try(t, b).Reached()
	if b.Err() != nil {
		t.Error("it is open after an attempt that reached the source")
	}
	all := []*Attempt{try(t, b), try(t, b), try(t, b)}
	for _, a := range all {
		a.Reached()
	}

	a = try(t, b)
	c.pass(slowFailure)
	a.Failed(errRefused)
	refuses(t, b, "not reached since", c.at(firstPause)) // the pause is the first again
	late.Reached()                                       // whoever reaches it closes
	try(t, b).Reached()
}
