package bind

import "testing"

func TestSplitAccount(t *testing.T) {
	for name, want := range map[string][2]string{
		"`ann`@`%`":           {"ann", "%"},
		"`a``b`@`h`":          {"a`b", "h"},
		"`a```@`h```":         {"a`", "h`"},
		"`a``@``b`@`c``@``d`": {"a`@`b", "c`@`d"},
		"```@`@`h`":           {"`@", "h"},
		"``@`%`":              {"", "%"},
		"`ann`":               {"ann", ""},
		"":                    {"", ""},
	} {
		user, host := SplitAccount(name)
		if got := [2]string{user, host}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
