package expr

import "testing"

// TestRegexpOccurrences counts matches, those of the empty text too: the next begins a character later.
func TestRegexpOccurrences(t *testing.T) {
	f := newFixture(t)
	for call, want := range map[string]string{
		`regexp_replace|'abc def'|'\b'|'-'`:   "-abc- -def-",
		`regexp_replace|'abc'|'x*'|'-'`:       "-a-b-c-",
		`regexp_replace|'aXbX'|'(?=X)'|'-'`:   "a-Xb-X",
		`regexp_instr|'abc'|'\b'|1|2`:         "4",
		`regexp_instr|'abc'|'\b'|1|3`:         "0",
		`regexp_substr|'abc def'|'\b\w'|1|2`:  "d",
		`regexp_replace|'aaa'|'^a'|'-'`:       "-aa",
		`regexp_replace|'aaa'|'a'|'-'|1|2`:    "a-a",
		`regexp_replace|'héhé'|'é'|'<$0>'|3`:  "héh<é>",
		`regexp_instr|'dog cat dog'|'dog'|2`:  "9",
		`regexp_like|'new*\n*line'|'new\\*.'`: "1",
	} {
		e, err := parseCall(t, call)
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		if got, err := f.eval(e); err != nil || got[0] != want {
			t.Errorf("%s: %v, %v, want %s", call, got, err, want)
		}
	}
}
