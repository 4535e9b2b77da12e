package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// Writable is a table of Scratch that statements write.
type Writable interface {
	Stored
	// Writer returns what writes rows in the statement's transaction.
	Writer(ctx *sql.Context) (write.Table, error)
}

// writtenTable is a table that a write is about.
type writtenTable struct {
	database string
	table    Writable
	schema   sql.Schema // with what defaults and generated columns are computed of
	columns  []store.Column
	resolve  func() sql.Schema // nil: the schema has its defaults
}

// defaults returns the schema with what the columns hold by default.
func (t *writtenTable) defaults() sql.Schema {
	if t.resolve != nil {
		t.schema, t.resolve = t.resolve(), nil
	}
	return t.schema
}

// writable returns the table of Scratch that n is, nil if it is another's.
func writable(n sql.Node) Writable {
	w, _ := stored(n).(Writable)
	return w
}

func newWrittenTable(ctx *sql.Context, n fromTable, schema sql.Schema) *writtenTable {
	table := writable(n.node)
	t := &writtenTable{database: n.node.Database().Name(), table: table, schema: schema}
	for i, c := range table.Describe(ctx).Columns {
		t.columns = append(t.columns, StoreColumn(table.Name(), schema[i], c.Type, c.Number))
	}
	return t
}

// StoreColumn is a column as values are stored into it.
func StoreColumn(table string, c *sql.Column, typ types.Type, number types.Number) store.Column {
	out := store.Column{Table: table, Name: c.Name, Type: typ, Number: number, NotNull: !c.Nullable}
	switch c.Type.Type() {
	case sqltypes.Int24, sqltypes.Uint24:
		out.Bits = 24
	}
	if text, ok := c.Type.(sql.StringType); ok {
		if typ.Kind == types.Text || typ.Kind == types.Blob {
			out.Bytes = text.MaxByteLength()
		}
		out.Empty = text.MaxByteLength() == 0
		if typ.IsText() {
			out.Encodes = repertoire(text.CharacterSet())
		}
	}
	return out
}

// repertoire reports the characters of a character set; nil: they are all of Unicode, or not known.
func repertoire(id sql.CharacterSetID) func(rune) bool {
	switch id {
	case sql.CharacterSet_utf8mb4, sql.CharacterSet_Unspecified:
		return nil
	case sql.CharacterSet_utf8mb3: // the basic plane
		return func(r rune) bool { return r < 1<<16 }
	}
	encoder := id.Encoder()
	if encoder == nil {
		return nil
	}
	return func(r rune) bool {
		out := encoder.EncodeReplaceUnknown([]byte(string(r)))
		return string(out) != "?"
	}
}

// index returns the position of a column, -1 without one of that name.
func (t *writtenTable) index(column string) int {
	for i := range t.columns {
		if strings.EqualFold(t.columns[i].Name, column) {
			return i
		}
	}
	return -1
}

// given refuses a value that a statement gives a generated column.
func (t *writtenTable) given(at int) error {
	if t.schema[at].Generated == nil {
		return nil
	}
	return sqlerr.New(sqlerr.GeneratedValue, "The value specified for generated column '%s' in table '%s' is not allowed.", t.columns[at].Name, t.table.Name())
}

// wordDefault imports the word DEFAULT: what a column holds by default, of which it must have something to hold.
func (x *expressions) wordDefault(t *writtenTable, at int) (expr.Expr, error) {
	value, err := x.defaultOf(t, at)
	if err == nil && value == nil {
		return x.givenDefault(t, t.columns[at].Name)
	}
	return value, err
}

// defaultOf imports what a column holds by default: a literal of its type, an expression, or nil if it has none.
func (x *expressions) defaultOf(t *writtenTable, at int) (expr.Expr, error) {
	return x.definedBy(t, at, t.defaults()[at].Default)
}

// definedBy imports an expression of a column's definition; nil without one.
func (x *expressions) definedBy(t *writtenTable, at int, def *sql.ColumnDefaultValue) (expr.Expr, error) {
	if def == nil || def.Expr == nil {
		return nil, nil
	}
	if def.IsLiteral() {
		v, err := def.Eval(x.ctx, nil)
		if err != nil {
			return nil, err
		}
		value, err := fromGMS(x.ctx, v, t.schema[at].Type, t.columns[at].Type, sessionLocation(x.ctx))
		return &expr.Literal{Value: value, Typ: t.columns[at].Type}, err
	}
	e, err := ofWrittenRow(x.ctx, def.Expr)
	if err != nil {
		return nil, err
	}
	return x.expr(e)
}

// givenDefault imports DEFAULT(column): the default of a column that has one that is no expression.
func (x *expressions) givenDefault(t *writtenTable, column string) (expr.Expr, error) {
	at := t.index(column)
	if at < 0 {
		return nil, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", column)
	}
	if c := t.schema[at]; c.AutoIncrement {
		return x.counterDefault(c, t.columns[at].Type)
	}
	e, err := x.defaultOf(t, at)
	if err != nil {
		return nil, err
	}
	literal, constant := e.(*expr.Literal)
	switch c := t.columns[at]; {
	case e == nil && c.NotNull && c.Type.Kind != types.Enum:
		return nil, sqlerr.New(sqlerr.NoDefault, "Field '%s' doesn't have a default value", c.Name)
	case e == nil && c.NotNull:
		return &expr.Literal{Value: types.TextValue(c.Type.MemberNames()[0]), Typ: c.Type}, nil
	case e == nil:
		return &expr.Literal{Value: types.NullValue, Typ: c.Type}, nil
	case !constant:
		return nil, sqlerr.New(sqlerr.Errno(3773), "DEFAULT function cannot be used with default value expressions") // ER_DEFAULT_AS_VAL_GENERATED
	}
	return literal, nil
}

// isDefault reports the word DEFAULT, for which GMS has put the column's default.
func isDefault(e sql.Expression) bool {
	if e == nil {
		return true
	}
	if wrapped, ok := e.(interface{ Unwrap() sql.Expression }); ok {
		inner := wrapped.Unwrap()
		if inner == nil {
			return true
		}
		e = inner
	}
	_, ok := e.(*sql.ColumnDefaultValue)
	return ok
}

// fromTable is a table of a write's FROM clause.
type fromTable struct {
	name string
	ids  sql.ColSet
	node *gmsplan.ResolvedTable
}

// fromTables lists the tables of a FROM clause, but those in derived tables.
func fromTables(ctx *sql.Context, n sql.Node) []fromTable {
	switch n := n.(type) {
	case *gmsplan.ResolvedTable:
		return []fromTable{{n.Name(), n.Columns(), n}}
	case *gmsplan.TableAlias:
		if t, ok := n.Child.(*gmsplan.ResolvedTable); ok {
			return []fromTable{{n.Name(), n.Columns(), t}}
		}
		return nil
	case *gmsplan.SubqueryAlias:
		return nil
	}
	var all []fromTable
	for _, c := range n.Children() {
		all = append(all, fromTables(ctx, c)...)
	}
	return all
}
