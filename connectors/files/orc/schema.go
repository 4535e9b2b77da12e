package orc

import (
	"fmt"
	"strconv"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// kind is a type of ORC ("Types"), by its number in the file.
type kind uint8

// The kinds.
const (
	kindBoolean kind = iota
	kindByte
	kindShort
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindString
	kindBinary
	kindTimestamp
	kindList
	kindMap
	kindStruct
	kindUnion
	kindDecimal
	kindDate
	kindVarchar
	kindChar
	kindInstant
)

var kindNames = [...]string{"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "timestamp", "array", "map", "struct",
	"uniontype", "decimal", "date", "varchar", "char", "timestamp with local time zone"}

// node is a type in its place among the columns of the file, which are numbered as types are.
type node struct {
	kind             kind
	column           int
	name             string // of the column of the table that it is in
	typ              types.Type
	length           int // of char and varchar, in characters
	precision, scale int
	children         []*node
	fields           []string // names of children of a struct
	nested           bool
	id               int  // that a table's format gave it; 0: none
	fixed            int  // of a binary whose values all have this length in bytes; 0: they vary
	time, uuid       bool // what a long and a binary are besides
}

// Attributes that Iceberg gives types ("ORC" in its specification).
const (
	attributeID     = "iceberg.id"
	attributeBinary = "iceberg.binary-type"
	attributeLength = "iceberg.length"
	attributeLong   = "iceberg.long-type"
)

// Bounds of types: MySQL's tables have 4096 columns at most.
const (
	mostColumns = 4096
	mostDepth   = 64
)

// Limits of what has a length in MySQL, in characters of at most 4 bytes, or in bytes.
const (
	longestBinary  = 255
	uuidLength     = 36
	longestChar    = 255
	longestVarchar = 16_383
)

// Decimals without a precision are of Hive 0.11, and have what Java's reader takes them to have.
const (
	oldPrecision = 38
	oldScale     = 10
)

// tree makes the types of a file of which some have others, and proves that each is in one place.
func tree(list []fileType) (*node, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("it has no types")
	}
	nodes := make([]*node, len(list))
	for i, t := range list {
		if t.kind >= uint64(len(kindNames)) {
			return nil, fmt.Errorf("column %d is of kind %d", i, t.kind)
		}
		n := &node{kind: kind(t.kind), column: i, fields: t.names}
		if n.kind == kindDecimal {
			n.precision, n.scale = int(min(t.precision, 1000)), int(min(t.scale, 1000))
			if n.precision == 0 {
				n.precision, n.scale = oldPrecision, oldScale
			}
			if n.precision > types.Digits128 || n.scale > n.precision {
				return nil, fmt.Errorf("column %d is a decimal of %d digits, %d after the point", i, n.precision, n.scale)
			}
		}
		n.length = int(min(t.length, 1<<30))
		n.id = positive(t.attributes[attributeID])
		switch n.kind {
		case kindLong:
			n.time = t.attributes[attributeLong] == "TIME"
		case kindBinary:
			n.uuid = t.attributes[attributeBinary] == "UUID"
			if t.attributes[attributeBinary] == "FIXED" {
				n.fixed = positive(t.attributes[attributeLength])
			}
		}
		nodes[i] = n
	}
	parents := make([]int, len(list))
	for i, t := range list {
		n := nodes[i]
		want, nested := map[kind]int{kindList: 1, kindMap: 2, kindStruct: len(t.names), kindUnion: len(t.subtypes)}[n.kind]
		if len(t.subtypes) != want {
			return nil, fmt.Errorf("column %d, a %s, has %d types within", i, kindNames[n.kind], len(t.subtypes))
		}
		n.nested = nested
		for _, s := range t.subtypes {
			if s <= uint64(i) || s >= uint64(len(nodes)) || parents[s] != 0 {
				return nil, fmt.Errorf("column %d has column %d within", i, s)
			}
			parents[s] = i + 1
			n.children = append(n.children, nodes[s])
		}
	}
	return nodes[0], nodes[0].check(0)
}

