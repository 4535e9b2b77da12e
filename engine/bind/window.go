package bind

import (
	"encoding/json"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// GMS has window functions of its own, but not over groups, with other frames than MySQL's, and not all of them. It binds
// those of a query here as calls of a scalar function instead, whose arguments are what the window function reads: then it
// resolves the names in them and checks them against GROUP BY as it does for any expression of the list, and an aggregate
// among them is one of the block's groups. The import makes plan.Window nodes of the calls.

// windowFunction is the scalar function's name. Its first argument is a windowSpec, the others are what that counts.
const windowFunction = "silogate_window"

// windowSpec says what the call of a window function is. Its arguments are those of the function, the partition's and the
// order's keys and the amounts of the frame's bounds, in turn.
type windowSpec struct {
	Func      string
	Window    string // its name, for messages
	Args      int
	Partition int
	Desc      []bool // the order keys
	Frame     *frameSpec
}

// frameSpec is a frame as it is written.
type frameSpec struct {
	Rows       bool
	Start, End boundSpec
}

// boundSpec is a bound of a frame. An amount is an argument of the call.
type boundSpec struct {
	Type sqlparser.BoundType
	Unit string // of the INTERVAL, if the amount is one
}

func (b boundSpec) hasAmount() bool {
	return b.Type == sqlparser.ExprPreceding || b.Type == sqlparser.ExprFollowing
}

// windows makes calls of the window functions of all query blocks of a statement.
func windows(stmt sqlparser.SQLNode) error {
	err := Walk(func(n sqlparser.SQLNode) (bool, error) {
		if s, ok := n.(*sqlparser.Select); ok {
			return true, windowBlock(s)
		}
		return true, nil
	}, stmt)
	if err != nil {
		return err
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if f, ok := n.(*sqlparser.FuncExpr); ok && f.Over != nil {
			return false, errWindowPlace(f)
		}
		return true, nil
	}, stmt)
}

func errWindowPlace(f *sqlparser.FuncExpr) error {
	return sqlerr.New(sqlerr.WindowPlace, "You cannot use the window function '%s' in this context.", f.Name.Lowered())
}

func windowBlock(s *sqlparser.Select) error {
	b := &windowNames{defs: make(map[string]*sqlparser.WindowDef), done: make(map[string]*sqlparser.WindowDef)}
	if err := b.add(s.Window); err != nil {
		return err
	}
	parts := []sqlparser.SQLNode{s.From, s.GroupBy}
	if s.Where != nil {
		parts = append(parts, s.Where)
	}
	if s.Having != nil {
		parts = append(parts, s.Having)
	}
	if found := windowFunctions(parts...); len(found) > 0 {
		return errWindowPlace(found[0])
	}
	if err := windowAliases(s); err != nil {
		return err
	}
	for _, agg := range aggregatesIn(s.SelectExprs, s.OrderBy) {
		if found := windowFunctions(agg); len(found) > 0 {
			return errWindowPlace(found[0])
		}
	}
	for _, f := range windowFunctions(s.SelectExprs, s.OrderBy) {
		if err := b.call(f); err != nil {
			return err
		}
	}
	s.Window = b.unused()
	return nil
}

// windowFunctions lists the outermost window functions of a block in nodes of it.
func windowFunctions(nodes ...sqlparser.SQLNode) (found []*sqlparser.FuncExpr) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		f, ok := n.(*sqlparser.FuncExpr)
		if !ok || f.Over == nil {
			return true
		}
		found = append(found, f)
		return false
	}, nodes...)
	return found
}

