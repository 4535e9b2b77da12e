package bind

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// An UPDATE or DELETE is a query over the tables that it names: its conditions, order and limit are the engine's. For each table that is
// written a row of the query has the key and the values of the table's row; behind them come the values that an UPDATE assigns, as their
// columns hold them, those of generated columns and ON UPDATE, and the truth values of the checks.

// storedScan is the scan of a table that may be written.
type storedScan struct {
	scan *plan.Scan
	key  plan.Column // of the rows' keys
}

// rowKey has a scan yield the keys of rows.
func (im *importer) rowKey(n *gmsplan.ResolvedTable, scan *plan.Scan) {
	if im.scans == nil || writable(n) == nil {
		return
	}
	im.last++
	key := plan.Column{ID: im.last, Name: ownName("row"), Type: types.Of(types.Varbinary)}
	scan.Cols, scan.Pos = append(scan.Cols, key), append(scan.Pos, len(scan.Table.Columns))
	scan.Table.Columns = append(scan.Table.Columns, plan.TableColumn{Name: key.Name, Type: key.Type})
	im.scans[n] = &storedScan{scan, key}
}

// writtenTarget is a table of an UPDATE or DELETE that is written.
type writtenTarget struct {
	fromTable
	*writtenTable
	scan  *storedScan
	now   map[string]expr.Expr // what the columns are by now, by lower-case name
	set   []write.Set
	with  write.Dependents
	again bool // a target before is the same table
}

// target makes a target of a table.
func (im *importer) target(n fromTable) (*writtenTarget, error) {
	t := &writtenTarget{fromTable: n, writtenTable: newWrittenTable(im.ctx, n.node.Database().Name(), writable(n.node), n.node.Schema(im.ctx)), scan: im.scans[n.node], now: make(map[string]expr.Expr)}
	if t.scan == nil {
		return nil, fmt.Errorf("table %s is not scanned", n.name)
	}
	t.resolve = func() sql.Schema { return im.withDefaults(t.database, t.table, t.schema) }
	for i, c := range t.columns {
		t.now[strings.ToLower(c.Name)] = t.scan.scan.Cols[i].Ref()
	}
	return t, nil
}

// output is what the query of an UPDATE or DELETE yields.
type output struct {
	list []plan.Projection
	im   *importer
}

// add adds a column and returns its position.
func (o *output) add(e expr.Expr, name string) int {
	col := o.im.newColumn(name, e)
	o.list = append(o.list, plan.Projection{Col: col, Expr: e})
	return len(o.list) - 1
}

// targets describes where the rows of a query over a relation have those of the tables.
func (o *output) targets(list []*writtenTarget, from plan.Schema, joined bool) []*write.Target {
	var out []*write.Target
	read := func(c plan.Column) int { return o.add(from[from.Index(c.ID)].Ref(), c.Name) } // of an outer join it may be NULL
	for _, t := range list {
		target := &write.Target{Key: read(t.scan.key), Width: len(t.columns), Set: t.set, Dependents: t.with, Joined: joined, Later: t.again}
		target.First = target.Key + 1
		for i := range t.columns {
			read(t.scan.scan.Cols[i])
		}
		out = append(out, target)
	}
	return out
}

// opened has the targets write their tables.
func opened(ctx *sql.Context, list []*writtenTarget, targets []*write.Target) (err error) {
	for i, t := range list {
		if targets[i].Table, err = t.table.Writer(ctx); err != nil {
			return err
		}
	}
	return nil
}

// oneTable reports a FROM clause of one table, each of whose rows the query has once.
func oneTable(n sql.Node) bool {
	for {
		switch in := n.(type) {
		case *gmsplan.ResolvedTable:
			return true
		case *gmsplan.SubqueryAlias:
			return false
		default:
			below := in.Children()
			if len(below) != 1 {
				return false
			}
			n = below[0]
		}
	}
}

// writeOf makes a Write of a query and what is done with its rows.
func (im *importer) writeOf(kind WriteKind, node plan.Node, list []*writtenTarget, run func(ctx *sql.Context, rows write.Rows) (write.Outcome, error)) *Write {
	w := &Write{Kind: kind, writing: im.writing, Keyed: true}
	for _, t := range list {
		w.Tables = append(w.Tables, WriteTable{Name: plan.TableName{Namespace: t.node.Database().Name(), Name: t.table.Name()}, Alias: t.name, Table: t.table})
		w.Keyed = w.Keyed && im.keyed(node, t)
	}
	w.Source = im.leafOf(node)
	w.run = func(ctx *sql.Context) (out write.Outcome, err error) {
		rows, err := im.writing.start(ctx, w.Source)
		if err != nil {
			return out, err
		}
		defer func() { err = cmp.Or(err, rows.close()) }()
		return run(ctx, rows)
	}
	return w
}

