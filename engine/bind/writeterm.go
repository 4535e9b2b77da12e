package bind

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/write"
)

// termImport imports expressions about rows that are written. What they read is a column of a frame, which begins with the columns of the table.
type termImport struct {
	*expressions
	table *writtenTable
	env   *expr.Env
}

// terms makes one for a table.
func (im *importer) terms(table *writtenTable) termImport {
	return termImport{im.over(relation{node: oneRow()}, nil), table, im.writing.env()}
}

// oneRow is a relation of one row without columns.
func oneRow() plan.Node { return &plan.Values{Rows: [][]expr.Expr{{}}} }

// newFrame appends the table's columns to a frame, and returns them by their lower-case names.
func (f *termImport) newFrame(frame *write.Frame) map[string]expr.Expr {
	names := make(map[string]expr.Expr, len(f.table.columns))
	for _, c := range f.table.columns {
		f.last++
		column := &expr.Column{ID: f.last, Name: c.Name, Typ: c.Type, Null: true}
		*frame = append(*frame, column)
		names[strings.ToLower(c.Name)] = column
	}
	return names
}

// term compiles an expression over a frame. One with a subquery, which is none, is refused.
func (f *termImport) term(e expr.Expr, frame write.Frame) (*write.Term, error) {
	if _, plain := f.rel.node.(*plan.Values); !plain {
		return nil, sqlerr.New(sqlerr.Unsupported, "a subquery in this expression of a write is not supported")
	}
	return write.NewTerm(memory.DefaultAllocator, e, frame, f.env)
}

// dependents compiles what depends on a row that changes over a frame that begins with it. A column that is assigned does not follow ON UPDATE.
func (f *termImport) dependents(frame write.Frame, constraints sql.CheckConstraints, assigned map[int]bool) (write.Dependents, error) {
	d := write.Dependents{Columns: f.table.columns}
	derive := func(at int, def *sql.ColumnDefaultValue) error {
		value, err := f.definedBy(f.table, at, def)
		if err != nil || value == nil {
			return err
		}
		term, err := f.term(value, frame)
		if err != nil {
			return err
		}
		d.Derived = append(d.Derived, write.SetTerm{Column: at, Type: term.Type, Value: term.Of})
		return nil
	}
	schema := f.table.defaults()
	for at, c := range schema {
		if !assigned[at] && c.Generated == nil {
			if err := derive(at, c.OnUpdate); err != nil {
				return d, err
			}
		}
	}
	for at, c := range schema { // which may read those
		if err := derive(at, c.Generated); err != nil {
			return d, err
		}
	}
	var err error
	d.Checks, err = f.checks(constraints, frame)
	return d, err
}

// checks compiles CHECK constraints of the table over a frame that begins with a row.
func (f *termImport) checks(constraints sql.CheckConstraints, frame write.Frame) (list []write.CheckTerm, err error) {
	for _, c := range constraints {
		if !c.Enforced {
			continue
		}
		e, err := ofWrittenRow(f.ctx, c.Expr)
		if err != nil {
			return nil, err
		}
		cond, err := f.condition(e)
		if err != nil {
			return nil, err
		}
		term, err := f.term(cond, frame)
		if err != nil {
			return nil, err
		}
		list = append(list, write.CheckTerm{Name: c.Name, Term: term})
	}
	return list, nil
}

// constraints has GMS bind the CHECK constraints of the table.
func (t *writtenTable) constraints(ctx *sql.Context, engine *sqle.Engine) (list sql.CheckConstraints, err error) {
	constrained, ok := t.table.(sql.CheckTable)
	if !ok {
		return nil, nil
	}
	defined, err := constrained.GetChecks(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range defined {
		parsed, err := engine.Parser.ParseSimple("SELECT " + c.CheckExpression)
		if err != nil {
			return nil, err
		}
		cond := parsed.(*sqlparser.Select).SelectExprs[0].(*sqlparser.AliasedExpr).Expr
		builder := planbuilder.New(ctx, engine.Analyzer.Catalog, nil)
		builder.DisableAuth() // who may write a table is bound by its checks, whatever they may read
		bound := builder.BuildScalarWithTable(cond, &sqlparser.AliasedTableExpr{Expr: sqlparser.TableName{
			DbQualifier: sqlparser.NewTableIdent(t.database), Name: sqlparser.NewTableIdent(t.table.Name()),
		}})
		list = append(list, &sql.CheckConstraint{Name: c.Name, Expr: bound, Enforced: c.Enforced})
	}
	return list, nil
}
