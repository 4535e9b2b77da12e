package plantext

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Parser reads plans over the tables of one source.
type Parser struct {
	Site plan.Site
	// Table returns a table by the name written in the plan.
	Table func(name string) (*plan.Table, error)
	// Params are the types of parameters by name; their ordinals count in the order they are first read.
	Params map[string]types.Type

	lastID   expr.ColumnID
	ordinals map[string]int
	shared   []plan.CTE // by id
}

// UnknownColumn is the error of a column that the inputs do not have.
type UnknownColumn string

func (c UnknownColumn) Error() string { return "unknown column " + string(c) }

// UnknownTable is an error for Parser.Table to return.
type UnknownTable string

func (t UnknownTable) Error() string { return "unknown table " + string(t) }

// line is one node of the text.
type line struct {
	indent int
	text   string
	number int
}

// Parse reads a plan. The error names the line.
func (p *Parser) Parse(text string) (plan.Node, error) {
	var lines []line
	for i, raw := range strings.Split(text, "\n") {
		trimmed := strings.TrimLeft(raw, " ")
		if trimmed != "" {
			lines = append(lines, line{len(raw) - len(trimmed), strings.TrimSpace(trimmed), i + 1})
		}
	}
	p.lastID, p.ordinals, p.shared = 0, make(map[string]int), nil
	n, _, rest, err := p.node(lines)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("line %d: a second plan", rest[0].number)
	}
	return n, nil
}

// node reads the first line and what is indented below it.
func (p *Parser) node(lines []line) (n plan.Node, scope []named, rest []line, err error) {
	if len(lines) == 0 {
		return nil, nil, nil, fmt.Errorf("an input is missing")
	}
	head, rest := lines[0], lines[1:]
	var inputs []plan.Node
	for len(rest) > 0 && rest[0].indent > head.indent {
		var in plan.Node
		var inScope []named
		if in, inScope, rest, err = p.node(rest); err != nil {
			return nil, nil, nil, err
		}
		inputs = append(inputs, in)
		scope = append(scope, inScope...)
	}
	tokens, err := lex(head.text)
	if err == nil {
		r := &reader{parser: p, tokens: tokens, scope: scope}
		n, scope, err = p.build(r, inputs)
		if err == nil && r.peek().kind != end {
			err = fmt.Errorf("unexpected %q", r.peek().raw)
		}
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("line %d: %w", head.number, err)
	}
	return n, scope, rest, nil
}

// arity is how many inputs a node has; union has any number.
var arity = map[string]int{
	"scan": 0, "keys": 0, "filter": 1, "project": 1, "aggregate": 1, "sort": 1, "top": 1, "limit": 1, "join": 2,
	"bind": 1, "read": 0,
}

func (p *Parser) build(r *reader, inputs []plan.Node) (plan.Node, []named, error) {
	kind := r.next().text
	if want, fixed := arity[kind]; fixed && want != len(inputs) {
		return nil, nil, fmt.Errorf("%s has %d inputs", kind, len(inputs))
	}
	var n plan.Node
	var err error
	switch kind {
	case "scan":
		return p.scan(r)
	case "keys":
		return p.keys(r)
	case "union":
		return p.union(inputs)
	case "bind":
		return p.bind(r, inputs[0]), nil, nil
	case "read":
		return p.read(r)
	case "with":
		if n, err = p.with(inputs); err != nil {
			return nil, nil, err
		}
		return n, visible(r.scope, n.Schema()), nil
	case "join":
		n, err = p.join(r, inputs)
		if err != nil {
			return nil, nil, err
		}
		return n, visible(r.scope, n.Schema()), nil
	case "project":
		exprs, err := p.projections(r)
		n := &plan.Project{Input: inputs[0], Exprs: exprs}
		return n, renamed(r.scope, n.Schema()), err
	case "aggregate":
		n, err := p.aggregate(r, inputs[0])
		if err != nil {
			return nil, nil, err
		}
		return n, renamed(r.scope, n.Schema()), nil
	case "filter":
		var cond expr.Expr
		cond, err = r.condition()
		if err == nil {
			n = &plan.Filter{Input: inputs[0], Conds: expr.Conjuncts(nil, cond)}
		}
	case "sort":
		var keys []plan.SortKey
		keys, err = sortKeys(r)
		n = &plan.Sort{Input: inputs[0], Keys: keys}
	case "top", "limit":
		n, err = limit(r, inputs[0])
	default:
		return nil, nil, fmt.Errorf("unknown node %q", kind)
	}
	return n, r.scope, err
}