func (b *Binder) takeUpdate(ctx *sql.Context, a *analyzer.Analyzer, n *gmsplan.Update, variables *userVariables, flags *sql.QueryFlags) (*Write, error) {
	source, ok := n.Child.(*gmsplan.UpdateSource)
	if !ok || n.Returning != nil {
		return nil, nil
	}
	tables := fromTables(ctx, source.Child)
	explicit := source.UpdateExprs.ExplicitUpdateExprs()
	for _, e := range explicit {
		if t := assignedTable(tables, e); t == nil || writable(t.node) == nil {
			return nil, nil // which is refused
		}
	}
	if err := b.validate(ctx, a, source.Child, make(seenQueries), nil, flags); err != nil {
		return nil, err
	}
	im := b.writer(ctx, n, newWriting(ctx, n.Ignore), variables)
	rel, err := im.node(source.Child, nil)
	if err != nil {
		return nil, err
	}
	x := im.over(rel, nil)
	u := &updateImport{expressions: x, single: oneTable(source.Child), targets: make(map[*gmsplan.ResolvedTable]*writtenTarget)}
	for _, e := range explicit {
		if err := u.assign(assignedTable(tables, e), e.(*expression.SetField)); err != nil {
			return nil, err
		}
	}
	for _, t := range u.list {
		if err := u.follow(t); err != nil {
			return nil, err
		}
	}
	if err := writtenTwice(u.list); err != nil {
		return nil, err
	}
	update := &write.Update{Rules: im.writing.rules(), Ignore: n.Ignore}
	out := output{im: im, list: u.computed}
	update.Targets = out.targets(u.list, x.rel.node.Schema(), !u.single)
	node := &plan.Project{Input: x.rel.node, Exprs: out.list}
	return im.writeOf(Update, node, u.list, func(ctx *sql.Context, rows write.Rows) (write.Outcome, error) {
		if err := opened(ctx, u.list, update.Targets); err != nil {
			return write.Outcome{}, err
		}
		update.Rows = rows
		return update.Run()
	}), nil
}

// writtenTwice notes the targets that are a table that one before is too, under another name. A column of its primary key may not be assigned: the rows
// could not be found again.
func writtenTwice(list []*writtenTarget) error {
	for i, t := range list {
		for _, other := range list[:i] {
			if !strings.EqualFold(t.database, other.database) || !strings.EqualFold(t.table.Name(), other.table.Name()) {
				continue
			}
			if t.again = true; t.moves() || other.moves() {
				return sqlerr.New(sqlerr.Errno(1706), "Primary key/partition key update is not allowed since the table is updated both as '%s' and '%s'.",
					other.name, t.name) // ER_MULTI_UPDATE_KEY_CONFLICT
			}
		}
	}
	return nil
}

// moves reports that a column of the table's primary key is assigned.
func (t *writtenTarget) moves() bool {
	return slices.ContainsFunc(t.set, func(s write.Set) bool { return t.schema[s.Column].PrimaryKey })
}

// assignedTable returns the table whose column an assignment is to; nil: it is none of the tables.
func assignedTable(tables []fromTable, e sql.Expression) *fromTable {
	set, ok := e.(*expression.SetField)
	if !ok {
		return nil
	}
	column, ok := set.LeftChild.(*expression.GetField)
	if !ok {
		return nil
	}
	for i := range tables {
		if tables[i].ids.Contains(column.Id()) {
			return &tables[i]
		}
	}
	return nil
}

// updateImport imports the assignments of an UPDATE.
type updateImport struct {
	*expressions
	single   bool // one table: an assignment sees those before it
	targets  map[*gmsplan.ResolvedTable]*writtenTarget
	list     []*writtenTarget
	computed []plan.Projection
}

func (u *updateImport) of(n *fromTable) (*writtenTarget, error) {
	if t := u.targets[n.node]; t != nil {
		return t, nil
	}
	t, err := u.target(*n)
	if err != nil {
		return nil, err
	}
	u.targets[n.node] = t
	u.list = append(u.list, t)
	return t, nil
}

// put computes a column of a row, which expressions after it may read, and returns its position in the query's rows.
func (u *updateImport) put(e expr.Expr, name string) (at int, value expr.Expr) {
	col := u.newColumn(name, e)
	u.rel.node = &plan.Project{Input: u.rel.node, Exprs: append(passAll(u.rel.node.Schema()), plan.Projection{Col: col, Expr: e})}
	out := u.newColumn(name, col.Ref())
	u.computed = append(u.computed, plan.Projection{Col: out, Expr: col.Ref()})
	return len(u.computed) - 1, col.Ref()
}

// rowOf has expressions read a table's row as it is by now.
func (u *updateImport) rowOf(t *writtenTarget) {
	u.written = &writtenRow{now: t.now, defaults: func(column string) (expr.Expr, error) { return u.givenDefault(t.writtenTable, column) }}
}

