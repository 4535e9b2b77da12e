package scratchsql

import (
	"fmt"
	"strings"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// blueprint is a draft that was found to be a table: its definition, and the expressions that its rows are computed by.
type blueprint struct {
	*draft
	def    *scratch.Definition
	schema sql.Schema       // with bound expressions; the positions of columns are the definition's
	checks []sql.Expression // of the definition's Checks
}

// unquestioned is the right to what was asked for before.
var unquestioned = sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE, TargetType: sqlparser.AuthTargetType_Ignore}

// define makes the definition of a draft. GMS binds its types and expressions, as those of a CREATE TABLE of columns and checks alone; all else
// is decided here.
func (d *draft) define(ctx *sql.Context, databases *Databases, gms *sqle.Engine) (*blueprint, error) {
	for _, c := range d.columns {
		if c.written == nil {
			continue
		}
		if err := checkColumn(ctx, c.written); err != nil {
			return nil, err
		}
	}
	if err := d.nameChecks(ctx, databases); err != nil {
		return nil, err
	}
	if err := d.checkExpressions(); err != nil {
		return nil, err
	}
	bound, err := d.bind(ctx, databases, gms)
	if err != nil {
		return nil, d.badDefault(ctx, databases, gms, err)
	}
	b := &blueprint{draft: d, schema: bound.PkSchema().Schema, def: &scratch.Definition{Name: d.name, Collation: uint16(d.collation), Comment: d.comment}}
	for i, c := range d.columns {
		column, err := d.defineColumn(ctx, c, b.schema[i])
		if err != nil {
			return nil, err
		}
		b.def.Columns = append(b.def.Columns, column)
	}
	if err := b.defineChecks(ctx, bound.Checks()); err != nil {
		return nil, err
	}
	if err := d.defineKeys(ctx, b.def); err != nil {
		return nil, err
	}
	return b, d.defineForeignKeys(ctx, databases, b.def)
}

// badDefault says of which column a default is that GMS refuses.
func (d *draft) badDefault(ctx *sql.Context, databases *Databases, gms *sqle.Engine, err error) error {
	if !isBadDefault(err) {
		return err
	}
	for _, c := range d.columns {
		if c.written == nil && c.newDefault == nil {
			continue
		}
		alone := *d
		alone.columns, alone.checks, alone.keys = []draftColumn{c}, nil, nil
		if _, err := alone.bind(ctx, databases, gms); isBadDefault(err) {
			return invalidDefault(c.name)
		}
	}
	return err
}

func isBadDefault(err error) bool {
	return sql.ErrIncompatibleDefaultType.Is(err) || sql.ErrInvalidColumnDefaultValue.Is(err) || sql.ErrColumnDefaultDatetimeOnlyFunc.Is(err)
}

// bind binds the columns, the checks and, as if they were checks too, the expressions of keys.
func (d *draft) bind(ctx *sql.Context, databases *Databases, gms *sqle.Engine) (*gmsplan.CreateTable, error) {
	spec := &sqlparser.TableSpec{TableOpts: []*sqlparser.TableOption{{Name: "collate", Value: d.collation.Name()}}}
	for i, c := range d.columns {
		column, err := d.columnToBind(ctx, databases, gms, i, c)
		if err != nil {
			return nil, err
		}
		spec.Columns = append(spec.Columns, column)
	}
	check := func(of sqlparser.Expr) {
		spec.Constraints = append(spec.Constraints, &sqlparser.ConstraintDefinition{Name: fmt.Sprintf("silogate_%d", len(spec.Constraints)),
			Details: &sqlparser.CheckConstraintDefinition{Expr: of, Enforced: true}})
	}
	for i := range d.checks {
		c := &d.checks[i]
		if c.kept != nil {
			var err error
			if c.of, err = expressionIn(gms, c.kept.SQL); err != nil {
				return nil, err
			}
		}
		check(c.of)
	}
	for _, k := range d.keys {
		for _, p := range k.parts {
			if p.of != nil {
				check(p.of)
			}
		}
	}
	ddl := &sqlparser.DDL{Action: sqlparser.CreateStr, Temporary: d.temporary, TableSpec: spec, Auth: unquestioned,
		Table: sqlparser.TableName{Name: sqlparser.NewTableIdent(d.name), DbQualifier: sqlparser.NewTableIdent(d.database)}}
	if len(spec.Constraints) > 0 {
		ddl.ConstraintAction = sqlparser.AddStr
	}
	n, err := gms.BoundQueryPlan(ctx, "", ddl, nil)
	if err != nil {
		return nil, err
	}
	bound, ok := n.(*gmsplan.CreateTable)
	if !ok {
		return nil, sqlerr.New(sqlerr.Internal, "table %s.%s was bound as %T", d.database, d.name, n)
	}
	return bound, bound.ValidateDefaultPosition(ctx)
}