func (p *Parser) newID() expr.ColumnID {
	p.lastID++
	return p.lastID
}

func (p *Parser) parameter(name string) (expr.Expr, error) {
	typ, ok := p.Params[name]
	if !ok {
		return nil, fmt.Errorf("unknown parameter %s", name)
	}
	ordinal, ok := p.ordinals[name]
	if !ok {
		ordinal = len(p.ordinals)
		p.ordinals[name] = ordinal
	}
	return &expr.Param{Ordinal: ordinal, Name: name, Typ: typ}, nil
}

// visible keeps the names of the columns in s, with the nullability they have there.
func visible(scope []named, s plan.Schema) []named {
	var out []named
	for _, n := range scope {
		if i := s.Index(n.column.ID); i >= 0 {
			out = append(out, named{n.table, s[i].Ref()})
		}
	}
	return out
}

// renamed is visible with the columns that s defines under new ids.
func renamed(scope []named, s plan.Schema) []named {
	out := visible(scope, s)
	known := make(map[expr.ColumnID]bool)
	for _, n := range out {
		known[n.column.ID] = true
	}
	for _, c := range s {
		if !known[c.ID] {
			out = append(out, named{"", c.Ref()})
		}
	}
	return out
}

func (p *Parser) scan(r *reader) (plan.Node, []named, error) {
	name := r.next().raw
	table, err := p.Table(name)
	if err != nil {
		return nil, nil, err
	}
	alias := name
	if r.peek().kind == word {
		alias = r.next().raw
	}
	n := &plan.Scan{Site: p.Site, Table: table}
	add := func(pos int) {
		c := table.Columns[pos]
		n.Cols = append(n.Cols, plan.Column{ID: p.newID(), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		n.Pos = append(n.Pos, pos)
	}
	if !r.accept(":") {
		for pos := range table.Columns {
			add(pos)
		}
	} else {
		for r.peek().kind == word {
			pos, err := columnAt(table, r.next().raw)
			if err != nil {
				return nil, nil, err
			}
			add(pos)
			r.accept(",")
		}
	}
	scope := make([]named, len(n.Cols))
	for i, c := range n.Cols {
		scope[i] = named{alias, c.Ref()}
	}
	return n, scope, nil
}

func columnAt(t *plan.Table, name string) (int, error) {
	for i, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return i, nil
		}
	}
	return 0, UnknownColumn(name)
}

func (p *Parser) keys(r *reader) (plan.Node, []named, error) {
	n := &plan.Keys{}
	for r.peek().kind == word {
		name := r.next().raw
		typ, err := r.typ()
		if err != nil {
			return nil, nil, err
		}
		n.Cols = append(n.Cols, plan.Column{ID: p.newID(), Name: name, Type: typ, Nullable: true})
		r.accept(",")
	}
	return n, renamed(nil, n.Cols), nil
}

func (p *Parser) union(inputs []plan.Node) (plan.Node, []named, error) {
	if len(inputs) == 0 {
		return nil, nil, fmt.Errorf("union has no input")
	}
	n := &plan.Union{Inputs: inputs}
	for _, c := range inputs[0].Schema() {
		c.ID, c.Nullable = p.newID(), true
		n.Cols = append(n.Cols, c)
	}
	return n, renamed(nil, n.Cols), nil
}

var joinKinds = map[string]plan.JoinKind{
	"inner": plan.Inner, "left": plan.Left, "full": plan.Full, "semi": plan.Semi, "anti": plan.Anti,
}

