package tpch

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Compare checks rows against DuckDB's answer, as multisets: it returns nil or what differs first. Exact values must be
// equal. Where DuckDB has a DOUBLE (AVG, a quotient) and the row a decimal, they may differ by one unit of the decimal's
// last digit, at most.
func Compare(rows, answer [][]string) error {
	if len(rows) != len(answer) {
		return fmt.Errorf("%d rows, want %d", len(rows), len(answer))
	}
	rows, answer = slices.Clone(rows), slices.Clone(answer)
	slices.SortFunc(rows, compareRows)
	slices.SortFunc(answer, compareRows)
	for i := range rows {
		if len(rows[i]) != len(answer[i]) {
			return fmt.Errorf("row %d has %d columns, want %d", i, len(rows[i]), len(answer[i]))
		}
		for j := range rows[i] {
			if !equal(rows[i][j], answer[i][j]) {
				return fmt.Errorf("row %d column %d: %q, want %q\n got %q\nwant %q", i, j, rows[i][j], answer[i][j],
					rows[i], answer[i])
			}
		}
	}
	return nil
}

// compareRows orders rows by their texts, exact columns first: a double's last digits must not decide which rows meet.
func compareRows(a, b []string) int {
	for _, numbers := range []bool{false, true} {
		for i := range min(len(a), len(b)) {
			if isFraction(a[i]) == numbers {
				if c := strings.Compare(a[i], b[i]); c != 0 {
					return c
				}
			}
		}
	}
	return 0
}

func isFraction(s string) bool {
	_, ok := new(big.Float).SetString(s)
	return ok && strings.ContainsAny(s, ".e")
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
	if decimals(want) <= decimals(got) {
		// DuckDB's decimals are exact, and its doubles have more digits than MySQL's quotients.
		return false
	}
	unit := math.Pow(10, -float64(decimals(got)))
	difference, _ := new(big.Rat).Sub(g, w).Float64()
	return math.Abs(difference) <= unit
}

// decimals counts the digits after the point.
func decimals(s string) int {
	_, fraction, _ := strings.Cut(s, ".")
	return len(fraction)
}