// columnToBind is a column without what GMS has no part in: keys and AUTO_INCREMENT. What is kept of another table has its type, and its
// expression if it is generated.
func (d *draft) columnToBind(ctx *sql.Context, databases *Databases, gms *sqle.Engine, i int, c draftColumn) (*sqlparser.ColumnDefinition, error) {
	if c.written != nil {
		column := *c.written
		if floats[strings.ToLower(column.Type.Type)] && column.Type.Scale != nil { // FLOAT(30,2) is no DOUBLE, as FLOAT(30) is
			column.Type.Length, column.Type.Scale = nil, nil
		}
		column.Type.KeyOpt, column.Type.Autoincrement, column.Type.ForeignKeyDef, column.Type.Constraint = 0, false, nil, nil
		return &column, nil
	}
	column := &sqlparser.ColumnDefinition{Name: sqlparser.NewColIdent(c.name)}
	if c.kept.Hidden { // GMS takes no name of its own
		column.Name = sqlparser.NewColIdent(fmt.Sprintf("silogate_key_%d", i))
	}
	t, err := databases.typeOf(c.kept)
	if err != nil {
		return nil, err
	}
	column.Type = sqlparser.ColumnType{ResolvedType: t, NotNull: sqlparser.BoolVal(!c.kept.Nullable), Default: c.newDefault, Stored: sqlparser.BoolVal(!c.kept.Virtual)}
	if _, null := c.newDefault.(*sqlparser.NullVal); null && !c.kept.Nullable {
		return nil, invalidDefault(c.name)
	}
	if c.kept.Generated != nil {
		column.Type.GeneratedExpr, err = expressionIn(gms, *c.kept.Generated)
	}
	return column, err
}

// expressionIn reads an expression that is kept.
func expressionIn(gms *sqle.Engine, text string) (sqlparser.Expr, error) {
	parsed, err := gms.Parser.ParseSimple("SELECT " + text)
	if err != nil {
		return nil, err
	}
	if query, ok := parsed.(*sqlparser.Select); ok && len(query.SelectExprs) == 1 {
		if e, ok := query.SelectExprs[0].(*sqlparser.AliasedExpr); ok {
			return e.Expr, nil
		}
	}
	return nil, sqlerr.New(sqlerr.Internal, "%s is no expression", text)
}

// columnsIn are the columns that an expression reads.
func columnsIn(text string) (names []string) {
	parsed, err := sqlparser.Parse("SELECT " + text)
	if err != nil { // it was bound when it was kept
		return nil
	}
	_ = bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if c, ok := n.(*sqlparser.ColName); ok && !contains(names, c.Name.String()) {
			names = append(names, c.Name.String())
		}
		return true, nil
	}, parsed)
	return names
}

