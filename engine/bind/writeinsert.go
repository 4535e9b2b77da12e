package bind

import (
	"cmp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// insertImport imports an INSERT or REPLACE. What its expressions read of the row that is written is a column of a frame: those of the row
// itself, and in ON DUPLICATE KEY UPDATE of the row that is there, the new one and what the query yields.
type insertImport struct {
	termImport
	analyzer *analyzer.Analyzer
	frame    write.Frame // of the row
	insert   *write.Insert
	queries  []*Leaf // of subqueries
}

func (b *Binder) takeInsert(ctx *sql.Context, a *analyzer.Analyzer, n *gmsplan.InsertInto, variables *userVariables, flags *sql.QueryFlags) (*Write, error) {
	destination, ok := n.Destination.(*gmsplan.InsertDestination)
	if !ok || n.Returning != nil {
		return nil, nil
	}
	tables := fromTables(ctx, destination)
	if len(tables) != 1 || writable(tables[0].node) == nil {
		return nil, nil
	}
	w := newWriting(ctx, n.Ignore)
	values, _ := n.Source.(*gmsplan.Values)
	w.single = values != nil && len(values.ExpressionTuples) == 1
	im := b.writer(ctx, n, w, variables)
	table := newWrittenTable(ctx, tables[0].node.Database().Name(), writable(tables[0].node), destination.Sch)
	i := &insertImport{termImport: im.terms(table), analyzer: a, insert: &write.Insert{Rules: w.rules()}}
	if err := i.columns(n.ColumnNames); err != nil {
		return nil, err
	}
	var err error
	if i.insert.Checks, err = i.checks(n.Checks(), i.frame); err != nil {
		return nil, err
	}
	i.insert.ZeroIsZero = sql.LoadSqlMode(ctx).ModeEnabled(sql.NoAutoValueOnZero)
	i.insert.FoundRows, i.insert.Ignore = w.foundRows(), n.Ignore
	if n.IsReplace {
		i.insert.Policy = write.Replace
	}
	out := &Write{Kind: Insert, writing: w, Keyed: true, Amends: n.OnDupExprs.HasUpdates(), Several: !w.single,
		Tables: []WriteTable{{Name: plan.TableName{Namespace: tables[0].node.Database().Name(), Name: i.table.table.Name()}, Alias: tables[0].name, Table: i.table.table}}}
	if n.IsReplace {
		out.Kind = Replace
	}
	var rows func(*sql.Context) (write.Cells, func() error, error)
	switch source := n.Source.(type) {
	case *gmsplan.Values:
		rows, err = i.values(source)
		out.Rows = len(source.ExpressionTuples)
	case *gmsplan.LoadData:
		rows, err = i.file(source)
	default:
		rows, err = i.query(source, out, flags)
	}
	if err == nil && n.OnDupExprs.HasUpdates() {
		err = i.amendment(n.OnDupExprs, n.Checks(), tables[0], out.Source)
	}
	if err != nil {
		return nil, err
	}
	out.Subqueries = i.queries
	out.run = func(ctx *sql.Context) (result write.Outcome, err error) {
		if i.insert.Table, err = i.table.table.Writer(ctx); err != nil {
			return result, err
		}
		cells, end, err := rows(ctx)
		if err != nil {
			return result, err
		}
		defer func() { err = cmp.Or(err, end()) }()
		i.insert.Rows = cells
		return i.insert.Run()
	}
	return out, nil
}

// columns describes how the table's columns are filled.
func (i *insertImport) columns(listed []string) error {
	i.written = &writtenRow{now: i.newFrame(&i.frame), defaults: func(column string) (expr.Expr, error) { return i.givenDefault(i.table, column) }}
	for at, c := range i.table.columns {
		column := write.Column{Column: c, Auto: i.table.schema[at].AutoIncrement}
		generated, err := i.definedBy(i.table, at, i.table.schema[at].Generated)
		if err == nil && generated != nil {
			column.Generated, err = i.term(generated, i.frame)
		}
		if err != nil {
			return err
		}
		given, err := i.defaultOf(i.table, at)
		if err != nil {
			return err
		}
		if literal, ok := given.(*expr.Literal); ok && literal.Typ == c.Type {
			column.Constant = &literal.Value
		} else if given != nil {
			if column.Default, err = i.term(given, i.frame); err != nil {
				return err
			}
		}
		i.insert.Columns = append(i.insert.Columns, column)
	}
	for _, name := range listed {
		at := i.table.index(name)
		if at < 0 {
			return sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", name)
		}
		i.insert.Listed = append(i.insert.Listed, at)
	}
	return nil
}

// values imports the rows of VALUES.
func (i *insertImport) values(n *gmsplan.Values) (func(*sql.Context) (write.Cells, func() error, error), error) {
	cells := make([]write.Cell, 0, len(n.ExpressionTuples)*len(i.insert.Listed))
	for _, tuple := range n.ExpressionTuples {
		for k, e := range tuple {
			cell, err := i.cell(e, i.table.columns[i.insert.Listed[k]].Type)
			if err != nil {
				return nil, err
			}
			if !cell.Default {
				err = i.table.given(i.insert.Listed[k])
			}
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
		}
	}
	return func(ctx *sql.Context) (write.Cells, func() error, error) {
		return &listedCells{ctx: ctx, cells: cells, width: len(i.insert.Listed), left: len(n.ExpressionTuples), writing: i.writing}, func() error { return nil }, nil
	}, nil
}

// cell imports what a row of VALUES gives a column.
func (i *insertImport) cell(e sql.Expression, column types.Type) (write.Cell, error) {
	if isDefault(e) {
		return write.Cell{Default: true}, nil
	}
	return i.given(e, i.frame, column)
}

// given imports a value that is given to a column, as a constant if it is one.
func (i *insertImport) given(e sql.Expression, frame write.Frame, column types.Type) (write.Cell, error) {
	if hasSubquery(i.ctx, e) {
		return i.subqueryCell(e)
	}
	value, err := i.expr(e)
	if err != nil {
		return write.Cell{}, err
	}
	value = besideColumn(e, value, column)
	literal, ok := value.(*expr.Literal)
	if !ok {
		literal, ok = expr.Fold(value).(*expr.Literal)
	}
	if ok {
		return write.Cell{Value: literal.Value, Type: literal.Typ}, nil
	}
	term, err := i.term(value, frame)
	if err != nil {
		return write.Cell{}, err
	}
	return write.Cell{Type: term.Type, Compute: term.Of}, nil
}

// subqueryCell imports an expression with subqueries, which read no column of the row: a query of one row.
func (i *insertImport) subqueryCell(e sql.Expression) (write.Cell, error) {
	im := i.binder.writer(i.ctx, i.root, i.writing, i.variables)
	x := im.over(relation{node: oneRow()}, nil)
	value, err := x.expr(e)
	if err != nil {
		return write.Cell{}, err
	}
	col := im.newColumn(e.String(), value)
	leaf := im.leafOf(&plan.Project{Input: x.rel.node, Exprs: []plan.Projection{{Col: col, Expr: value}}})
	i.queries = append(i.queries, leaf)
	return write.Cell{Type: col.Type, Compute: func([]types.Value) (v types.Value, err error) {
		rows, err := i.writing.start(i.writing.ctx, leaf)
		if err != nil {
			return v, err
		}
		defer func() { err = cmp.Or(err, rows.close()) }()
		row, err := rows.Next()
		if err != nil || row == nil {
			return types.NullValue, err
		}
		return row[0], nil
	}}, nil
}

// listedCells are the rows of VALUES.
type listedCells struct {
	ctx     *sql.Context
	writing *writing
	cells   []write.Cell
	width   int
	left    int
}

// Next implements write.Cells. What the row before has warned of is looked at first.
func (l *listedCells) Next() ([]write.Cell, error) {
	if failure := l.writing.failed(); failure != nil {
		return nil, failure
	}
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	if l.left == 0 {
		return nil, nil
	}
	l.left--
	row := l.cells[:l.width:l.width]
	l.cells = l.cells[l.width:]
	if row == nil {
		row = []write.Cell{}
	}
	return row, nil
}

// query imports the query of INSERT ... SELECT.
func (i *insertImport) query(n sql.Node, out *Write, flags *sql.QueryFlags) (func(*sql.Context) (write.Cells, func() error, error), error) {
	for _, at := range i.insert.Listed {
		if err := i.table.given(at); err != nil {
			return nil, err
		}
	}
	if err := i.binder.validate(i.ctx, i.analyzer, n, make(seenQueries), nil, flags); err != nil {
		return nil, err
	}
	leaf, err := i.binder.importRows(i.ctx, n, true)
	if err != nil {
		return nil, err
	}
	leaf.writing = i.writing
	out.Source = leaf
	return func(ctx *sql.Context) (write.Cells, func() error, error) {
		rows, err := i.writing.start(ctx, leaf)
		if err != nil {
			return nil, nil, err
		}
		return &queriedCells{leafRows: rows, cells: make([]write.Cell, len(rows.schema))}, rows.close, nil
	}, nil
}

// queriedCells are the rows of a query.
type queriedCells struct {
	*leafRows
	cells []write.Cell
}

// Next implements write.Cells.
func (q *queriedCells) Next() ([]write.Cell, error) {
	row, err := q.leafRows.Next()
	if err != nil || row == nil {
		return nil, err
	}
	for i, v := range row {
		q.cells[i] = write.Cell{Value: v, Type: q.schema[i].Type}
	}
	return q.cells, nil
}

// amendment imports ON DUPLICATE KEY UPDATE. query is where the rows come from, whose columns may be read; nil: VALUES.
func (i *insertImport) amendment(exprs *gmsplan.UpdateExprs, checks sql.CheckConstraints, n fromTable, query *Leaf) error {
	var frame write.Frame
	now := i.newFrame(&frame)
	fresh := i.newFrame(&frame)
	i.written = &writtenRow{now: now, fresh: fresh, query: make(map[string]expr.Expr), defaults: i.written.defaults}
	if query != nil {
		for _, c := range query.Plan.Schema() {
			i.last++
			read := &expr.Column{ID: i.last, Name: c.Name, Typ: c.Type, Null: true}
			frame = append(frame, read)
			if name := strings.ToLower(c.Name); i.written.query[name] == nil {
				i.written.query[name] = read
			}
		}
	}
	amend, assigned := &write.Amendment{}, make(map[int]bool)
	for _, e := range exprs.ExplicitUpdateExprs() {
		set := e.(*expression.SetField)
		at := i.table.index(set.LeftChild.(*expression.GetField).Name())
		value, err := ofAmendedRow(i.ctx, set.RightChild, n.name)
		if err != nil {
			return err
		}
		cell, err := i.amended(value, frame, at)
		if err != nil {
			return err
		}
		if cell != nil {
			amend.Set = append(amend.Set, *cell)
		}
		assigned[at] = true
	}
	var err error
	amend.Dependents, err = i.dependents(frame, checks, assigned)
	i.insert.Policy, i.insert.Amend = write.Amend, amend
	return err
}

// ofAmendedRow has an expression of ON DUPLICATE KEY UPDATE read the row of the table, and columns of other tables the query's.
func ofAmendedRow(ctx *sql.Context, e sql.Expression, table string) (sql.Expression, error) {
	if isDefault(e) {
		return e, nil
	}
	out, _, err := transform.Expr(ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		f, ok := e.(*expression.GetField)
		if !ok {
			return e, transform.SameTree, nil
		}
		function := queryFunction
		if strings.EqualFold(f.Table(), table) {
			function = columnFunction
		}
		return &writtenColumn{function, f.Name()}, transform.NewTree, nil
	})
	return out, err
}

// amended imports what a column is assigned; nil: it is computed all the same.
func (i *insertImport) amended(e sql.Expression, frame write.Frame, at int) (*write.SetTerm, error) {
	column := i.table.columns[at]
	if isDefault(e) {
		if i.table.schema[at].Generated != nil {
			return nil, nil
		}
		value, err := i.wordDefault(i.table, at)
		if err != nil {
			return nil, err
		}
		term, err := i.term(value, frame)
		if err != nil {
			return nil, err
		}
		return &write.SetTerm{Column: at, Type: term.Type, Value: term.Of}, nil
	}
	cell, err := i.given(e, frame, column.Type)
	if err != nil {
		return nil, err
	}
	value := cell.Compute
	if value == nil {
		value = func([]types.Value) (types.Value, error) { return cell.Value, nil }
	}
	return &write.SetTerm{Column: at, Type: cell.Type, Value: value}, nil
}
