package text

import (
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// Guess finds out the type of a column from values of it.
type Guess struct {
	seen         uint16 // a bit for each kind of value
	whole, scale int    // the most digits before and after the point
	leastScale   int    // the fewest digits after the point of one that has any
	fsp          int
	cut          bool
}

// The kinds of values.
const (
	sawBool uint16 = 1 << iota
	sawInt
	sawDecimal
	sawFloat
	sawNonFinite
	sawDate
	sawDatetime
	sawTimestamp
	sawTime
	sawText
	sawNested
	sawEmpty // a text, or NULL in a column of another type

	sawNumbers = sawInt | sawDecimal | sawFloat
)

// Add looks at a value. Unescape is that of the syntax.
func (g *Guess) Add(s Syntax, data []byte, c Cell) {
	v := data[c.From:c.To]
	switch c.Kind {
	case Null:
		return
	case True, False:
		g.seen |= sawBool
		return
	case Nested:
		g.seen |= sawNested
		return
	case Number:
		g.number(v)
		return
	case Escaped, EscapedString:
		v = s.Unescape(nil, v)
	}
	v = trim(v)
	switch {
	case len(v) == 0 && (c.Kind == Plain || c.Kind == Escaped):
		g.seen |= sawEmpty
	case len(v) == 0:
		g.seen |= sawText
	case g.moment(v):
	case c.Kind == String || c.Kind == EscapedString:
		g.seen |= sawText
	case g.number(v):
	case isNonFinite(v):
		g.seen |= sawNonFinite
	default:
		if _, ok := parseBool(v); ok {
			g.seen |= sawBool
		} else {
			g.seen |= sawText
		}
	}
}

func (g *Guess) number(v []byte) bool {
	s := shapeOf(v)
	switch {
	case !s.ok:
		return false
	case s.exponent:
		g.seen |= sawFloat
	case s.scale > 0:
		if g.seen&sawDecimal == 0 {
			g.leastScale = s.scale
		}
		g.seen |= sawDecimal
		g.leastScale = min(g.leastScale, s.scale)
		g.scale = max(g.scale, s.scale)
		g.whole = max(g.whole, s.whole)
	default:
		g.whole = max(g.whole, s.whole)
		if _, ok := parseInt(v); ok {
			g.seen |= sawInt
		} else {
			g.seen |= sawDecimal
		}
	}
	return true
}

func (g *Guess) moment(v []byte) bool {
	if !isDigit(v[0]) && v[0] != '-' {
		return false
	}
	if _, ok := parseDay(v); ok {
		g.seen |= sawDate
		return true
	}
	if m, ok := parseMoment(v); ok {
		if m.zoned {
			g.seen |= sawTimestamp
		} else {
			g.seen |= sawDatetime
		}
		g.fsp = max(g.fsp, m.fsp)
		g.cut = g.cut || m.cut
		return true
	}
	if c, ok := parseTime(v); ok {
		g.seen |= sawTime
		g.fsp = max(g.fsp, c.fsp)
		g.cut = g.cut || c.cut
		return true
	}
	return false
}

// measuredScale is the number of digits after the point from which on numbers of varying digits are not taken to be exact
// amounts.
const measuredScale = 5

// Type is that of all the values; Kind Null if there were none.
func (g *Guess) Type() types.Type {
	only := func(mask uint16) bool { return g.seen&mask != 0 && g.seen&^(mask|sawEmpty) == 0 }
	fsp := 0
	if g.fsp > 0 {
		fsp = types.MaxFSP
	}
	switch {
	case g.seen == 0:
		return types.Type{}
	case g.seen&sawNested != 0:
		return types.Of(types.JSON)
	case only(sawBool):
		return types.Of(types.Bool)
	case only(sawInt):
		return types.Of(types.Int64)
	case only(sawInt | sawDecimal):
		if g.scale >= measuredScale && g.leastScale != g.scale {
			return types.Of(types.Float64)
		}
		return files.InferredDecimal(g.whole, g.scale)
	case only(sawNumbers|sawNonFinite) && g.seen&sawNumbers != 0:
		return types.Of(types.Float64)
	case only(sawDate):
		return types.Of(types.Date)
	case only(sawDate | sawDatetime):
		return types.NewTemporal(types.Datetime, fsp)
	case only(sawTimestamp):
		return types.NewTemporal(types.Timestamp, fsp)
	case only(sawTime):
		return types.NewTemporal(types.Time, fsp)
	}
	return types.Of(types.Text)
}

// Warning says what a column of the type loses.
func (g *Guess) Warning() string {
	if g.cut && g.Type().IsTemporal() {
		return "digits past the microseconds are cut"
	}
	return ""
}
