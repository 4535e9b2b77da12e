package tpch

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// substitutions are the values that the specification (clause 2.4) lets a query's parameters have, as far as one rule covers
// every query.
var substitutions = []struct {
	find *regexp.Regexp
	pick []string
}{
	{regexp.MustCompile(`'(FRANCE|GERMANY|BRAZIL|CANADA|SAUDI ARABIA)'`), quote("FRANCE", "GERMANY", "BRAZIL", "CANADA", "SAUDI ARABIA",
		"ALGERIA", "CHINA", "INDIA", "JAPAN", "KENYA", "PERU", "UNITED KINGDOM", "UNITED STATES", "VIETNAM")},
	{regexp.MustCompile(`'(EUROPE|ASIA|AMERICA)'`), quote("EUROPE", "ASIA", "AMERICA", "AFRICA", "MIDDLE EAST")},
	{regexp.MustCompile(`'BUILDING'`), quote("BUILDING", "AUTOMOBILE", "FURNITURE", "HOUSEHOLD", "MACHINERY")},
	{regexp.MustCompile(`'Brand#\d\d'`), quote("Brand#11", "Brand#12", "Brand#23", "Brand#34", "Brand#45", "Brand#55")},
	{regexp.MustCompile(`\b(green|forest)\b`), []string{"green", "forest", "almond", "lemon", "rose", "tan", "navy"}},
	{regexp.MustCompile(`\bBRASS\b`), []string{"BRASS", "TIN", "NICKEL", "STEEL", "COPPER"}},
	{regexp.MustCompile(`'MED BOX'`), quote("MED BOX", "SM PKG", "LG CASE", "JUMBO DRUM", "WRAP CAN")},
	{regexp.MustCompile(`p_size = 15`), []string{"p_size = 15", "p_size = 1", "p_size = 50", "p_size = 30"}},
	{regexp.MustCompile(`'(MAIL|SHIP)'`), quote("MAIL", "SHIP", "AIR", "RAIL", "TRUCK", "FOB", "REG AIR")},
	{regexp.MustCompile(`\bspecial\b`), []string{"special", "pending", "unusual", "express"}},
	{regexp.MustCompile(`\brequests\b`), []string{"requests", "packages", "accounts", "deposits"}},
	{regexp.MustCompile(`sum\(l_quantity\) > 300`), []string{"sum(l_quantity) > 300", "sum(l_quantity) > 250", "sum(l_quantity) > 270.5"}},
	{regexp.MustCompile(`MEDIUM POLISHED`), []string{"MEDIUM POLISHED", "STANDARD BRUSHED", "SMALL PLATED"}},
	{regexp.MustCompile(`PROMO`), []string{"PROMO", "STANDARD", "ECONOMY"}},
	{regexp.MustCompile(`'ECONOMY ANODIZED STEEL'`), quote("ECONOMY ANODIZED STEEL", "PROMO BURNISHED TIN", "SMALL PLATED COPPER")},
	{regexp.MustCompile(`\b0\.06\b`), []string{"0.06", "0.02", "0.09", "0.04"}},
}

func quote(list ...string) []string {
	for i, s := range list {
		list[i] = "'" + s + "'"
	}
	return list
}

var dateLiteral = regexp.MustCompile(`date '(199\d-\d\d-\d\d)'`)

// RandomQuery returns query n with other parameters.
func RandomQuery(r *rand.Rand, n int) (string, error) {
	text, err := Query(n)
	if err != nil {
		return "", err
	}
	for _, s := range substitutions {
		// What was one value stays one, what were two stay two.
		order, next, chosen := r.Perm(len(s.pick)), 0, make(map[string]string)
		text = s.find.ReplaceAllStringFunc(text, func(was string) string {
			if _, ok := chosen[was]; !ok {
				chosen[was] = s.pick[order[next%len(order)]]
				next++
			}
			return chosen[was]
		})
	}
	months := r.IntN(18) - 6
	text = dateLiteral.ReplaceAllStringFunc(text, func(was string) string {
		day, err := time.Parse(time.DateOnly, dateLiteral.FindStringSubmatch(was)[1])
		if err != nil {
			return was
		}
		return "date '" + day.AddDate(0, months, 0).Format(time.DateOnly) + "'"
	})
	return text, nil
}

// Ask returns DuckDB's rows for queries over the tables.
func (d Data) Ask(queries []string) ([][][]string, error) {
	dir, err := os.MkdirTemp("", "silogate-tpch-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left lies in the folder for temporary files
	text, err := json.Marshal(queries)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "queries.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	if err := script("tpch_answers.py", d.Dir(), file, dir); err != nil {
		return nil, err
	}
	answers := make([][][]string, len(queries))
	for i := range queries {
		if answers[i], err = readAnswer(filepath.Join(dir, fmt.Sprintf("%d.csv", i))); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// readAnswer reads rows that DuckDB wrote; NULL is the empty string.
func readAnswer(file string) ([][]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	// A row that is one NULL is an empty line, which a reader of CSV skips.
	one := strings.ReplaceAll(string(text), "\n\n", "\n\"\"\n")
	rows, err := csv.NewReader(strings.NewReader(one)).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}