// windowAliases refuses HAVING and GROUP BY of names that stand for window functions.
func windowAliases(s *sqlparser.Select) error {
	aliases := make(map[string]bool)
	for _, e := range s.SelectExprs {
		if e, ok := e.(*sqlparser.AliasedExpr); ok && !e.As.IsEmpty() && len(windowFunctions(e.Expr)) > 0 {
			aliases[e.As.Lowered()] = true
		}
	}
	if len(aliases) == 0 {
		return nil
	}
	parts := []sqlparser.SQLNode{s.GroupBy}
	if s.Having != nil {
		parts = append(parts, s.Having)
	}
	var err error
	walkBlock(func(n sqlparser.SQLNode) bool {
		if c, ok := n.(*sqlparser.ColName); ok && c.Qualifier.IsEmpty() && aliases[c.Name.Lowered()] && err == nil {
			err = sqlerr.New(sqlerr.WindowAlias,
				"You cannot use the alias '%s' of an expression containing a window function in this context.", c.Name)
		}
		return true
	}, parts...)
	return err
}

// windowNames are the named windows of a block.
type windowNames struct {
	names []string                        // in the order written
	defs  map[string]*sqlparser.WindowDef // as written
	done  map[string]*sqlparser.WindowDef // with what they inherit
	used  map[string]bool
}

func (b *windowNames) add(list sqlparser.Window) error {
	b.used = make(map[string]bool)
	for _, def := range list {
		name := def.Name.Lowered()
		if b.defs[name] != nil {
			return sqlerr.New(sqlerr.WindowDuplicate, "Window '%s' is defined twice.", def.Name)
		}
		b.names = append(b.names, name)
		b.defs[name] = def
	}
	for _, name := range b.names {
		if _, err := b.named(name, nil); err != nil {
			return err
		}
		if found := windowFunctions(b.defs[name].PartitionBy, b.defs[name].OrderBy); len(found) > 0 {
			return errWindowNested(b.defs[name].Name.String())
		}
	}
	return nil
}

func errWindowNested(window string) error {
	return sqlerr.New(sqlerr.WindowNested, "You cannot nest a window function in the specification of window '%s'.", window)
}

// named returns a named window with what it inherits; above are the windows that inherit from it.
func (b *windowNames) named(name string, above []string) (*sqlparser.WindowDef, error) {
	if def := b.done[name]; def != nil {
		return def, nil
	}
	def := b.defs[name]
	if def == nil {
		return nil, sqlerr.New(sqlerr.WindowUnknown, "Window name '%s' is not defined.", name)
	}
	for _, a := range above {
		if a == name {
			return nil, sqlerr.New(sqlerr.WindowCircular, "There is a circularity in the window dependency graph.")
		}
	}
	full, err := b.inherit(def, append(above, name))
	if err != nil {
		return nil, err
	}
	b.done[name] = full
	return full, nil
}

// inherit returns a window with what it takes from the one it refers to.
func (b *windowNames) inherit(def *sqlparser.WindowDef, above []string) (*sqlparser.WindowDef, error) {
	if def.NameRef.IsEmpty() {
		return def, nil
	}
	from, err := b.named(def.NameRef.Lowered(), above)
	if err != nil {
		return nil, err
	}
	switch {
	case len(def.PartitionBy) > 0:
		return nil, sqlerr.New(sqlerr.WindowPartition, "A window which depends on another cannot define partitioning.")
	case from.Frame != nil:
		return nil, sqlerr.New(sqlerr.WindowInheritFrame, "Window '%s' has a frame definition, so cannot be referenced by another window.", from.Name)
	case len(def.OrderBy) > 0 && len(from.OrderBy) > 0:
		return nil, sqlerr.New(sqlerr.WindowInheritOrder, "Window '%s' cannot inherit '%s' since both contain an ORDER BY clause.",
			windowName(def), from.Name)
	}
	full := &sqlparser.WindowDef{Name: def.Name, PartitionBy: from.PartitionBy, OrderBy: from.OrderBy, Frame: def.Frame}
	if len(def.OrderBy) > 0 {
		full.OrderBy = def.OrderBy
	}
	return full, nil
}

// unnamedWindow is MySQL's name for a window without one.
const unnamedWindow = "<unnamed window>"

