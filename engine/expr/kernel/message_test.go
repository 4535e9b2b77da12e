package kernel

import "testing"

type expressionText string

func (e expressionText) String() string { return string(e) }

func TestOutOfRangeNamesColumns(t *testing.T) {
	err := outOfRange("BIGINT", expressionText(`(a#3 + length('it\'s #4' + b#12))`))
	if want := `BIGINT value is out of range in '(a + length('it\'s #4' + b))'`; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
