package scratchsql

import (
	"context"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsexpr "github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
)

// TypeOf reads the type of a column as a Definition has it: scratch.Config.Type.
func TypeOf(sqlType string) (types.Type, error) {
	t, err := parseType(sqlType)
	if err != nil {
		return types.Type{}, err
	}
	return bind.FromGMS(t)
}

func parseType(sqlType string) (sql.Type, error) {
	if digits, ok := timeDigits(sqlType); ok {
		return bind.NewColumnTime(digits), nil
	}
	sqlType, _ = types.CutNumber(sqlType)
	t, err := planbuilder.ParseColumnTypeString(context.Background(), sqlType)
	if err != nil {
		return nil, err
	}
	if collated, ok := t.(sql.TypeWithCollation); ok && collated.Collation() == sql.Collation_Unspecified {
		return collated.WithNewCollation(sql.Collation_Default)
	}
	return t, nil
}

// timeDigits returns the digits of TIME(n), which GMS does not read.
func timeDigits(sqlType string) (int, bool) {
	if sqlType == "time" {
		return 0, true
	}
	digits := 0
	n, err := fmt.Sscanf(sqlType, "time(%d)", &digits)
	return digits, n == 1 && err == nil
}

// TypeText is a type as a Definition has it, the inverse of parseType.
func TypeText(t sql.Type) string { return typeText(t, sql.Collation_Unspecified) }

// typeText is a type with its character set and collation where they are not those of its table. GMS would leave backslashes of members as they are.
func typeText(t sql.Type, table sql.CollationID) string {
	var kind string
	var members []string
	switch t := t.(type) {
	case sql.EnumType:
		kind, members = "enum", t.Values()
	case sql.SetType:
		kind, members = "set", t.Values()
	case sql.TypeWithCollation:
		return t.StringWithTableCollation(table)
	default:
		return t.String()
	}
	for i, m := range members {
		members[i] = types.QuoteLiteral(m)
	}
	text := kind + "(" + strings.Join(members, ",") + ")"
	if collated, ok := t.(sql.TypeWithCollation); ok {
		if charset := collated.Collation().CharacterSet(); charset != table.CharacterSet() {
			text += " CHARACTER SET " + charset.Name()
		}
		if collated.Collation() != table {
			text += " COLLATE " + collated.Collation().Name()
		}
	}
	return text
}

// typeOf returns the type of a column. Parsing is slow, and tables are looked up all the time.
func (d *Databases) typeOf(c scratch.Column) (sql.Type, error) {
	if t, ok := d.types.Get(c.SQLType); ok {
		return t, nil
	}
	t, err := parseType(c.SQLType)
	if err != nil {
		return nil, err
	}
	d.types.Add(c.SQLType, t)
	return t, nil
}

// schema returns what GMS knows of a table's columns, in which it writes. Virtual columns are stored: GMS loses the checks and
// positions of a table that it has to compute columns of.
func (d *Databases) schema(database string, def *scratch.Definition) (sql.PrimaryKeySchema, error) {
	columns := make(sql.Schema, len(def.Columns))
	for i, c := range def.Columns {
		t, err := d.typeOf(c)
		if err != nil {
			return sql.PrimaryKeySchema{}, err
		}
		columns[i] = &sql.Column{
			Name: c.Name, Type: t, Nullable: c.Nullable, Source: def.Name, DatabaseSource: database,
			AutoIncrement: c.AutoIncrement, HiddenSystem: c.Hidden, Comment: c.Comment, Extra: extra(c),
			Default: expression(c.Default), Generated: expression(c.Generated), OnUpdate: expression(c.OnUpdate),
		}
	}
	var key []int
	for _, p := range def.Primary {
		columns[p.Column].PrimaryKey = true
		key = append(key, p.Column)
	}
	return sql.NewPrimaryKeySchema(columns, key...), nil
}

// extra is what SHOW COLUMNS says beside, where GMS does not find it out.
func extra(c scratch.Column) string {
	switch {
	case c.AutoIncrement:
		return "auto_increment"
	case c.Generated != nil && c.Virtual:
		return "VIRTUAL GENERATED"
	case c.Generated != nil:
		return "STORED GENERATED"
	case c.OnUpdate != nil && c.Default != nil:
		return "DEFAULT_GENERATED on update " + *c.OnUpdate
	case c.OnUpdate != nil:
		return "on update " + *c.OnUpdate
	}
	return ""
}