func windowName(def *sqlparser.WindowDef) string {
	if def.Name.IsEmpty() {
		return unnamedWindow
	}
	return def.Name.String()
}

// unused returns the windows that no function names, for GMS to check their columns.
func (b *windowNames) unused() (list sqlparser.Window) {
	for _, name := range b.names {
		def := b.done[name]
		if b.used[name] || len(aggregatesIn(def.PartitionBy, def.OrderBy)) > 0 {
			continue
		}
		list = append(list, &sqlparser.WindowDef{Name: b.defs[name].Name, PartitionBy: def.PartitionBy, OrderBy: def.OrderBy})
	}
	return list
}

// aggregatesIn lists the aggregates in parts of a block or window, but for those of subqueries.
func aggregatesIn(nodes ...sqlparser.SQLNode) (found []sqlparser.Expr) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		if e, ok := n.(sqlparser.Expr); ok && isAggregate(e) {
			found = append(found, e)
		}
		return true
	}, nodes...)
	return found
}

// call makes a window function the call that stands for it.
func (b *windowNames) call(f *sqlparser.FuncExpr) error {
	def := (*sqlparser.WindowDef)(f.Over)
	if isBareName(def) { // OVER w is w itself, OVER (w) one like it
		b.used[def.NameRef.Lowered()] = true
		named, err := b.named(def.NameRef.Lowered(), nil)
		if err != nil {
			return err
		}
		def = named
	} else {
		if !def.NameRef.IsEmpty() {
			b.used[def.NameRef.Lowered()] = true
		}
		full, err := b.inherit(def, nil)
		if err != nil {
			return err
		}
		def = full
	}
	if f.Distinct {
		return sqlerr.New(sqlerr.Unsupported, "This version of MySQL doesn't yet support '<window function>(DISTINCT ..)'")
	}
	if found := windowFunctions(f.Exprs); len(found) > 0 {
		return errWindowPlace(found[0])
	}
	if len(windowFunctions(def.PartitionBy, def.OrderBy)) > 0 {
		return errWindowNested(windowName(def))
	}
	spec := windowSpec{Func: f.Name.Lowered(), Window: windowName(def)}
	if isNtile(f) {
		spec.Func, f.Exprs = "ntile", f.Exprs[1:]
	}
	args, err := spec.arguments(f, def)
	if err != nil {
		return err
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	list := sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: sqlparser.NewStrVal(text)}}
	for _, a := range args {
		list = append(list, &sqlparser.AliasedExpr{Expr: a})
	}
	f.Name, f.Exprs, f.Over = sqlparser.NewColIdent(windowFunction), list, nil
	return nil
}

// isNtile reports the LEAD that stands for an NTILE (parse.Rewrite).
func isNtile(f *sqlparser.FuncExpr) bool {
	if f.Name.Lowered() != "lead" || len(f.Exprs) != 2 {
		return false
	}
	marker, ok := f.Exprs[0].(*sqlparser.AliasedExpr)
	if !ok {
		return false
	}
	text, ok := marker.Expr.(*sqlparser.SQLVal)
	return ok && text.Type == sqlparser.StrVal && string(text.Val) == parse.NtileMarker
}

// isBareName reports OVER w.
func isBareName(def *sqlparser.WindowDef) bool {
	return !def.NameRef.IsEmpty() && len(def.PartitionBy) == 0 && len(def.OrderBy) == 0 && def.Frame == nil
}

