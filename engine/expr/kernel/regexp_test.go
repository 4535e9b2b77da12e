package kernel

import (
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestRegexpTimeOfRow ends a row whose matches take too long together.
func TestRegexpTimeOfRow(t *testing.T) {
	x := NewRegexps(false)
	x.rowTime = -time.Second
	args := []Datum{Scalar(types.TextValue("aaa")), Scalar(types.TextValue("a(?=a)")), Scalar(types.TextValue("-"))}
	r := newRow(&Context{}, args, 1)
	if _, ok := x.Replace(r, nil); ok || sqlerr.CodeOf(r.err) != sqlerr.RegexpTimeout {
		t.Errorf("%v, %v", ok, r.err)
	}
}
