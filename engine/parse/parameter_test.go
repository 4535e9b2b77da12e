package parse

import "testing"

func TestParameters(t *testing.T) {
	for sql, want := range map[string]int{
		`SELECT 1`: 0, `SELECT ?, a+?`: 2, "SELECT '?', \"?\", `?`, ? -- ?": 1, `SELECT /* ? */ ? # ?`: 1, `SELECT ?, 'open`: 1,
	} {
		if got := Parameters(sql, Mode{}); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}