func (u *updateImport) assign(n *fromTable, set *expression.SetField) error {
	t, err := u.of(n)
	if err != nil {
		return err
	}
	column := set.LeftChild.(*expression.GetField)
	at := t.index(column.Name())
	u.rowOf(t)
	var value expr.Expr
	switch {
	case !isDefault(set.RightChild):
		if err := t.given(at); err != nil {
			return err
		}
		if value, err = u.expr(set.RightChild); err == nil {
			value = besideColumn(set.RightChild, value, t.columns[at].Type)
		}
	case t.schema[at].Generated != nil:
		return nil // it is computed all the same
	default:
		value, err = u.wordDefault(t.writtenTable, at)
	}
	if err != nil {
		return err
	}
	value = u.writing.stored(value, &t.columns[at], set.RightChild.String())
	if value, err = u.matched(t, value); err != nil {
		return err
	}
	position, now := u.put(value, t.columns[at].Name)
	t.set = append(t.set, write.Set{Column: at, At: position})
	t.now[strings.ToLower(column.Name())] = now
	if u.single {
		for i := range u.rel.cols {
			if u.rel.cols[i].id == column.Id() {
				u.rel.cols[i].value = now
			}
		}
	}
	return nil
}

// matched is a value where a row of the query has one of a target, and NULL, which is not stored, where an outer join has no match.
func (u *updateImport) matched(t *writtenTarget, value expr.Expr) (expr.Expr, error) {
	from := u.rel.node.Schema()
	key := from[from.Index(t.scan.key.ID)].Ref()
	if !key.Null {
		return value, nil
	}
	unmatched, err := expr.New(expr.IsNull, key)
	return &expr.Case{Whens: []expr.When{{Cond: unmatched, Then: &expr.Literal{Value: types.NullValue, Typ: value.Type()}}}, Else: value, Typ: value.Type()}, err
}

// follow compiles what depends on the rows of a target.
func (u *updateImport) follow(t *writtenTarget) error {
	constraints, err := t.constraints(u.ctx, u.binder.engine)
	if err != nil {
		return err
	}
	assigned := make(map[int]bool)
	for _, s := range t.set {
		assigned[s.Column] = true
	}
	f := u.terms(t.writtenTable)
	var frame write.Frame
	u.written = &writtenRow{now: f.newFrame(&frame)}
	t.with, err = f.dependents(frame, constraints, assigned)
	return err
}

// besideColumn is a value that is given to a column: a hexadecimal literal is a number for one of numbers, and a quotient has more digits than it shows.
func besideColumn(e sql.Expression, value expr.Expr, column types.Type) expr.Expr {
	if column.IsNumeric() {
		value = asNumber(e, value)
	}
	return expr.Inner(value)
}

func (b *Binder) takeDelete(ctx *sql.Context, a *analyzer.Analyzer, n *gmsplan.DeleteFrom, variables *userVariables, flags *sql.QueryFlags) (*Write, error) {
	tables := fromTables(ctx, n.Child)
	var chosen []fromTable
	if !n.HasExplicitTargets() {
		if len(tables) != 1 || writable(tables[0].node) == nil {
			return nil, nil
		}
		chosen = tables
	} else {
		for _, target := range n.GetDeleteTargets() {
			t := fromTables(ctx, target)
			if len(t) != 1 {
				return nil, nil
			}
			at := tableOf(tables, t[0])
			switch {
			case at < 0:
				return nil, sqlerr.New(sqlerr.Errno(1109), "Unknown table '%s' in MULTI DELETE", t[0].name) // ER_UNKNOWN_TABLE
			case writable(tables[at].node) == nil:
				return nil, nil
			}
			chosen = append(chosen, tables[at])
		}
	}
	if err := b.validate(ctx, a, n.Child, make(seenQueries), nil, flags); err != nil {
		return nil, err
	}
	ignore := len(n.Returning) > 0 // see deleteIgnoring
	im := b.writer(ctx, n, newWriting(ctx, ignore), variables)
	rel, err := im.node(n.Child, nil)
	if err != nil {
		return nil, err
	}
	var list []*writtenTarget
	for _, t := range chosen {
		target, err := im.target(t)
		if err != nil {
			return nil, err
		}
		list = append(list, target)
	}
	out := output{im: im}
	del := &write.Delete{Targets: out.targets(list, rel.node.Schema(), !oneTable(n.Child)), Rules: im.writing.rules(), Ignore: ignore}
	node := &plan.Project{Input: rel.node, Exprs: out.list}
	return im.writeOf(Delete, node, list, func(ctx *sql.Context, rows write.Rows) (write.Outcome, error) {
		if err := opened(ctx, list, del.Targets); err != nil {
			return write.Outcome{}, err
		}
		del.Rows = rows
		return del.Run()
	}), nil
}

// tableOf is the position of a table that a DELETE names; -1: there is none. GMS may have found a table of another alias for a name.
func tableOf(tables []fromTable, n fromTable) int {
	best, at := 0, -1
	for i, t := range tables {
		fits := 0
		if strings.EqualFold(t.name, n.name) {
			fits = 2
		}
		if t.node == n.node {
			fits++
		}
		if fits > best {
			best, at = fits, i
		}
	}
	return at
}
