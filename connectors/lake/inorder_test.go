package lake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// count yields 0 to n-1, and then an error if there is one.
func count(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func TestInOrder(t *testing.T) {
	failed := errors.New("failed")
	var all []string
	for i := range 40 {
		all = append(all, fmt.Sprint(i))
	}
	for name, c := range map[string]struct {
		in   iter.Seq2[int, error]
		at   int // the element that work fails or panics for
		does error
		want []string
		err  string
	}{
		"all":                     {in: count(40, nil), at: -1, want: all},
		"none":                    {in: count(0, nil), at: -1},
		"an error of the work":    {in: count(40, nil), at: 7, does: failed, want: all[:7], err: "failed"},
		"a panic":                 {in: count(40, nil), at: 7, want: all[:7], err: "runtime error"},
		"an error of the source":  {in: count(40, failed), at: -1, want: all, err: "failed"},
		"the first of two errors": {in: count(7, errors.New("later")), at: 6, does: failed, want: all[:6], err: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			var running, most atomic.Int64
			last := make(chan struct{}, 1) // work is done when a later one is
			work := func(_ context.Context, i int) (string, error) {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				if i == 0 && len(c.want) > 4 {
					<-last
				}
				if i == 3 {
					last <- struct{}{}
				}
				if i == c.at && c.does == nil {
					return []string{}[i], nil
				}
				if i == c.at {
					return "", c.does
				}
				return fmt.Sprint(i), nil
			}
			var got []string
			var err error
			for s, e := range InOrder(t.Context(), 4, c.in, work) {
				if err = e; err == nil {
					got = append(got, s)
				}
			}
			if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q, error %v; want %q, %q", got, err, c.want, c.err)
			}
			if running.Load() != 0 || most.Load() > 4 {
				t.Errorf("%d run on, %d ran at once, want 4", running.Load(), most.Load())
			}
		})
	}
}

// Who wants no more waits for what has begun, which is told.
func TestInOrderLeftEarly(t *testing.T) {
	var ended atomic.Int64
	work := func(ctx context.Context, i int) (int, error) {
		if i > 0 {
			<-ctx.Done()
		}
		ended.Add(1)
		return i, ctx.Err()
	}
	for i, err := range InOrder(t.Context(), 4, count(40, nil), work) {
		if i != 0 || err != nil {
			t.Errorf("%d, error %v", i, err)
		}
		break
	}
	if ended.Load() != 4 {
		t.Errorf("%d ended, want the 4 that had begun", ended.Load())
	}
}
