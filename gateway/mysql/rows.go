package mysql

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	gms "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/gateway/shadow"
)

// rows are those of a result, page by page. They are read from one goroutine.
type rows interface {
	// next returns the next page, or io.EOF. The page before ends with it.
	next(ctx *sql.Context) (page, error)
	// hold lets go of what others may need while the client takes its time. The page before stays.
	hold(ctx *sql.Context) error
	close(ctx *sql.Context) error
}

// page is some rows of a result.
type page struct {
	rows    int
	write   func(out *wire.Conn, from, to, longest int) error // writes some of them as packets, each of at most longest bytes
	release func()                                            // nil: there is nothing to release
}

func (p *page) done() {
	if p.release != nil {
		p.release()
		p.release = nil
	}
}

// engineRows are those of a federated query.
type engineRows struct {
	statement *statement
	result    execution
	formatter *formatter
	watch     *shadow.Watch
	read      int64
	finished  bool // all rows were read
}

// next implements rows.
func (r *engineRows) next(ctx *sql.Context) (page, error) {
	batch, err := r.result.Next(ctx)
	if err != nil {
		r.finished = errors.Is(err, io.EOF)
		return page{}, err
	}
	r.watch.Add(batch)
	p, err := r.formatter.format(batch)
	if err != nil {
		batch.Release()
	}
	r.read += int64(p.rows)
	return p, err
}

// hold implements rows.
func (r *engineRows) hold(ctx *sql.Context) error { return r.result.Hold(ctx) }

// close implements rows.
func (r *engineRows) close(*sql.Context) error {
	err := r.result.Close()
	if r.finished && err == nil {
		r.statement.selected(r.read)
		r.watch.Done()
	}
	return err
}

// rowsPerPage is how many rows of GMS are sent together.
const rowsPerPage = 256

// localRows are those of a statement that GMS runs.
type localRows struct {
	iter   sql.RowIter
	first  sql.Row // was read before, if it is there
	failed error   // why it could not be
	schema sql.Schema
	binary bool
	recode recode
	// interrupted says of an error that it is none, but the statement's one row: 1.
	interrupted func(error) bool
	ended       bool
	cells       [][]sqltypes.Value
}

// next implements rows.
func (r *localRows) next(ctx *sql.Context) (page, error) {
	r.cells = r.cells[:0]
	for !r.ended && len(r.cells) < rowsPerPage {
		row, err := r.read(ctx)
		if errors.Is(err, io.EOF) {
			r.ended = true
			break
		}
		if err != nil && r.interrupted(err) {
			r.ended = true
			r.cells = append(r.cells[:0], []sqltypes.Value{sqltypes.NewInt64(1)})
			break
		}
		if err != nil {
			return page{}, err
		}
		cells, err := gms.RowToSQL(ctx, r.schema, row, nil, nil)
		if err != nil {
			return page{}, err
		}
		r.cells = append(r.cells, cells)
	}
	if len(r.cells) == 0 {
		return page{}, io.EOF
	}
	if r.recode != nil {
		r.transcode()
	}
	return valuePage(r.cells, r.binary), nil
}

func (r *localRows) read(ctx *sql.Context) (sql.Row, error) {
	row, err := r.first, r.failed
	if row == nil && err == nil {
		return r.iter.Next(ctx)
	}
	r.first, r.failed = nil, nil
	return row, err
}

// transcode has texts be in the client's character set.
func (r *localRows) transcode() {
	for i, col := range r.schema {
		if !isText(col.Type) {
			continue
		}
		for _, row := range r.cells {
			if !row[i].IsNull() {
				row[i] = sqltypes.MakeTrusted(row[i].Type(), r.recode(row[i].ToString()))
			}
		}
	}
}

// hold implements rows.
func (r *localRows) hold(*sql.Context) error { return nil }

// close implements rows.
func (r *localRows) close(ctx *sql.Context) error { return r.iter.Close(ctx) }

// valuePage is a page of values of Vitess's.
func valuePage(cells [][]sqltypes.Value, inBinary bool) page {
	appendRow := appendTextValues
	if inBinary {
		appendRow = appendBinaryValues
	}
	write := func(out *wire.Conn, from, to, longest int) error {
		for _, row := range cells[from:to] {
			buf := appendRow(out.Begin(), row)
			if size := out.Size(buf); size > longest {
				out.Cancel(buf)
				return tooLong(size, longest)
			}
			if err := out.End(buf); err != nil {
				return err
			}
		}
		return nil
	}
	return page{rows: len(cells), write: write}
}

// appendTextValues appends a row of the text protocol.
func appendTextValues(dst []byte, row []sqltypes.Value) []byte {
	for _, v := range row {
		if v.IsNull() {
			dst = append(dst, wire.NullText)
			continue
		}
		dst = wire.AppendText(dst, v.Raw())
	}
	return dst
}