// arguments counts what a call reads and lists it.
func (spec *windowSpec) arguments(f *sqlparser.FuncExpr, def *sqlparser.WindowDef) ([]sqlparser.Expr, error) {
	var list []sqlparser.Expr
	for _, a := range f.Exprs {
		switch a := a.(type) {
		case *sqlparser.AliasedExpr:
			list = append(list, a.Expr)
		case *sqlparser.StarExpr:
			if spec.Func != "count" || len(f.Exprs) > 1 || !a.TableName.IsEmpty() {
				return nil, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near '*': only COUNT counts rows")
			}
		}
	}
	spec.Args = len(list)
	for _, e := range def.PartitionBy {
		if isPosition(e) {
			return nil, errWindowPosition(def)
		}
		list = append(list, e)
	}
	spec.Partition = len(def.PartitionBy)
	for _, o := range def.OrderBy {
		if isPosition(o.Expr) {
			return nil, errWindowPosition(def)
		}
		spec.Desc = append(spec.Desc, o.Direction == sqlparser.DescScr)
		list = append(list, o.Expr)
	}
	if def.Frame == nil {
		return list, nil
	}
	amounts, err := spec.frame(def)
	return append(list, amounts...), err
}

// isPosition reports a number where a key is expected: elsewhere it means a column of the list.
func isPosition(e sqlparser.Expr) bool {
	v, ok := e.(*sqlparser.SQLVal)
	return ok && v.Type == sqlparser.IntVal
}

func errWindowPosition(def *sqlparser.WindowDef) error {
	return sqlerr.New(sqlerr.WindowPosition,
		"Window '%s': ORDER BY or PARTITION BY uses legacy position indication which is not supported, use expression.", windowName(def))
}

// frame notes a window's frame and returns the amounts in it.
func (spec *windowSpec) frame(def *sqlparser.WindowDef) ([]sqlparser.Expr, error) {
	frame := &frameSpec{Rows: def.Frame.Unit == sqlparser.RowsUnit}
	start, end := def.Frame.Extent.Start, def.Frame.Extent.End
	if end == nil {
		end = &sqlparser.FrameBound{Type: sqlparser.CurrentRow}
	}
	var amounts []sqlparser.Expr
	for _, at := range []struct {
		written *sqlparser.FrameBound
		bound   *boundSpec
	}{{start, &frame.Start}, {end, &frame.End}} {
		at.bound.Type = at.written.Type
		if !at.bound.hasAmount() {
			continue
		}
		amount := at.written.Expr
		if interval, ok := amount.(*sqlparser.IntervalExpr); ok && strings.EqualFold(interval.Unit, parse.NumberUnit) {
			amount = interval.Expr
		} else if ok {
			if frame.Rows {
				return nil, sqlerr.New(sqlerr.WindowRowsInterval, "Window '%s': INTERVAL can only be used with RANGE frames.", spec.Window)
			}
			at.bound.Unit, amount = strings.ToUpper(interval.Unit), interval.Expr
		}
		if !frame.Rows && len(def.OrderBy) != 1 {
			return nil, errRangeOrder(spec.Window)
		}
		amounts = append(amounts, amount)
	}
	spec.Frame = frame
	return amounts, nil
}

func errRangeOrder(window string) error {
	return sqlerr.New(sqlerr.WindowRangeOrder,
		"Window '%s' with RANGE N PRECEDING/FOLLOWING frame requires exactly one ORDER BY expression, of numeric or temporal type", window)
}

// frameTexts are what the grammar says of frames that are none, and what they are.
var frameTexts = []struct {
	says    string
	code    sqlerr.Code
	message string
}{
	{"frame start cannot be UNBOUNDED FOLLOWING", sqlerr.WindowFrameStart, "frame start cannot be UNBOUNDED FOLLOWING."},
	{"frame end cannot be UNBOUNDED PRECEDING", sqlerr.WindowFrameEnd, "frame end cannot be UNBOUNDED PRECEDING."},
	{"frame starting from current row", sqlerr.WindowFrame, "frame start or end is negative, NULL or of non-integral type"},
	{"frame starting from following row", sqlerr.WindowFrame, "frame start or end is negative, NULL or of non-integral type"},
}

// frameError is what an error of the grammar about a frame means; nil for any other error.
func frameError(err error) error {
	for _, t := range frameTexts {
		if strings.Contains(err.Error(), t.says) {
			return sqlerr.New(t.code, "Window '%s': %s", unnamedWindow, t.message)
		}
	}
	return nil
}
