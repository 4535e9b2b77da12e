package orc

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/silogate/silogate/connectors/files"
)

// showBound shows a bound as values are shown.
func showBound(c files.Column, b files.Bounds, least bool) string {
	v := b.Max
	if least {
		v = b.Min
	}
	if c.Type.IsString() {
		return fmt.Sprintf("%q", v.Str)
	}
	return v.Format(c.Type, time.UTC)
}

// compareShown compares values that are shown.
func compareShown(c files.Column, x, y string) int {
	if c.Type.IsString() || c.Type.IsTemporal() {
		return cmp.Compare(x, y)
	}
	if a, err := strconv.ParseInt(x, 10, 64); err == nil {
		if b, err := strconv.ParseInt(y, 10, 64); err == nil {
			return cmp.Compare(a, b)
		}
	}
	a, _ := strconv.ParseFloat(x, 64)
	b, _ := strconv.ParseFloat(y, 64)
	return cmp.Compare(a, b)
}
