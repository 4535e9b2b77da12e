package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Param is a parameter of a statement, as a client sent it.
type Param struct {
	Name     string // of a query attribute
	Type     Type
	Unsigned bool
	Null     bool
	Text     []byte // the value as a text; of FLOAT and DOUBLE in the shortest form that reads back
}

// ParamType is a parameter's type as COM_STMT_EXECUTE declares it; the next execution may leave it out.
type ParamType struct {
	Type     Type
	Unsigned bool
}

// Execution is what a COM_STMT_EXECUTE asks for.
type Execution struct {
	Statement  uint32
	Cursor     bool // the client wants to fetch rows
	Params     []Param
	Types      []ParamType // of the parameters; kept for the next execution
	Attributes []Param
}

const (
	cursorReadOnly  = 1
	countsAvailable = 8 // PARAMETER_COUNT_AVAILABLE
	mostParams      = 1<<16 - 1
)

// ExecutedStatement reads which statement a COM_STMT_EXECUTE runs, of a packet without its first byte.
func ExecutedStatement(p []byte) (uint32, error) {
	r := reader{p: p}
	id := r.uint32()
	return id, r.err
}

// ParseExecute reads a COM_STMT_EXECUTE without its first byte. params is how many parameters the statement has, types their
// types if it ran before, and long what was sent of them with COM_STMT_SEND_LONG_DATA.
func ParseExecute(p []byte, has Capability, params int, types []ParamType, long map[int][]byte) (*Execution, error) {
	r := reader{p: p}
	e := &Execution{Statement: r.uint32(), Types: types}
	flags := r.uint8()
	r.uint32() // iterations: always one
	e.Cursor = flags&cursorReadOnly != 0
	count := params
	named := has.Has(QueryAttributes)
	if named && (params > 0 || flags&countsAvailable != 0) {
		n := r.lenenc()
		if n > mostParams {
			r.fail()
		}
		count = int(n)
	}
	if r.err != nil {
		return nil, r.err
	}
	if count < params {
		return nil, fmt.Errorf("%d parameters where the statement has %d: %w", count, params, errShort)
	}
	if count == 0 {
		return e, nil
	}
	all, err := readParams(&r, count, named, &e.Types, long)
	if err != nil {
		return nil, err
	}
	e.Params, e.Attributes = all[:params], all[params:]
	e.Types = e.Types[:params]
	return e, nil
}

// ParseQuery reads a COM_QUERY without its first byte: its attributes and its text.
func ParseQuery(p []byte, has Capability) (text []byte, attributes []Param, err error) {
	if !has.Has(QueryAttributes) {
		return p, nil, nil
	}
	r := reader{p: p}
	n := r.lenenc()
	r.lenenc() // sets of them: always one
	if n > mostParams {
		r.fail()
	}
	if n > 0 && r.err == nil {
		if attributes, err = readParams(&r, int(n), true, new([]ParamType), nil); err != nil {
			return nil, nil, err
		}
	}
	return r.p, attributes, r.err
}

// readParams reads count parameters: which are NULL, their types unless they are as before, and their values.
func readParams(r *reader, count int, named bool, types *[]ParamType, long map[int][]byte) ([]Param, error) {
	nulls := r.bytes(uint64(count+7) / 8)
	fresh := r.uint8() == 1
	if r.err != nil {
		return nil, r.err
	}
	all := make([]Param, count)
	switch {
	case fresh:
		*types = make([]ParamType, count)
		for i := range all {
			declared := r.uint16()
			(*types)[i] = ParamType{Type(declared), declared&(1<<15) != 0}
			if named {
				all[i].Name = string(r.lenencBytes())
			}
		}
	case len(*types) < count:
		return nil, fmt.Errorf("parameters without types: %w", errShort)
	}
	for i := range all {
		t := (*types)[i]
		all[i].Type, all[i].Unsigned = t.Type, t.Unsigned
		if sent, ok := long[i]; ok { // a text, whatever else its type says
			all[i].Text = sent
			if !t.Type.IsText() {
				all[i].Type = TypeVarString
			}
			continue
		}
		if nulls[i/8]&(1<<(i%8)) != 0 || t.Type == TypeNull {
			all[i].Null = true
			continue
		}
		if err := all[i].read(r); err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
	}
	return all, r.err
}

