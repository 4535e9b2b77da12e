package postgres

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestRecentAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecent[int]()
		r.put("a", 1)
		time.Sleep(recentAge - time.Nanosecond)
		if v, ok := r.get("a"); !ok || v != 1 {
			t.Errorf("a short time ago: %d, %v", v, ok)
		}
		time.Sleep(time.Nanosecond)
		if v, ok := r.get("a"); ok {
			t.Errorf("an old answer: %d", v)
		}
		if v, ok := r.last("a"); !ok || v != 1 {
			t.Errorf("the last answer: %d, %v", v, ok)
		}
		if _, ok := r.last("b"); ok {
			t.Error("an answer to what was never asked")
		}
	})
}