// independent is the text of an expression that says nothing of the table that its columns are in.
func independent(ctx *sql.Context, of sql.Expression) (string, error) {
	e, _, err := transform.Expr(ctx, of, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		if f, ok := e.(*gmsexpr.GetField); ok {
			return gmsexpr.NewGetField(f.Index(), f.Type(ctx), bind.QuotedName(f.Name()), f.IsNullable(ctx)), transform.NewTree, nil
		}
		return e, transform.SameTree, nil
	})
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

func expression(text *string) *sql.ColumnDefaultValue {
	if text == nil {
		return nil
	}
	return sql.NewUnresolvedColumnDefaultValue(*text)
}

// expressionText is what resolves to v again. The members of an ENUM or SET are numbers in it, which are not literals of
// theirs, and a TIME has no quotes.
func expressionText(ctx *sql.Context, v *sql.ColumnDefaultValue, t sql.Type, typ types.Type) (*string, error) {
	if v == nil || v.Expr == nil {
		return nil, nil
	}
	text, err := independent(ctx, v)
	if err != nil {
		return nil, err
	}
	if text == "0x" { // GMS's empty byte string, which is no literal
		text = "''"
	}
	if v.Literal && (typ.Kind == types.Enum || typ.Kind == types.Set || typ.Kind == types.Time) {
		x, err := v.Eval(ctx, nil)
		if err != nil || x == nil {
			return &text, err
		}
		codec := bind.NewCodec(ctx, []sql.Type{t}, []types.Type{typ})
		values, err := codec.Values(ctx, sql.Row{x})
		if err != nil {
			return nil, err
		}
		text = types.QuoteLiteral(codec.Text(0, values[0]))
	}
	return &text, nil
}

// definition is what a table is made like that is not of package scratch.
func definition(ctx *sql.Context, name string, like *gmsplan.CreateTable) (*scratch.Definition, error) {
	def := &scratch.Definition{Name: name, Collation: uint16(like.Collation)}
	if like.Collation == sql.Collation_Unspecified {
		def.Collation = uint16(sql.Collation_Default)
	}
	schema := like.PkSchema()
	for _, c := range schema.Schema {
		t := c.Type
		if collated, ok := t.(sql.TypeWithCollation); ok && collated.Collation() == sql.Collation_Unspecified {
			var err error
			if t, err = collated.WithNewCollation(sql.Collation_Default); err != nil {
				return nil, err
			}
		}
		column, err := columnOf(ctx, c, t)
		if err != nil {
			return nil, err
		}
		def.Columns = append(def.Columns, column)
	}
	for _, i := range schema.PkOrdinals {
		def.Primary = append(def.Primary, scratch.Part{Column: i})
		def.Columns[i].Nullable = false
	}
	for _, k := range like.Indexes() {
		key := scratch.Key{Name: k.Name, Unique: k.IsUnique(), Comment: k.Comment}
		for _, c := range k.Columns {
			key.Parts = append(key.Parts, scratch.Part{Column: def.Index(c.Name), Prefix: int(c.Length)})
		}
		if !k.IsPrimary() {
			def.Keys = append(def.Keys, key)
		}
	}
	return def, nil
}

func columnOf(ctx *sql.Context, c *sql.Column, t sql.Type) (column scratch.Column, err error) {
	column = scratch.Column{
		Name: c.Name, SQLType: TypeText(t), Nullable: c.Nullable, AutoIncrement: c.AutoIncrement, Virtual: c.Virtual,
		Hidden: c.HiddenSystem, Comment: c.Comment,
	}
	if column.Type, err = bind.FromGMS(t); err != nil {
		return column, err
	}
	for _, e := range []struct {
		to   **string
		from *sql.ColumnDefaultValue
	}{{&column.Default, c.Default}, {&column.Generated, c.Generated}, {&column.OnUpdate, c.OnUpdate}} {
		if *e.to, err = expressionText(ctx, e.from, t, column.Type); err != nil {
			return column, err
		}
	}
	return column, nil
}
