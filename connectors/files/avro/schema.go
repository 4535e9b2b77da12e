package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// kind is a type of Avro.
type kind uint8

// The kinds.
const (
	kindNull kind = iota
	kindBoolean
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindBytes
	kindString
	kindRecord
	kindEnum
	kindArray
	kindMap
	kindUnion
	kindFixed
)

var kindNames = [...]string{"null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "enum", "array", "map", "union", "fixed"}

func (k kind) String() string { return kindNames[k] }

// schema is a type; those with names may lie within themselves.
type schema struct {
	kind     kind
	logical  logical // none where its attributes contradict themselves, as the specification says
	digits   int     // of decimal
	scale    int     // of decimal
	size     int     // of fixed, in bytes
	symbols  []string
	fields   []field
	items    *schema   // of array, and the values of map
	branches []*schema // of union

	measured bool
	least    int64 // bytes that a value takes at least
	exact    bool  // every value takes so many
}

type field struct {
	name string
	typ  *schema
	id   int // that a table's format gave it; 0: none
}

// logical is what a type is annotated with.
type logical uint8

// The logical types that count.
const (
	none logical = iota
	decimal
	uuid
	date
	timeMillis
	timeMicros
	timestampMillis
	timestampMicros
	timestampNanos
	localMillis
	localMicros
	localNanos
	duration
)

// logicals are the names, and the kinds that they annotate.
var logicals = map[string]struct {
	logical logical
	kinds   []kind
}{
	"decimal":                {decimal, []kind{kindBytes, kindFixed}},
	"uuid":                   {uuid, []kind{kindString, kindFixed}},
	"date":                   {date, []kind{kindInt}},
	"time-millis":            {timeMillis, []kind{kindInt}},
	"time-micros":            {timeMicros, []kind{kindLong}},
	"timestamp-millis":       {timestampMillis, []kind{kindLong}},
	"timestamp-micros":       {timestampMicros, []kind{kindLong}},
	"timestamp-nanos":        {timestampNanos, []kind{kindLong}},
	"local-timestamp-millis": {localMillis, []kind{kindLong}},
	"local-timestamp-micros": {localMicros, []kind{kindLong}},
	"local-timestamp-nanos":  {localNanos, []kind{kindLong}},
	"duration":               {duration, []kind{kindFixed}},
}

// Sizes of what has special logical types, in bytes, and the most digits of a decimal that is taken for one.
const (
	uuidSize     = 16
	durationSize = 12
	mostDigits   = 1000
)

// parseSchema parses the schema of a file.
func parseSchema(text []byte) (*schema, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	p := parser{named: make(map[string]*schema)}
	s, err := p.parse(v, "")
	if err != nil {
		return nil, err
	}
	s.measure()
	return s, nil
}

// parser knows the named types so far, by full name.
type parser struct{ named map[string]*schema }

func (p *parser) parse(v any, space string) (*schema, error) {
	switch v := v.(type) {
	case string:
		return p.reference(v, space)
	case []any:
		return p.union(v, space)
	case map[string]any:
		return p.object(v, space)
	}
	return nil, fmt.Errorf("%T is no type", v)
}

// reference is a primitive type, or one that was defined before.
func (p *parser) reference(name, space string) (*schema, error) {
	for k, known := range kindNames[:kindRecord] {
		if name == known {
			return &schema{kind: kind(k)}, nil
		}
	}
	if s := p.named[fullName(name, space)]; s != nil {
		return s, nil
	}
	if s := p.named[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("type %q is not defined", name)
}

func (p *parser) union(list []any, space string) (*schema, error) {
	s := &schema{kind: kindUnion}
	for _, v := range list {
		branch, err := p.parse(v, space)
		if err != nil {
			return nil, err
		}
		if branch.kind == kindUnion {
			return nil, errors.New("a union within a union")
		}
		s.branches = append(s.branches, branch)
	}
	if len(s.branches) == 0 {
		return nil, errors.New("a union of nothing")
	}
	return s, nil
}

func (p *parser) object(o map[string]any, space string) (*schema, error) {
	name, ok := o["type"].(string)
	if !ok { // an object around a type, which some writers make
		if o["type"] == nil {
			return nil, errors.New("an object without a type")
		}
		return p.parse(o["type"], space)
	}
	switch name {
	case "record", "error":
		return p.record(o, space)
	case "enum":
		s := &schema{kind: kindEnum}
		list, ok := o["symbols"].([]any)
		if !ok {
			return nil, errors.New("an enum without symbols")
		}
		for _, v := range list {
			symbol, ok := v.(string)
			if !ok {
				return nil, errors.New("a symbol that is no text")
			}
			s.symbols = append(s.symbols, symbol)
		}
		_, err := p.define(s, o, space)
		return s, err
	case "fixed":
		size, ok := whole(o["size"])
		if !ok {
			return nil, errors.New("a fixed without a size")
		}
		s := &schema{kind: kindFixed, size: size}
		s.annotate(o)
		_, err := p.define(s, o, space)
		return s, err
	case "array":
		items, err := p.parse(o["items"], space)
		return &schema{kind: kindArray, items: items}, err
	case "map":
		items, err := p.parse(o["values"], space)
		return &schema{kind: kindMap, items: items}, err
	}
	s, err := p.reference(name, space)
	if err == nil && s.kind < kindRecord {
		s.annotate(o)
	}
	return s, err
}

func (p *parser) record(o map[string]any, space string) (*schema, error) {
	s := &schema{kind: kindRecord}
	space, err := p.define(s, o, space)
	if err != nil {
		return nil, err
	}
	list, ok := o["fields"].([]any)
	if !ok {
		return nil, errors.New("a record without fields")
	}
	for _, v := range list {
		f, ok := v.(map[string]any)
		if !ok {
			return nil, errors.New("a field that is no object")
		}
		name, ok := f["name"].(string)
		if !ok {
			return nil, errors.New("a field without a name")
		}
		typ, err := p.parse(f["type"], space)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		id, _ := whole(f["field-id"])
		s.fields = append(s.fields, field{name, typ, id})
	}
	return s, nil
}

// define notes a named type and returns the namespace within it. Some writers leave names out.
func (p *parser) define(s *schema, o map[string]any, space string) (within string, err error) {
	name, ok := o["name"].(string)
	if !ok {
		return space, nil
	}
	if own, ok := o["namespace"].(string); ok {
		space = own
	}
	full := fullName(name, space)
	if p.named[full] != nil {
		return "", fmt.Errorf("type %q is defined twice", full)
	}
	p.named[full] = s
	if dot := strings.LastIndexByte(full, '.'); dot >= 0 {
		return full[:dot], nil
	}
	return "", nil
}

func fullName(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// annotate sets the logical type that attributes name, if it is one of that type.
func (s *schema) annotate(o map[string]any) {
	name, ok := o["logicalType"].(string)
	if !ok {
		return
	}
	known := logicals[name]
	for _, k := range known.kinds {
		if k == s.kind && s.fits(known.logical, o) {
			s.logical = known.logical
		}
	}
	// Iceberg names the moments of an instant and those without a zone alike, and tells them by an attribute.
	if utc, ok := o["adjust-to-utc"].(bool); ok && !utc {
		s.logical = withoutZone(s.logical)
	}
}

// withoutZone is the logical type of moments that are no instants.
func withoutZone(l logical) logical {
	switch l {
	case timestampMillis:
		return localMillis
	case timestampMicros:
		return localMicros
	case timestampNanos:
		return localNanos
	}
	return l
}

// fits reports whether a logical type of the right kind is valid, and notes the digits of a decimal.
func (s *schema) fits(l logical, o map[string]any) bool {
	switch l {
	case uuid:
		return s.kind == kindString || s.size == uuidSize
	case duration:
		return s.size == durationSize
	case decimal:
		digits, ok := whole(o["precision"])
		scale, hasScale := whole(o["scale"])
		if o["scale"] != nil && !hasScale || !ok || digits < 1 || digits > mostDigits || scale > digits {
			return false
		}
		s.digits, s.scale = digits, scale
	}
	return true
}

// whole is a number of JSON that is one of int32 and not negative.
func whole(v any) (int, bool) {
	f, ok := v.(float64)
	return int(f), ok && f >= 0 && f <= math.MaxInt32 && f == math.Trunc(f)
}

// mostBytes is where counting bytes ends.
const mostBytes = 1 << 40

// measure finds how many bytes values take. Within itself a type takes at least none.
func (s *schema) measure() (least int64, exact bool) {
	if s.measured {
		return s.least, s.exact
	}
	s.measured = true
	switch s.kind {
	case kindNull:
		s.exact = true
	case kindBoolean:
		s.least, s.exact = 1, true
	case kindFloat:
		s.least, s.exact = 4, true
	case kindDouble:
		s.least, s.exact = 8, true
	case kindFixed:
		s.least, s.exact = int64(s.size), true
	case kindRecord:
		sum, exact := int64(0), true
		for _, f := range s.fields {
			least, same := f.typ.measure()
			sum, exact = min(sum+least, mostBytes), exact && same
		}
		s.least, s.exact = sum, exact
	case kindUnion:
		least := int64(mostBytes)
		for _, b := range s.branches {
			n, _ := b.measure()
			least = min(least, n)
		}
		s.least = 1 + least
	case kindArray, kindMap:
		s.items.measure()
		s.least = 1
	default:
		s.least = 1
	}
	return s.least, s.exact
}

// String names a type in short.
func (s *schema) String() string {
	name := s.kind.String()
	for text, l := range logicals {
		if l.logical == s.logical && s.logical != none {
			name += " " + text
		}
	}
	switch {
	case s.logical == decimal:
		name += fmt.Sprintf("(%d,%d)", s.digits, s.scale)
	case s.kind == kindUnion:
		var names []string
		for _, b := range s.branches {
			names = append(names, b.String())
		}
		name = "[" + strings.Join(names, ", ") + "]"
	}
	return name
}