// positive is a number in an attribute; 0: it is none.
func positive(text string) int {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0
	}
	return int(max(n, 0))
}

// check bounds how deep types nest.
func (n *node) check(depth int) error {
	if depth > mostDepth {
		return fmt.Errorf("types nest deeper than %d", mostDepth)
	}
	for _, c := range n.children {
		if err := c.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf maps the fields of a file's rows. Rows that are no structs have one column.
func columnsOf(root *node) (columns []files.Column, nodes []*node, err error) {
	nodes, names := []*node{root}, []string{"value"}
	if root.kind == kindStruct {
		nodes, names = root.children, root.fields
	}
	if len(nodes) > mostColumns {
		return nil, nil, fmt.Errorf("%d columns; %d are the most", len(nodes), mostColumns)
	}
	for i, n := range nodes {
		n.describe(names[i])
		c := files.Column{Name: names[i], Type: n.typ, Nullable: true, Native: n.String(), ID: n.id}
		switch {
		case n.nested:
			c.Warning = "shown as JSON"
		case n.kind == kindTimestamp || n.kind == kindInstant:
			c.Warning = "nanoseconds are cut to microseconds"
		case n.kind == kindDecimal && n.scale > types.MaxScale:
			c.Warning = fmt.Sprintf("DECIMAL(%d,%d) exceeds MySQL's limits and is shown as text", n.precision, n.scale)
		}
		columns = append(columns, c)
	}
	return columns, nodes, nil
}

// kinds are the types of those that have no length.
var kinds = map[kind]types.Kind{
	kindBoolean: types.Bool, kindByte: types.Int8, kindShort: types.Int16, kindInt: types.Int32, kindLong: types.Int64,
	kindFloat: types.Float32, kindDouble: types.Float64, kindString: types.Text, kindBinary: types.Blob, kindDate: types.Date,
	kindList: types.JSON, kindMap: types.JSON, kindStruct: types.JSON, kindUnion: types.JSON,
}

// describe sets the types of a column and of what is within.
func (n *node) describe(name string) {
	n.name = name
	switch {
	case n.kind == kindDecimal && n.scale > types.MaxScale:
		n.typ = types.Of(types.Text)
	case n.kind == kindDecimal:
		n.typ = types.NewDecimal(n.precision, n.scale)
	case n.kind == kindTimestamp:
		n.typ = types.NewTemporal(types.Datetime, types.MaxFSP)
	case n.kind == kindInstant:
		n.typ = types.NewTemporal(types.Timestamp, types.MaxFSP)
	case n.kind == kindChar && n.length >= 1 && n.length <= longestChar:
		n.typ = types.NewText(types.Char, n.length, types.Utf8mb4Bin0900)
	case n.kind == kindVarchar && n.length >= 1 && n.length <= longestVarchar:
		n.typ = types.NewText(types.Varchar, n.length, types.Utf8mb4Bin0900)
	case n.kind == kindChar || n.kind == kindVarchar:
		n.typ = types.Of(types.Text)
	case n.time:
		n.typ = types.NewTemporal(types.Time, types.MaxFSP)
	case n.uuid:
		n.typ = types.NewText(types.Char, uuidLength, types.Utf8mb4Bin0900)
	case n.fixed > 0 && n.fixed <= longestBinary:
		n.typ = types.Type{Kind: types.Binary, Length: uint32(n.fixed)}
	default:
		n.typ = types.Of(kinds[n.kind])
	}
	for _, c := range n.children {
		c.describe(name)
	}
}

// String names a type as Hive does, in short.
func (n *node) String() string {
	switch n.kind {
	case kindDecimal:
		return fmt.Sprintf("decimal(%d,%d)", n.precision, n.scale)
	case kindChar, kindVarchar:
		return fmt.Sprintf("%s(%d)", kindNames[n.kind], n.length)
	}
	return kindNames[n.kind]
}

// walk visits a type and those within.
func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, c := range n.children {
		c.walk(visit)
	}
}
