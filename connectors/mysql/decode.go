package mysql

import (
	sqldriver "database/sql/driver"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// batchBytes is how many bytes of strings close a batch before it has all its rows.
const batchBytes = 16 << 20

// decoder turns rows into batches. The driver has parsed integers and floats; all else comes as MySQL prints it.
type decoder struct {
	columns []decoded
	fields  []arrow.Field
	most    int // rows of a batch
	rows    int // of the batch in the making
	size    int // and the bytes of their strings
	lost    func(plan.Column) error
}

// decoded is a column of the batch in the making.
type decoded struct {
	col  plan.Column
	into array.Builder
	read func(*decoder, *decoded, sqldriver.Value) error
	dec  *decimals // instead of into
}

// newDecoder returns a decoder of results with these columns. lost is called for a value that its type does not have, before
// it becomes NULL.
func newDecoder(cols plan.Schema, mem memory.Allocator, most int, lost func(plan.Column) error) *decoder {
	d := &decoder{columns: make([]decoded, len(cols)), fields: make([]arrow.Field, len(cols)), most: most, lost: lost}
	for i, c := range cols {
		d.columns[i].col = c
		d.fields[i] = arrow.Field{Name: c.Name, Nullable: true}
		if c.Type.Kind == types.Decimal {
			d.columns[i].dec = newDecimals(mem, c.Type)
			d.columns[i].read = readDecimal
			continue
		}
		d.columns[i].into = array.NewBuilder(mem, c.Type.Arrow())
		d.columns[i].read = readerOf(c.Type)
	}
	return d
}

// readerOf returns how values of a type are read.
func readerOf(t types.Type) func(*decoder, *decoded, sqldriver.Value) error {
	switch {
	case t.Kind == types.Null:
		return func(_ *decoder, c *decoded, _ sqldriver.Value) error { return c.misfit("a value") }
	case t.Kind == types.Bit:
		return readInteger
	case t.Kind == types.Bool || t.IsInteger():
		return readInteger
	case t.IsFloat():
		return readFloat
	case t.Kind == types.Date:
		return readDate
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		return readMoment
	case t.Kind == types.Time:
		return readTime
	case t.Kind == types.JSON:
		return readDocument
	case t.IsBinary():
		return readBytes
	}
	return readText
}

// row adds a row.
func (d *decoder) row(values []sqldriver.Value) error {
	if len(d.columns) > 0 && len(values) != len(d.columns) {
		return sqlerr.New(sqlerr.Corrupt, "a row has %d columns instead of %d", len(values), len(d.columns))
	}
	for i := range d.columns {
		c := &d.columns[i]
		if values[i] == nil {
			c.null()
			continue
		}
		if err := c.read(d, c, values[i]); err != nil {
			return err
		}
	}
	d.rows++
	return nil
}

func (c *decoded) null() {
	if c.dec != nil {
		c.dec.null()
		return
	}
	c.into.AppendNull()
}

// full reports whether the batch should be handed out.
func (d *decoder) full() bool { return d.rows >= d.most || d.size >= batchBytes }

// batch returns the rows, at least one, and starts anew. The caller releases it.
func (d *decoder) batch() arrow.RecordBatch {
	arrays := make([]arrow.Array, len(d.columns))
	for i := range d.columns {
		if c := &d.columns[i]; c.dec != nil {
			arrays[i] = c.dec.take()
		} else {
			arrays[i] = c.into.NewArray()
		}
		d.fields[i].Type = arrays[i].DataType()
	}
	batch := array.NewRecordBatch(arrow.NewSchema(d.fields, nil), arrays, int64(d.rows))
	for _, a := range arrays {
		a.Release()
	}
	d.rows, d.size = 0, 0
	return batch
}

// release gives up what the decoder holds. It is idempotent.
func (d *decoder) release() {
	for i := range d.columns {
		if c := &d.columns[i]; c.into != nil {
			c.into.Release()
			c.into = nil
		}
	}
	d.columns = nil
}

// lose makes a value NULL that its type does not have.
func (d *decoder) lose(c *decoded) error {
	c.null()
	return d.lost(c.col)
}

func (c *decoded) misfit(what string) error {
	return sqlerr.New(sqlerr.BadValue, "column %s: %s is no %s", c.col.Name, what, c.col.Type)
}

func readInteger(_ *decoder, c *decoded, v sqldriver.Value) error {
	var n int64
	var wide bool // n is a uint64 beyond int64
	switch v := v.(type) {
	case int64:
		n = v
	case uint64:
		n, wide = int64(v), v > math.MaxInt64
	case []byte: // DECIMAL
		var err error
		if n, err = strconv.ParseInt(string(v), 10, 64); err != nil {
			u, err := strconv.ParseUint(string(v), 10, 64)
			if err != nil {
				return c.misfit(string(v))
			}
			n, wide = int64(u), true
		}
	default:
		return c.misfit("a value of another type")
	}
	fits := !wide
	switch b := c.into.(type) {
	case *array.Int64Builder:
		b.Append(n)
	case *array.Int32Builder:
		fits = fits && int64(int32(n)) == n
		b.Append(int32(n))
	case *array.Int16Builder:
		fits = fits && int64(int16(n)) == n
		b.Append(int16(n))
	case *array.Int8Builder:
		fits = fits && int64(int8(n)) == n
		b.Append(int8(n))
	case *array.Uint64Builder:
		fits = wide || n >= 0
		b.Append(uint64(n))
	case *array.Uint32Builder:
		fits = fits && int64(uint32(n)) == n
		b.Append(uint32(n))
	case *array.Uint16Builder:
		fits = fits && int64(uint16(n)) == n
		b.Append(uint16(n))
	case *array.Uint8Builder:
		fits = fits && int64(uint8(n)) == n
		b.Append(uint8(n))
	case *array.BooleanBuilder:
		b.Append(n != 0 || wide)
		return nil
	default:
		return c.misfit(strconv.FormatInt(n, 10))
	}
	if !fits {
		return sqlerr.New(sqlerr.OutOfRange, "column %s: %d is no %s", c.col.Name, n, c.col.Type)
	}
	return nil
}

func readFloat(d *decoder, c *decoded, v sqldriver.Value) error {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case float32:
		f = float64(v)
	case int64:
		f = float64(v)
	default:
		return c.misfit("a value of another type")
	}
	if f-f != 0 {
		return d.lose(c)
	}
	if b, ok := c.into.(*array.Float32Builder); ok {
		b.Append(float32(f))
	} else {
		c.into.(*array.Float64Builder).Append(f)
	}
	return nil
}

