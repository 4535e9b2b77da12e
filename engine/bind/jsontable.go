package bind

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/jsontable"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// jsonTable imports JSON_TABLE. outer has the tables to its left, whose columns its document may be made of.
func (im *importer) jsonTable(n *gmsplan.JSONTable, outer *scope) (relation, error) {
	one := relation{node: &plan.Values{Rows: [][]expr.Expr{{}}}}
	doc, err := im.over(one, outer).expr(n.DataExpr)
	if err != nil {
		return relation{}, err
	}
	node := &plan.JSONTable{Input: one.node, Table: &jsontable.Table{Name: n.Name()}}
	if node.Doc, err = im.document(doc); err != nil {
		return relation{}, err
	}
	c := jsonColumns{importer: im, node: node, convert: expr.StoreText(memory.DefaultAllocator, &expr.Env{Location: sessionLocation(im.ctx)})}
	if node.Table.Root, err = c.level(n.RootPath, n.Cols); err != nil {
		return relation{}, err
	}
	return relation{node: node, cols: c.cols}.renamed(n.Columns(), nil), nil
}

// jsonTimes refuses a column of JSON_TABLE that is a TIME with a fraction, whose length GMS forgets. MySQL's is without one.
func jsonTimes(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		c, ok := n.(*sqlparser.JSONTableColDef)
		if ok && strings.EqualFold(c.Type.Type, "time") && c.Type.Length != nil && string(c.Type.Length.Val) != "0" {
			return false, sqlerr.New(sqlerr.Unsupported, "column %s of JSON_TABLE: TIME with a fraction of a second is not supported yet", c.Name.String())
		}
		return true, nil
	}, stmt)
}

// document is an expression as a JSON document.
func (im *importer) document(e expr.Expr) (expr.Expr, error) {
	switch t := e.Type(); {
	case t.Kind == types.Null:
		return &expr.Literal{Value: types.NullValue, Typ: types.Of(types.JSON)}, nil
	case !t.IsText():
		return nil, sqlerr.New(sqlerr.BadJSONType,
			"Invalid data type for JSON data in argument 1 to function json_table; a JSON string or JSON type is required.")
	}
	return e, nil
}

// jsonColumns imports the columns of one JSON_TABLE.
type jsonColumns struct {
	*importer
	node    *plan.JSONTable
	cols    []column
	convert jsontable.Convert
}

func jsonPath(text string) (jsondoc.Path, error) {
	p, err := jsondoc.ParsePath(text)
	if err != nil {
		return nil, sqlerr.New(sqlerr.BadJSONPath, "%s", err)
	}
	return p, nil
}

func (x *jsonColumns) level(path string, cols []gmsplan.JSONTableCol) (*jsontable.Level, error) {
	l := &jsontable.Level{}
	var err error
	if l.Path, err = jsonPath(path); err != nil {
		return nil, err
	}
	for i := range cols {
		var c jsontable.Column
		if cols[i].Opts == nil {
			c.Kind = jsontable.Nested
			c.Nested, err = x.level(cols[i].Path, cols[i].NestedCols)
		} else {
			c, err = x.column(cols[i].Path, cols[i].Opts)
		}
		if err != nil {
			return nil, err
		}
		l.Columns = append(l.Columns, c)
	}
	return l, nil
}

func (x *jsonColumns) column(path string, o *gmsplan.JSONTableColOpts) (jsontable.Column, error) {
	c := jsontable.Column{At: len(x.cols), Name: o.Name}
	for _, other := range x.cols {
		if strings.EqualFold(other.name, o.Name) {
			return c, sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", o.Name)
		}
	}
	var err error
	if c.Type, err = x.columnType(o); err != nil {
		return c, err
	}
	switch {
	case o.ForOrd:
		c.Kind = jsontable.Ordinality
	case o.Exists:
		c.Kind = jsontable.Exists
	}
	if c.Kind != jsontable.Ordinality {
		if c.Path, err = jsonPath(path); err != nil {
			return c, err
		}
	}
	if c.OnEmpty, err = x.response(&c, o.ErrorOnEmpty, o.DefEmptyVal); err != nil {
		return c, err
	}
	if c.OnError, err = x.response(&c, o.ErrorOnError, o.DefErrorVal); err != nil {
		return c, err
	}
	x.last++
	col := plan.Column{ID: x.last, Name: o.Name, Type: c.Type, Nullable: true}
	x.node.Cols = append(x.node.Cols, col)
	x.cols = append(x.cols, column{name: o.Name, Column: col})
	return c, nil
}

// columnType is the type of a column; a text without a collation of its own has the session's.
func (x *jsonColumns) columnType(o *gmsplan.JSONTableColOpts) (types.Type, error) {
	t, err := FromGMS(o.Type)
	if err != nil {
		return t, err
	}
	if t.Kind == types.Time {
		t.Scale = 0
	}
	if !jsontable.Storable(t) {
		return t, sqlerr.New(sqlerr.Unsupported, "column %s of JSON_TABLE: %s is not supported yet", o.Name, t)
	}
	if text, ok := o.Type.(sql.StringType); ok && t.IsText() {
		switch text.Collation() {
		case sql.Collation_Default, sql.Collation_Unspecified:
			t.Collation = types.Collation(x.ctx.GetCollation())
		}
	}
	return t, nil
}

// response is what a column has on empty or on error. The text of a default is a JSON document.
func (x *jsonColumns) response(c *jsontable.Column, fail bool, value sql.Expression) (jsontable.Response, error) {
	if fail {
		return jsontable.Response{Fail: true}, nil
	}
	v, err := value.Eval(x.ctx, nil)
	if err != nil || v == nil {
		return jsontable.Response{}, err
	}
	text := fmt.Sprint(v)
	if gmstypes.IsText(value.Type(x.ctx)) {
		text = textOf(x.ctx, v)
	}
	if text == parse.ErrorResponse {
		return jsontable.Response{Fail: true}, nil
	}
	return c.Default(text, x.convert)
}
