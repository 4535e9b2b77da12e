package postgres

import (
	"math/big"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// decimalText prints a numeric's digits at a scale, and false if that loses digits or has too many.
func decimalText(digits []uint16, weight int, negative bool, scale int) (string, bool) {
	sum := new(big.Rat)
	for i, d := range digits {
		exponent := weight - i
		unit := new(big.Int).Exp(big.NewInt(digitBase), big.NewInt(int64(max(exponent, -exponent))), nil)
		term := new(big.Rat).SetInt64(int64(d))
		if exponent >= 0 {
			term.Mul(term, new(big.Rat).SetInt(unit))
		} else {
			term.Quo(term, new(big.Rat).SetInt(unit))
		}
		sum.Add(sum, term)
	}
	text := sum.FloatString(scale)
	if back, _ := new(big.Rat).SetString(text); back.Cmp(sum) != 0 {
		return "", false
	}
	significant := strings.TrimLeft(strings.ReplaceAll(text, ".", ""), "0")
	if negative && significant != "" {
		text = "-" + text
	}
	return text, len(significant) <= types.MaxPrecision
}