func readText(d *decoder, c *decoded, v sqldriver.Value) error {
	b, ok := v.([]byte)
	if !ok || !utf8.Valid(b) {
		return c.misfit("what is not UTF-8")
	}
	d.size += len(b)
	c.into.(*array.StringBuilder).BinaryBuilder.Append(b)
	return nil
}

func readBytes(d *decoder, c *decoded, v sqldriver.Value) error {
	b, ok := v.([]byte)
	if !ok {
		return c.misfit("a value of another type")
	}
	d.size += len(b)
	c.into.(*array.BinaryBuilder).Append(b)
	return nil
}

// readDocument reads JSON, which MariaDB keeps as it was written. A document that MySQL would refuse stays as it is.
func readDocument(d *decoder, c *decoded, v sqldriver.Value) error {
	b, ok := v.([]byte)
	if !ok || !utf8.Valid(b) {
		return c.misfit("what is not UTF-8")
	}
	if doc, err := jsondoc.Parse(string(b), false); err == nil {
		b = doc.Append(nil)
	}
	d.size += len(b)
	c.into.(*array.StringBuilder).BinaryBuilder.Append(b)
	return nil
}

func readDate(d *decoder, c *decoded, v sqldriver.Value) error {
	b, _ := v.([]byte)
	days, rest, ok := parseDay(b)
	if !ok || len(rest) > 0 {
		return d.lose(c)
	}
	c.into.(*array.Date32Builder).Append(arrow.Date32(days))
	return nil
}

func readMoment(d *decoder, c *decoded, v sqldriver.Value) error {
	b, _ := v.([]byte)
	days, rest, ok := parseDay(b)
	if !ok {
		return d.lose(c)
	}
	micros := int64(0)
	if len(rest) > 0 {
		if micros, ok = parseClock(rest[1:]); !ok {
			return d.lose(c)
		}
	}
	c.into.(*array.TimestampBuilder).Append(arrow.Timestamp(days*microsPerDay + micros))
	return nil
}

func readTime(_ *decoder, c *decoded, v sqldriver.Value) error {
	b, _ := v.([]byte)
	text := string(b)
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	micros, ok := parseClock(b)
	if !ok {
		return c.misfit(text)
	}
	if negative {
		micros = -micros
	}
	c.into.(*array.DurationBuilder).Append(arrow.Duration(micros))
	return nil
}

// digits reads decimal digits.
func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(b) > 0
}

// parseDay reads YYYY-MM-DD, a date of the years 1 to 9999, as days since 1970-01-01 and returns what follows.
func parseDay(b []byte) (days int64, rest []byte, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, nil, false
	}
	year, okYear := digits(b[:4])
	month, okMonth := digits(b[5:7])
	day, okDay := digits(b[8:10])
	if !okYear || !okMonth || !okDay || year == 0 || month < 1 || month > 12 || day < 1 {
		return 0, nil, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if day > 28 && t.Day() != day {
		return 0, nil, false
	}
	return t.Unix() / secondsPerDay, b[10:], true
}

// parseClock reads HH:MM:SS[.ffffff] as microseconds; hours may have three digits.
func parseClock(b []byte) (micros int64, ok bool) {
	width := 2
	if len(b) > 3 && b[2] != ':' {
		width = 3
	}
	if len(b) < width+6 || b[width] != ':' || b[width+3] != ':' {
		return 0, false
	}
	hour, okHour := digits(b[:width])
	minute, okMinute := digits(b[width+1 : width+3])
	second, okSecond := digits(b[width+4 : width+6])
	if !okHour || !okMinute || !okSecond {
		return 0, false
	}
	micros = (int64(hour)*3600 + int64(minute)*60 + int64(second)) * 1e6
	fraction := b[width+6:]
	if len(fraction) == 0 {
		return micros, true
	}
	part, okPart := digits(fraction[1:])
	if !okPart || fraction[0] != '.' || len(fraction) > 7 {
		return 0, false
	}
	for range 7 - len(fraction) {
		part *= 10
	}
	return micros + int64(part), true
}

// readDecimal reads a number as MySQL prints it.
func readDecimal(_ *decoder, c *decoded, v sqldriver.Value) error {
	var text []byte
	switch v := v.(type) {
	case []byte:
		text = v
	case int64:
		text = strconv.AppendInt(nil, v, 10)
	case uint64:
		text = strconv.AppendUint(nil, v, 10)
	}
	if !c.dec.add(text) {
		return sqlerr.New(sqlerr.OutOfRange, "column %s: %s is no %s", c.col.Name, text, c.col.Type)
	}
	return nil
}