func (d *draft) defineColumn(ctx *sql.Context, c draftColumn, bound *sql.Column) (scratch.Column, error) {
	if c.written == nil && c.newDefault == nil {
		return c.kept, nil
	}
	t := bound.Type
	if collated, ok := t.(sql.TypeWithCollation); ok && collated.Collation() == sql.Collation_Unspecified {
		var err error
		if t, err = collated.WithNewCollation(d.collation); err != nil {
			return scratch.Column{}, err
		}
	}
	bound.Type = t
	if err := checkDefault(ctx, bound); err != nil {
		return scratch.Column{}, err
	}
	column, err := columnOf(ctx, bound, t)
	if err != nil {
		return column, err
	}
	if c.written == nil {
		c.kept.Default = column.Default
		return c.kept, roundDefault(ctx, bound, &c.kept)
	}
	if n := numberOf(&c.written.Type); n != (types.Number{}) {
		column.SQLType = n.Of(column.Type)
		if err := roundDefault(ctx, bound, &column); err != nil {
			return column, err
		}
	}
	column.Name = c.name
	if column.AutoIncrement = bool(c.written.Type.Autoincrement); column.AutoIncrement {
		column.Nullable = false
	}
	if old := c.kept; c.from >= 0 && old.Virtual != column.Virtual && (old.Generated != nil && column.Generated != nil || old.Virtual || column.Virtual) {
		// ER_UNSUPPORTED_ACTION_ON_GENERATED_COLUMN
		return column, sqlerr.New(sqlerr.Errno(3106), "'Changing the STORED status' is not supported for generated columns.")
	}
	return column, nil
}

// checkDefault refuses a literal that is no value of its column.
func checkDefault(ctx *sql.Context, c *sql.Column) error {
	if c.Default == nil || !c.Default.IsLiteral() {
		return nil
	}
	v, err := c.Default.Expr.Eval(ctx, nil)
	if err != nil || bind.RefusedValue(ctx, c, v) != nil {
		return invalidDefault(c.Name)
	}
	return nil
}

// roundDefault makes a literal what a column that has a Number holds of it.
func roundDefault(ctx *sql.Context, bound *sql.Column, c *scratch.Column) error {
	if c.Number() == (types.Number{}) || bound.Default == nil || !bound.Default.IsLiteral() {
		return nil
	}
	x, err := bound.Default.Eval(ctx, nil)
	if err != nil || x == nil {
		return err
	}
	only := newCells(ctx, sql.Schema{bound}, &scratch.Definition{Columns: []scratch.Column{*c}})
	v, err := only.convert(ctx, 0, x)
	if err != nil {
		return invalidDefault(c.Name)
	}
	text := only.codecs[0].Text(0, v)
	c.Default = &text
	return nil
}

// defineChecks adds the checks, and the hidden columns of keys over expressions.
func (b *blueprint) defineChecks(ctx *sql.Context, bound sql.CheckConstraints) error {
	for i, c := range b.draft.checks {
		check := scratch.Check{Name: c.name, Enforced: c.enforced}
		if c.kept != nil {
			check.SQL = c.kept.SQL
		} else {
			text, err := independent(ctx, bound[i].Expr)
			if err != nil {
				return err
			}
			check.SQL = text
		}
		b.def.Checks, b.checks = append(b.def.Checks, check), append(b.checks, bound[i].Expr)
	}
	next := len(b.draft.checks)
	if err := b.nameKeys(); err != nil {
		return err
	}
	for i := range b.keys {
		for at := range b.keys[i].parts {
			p := &b.keys[i].parts[at]
			if p.of == nil {
				continue
			}
			p.column = sql.HiddenSystemColumnName(b.keys[i].Name, at)
			if err := b.addHidden(ctx, p.column, bound[next].Expr); err != nil {
				return err
			}
			next++
		}
	}
	return nil
}

// addHidden adds the column of an expression that a key is over.
func (b *blueprint) addHidden(ctx *sql.Context, name string, of sql.Expression) error {
	value, err := sql.NewColumnDefaultValue(of, of.Type(ctx), false, true, true)
	if err != nil {
		return err
	}
	c := &sql.Column{Name: name, Type: of.Type(ctx), Nullable: true, Virtual: true, HiddenSystem: true, Generated: value}
	column, err := columnOf(ctx, c, c.Type)
	if err != nil {
		return err
	}
	b.def.Columns, b.schema = append(b.def.Columns, column), append(b.schema, c)
	b.columns = append(b.columns, draftColumn{name: name, from: -1, kept: column})
	return nil
}
