package scratch

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// Definition is what a table is made of. It is immutable, and kept as JSON.
type Definition struct {
	Name        string       `json:"name"`
	Columns     []Column     `json:"columns"`
	Primary     []Part       `json:"primary,omitempty"` // in the order of the key; none: rows keep the order they came in
	Keys        []Key        `json:"keys,omitempty"`
	Checks      []Check      `json:"checks,omitempty"`
	ForeignKeys []ForeignKey `json:"foreign_keys,omitempty"`
	Collation   uint16       `json:"collation"` // of columns that name none
	Comment     string       `json:"comment,omitempty"`
}

// Column is a column. Its expressions are SQL.
type Column struct {
	Name          string     `json:"name"`
	SQLType       string     `json:"type"` // as in CREATE TABLE
	Type          types.Type `json:"-"`    // what SQLType says of its values
	Nullable      bool       `json:"nullable,omitempty"`
	AutoIncrement bool       `json:"auto_increment,omitempty"`
	Default       *string    `json:"default,omitempty"` // nil: there is none
	OnUpdate      *string    `json:"on_update,omitempty"`
	Generated     *string    `json:"generated,omitempty"`
	Virtual       bool       `json:"virtual,omitempty"` // Generated, and not said to be STORED; rows have its value all the same
	Hidden        bool       `json:"hidden,omitempty"`  // by who runs statements, for a key over an expression
	Comment       string     `json:"comment,omitempty"`
}

// Number is what SQLType says of a number beyond its Type.
func (c *Column) Number() types.Number {
	if !c.Type.IsFloat() && c.Type.Kind != types.Decimal {
		return types.Number{}
	}
	_, n := types.CutNumber(c.SQLType)
	return n
}

// Part is a column of a key.
type Part struct {
	Column int `json:"column"`
	Prefix int `json:"prefix,omitempty"` // characters or bytes of it that count; 0: all
}

// Key is a key but the primary one. Keys that are not unique are described, not used.
type Key struct {
	Name    string `json:"name"`
	Parts   []Part `json:"parts"`
	Unique  bool   `json:"unique,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Check is a CHECK constraint.
type Check struct {
	Name     string `json:"name"`
	SQL      string `json:"sql"`
	Enforced bool   `json:"enforced,omitempty"`
}

// ForeignKey is a foreign key. Who runs statements enforces it.
type ForeignKey struct {
	Name           string   `json:"name"`
	Columns        []string `json:"columns"`
	ParentDatabase string   `json:"parent_database"`
	ParentTable    string   `json:"parent_table"`
	ParentColumns  []string `json:"parent_columns"`
	OnUpdate       string   `json:"on_update,omitempty"`
	OnDelete       string   `json:"on_delete,omitempty"`
}

// Index returns the position of a column, -1 without one of that name.
func (d *Definition) Index(column string) int {
	return slices.IndexFunc(d.Columns, func(c Column) bool { return strings.EqualFold(c.Name, column) })
}

// Clone returns a definition that can be changed up to being used.
func (d *Definition) Clone() *Definition {
	c := *d
	c.Columns = slices.Clone(d.Columns)
	c.Primary = slices.Clone(d.Primary)
	c.Keys = slices.Clone(d.Keys)
	c.Checks = slices.Clone(d.Checks)
	c.ForeignKeys = slices.Clone(d.ForeignKeys)
	return &c
}

// uniques are the keys that tables have a tree for.
func (d *Definition) uniques() []Key {
	var unique []Key
	for _, k := range d.Keys {
		if k.Unique {
			unique = append(unique, k)
		}
	}
	return unique
}
