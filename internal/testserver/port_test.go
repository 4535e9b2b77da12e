package testserver

import (
	"net"
	"testing"
)

func TestFreeAddress(t *testing.T) {
	given := map[string]bool{}
	for range 100 {
		at := FreeAddress(t)
		if given[at] {
			t.Fatalf("%s is given twice", at)
		}
		given[at] = true
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
