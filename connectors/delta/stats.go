package delta

import (
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// logged is what the log says of a data file: lake.Metadata.
type logged struct {
	*schema
	file   *dataFile
	values []types.Value // of partitions
}

// newLogged converts the values that the file's rows have in the columns of partitions.
func newLogged(s *schema, f *dataFile) (*logged, error) {
	out := &logged{schema: s, file: f, values: make([]types.Value, s.partitions)}
	for i, source := range s.sources {
		if source.partition < 0 {
			continue
		}
		var err error
		if out.values[source.partition], err = partitionValue(f.partitions[source.key], s.columns[i].Type); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bytesOfRow is about how many bytes of a file a row takes where the log does not say how many there are.
const bytesOfRow = 100

// Rows implements lake.Metadata.
func (l *logged) Rows() int64 {
	if n, ok := l.file.rows(); ok {
		return n
	}
	return l.file.size/bytesOfRow + 1
}

// Stored implements lake.Metadata: the log does not say.
func (*logged) Stored(int) (int64, bool) { return 0, false }

// Constant implements lake.Metadata.
func (l *logged) Constant(column int) (types.Value, bool) {
	if at := l.sources[column].partition; at >= 0 {
		return l.values[at], true
	}
	return types.Value{}, false
}

// Bounds implements lake.Metadata. Rows and Nulls only tell whether all values are NULL, or none: rows that are deleted may be counted.
func (l *logged) Bounds(column int) (files.Bounds, bool) {
	t, source := l.columns[column].Type, l.sources[column]
	out := files.Bounds{Type: t, Rows: max(l.file.records, 1), Nulls: -1}
	if source.partition >= 0 {
		v := l.values[source.partition]
		out.Min, out.Max, out.HasMin, out.HasMax, out.Nulls = v, v, !v.Null, !v.Null, 0
		if v.Null {
			out.Nulls = out.Rows
		}
		return out, true
	}
	if l.file.stats == "" || source.typ == "" {
		return out, false
	}
	if nulls := l.statistic("nullCount", source.key); nulls.Type == gjson.Number {
		switch n, err := integer(nulls.Raw); {
		case err != nil:
		case n == l.file.records && n > 0:
			out.Nulls = out.Rows
		case n == 0 && !t.IsFloat() && !t.IsTemporal(): // of these more are NULL: what MySQL does not have
			out.Nulls = 0
		}
	}
	if !source.widened && !t.IsBinary() && t.Kind != types.Char { // whose spaces at the end do not count
		out.Min, out.HasMin = lowerBound(l.statistic("minValues", source.key), t)
		out.Max, out.HasMax = upperBound(l.statistic("maxValues", source.key), t)
	}
	return out, true
}

// statistic finds what statistics of a kind say of a column.
func (l *logged) statistic(kind, column string) (found gjson.Result) {
	gjson.Get(l.file.stats, kind).ForEach(func(key, value gjson.Result) bool {
		if key.Str == column {
			found = value
		}
		return !found.Exists()
	})
	return found
}

// textOf is the text of a bound, whether it is written as a number or as a text.
func textOf(r gjson.Result) (string, bool) {
	switch r.Type {
	case gjson.String:
		return r.Str, true
	case gjson.Number, gjson.True, gjson.False:
		return r.Raw, true
	}
	return "", false
}

// lowerBound reads a value that is not above any of a column's.
func lowerBound(r gjson.Result, t types.Type) (types.Value, bool) {
	text, ok := textOf(r)
	if !ok {
		return types.Value{}, false
	}
	if t.Kind == types.Decimal {
		return decimalBound(text, t, big.ToNegativeInf)
	}
	v, ok := parseValue(text, t)
	return v, ok && !v.Null
}

// Writers cut moments to milliseconds, and texts to a length, by default this one. What they append to a text so that it still bounds the values differs.
const (
	cutMoment = time.Millisecond - time.Microsecond
	cutText   = 32
	afterText = "\xff" // no text goes on with this
)

// upperBound reads a value that is not below any of a column's.
func upperBound(r gjson.Result, t types.Type) (types.Value, bool) {
	text, ok := textOf(r)
	if !ok {
		return types.Value{}, false
	}
	if t.Kind == types.Decimal {
		return decimalBound(text, t, big.ToPositiveInf)
	}
	v, ok := parseValue(text, t)
	switch {
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		v.Int += cutMoment.Microseconds()
	case t.IsText() && utf8.RuneCountInString(v.Str) >= cutText:
		v.Str += afterText
	}
	return v, ok && !v.Null
}

// doubleDigits is how many digits of a decimal a double has for sure, and mostDigits how many are written of one at most.
const (
	doubleDigits = 15
	mostDigits   = 17
)

// decimalBound reads a bound of decimals. Some writers have rounded them to doubles: one that may have been is moved outwards by as much.
func decimalBound(text string, t types.Type, towards big.RoundingMode) (types.Value, bool) {
	n, _ := parseDecimal(text, int(t.Scale), towards)
	if n == nil {
		return types.Value{}, false
	}
	if t.Precision > doubleDigits && significant(text) <= mostDigits {
		margin := new(big.Int).Abs(n)
		margin.Quo(margin, powerOfTen(doubleDigits)).Add(margin, big.NewInt(1))
		if towards == big.ToNegativeInf {
			margin.Neg(margin)
		}
		n.Add(n, margin)
	}
	if n.BitLen() > 255 {
		return types.Value{}, false
	}
	return types.Value{Dec: decimal256.FromBigInt(n)}, true
}

// significant counts the digits of a number from the first that is not zero.
func significant(text string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	return len(strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "+-0"))
}