// appendBinaryValues appends a row of the binary protocol.
func appendBinaryValues(dst []byte, row []sqltypes.Value) []byte {
	dst, nulls := beginBinaryRow(dst, len(row))
	for i, v := range row {
		if v.IsNull() {
			setNull(dst[nulls:], i)
			continue
		}
		dst = appendBinaryValue(dst, v)
	}
	return dst
}

// appendBinaryValue appends a value that GMS wrote as a text.
func appendBinaryValue(dst []byte, v sqltypes.Value) []byte {
	text := v.ToString()
	switch t := v.Type(); {
	case t == sqltypes.Year, sqltypes.IsIntegral(t):
		n := parseInteger(text)
		switch t {
		case sqltypes.Int8, sqltypes.Uint8:
			return append(dst, byte(n))
		case sqltypes.Int16, sqltypes.Uint16, sqltypes.Year:
			return binary.LittleEndian.AppendUint16(dst, uint16(n))
		case sqltypes.Int24, sqltypes.Uint24, sqltypes.Int32, sqltypes.Uint32:
			return binary.LittleEndian.AppendUint32(dst, uint32(n))
		}
		return binary.LittleEndian.AppendUint64(dst, n)
	case t == sqltypes.Float32:
		f, _ := strconv.ParseFloat(text, 32) // GMS wrote it
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f)))
	case t == sqltypes.Float64:
		f, _ := strconv.ParseFloat(text, 64)
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
	case t == sqltypes.Date, t == sqltypes.Datetime, t == sqltypes.Timestamp:
		return appendMoment(dst, text)
	case t == sqltypes.Time:
		return appendClockText(dst, text)
	}
	return wire.AppendText(dst, text)
}

// parseInteger reads an integer of 64 bits, signed or not; what is none is 0.
func parseInteger(text string) uint64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return uint64(n)
	}
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}

// fraction reads the microseconds of 0 to 6 digits.
func fraction(digits string) int {
	n := 0
	for i := range 6 {
		n *= 10
		if i < len(digits) {
			n += int(digits[i] - '0')
		}
	}
	return n
}

// appendMoment appends a date, with or without a time of day, by its text. The zero date has no bytes.
func appendMoment(dst []byte, text string) []byte {
	n, micros := numbers(text)
	for len(n) < 6 {
		n = append(n, 0)
	}
	if n[0]|n[1]|n[2]|n[3]|n[4]|n[5]|micros == 0 {
		return append(dst, 0)
	}
	at := len(dst)
	dst = append(dst, 0, byte(n[0]), byte(n[0]>>8), byte(n[1]), byte(n[2]))
	if n[3]|n[4]|n[5]|micros != 0 {
		dst = append(dst, byte(n[3]), byte(n[4]), byte(n[5]))
	}
	if micros != 0 {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(micros))
	}
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// appendClockText appends a TIME by its text.
func appendClockText(dst []byte, text string) []byte {
	negative := len(text) > 0 && text[0] == '-'
	n, micros := numbers(text)
	for len(n) < 3 {
		n = append(n, 0)
	}
	us := (int64(n[0])*3600+int64(n[1])*60+int64(n[2]))*secondMicros + int64(micros)
	if negative {
		us = -us
	}
	return binaryTime(dst, us)
}

// numbers reads the numbers of a date or time as GMS writes it: those before the point, and microseconds.
func numbers(text string) (whole []int, micros int) {
	current, within := 0, false
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			current, within = current*10+int(b-'0'), true
		case b == '.':
			micros = fraction(text[i+1:])
			fallthrough
		default:
			if within {
				whole = append(whole, current)
			}
			current, within = 0, false
			if b == '.' {
				return whole, micros
			}
		}
	}
	if within {
		whole = append(whole, current)
	}
	return whole, micros
}

// valueRows are rows that are there already.
type valueRows struct {
	table  [][]sqltypes.Value
	binary bool
	recode recode
}

// next implements rows.
func (r *valueRows) next(*sql.Context) (page, error) {
	if len(r.table) == 0 {
		return page{}, io.EOF
	}
	cells := r.table
	r.table = nil
	if r.recode != nil {
		for _, row := range cells {
			for i, v := range row {
				if v.IsText() {
					row[i] = sqltypes.MakeTrusted(v.Type(), r.recode(v.ToString()))
				}
			}
		}
	}
	return valuePage(cells, r.binary), nil
}

// hold implements rows.
func (r *valueRows) hold(*sql.Context) error { return nil }

// close implements rows.
func (r *valueRows) close(*sql.Context) error { return nil }

// tooLong refuses a row that clients could not take.
func tooLong(bytes, longest int) error {
	return sqlerr.New(sqlerr.TooLong, "A row of the result has %d bytes, which is more than max_allowed_packet (%d)", bytes, longest)
}
