package sqlite

import (
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// form is how the values of a column are stored and read; see the package comment.
type form uint8

const (
	anything form = iota // CAST(x AS TEXT)
	integers
	texts
	bytesForm // CAST(x AS BLOB)
	doubles
	decimals
	dates
	datetimes
	times
	documents // JSON
)

// formOf applies SQLite's affinity rules (https://sqlite.org/datatype3.html, 3.1) and ours for what they leave open.
func formOf(declared string) (form, types.Type) {
	upper := strings.ToUpper(strings.TrimSpace(declared))
	name, args := splitArgs(upper)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(upper, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return integers, types.Of(types.Int64)
	case has("CHAR", "CLOB", "TEXT"):
		return texts, types.Of(types.Text)
	case has("BLOB"):
		return bytesForm, types.Of(types.Blob)
	case has("REAL", "FLOA", "DOUB"): //nolint:misspell // the letters SQLite looks for
		return doubles, types.Of(types.Float64)
	}
	switch name {
	case "BOOL", "BOOLEAN":
		return integers, types.Of(types.Int8)
	case "NUMERIC", "DECIMAL", "NUMBER", "NUM":
		return numeric(args)
	case "DATE":
		return dates, types.Of(types.Date)
	case "DATETIME", "TIMESTAMP":
		return datetimes, types.NewTemporal(types.Datetime, types.MaxFSP)
	case "TIME":
		return times, types.NewTemporal(types.Time, types.MaxFSP)
	case "JSON":
		return documents, types.Of(types.JSON)
	}
	return anything, types.Of(types.Text)
}

// splitArgs splits "DECIMAL(10,2)" into its name and numbers; args is nil if they are not numbers.
func splitArgs(declared string) (name string, args []int) {
	name, rest, ok := strings.Cut(declared, "(")
	name = strings.TrimSpace(name)
	if !ok {
		return name, nil
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return name, nil
		}
		args = append(args, n)
	}
	return name, args
}

// numeric maps NUMERIC with its precision and scale. What MySQL's DECIMAL can't have is a double.
func numeric(args []int) (form, types.Type) {
	scale := 0
	if len(args) == 2 {
		scale = args[1]
	}
	if len(args) == 0 || len(args) > 2 || args[0] < 1 || args[0] > types.MaxPrecision ||
		scale < 0 || scale > types.MaxScale || scale > args[0] {
		return doubles, types.Of(types.Float64)
	}
	return decimals, types.NewDecimal(args[0], scale)
}
