package scratchsql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// rewriter makes rows of an altered table from those of the old one.
type rewriter struct {
	*blueprint
	to       cells
	computed bool // some column is computed of others, or there are checks
	last     uint64
}

// cells are codecs of one column each.
type cells struct {
	columns sql.Schema
	types   []types.Type
	stored  []store.Column
	codecs  []*bind.Codec
	rules   *store.Rules
}

func newCells(ctx *sql.Context, schema sql.Schema, def *scratch.Definition) cells {
	c := cells{columns: schema, rules: bind.StrictRules(ctx)}
	for i, column := range def.Columns {
		c.types = append(c.types, column.Type)
		c.stored = append(c.stored, bind.StoreColumn(def.Name, schema[i], column.Type, column.Number()))
		c.codecs = append(c.codecs, bind.NewCodec(ctx, []sql.Type{schema[i].Type}, []types.Type{column.Type}))
	}
	return c
}

func (c cells) gms(ctx *sql.Context, i int, v types.Value) (any, error) {
	row, err := c.codecs[i].Row(ctx, []types.Value{v})
	if err != nil {
		return nil, err
	}
	return row[0], nil
}

func (c cells) value(ctx *sql.Context, i int, x any) (types.Value, error) {
	values, err := c.codecs[i].Values(ctx, sql.Row{x})
	if err != nil {
		return types.NullValue, err
	}
	if c.types[i].Kind == types.Char {
		values[0].Str = strings.TrimRight(values[0].Str, " ")
	}
	return values[0], nil
}

// sameRows reports whether the rows of the old table are those of the new one.
func (b *blueprint) sameRows() bool {
	old := b.old
	if len(old.Columns) != len(b.def.Columns) || len(old.Primary) != len(b.def.Primary) {
		return false
	}
	for i, c := range b.def.Columns {
		was := old.Columns[i]
		if b.columns[i].from != i || c.SQLType != was.SQLType || was.Nullable && !c.Nullable || c.AutoIncrement && !was.AutoIncrement ||
			(c.Generated == nil) != (was.Generated == nil) || c.Generated != nil && *c.Generated != *was.Generated {
			return false
		}
	}
	for i, p := range b.def.Primary {
		if p != old.Primary[i] {
			return false
		}
	}
	for _, c := range b.draft.checks {
		if c.kept == nil && c.enforced {
			return false
		}
	}
	return true
}

// rewrite puts a table of the new definition in the place of the old one, with its rows; after an error the old one is there.
func (b *blueprint) rewrite(ctx *sql.Context, d *Databases) error {
	session := d.session(ctx)
	next, err := session.Rewrite(ctx, b.database, b.old.Name, b.def)
	if err != nil {
		return err
	}
	if err = b.fill(ctx, d, next); err != nil {
		session.Abandon(next)
		return err
	}
	return session.Replace(ctx, b.database, b.old.Name, next)
}

// fill gives a new table the rows of the old one.
func (b *blueprint) fill(ctx *sql.Context, d *Databases, next *scratch.Table) error {
	session := d.session(ctx)
	old, err := session.Write(ctx, b.database, b.old.Name)
	if err != nil {
		return err
	}
	r := &rewriter{blueprint: b, to: newCells(ctx, b.schema, b.def), computed: len(b.checks) > 0}
	for i := range b.schema {
		r.computed = r.computed || r.formula(i) != nil
	}
	all := make([]int, len(b.old.Columns))
	for i := range all {
		all[i] = i
	}
	cursor, row := old.Read(all), make([]types.Value, len(all))
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		ok, err := cursor.Next(row)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		made, err := r.row(ctx, row, n)
		if err == nil {
			err = next.Insert(made)
		}
		if err != nil {
			return b.refused(ctx, d, err)
		}
	}
	return b.count(next)
}

// count has the counter of AUTO_INCREMENT go on behind the rows, or where the statement says; that of a column which had one as it was.
func (b *blueprint) count(next *scratch.Table) error {
	was := false
	for i, c := range b.def.Columns {
		if c.AutoIncrement && b.columns[i].from >= 0 {
			was = b.old.Columns[b.columns[i].from].AutoIncrement
		}
	}
	if was && b.auto == 0 {
		return nil
	}
	return next.SetAutoIncrement(max(b.auto, 1))
}

