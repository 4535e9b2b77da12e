package types

import (
	"fmt"
	"regexp"
	"strconv"
)

// Number is what the declaration of a DECIMAL, FLOAT or DOUBLE says beyond its Type. Only who stores or describes values heeds it: what is
// computed of them is of the Type alone.
type Number struct {
	Unsigned         bool
	Digits, Decimals int // of FLOAT(M,D) and DOUBLE(M,D); without digits: any number of them
}

// number are the types that have a Number, as information_schema shows them.
var number = regexp.MustCompile(`^(decimal\(\d+,\d+\)|float|double)(?:\((\d+),(\d+)\))?( unsigned)?$`)

// CutNumber splits a type into what its Type says and its Number.
func CutNumber(columnType string) (rest string, n Number) {
	parts := number.FindStringSubmatch(columnType)
	if parts == nil {
		return columnType, Number{}
	}
	n.Unsigned = parts[4] != ""
	if parts[2] != "" {
		n.Digits, _ = strconv.Atoi(parts[2]) // which are digits
		n.Decimals, _ = strconv.Atoi(parts[3])
	}
	return parts[1], n
}

// Of is the type that CutNumber splits into t and n.
func (n Number) Of(t Type) string {
	text := t.String()
	if n.Digits > 0 {
		text += fmt.Sprintf("(%d,%d)", n.Digits, n.Decimals)
	}
	if n.Unsigned {
		text += " unsigned"
	}
	return text
}
