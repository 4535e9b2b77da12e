package objectstore

import "testing"

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern pattern
		path    string
		match   bool // the path; of a folder: whether such paths may lie in it
	}{
		{pattern{"*.csv"}, "a.csv", true},
		{pattern{"*.csv"}, "a.csv.gz", false},
		{pattern{"*.csv"}, "x/a.csv", false},
		{pattern{"*", "*.csv"}, "x/a.csv", true},
		{pattern{"day=202[45]*", "?.csv"}, "day=2024-01-01/a.csv", true},
		{pattern{"day=202[45]*", "?.csv"}, "day=2023-01-01/a.csv", false},
		{pattern{"**"}, "a", true},
		{pattern{"**"}, "a/b/c", true},
		{pattern{"**", "*.csv"}, "a.csv", true},
		{pattern{"**", "*.csv"}, "a/b/c.csv", true},
		{pattern{"**", "*.csv"}, "a/b/c.txt", false},
		{pattern{"a*", "**", "x", "*.csv"}, "a1/b/x/x/c.csv", true},
		{pattern{"a*", "**", "x", "*.csv"}, "a1/b/y/c.csv", false},
		{pattern{"day=2024*", "*.csv"}, "day=2024-01-01/", true},
		{pattern{"day=2024*", "*.csv"}, "day=2023-01-01/", false},
		{pattern{"*.csv"}, "day=2023-01-01/", false},
		{pattern{"**"}, "day=2023-01-01/", true},
		{pattern{"**", "x", "*.csv"}, "a/b/", true},
	} {
		got := c.pattern.match(c.path)
		if c.path[len(c.path)-1] == '/' {
			got = c.pattern.leads(c.path)
		}
		if got != c.match {
			t.Errorf("%q and %s: %v, want %v", c.pattern, c.path, got, c.match)
		}
	}
}