func (b *blueprint) refused(ctx *sql.Context, d *Databases, err error) error {
	var duplicate *scratch.DuplicateError
	if !errors.As(err, &duplicate) {
		return err
	}
	gms := make([]sql.Type, len(b.schema))
	typs := make([]types.Type, len(b.schema))
	for i, c := range b.schema {
		gms[i], typs[i] = c.Type, b.def.Columns[i].Type
	}
	return duplicateKey(ctx, &table{databases: d, database: b.database, def: b.def}, bind.NewCodec(ctx, gms, typs), duplicate)
}

// row makes a row of the n-th of the old table.
func (r *rewriter) row(ctx *sql.Context, old []types.Value, n int) ([]types.Value, error) {
	made := make([]types.Value, len(r.def.Columns))
	r.to.rules.Row = int64(n)
	for i := range r.def.Columns {
		if r.formula(i) != nil {
			continue
		}
		v, err := r.stored(ctx, i, old)
		if err != nil {
			return nil, atRow(err, n)
		}
		made[i] = v
	}
	if !r.computed {
		return made, nil
	}
	gms := make(sql.Row, len(made))
	for i, v := range made {
		var err error
		if gms[i], err = r.to.gms(ctx, i, v); err != nil {
			return nil, err
		}
	}
	for i, c := range r.schema {
		formula := r.formula(i)
		if formula == nil {
			continue
		}
		x, err := formula.Eval(ctx, gms)
		if err == nil {
			made[i], err = r.to.convert(ctx, i, x)
		}
		if err == nil && made[i].Null && !r.def.Columns[i].Nullable {
			err = sqlerr.New(sqlerr.NullColumn, "Column '%s' cannot be null", c.Name)
		}
		if err == nil {
			gms[i], err = r.to.gms(ctx, i, made[i])
		}
		if err != nil {
			return nil, atRow(err, n)
		}
	}
	return made, r.check(ctx, gms)
}

func (r *rewriter) check(ctx *sql.Context, row sql.Row) error {
	for i, e := range r.checks {
		if !r.def.Checks[i].Enforced {
			continue
		}
		holds, err := e.Eval(ctx, row)
		if err != nil {
			return err
		}
		if holds == nil {
			continue
		}
		if yes, err := sql.ConvertToBool(ctx, holds); err != nil || !yes {
			return errors.Join(err, sqlerr.New(sqlerr.CheckViolated, "Check constraint '%s' is violated.", r.def.Checks[i].Name))
		}
	}
	return nil
}

// formula is what a column is computed by of the others: what generates it, or a new one's default that is no literal; nil: it is not.
func (r *rewriter) formula(i int) *sql.ColumnDefaultValue {
	c := r.schema[i]
	if c.Generated == nil && r.columns[i].from < 0 && c.Default != nil && !c.Default.IsLiteral() {
		return c.Default
	}
	return c.Generated
}

// stored is the value of a column that is not computed.
func (r *rewriter) stored(ctx *sql.Context, i int, old []types.Value) (types.Value, error) {
	c, from := r.def.Columns[i], r.columns[i].from
	v, err := types.NullValue, error(nil)
	switch {
	case from >= 0:
		v, err = r.moved(i, old[from])
	case c.AutoIncrement:
	case r.schema[i].Default != nil:
		var x any
		if x, err = r.schema[i].Default.Eval(ctx, nil); err == nil {
			v, err = r.to.convert(ctx, i, x)
		}
	case !c.Nullable:
		return implicit(c)
	}
	if err != nil {
		return v, err
	}
	if c.AutoIncrement && (from < 0 || !r.old.Columns[from].AutoIncrement) && (v.Null || v == types.IntValue(0)) {
		r.last = max(r.last+1, r.auto, 1)
		return r.to.convert(ctx, i, r.last)
	}
	if c.AutoIncrement {
		r.last = max(r.last, uint64(v.Int))
	}
	if v.Null && !c.Nullable {
		if from >= 0 && r.old.Columns[from].SQLType == c.SQLType { // ER_INVALID_USE_OF_NULL
			return v, sqlerr.New(sqlerr.Errno(1138), "Invalid use of NULL value")
		}
		return v, sqlerr.New(sqlerr.Truncated, "Data truncated for column '%s'", c.Name)
	}
	return v, nil
}

// moved is a value of the old table as one of column i.
func (r *rewriter) moved(i int, v types.Value) (types.Value, error) {
	was, now := r.old.Columns[r.columns[i].from], r.def.Columns[i]
	if v.Null || was.SQLType == now.SQLType {
		return v, nil
	}
	from := was.Type
	if from.IsFloat() && isSized(now.Type) { // whose text is copied (Copy_field): no digits are left out so that it fits
		v, from = types.TextValue(v.Format(from, r.to.rules.Location)), types.Of(types.Varchar)
	}
	made, err := r.to.rules.Store(v, from, &r.to.stored[i])
	if sqlerr.Is(err, sqlerr.DataTooLong) && isSized(was.Type) && isSized(now.Type) { // Copy_field copies without a look at what the text is
		err = sqlerr.New(sqlerr.Truncated, "Data truncated for column '%s' at row %d", now.Name, r.to.rules.Row)
	}
	return made, err
}

