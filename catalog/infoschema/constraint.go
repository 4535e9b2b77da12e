package infoschema

import (
	"strings"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// constraint is a key of a table, of whatever kind, or a CHECK.
type constraint struct {
	name    string
	kind    constraintKind
	columns []int // positions
	prefix  []int // of each column how many characters or bytes count, 0: all; nil: all of all
	comment string
	foreign *scratch.ForeignKey
	check   *scratch.Check
}

type constraintKind uint8

const (
	primaryKey constraintKind = iota
	uniqueKey
	index // that is no constraint
	foreignKey
	checkClause
)

// String is CONSTRAINT_TYPE.
func (k constraintKind) String() string {
	return [...]string{"PRIMARY KEY", "UNIQUE", "", "FOREIGN KEY", "CHECK"}[k]
}

// constraintsOf are those of a table; def is of one that was made here, else nil.
func constraintsOf(t *plan.Table, def *scratch.Definition) (all []constraint) {
	if def == nil {
		for i, columns := range t.Keys {
			kind := uniqueKey
			if t.Primary && i == 0 {
				kind = primaryKey
			}
			all = append(all, constraint{name: t.KeyName(i), kind: kind, columns: columns})
		}
		return all
	}
	key := func(name string, kind constraintKind, parts []scratch.Part, comment string) {
		c := constraint{name: name, kind: kind, comment: comment}
		for _, p := range parts {
			c.columns, c.prefix = append(c.columns, p.Column), append(c.prefix, p.Prefix)
		}
		all = append(all, c)
	}
	if def.Primary != nil {
		key("PRIMARY", primaryKey, def.Primary, "")
	}
	for _, k := range def.Keys {
		kind := index
		if k.Unique {
			kind = uniqueKey
		}
		key(k.Name, kind, k.Parts, k.Comment)
	}
	for i := range def.ForeignKeys {
		c := constraint{name: def.ForeignKeys[i].Name, kind: foreignKey, foreign: &def.ForeignKeys[i]}
		for _, column := range c.foreign.Columns {
			c.columns = append(c.columns, def.Index(column))
		}
		all = append(all, c)
	}
	for i := range def.Checks {
		all = append(all, constraint{name: def.Checks[i].Name, kind: checkClause, check: &def.Checks[i]})
	}
	return all
}

// isIndex reports what STATISTICS has.
func (i *item) isIndex() bool { return i.key.kind <= index }

// isConstraint reports what TABLE_CONSTRAINTS has.
func (i *item) isConstraint() bool { return i.key.kind != index }

func (i *item) isForeign() bool { return i.key.kind == foreignKey }

func (i *item) isCheck() bool { return i.key.kind == checkClause }

func constraintName(i *item) types.Value { return types.TextValue(i.key.name) }

// ofForeign gives a text to foreign keys and NULL to others.
func ofForeign(text func(*item) string) func(*item) types.Value {
	return func(i *item) types.Value {
		if i.key.foreign == nil {
			return types.NullValue
		}
		return types.TextValue(text(i))
	}
}

// rule is what a foreign key does when the row that it points to changes.
func rule(written string) string {
	if written == "" || strings.EqualFold(written, "DEFAULT") {
		return "NO ACTION"
	}
	return strings.ToUpper(written)
}

// columnKey is COLUMN_KEY of a column of a table that was made here.
func columnKey(def *scratch.Definition, column int) string {
	for _, p := range def.Primary {
		if p.Column == column {
			return "PRI"
		}
	}
	best := ""
	for _, k := range def.Keys {
		switch {
		case k.Parts[0].Column != column:
		case k.Unique && len(k.Parts) == 1:
			return "UNI"
		default:
			best = "MUL"
		}
	}
	return best
}

// definedOf is the column as it was defined; nil: its table was not made here.
func (i *item) definedOf() *scratch.Column {
	if i.definition == nil {
		return nil
	}
	return &i.definition.Columns[i.column]
}

// columnDefault is COLUMN_DEFAULT: a literal without its quotes, an expression as it is.
func columnDefault(i *item) types.Value {
	c := i.definedOf()
	if c == nil || c.Default == nil || c.Generated != nil || strings.EqualFold(*c.Default, "NULL") {
		return types.NullValue
	}
	text, _ := types.UnquoteLiteral(*c.Default)
	return types.TextValue(text)
}

// extra is EXTRA.
func extra(i *item) types.Value {
	c := i.definedOf()
	if c == nil {
		return types.TextValue("")
	}
	var words []string
	switch {
	case c.AutoIncrement:
		words = append(words, "auto_increment")
	case c.Generated != nil && c.Virtual:
		words = append(words, "VIRTUAL GENERATED")
	case c.Generated != nil:
		words = append(words, "STORED GENERATED")
	case c.Default != nil && (strings.HasPrefix(*c.Default, "(") || strings.HasPrefix(strings.ToUpper(*c.Default), "CURRENT_TIMESTAMP")):
		words = append(words, "DEFAULT_GENERATED")
	}
	if c.OnUpdate != nil {
		words = append(words, "on update "+*c.OnUpdate)
	}
	return types.TextValue(strings.Join(words, " "))
}

// generated is GENERATION_EXPRESSION.
func generated(i *item) types.Value {
	if c := i.definedOf(); c != nil && c.Generated != nil {
		return types.TextValue(*c.Generated)
	}
	return types.TextValue("")
}

// keyExpression is the part of a key that is an expression, which a hidden column has the values of.
func (i *item) keyExpression() (expression string, ok bool) {
	c := i.definedOf()
	if c == nil || !c.Hidden || c.Generated == nil {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(*c.Generated, "("), ")"), true
}
