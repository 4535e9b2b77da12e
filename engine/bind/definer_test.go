package bind

import "testing"

// TestNamesOfReaders checks that a name says as whom a database is read only if this process made it so.
func TestNamesOfReaders(t *testing.T) {
	r := newReaders()
	for _, as := range []account{{"ann", "%"}, {"", ""}, {"Ann", "10.0.0.%"}, {"a\x00b", "%\x00"}} {
		db, reader := r.split(r.name("a\x00b", as))
		if db != "a\x00b" || reader == nil || *reader != as {
			t.Errorf("%v: %q %v", as, db, reader)
		}
	}
	for _, name := range []string{"shop", "", "\x00root\x00%\x00shop", newReaders().name("shop", account{"root", "%"})} {
		if db, reader := r.split(name); db != name || reader != nil {
			t.Errorf("%q is read as %v", name, reader)
		}
	}
}