// isSized reports a string type whose declaration has a length.
func isSized(t types.Type) bool {
	return t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Binary || t.Kind == types.Varbinary
}

// convert is a value that GMS computed as one of column i.
func (c cells) convert(ctx *sql.Context, i int, x any) (types.Value, error) {
	if x == nil {
		return types.NullValue, nil
	}
	column := c.columns[i]
	if text, ok := x.(string); ok && strings.TrimSpace(text) == "" { // which GMS takes for 0
		switch t := c.types[i]; {
		case t.IsNumeric():
			return types.NullValue, sqlerr.New(sqlerr.BadValue, "Incorrect %s value: '%s' for column '%s'", numberName(t), text, column.Name)
		case t.IsTemporal():
			return types.NullValue, sqlerr.New(sqlerr.IncorrectValue, "Incorrect %s value: '%s' for column '%s'", t.Kind.Name(), text, column.Name)
		}
	}
	if err := bind.RefusedValue(ctx, column, x); err != nil {
		return types.NullValue, err
	}
	x, err := rounded(ctx, column.Type, x)
	if err != nil {
		return types.NullValue, err
	}
	v, err := c.value(ctx, i, x)
	if err != nil {
		return v, err
	}
	return c.rules.Store(v, c.types[i], &c.stored[i])
}

// rounded is a value of GMS's as one of a type, numbers rounded.
func rounded(ctx *sql.Context, t sql.Type, x any) (y any, err error) {
	if rounding, ok := t.(sql.RoundingNumberType); ok {
		y, _, err = rounding.ConvertRound(ctx, x)
	} else {
		y, _, err = t.Convert(ctx, x)
	}
	return y, err
}

func numberName(t types.Type) string {
	if t.IsFloat() || t.Kind == types.Decimal {
		return t.Kind.Name()
	}
	return "integer"
}

// implicit is what a row gets that was there before a column that is NOT NULL and has no default. There are no zero dates here.
func implicit(c scratch.Column) (types.Value, error) {
	switch t := c.Type; {
	case t.Kind == types.Date:
		return types.NullValue, sqlerr.New(sqlerr.IncorrectValue, "Incorrect date value: '0000-00-00' for column '%s'", c.Name)
	case t.Kind == types.Datetime, t.Kind == types.Timestamp:
		return types.NullValue, sqlerr.New(sqlerr.IncorrectValue, "Incorrect datetime value: '0000-00-00 00:00:00' for column '%s'", c.Name)
	case t.Kind == types.Enum:
		return types.TextValue(t.MemberNames()[0]), nil
	case t.Kind == types.JSON:
		return types.TextValue("null"), nil
	case t.Kind == types.Binary:
		return types.TextValue(strings.Repeat("\x00", int(t.Length))), nil
	}
	return types.Value{}, nil
}

// atRow says of a value that was refused in which row it was.
func atRow(err error, n int) error {
	var refused *sqlerr.Error
	if !errors.As(err, &refused) || strings.Contains(refused.Message, " at row ") {
		return err
	}
	switch refused.Code {
	case sqlerr.BadValue, sqlerr.ColumnRange, sqlerr.DataTooLong, sqlerr.Truncated, sqlerr.IncorrectValue:
		return &sqlerr.Error{Code: refused.Code, Message: fmt.Sprintf("%s at row %d", refused.Message, n)}
	}
	return err
}

// checkParents refuses rows whose new foreign keys point to nothing.
func (b *blueprint) checkParents(ctx *sql.Context, d *Databases) error {
	checked, err := checksForeignKeys(ctx)
	if err != nil || !checked {
		return err
	}
	session := d.session(ctx)
	now, err := session.Write(ctx, b.database, b.old.Name)
	if err != nil {
		return err
	}
	for _, k := range b.foreign {
		if k.kept {
			continue
		}
		parent, ok := session.Permanent(k.ParentDatabase, k.ParentTable)
		if !ok {
			continue
		}
		lost, err := now.Unmatched(k.Columns, parent, k.ParentColumns)
		if err != nil {
			return err
		}
		if lost {
			return errNoParent(b.database, b.def.Name, k.ForeignKey)
		}
	}
	return nil
}
