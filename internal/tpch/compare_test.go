package tpch

import (
	"math/rand/v2"
	"testing"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name         string
		rows, answer [][]string
		same         bool
	}{
		{"any order", [][]string{{"a", "1"}, {"b", "2"}}, [][]string{{"b", "2"}, {"a", "1"}}, true},
		{"missing row", [][]string{{"a"}}, [][]string{{"a"}, {"a"}}, false},
		{"multiset", [][]string{{"a"}, {"a"}, {"b"}}, [][]string{{"a"}, {"b"}, {"b"}}, false},
		{"trailing zeros", [][]string{{"1.50"}}, [][]string{{"1.5"}}, true},
		{"exact decimals", [][]string{{"1.51"}}, [][]string{{"1.50"}}, false},
		{"average at our scale", [][]string{{"25.537587"}}, [][]string{{"25.537587116854997"}}, true},
		{"average off", [][]string{{"25.537585"}}, [][]string{{"25.537587116854997"}}, false},
		{"double with as few digits", [][]string{{"0.333333333333333333333333333333"}}, [][]string{{"0.3333333333333333"}}, true},
		{"double off", [][]string{{"0.333333333433333333333333333333"}}, [][]string{{"0.3333333333333333"}}, false},
		{"integers as decimals", [][]string{{"10.00", "x"}, {"9.00", "y"}}, [][]string{{"9", "y"}, {"10", "x"}}, true},
		{"ragged", [][]string{{"1", "2"}}, [][]string{{"1"}}, false},
		{"text", [][]string{{"x"}}, [][]string{{"y"}}, false},
	} {
		if err := Compare(c.rows, c.answer); (err == nil) != c.same {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestQualify(t *testing.T) {
	const query = "select n_name as nation, sum(x)\nfrom orders,\n  nation n1, part\njoin region on r_name = nation group by nation, part_x"
	const want = "select n_name as nation, sum(x)\nfrom db.orders,\n  db.nation n1, db.part\njoin db.region on r_name = nation group by nation, part_x"
	if got := Qualify(query, func(string) string { return "db" }); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRandomQuery(t *testing.T) {
	differ := 0
	for n := 1; n <= 22; n++ {
		plain, err := Query(n)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(5) {
			one, err := RandomQuery(rand.New(rand.NewPCG(seed, 1)), n)
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := RandomQuery(rand.New(rand.NewPCG(seed, 1)), n); again != one {
				t.Errorf("seed %d gave\n%s\nand then\n%s", seed, one, again)
			}
			if one != plain {
				differ++
			}
		}
	}
	if differ < 80 {
		t.Errorf("%d of 110 queries have other parameters", differ)
	}
}

func TestQueries(t *testing.T) {
	for n := 1; n <= 22; n++ {
		if text, err := Query(n); err != nil || text == "" {
			t.Errorf("query %d: %q, %v", n, text, err)
		}
	}
}