func (p *Parser) join(r *reader, inputs []plan.Node) (plan.Node, error) {
	kind, ok := joinKinds[r.next().text]
	if !ok {
		return nil, fmt.Errorf("unknown kind of join")
	}
	n := &plan.Join{Kind: kind, Left: inputs[0], Right: inputs[1]}
	if r.peek().kind == end {
		return n, nil
	}
	cond, err := r.condition()
	if err != nil {
		return nil, err
	}
	n.On = expr.Conjuncts(nil, cond)
	return n, nil
}

// projections reads EXPR [as NAME], ...; a column without a new name passes through.
func (p *Parser) projections(r *reader) ([]plan.Projection, error) {
	var list []plan.Projection
	for r.peek().kind != end && r.peek().text != "|" {
		if len(list) > 0 {
			if err := r.expect(","); err != nil {
				return nil, err
			}
		}
		e, err := r.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, plan.Projection{Col: p.define(r, e), Expr: e})
	}
	return list, nil
}

// define makes the column of a projection.
func (p *Parser) define(r *reader, e expr.Expr) plan.Column {
	c, isColumn := e.(*expr.Column)
	if r.accept("as") {
		return plan.Column{ID: p.newID(), Name: r.next().raw, Type: e.Type(), Nullable: e.Nullable()}
	}
	if isColumn {
		return plan.Column{ID: c.ID, Name: c.Name, Type: c.Typ, Nullable: c.Null}
	}
	return plan.Column{ID: p.newID(), Name: e.String(), Type: e.Type(), Nullable: e.Nullable()}
}

func (p *Parser) aggregate(r *reader, input plan.Node) (plan.Node, error) {
	groups, err := p.projections(r)
	if err != nil {
		return nil, err
	}
	n := &plan.Aggregate{Input: input, Groups: groups}
	if !r.accept("|") {
		return n, nil
	}
	for r.peek().kind != end {
		if len(n.Aggs) > 0 {
			if err := r.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := p.agg(r)
		if err != nil {
			return nil, err
		}
		n.Aggs = append(n.Aggs, a)
	}
	return n, nil
}

// agg reads one aggregate function.
func (p *Parser) agg(r *reader) (plan.Agg, error) {
	name := r.next().text
	a := plan.Agg{Func: plan.AggFunc(name)}
	if err := r.expect("("); err != nil {
		return a, err
	}
	if r.accept("*") {
		a.Func = plan.CountStar
	}
	a.Distinct = r.accept("distinct")
	for !r.accept(")") {
		e, err := r.expression()
		if err != nil {
			return a, err
		}
		a.Args = append(a.Args, e)
		r.accept(",")
	}
	args, err := expr.AggArgs(string(a.Func), a.Args, a.Distinct)
	if err != nil {
		return a, err
	}
	a.Args = args
	typ, err := expr.AggType(string(a.Func), a.Args)
	if err != nil {
		return a, err
	}
	counts := a.Func == plan.CountStar || a.Func == plan.Count
	a.Col = plan.Column{ID: p.newID(), Name: string(a.Func), Type: typ, Nullable: !counts}
	if r.accept("as") {
		a.Col.Name = r.next().raw
	}
	return a, nil
}

func sortKeys(r *reader) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for r.peek().kind != end {
		if len(keys) > 0 {
			if err := r.expect(","); err != nil {
				return nil, err
			}
		}
		e, err := r.expression()
		if err != nil {
			return nil, err
		}
		keys = append(keys, plan.SortKey{Expr: e, Desc: r.accept("desc")})
	}
	return keys, nil
}

func limit(r *reader, input plan.Node) (plan.Node, error) {
	n := &plan.Limit{Input: input}
	var err error
	if n.Count, err = strconv.ParseInt(r.next().text, 10, 64); err != nil {
		return nil, err
	}
	if r.accept("offset") {
		if n.Offset, err = strconv.ParseInt(r.next().text, 10, 64); err != nil {
			return nil, err
		}
	}
	if r.accept("by") {
		n.Keys, err = sortKeys(r)
	}
	return n, err
}
