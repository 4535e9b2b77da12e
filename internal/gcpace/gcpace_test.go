package gcpace

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// limit returns the runtime's memory limit.
func limit() int64 { return debug.SetMemoryLimit(-1) }

// keep is what the test has live.
var keep []byte

func TestLimitFollowsWhatIsLive(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := limit()
	runtime.GC()
	stop := Start(4 << 30)
	small := limit()
	if small < leastRoom || small > leastRoom+100<<20 {
		t.Errorf("the limit is %d bytes for an empty heap", small)
	}
	const size = 512 << 20
	keep = make([]byte, size)
	for limit() < small+size { // its finalizer runs after some collection
		runtime.GC()
	}
	if got := limit(); got > small+size+size/partRoom+100<<20 {
		t.Errorf("the limit is %d bytes for %d that are live", got, size)
	}
	keep = nil
	for limit() > small+size/2 {
		runtime.GC()
	}
	stop()
	if limit() != before {
		t.Errorf("the limit is %d after stop, %d before", limit(), before)
	}
}

func TestTheEnvironmentDecides(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "1GiB")
	before := limit()
	defer Start(4 << 30)()
	if limit() != before {
		t.Errorf("the limit changed from %d to %d", before, limit())
	}
}