// read reads a value by its type (Binary Protocol Value).
func (p *Param) read(r *reader) error {
	switch p.Type {
	case TypeTiny:
		p.integer(uint64(r.uint8()), 8)
	case TypeShort, TypeYear:
		p.integer(uint64(r.uint16()), 16)
	case TypeLong, TypeInt24:
		p.integer(uint64(r.uint32()), 32)
	case TypeLongLong:
		p.integer(r.uint64(), 64)
	case TypeFloat:
		return p.float(float64(math.Float32frombits(r.uint32())), 32)
	case TypeDouble:
		return p.float(math.Float64frombits(r.uint64()), 64)
	case TypeDate, TypeDatetime, TypeTimestamp:
		return p.moment(r)
	case TypeTime:
		return p.time(r)
	case TypeDecimal, TypeNewDecimal:
		p.Text = number(r.lenencBytes())
	default:
		if !p.Type.IsText() {
			return fmt.Errorf("there is no type %d: %w", p.Type, errShort)
		}
		p.Text = r.lenencBytes()
		if p.Text == nil {
			p.Text = []byte{}
		}
	}
	return r.err
}

// number is the number that a text begins with, as MySQL takes a DECIMAL: 0 for none.
func number(text []byte) []byte {
	if n := leadingNumber.Find(text); n != nil {
		return n
	}
	return []byte{'0'}
}

var leadingNumber = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?`)

func (p *Param) integer(bits uint64, size int) {
	if p.Unsigned {
		p.Text = strconv.AppendUint(nil, bits, 10)
		return
	}
	p.Text = strconv.AppendInt(nil, int64(bits<<(64-size))>>(64-size), 10)
}

func (p *Param) float(v float64, bits int) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%v is no number that MySQL knows", v)
	}
	p.Text = strconv.AppendFloat(nil, v, 'e', -1, bits)
	return nil
}

// moment reads a date, with a time of day if it has one; no bytes at all are the zero date.
func (p *Param) moment(r *reader) error {
	size := r.uint8()
	v := reader{p: r.bytes(uint64(size))}
	var year uint16
	var month, day, hour, minute, second byte
	var micros uint32
	switch size {
	case 11, 7, 4:
		year, month, day = v.uint16(), v.uint8(), v.uint8()
		if size > 4 {
			hour, minute, second = v.uint8(), v.uint8(), v.uint8()
		}
		if size > 7 {
			micros = v.uint32()
		}
	case 0:
	default:
		r.fail()
	}
	p.Text = fmt.Appendf(nil, "%04d-%02d-%02d", year, month, day)
	if size > 4 || p.Type != TypeDate {
		p.Text = fmt.Appendf(p.Text, " %02d:%02d:%02d", hour, minute, second)
	}
	if size > 7 {
		p.Text = fmt.Appendf(p.Text, ".%06d", micros)
	}
	return r.err
}

// time reads a time, which may have days.
func (p *Param) time(r *reader) error {
	size := r.uint8()
	v := reader{p: r.bytes(uint64(size))}
	var negative bool
	var days, micros uint32
	var hour, minute, second byte
	switch size {
	case 12, 8:
		negative, days = v.uint8() != 0, v.uint32()
		hour, minute, second = v.uint8(), v.uint8(), v.uint8()
		if size > 8 {
			micros = v.uint32()
		}
	case 0:
	default:
		r.fail()
	}
	if negative {
		p.Text = append(p.Text, '-')
	}
	p.Text = fmt.Appendf(p.Text, "%02d:%02d:%02d", uint64(days)*24+uint64(hour), minute, second)
	if size > 8 {
		p.Text = fmt.Appendf(p.Text, ".%06d", micros)
	}
	return r.err
}

// LongData is what COM_STMT_SEND_LONG_DATA brings: a piece of a parameter.
type LongData struct {
	Statement uint32
	Param     int
	Piece     []byte
}

// ParseLongData reads a COM_STMT_SEND_LONG_DATA without its first byte.
func ParseLongData(p []byte) (LongData, error) {
	r := reader{p: p}
	d := LongData{Statement: r.uint32(), Param: int(r.uint16())}
	d.Piece = r.p
	return d, r.err
}

// ParseFetch reads a COM_STMT_FETCH without its first byte: the statement and how many rows.
func ParseFetch(p []byte) (statement, rows uint32, err error) {
	r := reader{p: p}
	statement, rows = r.uint32(), r.uint32()
	return statement, rows, r.err
}

// ParseNumber reads the number that some commands consist of, little-endian of 2 or 4 bytes.
func ParseNumber(p []byte) (uint32, error) {
	switch len(p) {
	case 2:
		return uint32(binary.LittleEndian.Uint16(p)), nil
	case 4:
		return binary.LittleEndian.Uint32(p), nil
	}
	return 0, errShort
}

// ParseFieldList reads a COM_FIELD_LIST without its first byte: a table and a pattern of LIKE for its columns.
func ParseFieldList(p []byte) (table, pattern string, err error) {
	r := reader{p: p}
	table = r.text()
	return table, string(r.p), r.err
}
