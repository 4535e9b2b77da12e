package tpch

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Compare checks rows against DuckDB's answer, as multisets: it returns nil or what differs first. Exact values must be
// equal. Where DuckDB has a DOUBLE (AVG, a quotient) and the row a decimal, they may differ by one unit of the decimal's
// last digit, or of the double's 14th where that is more, at most.
func Compare(rows, answer [][]string) error { return compare(rows, answer, equal) }

// CompareDoubles is Compare for decimals that are kept as doubles: the order of an addition shows in its last digits.
func CompareDoubles(rows, answer [][]string) error {
	return compare(rows, answer, func(got, want string) bool {
		g, errGot := strconv.ParseFloat(got, 64)
		w, errWant := strconv.ParseFloat(want, 64)
		return equal(got, want) || errGot == nil && errWant == nil && math.Abs(g-w) <= 1e-9*math.Abs(w)
	})
}

func compare(rows, answer [][]string, equal func(got, want string) bool) error {
	if len(rows) != len(answer) {
		return fmt.Errorf("%d rows, want %d", len(rows), len(answer))
	}
	for _, row := range slices.Concat(rows, answer) {
		if len(row) != len(answer[0]) {
			return fmt.Errorf("a row has %d columns, want %d: %q", len(row), len(answer[0]), row)
		}
	}
	rows, answer = slices.Clone(rows), slices.Clone(answer)
	order := ordering(slices.Concat(rows, answer))
	slices.SortFunc(rows, order)
	slices.SortFunc(answer, order)
	for i := range rows {
		for j := range rows[i] {
			if !equal(rows[i][j], answer[i][j]) {
				return fmt.Errorf("row %d column %d: %q, want %q\n got %q\nwant %q", i, j, rows[i][j], answer[i][j],
					rows[i], answer[i])
			}
		}
	}
	return nil
}

// ordering returns an order of rows: exact columns come first, by their texts, then those with fractions, by their values,
// since a double's last digits must not decide which rows meet.
func ordering(rows [][]string) func(a, b []string) int {
	if len(rows) == 0 {
		return slices.Compare[[]string]
	}
	fraction := make([]bool, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			fraction[i] = fraction[i] || isFraction(whole(cell))
		}
	}
	return func(a, b []string) int {
		for i := range a {
			if c := strings.Compare(whole(a[i]), whole(b[i])); c != 0 && !fraction[i] {
				return c
			}
		}
		for i := range a {
			x, _ := strconv.ParseFloat(a[i], 64) // NULL is 0
			y, _ := strconv.ParseFloat(b[i], 64)
			if c := cmp.Compare(x, y); c != 0 && fraction[i] {
				return c
			}
		}
		return 0
	}
}

// whole drops a fraction of zeros: integers may be kept as decimals.
func whole(cell string) string {
	if before, after, ok := strings.Cut(cell, "."); ok && strings.Trim(after, "0") == "" {
		return before
	}
	return cell
}

func isFraction(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.ContainsAny(s, ".e")
}

func equal(got, want string) bool {
	if got == want {
		return true
	}
	g, okGot := new(big.Rat).SetString(got)
	w, okWant := new(big.Rat).SetString(want)
	if !okGot || !okWant {
		return false
	}
	if g.Cmp(w) == 0 {
		return true
	}
	difference, _ := new(big.Rat).Sub(g, w).Float64()
	difference = math.Abs(difference)
	if decimals(want) <= decimals(got) {
		// DuckDB's decimals are exact, and have no more digits than this.
		size, _ := w.Float64()
		return decimals(want) > exactDecimals && difference <= 1e-14*math.Abs(size)
	}
	return difference <= math.Pow(10, -float64(decimals(got)))
}

// exactDecimals is the most digits after the point of a decimal in DuckDB's answers; what has more is a double.
const exactDecimals = 6

// decimals counts the digits after the point.
func decimals(s string) int {
	_, fraction, _ := strings.Cut(s, ".")
	return len(fraction)
}
