package parse

import "testing"

func TestAssigns(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT @a := 1": true, "SELECT id, @a:=@a+1 FROM t": true, "SELECT @`a b` := 1": true,
		"SELECT @a, ':= 1'": false, "SELECT @a : = 1": false, "SELECT a := 1": false, "SELECT @a = 1": false, "SELECT 'x": false,
	} {
		if got := Assigns(sql); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
