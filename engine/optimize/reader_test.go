package optimize

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// The tests write plans as one node a line, inputs indented below it:
//
//	filter (> t.a 5)
//	  join left (= t.a u.x)
//	    scan t
//	    scan u as v
//
// A column is named by its scan's alias or by who defines it; names are unique in a plan. Expressions are in prefix form.
//
//	scan TABLE [as ALIAS]            read CTE as ALIAS
//	filter E...                      project NAME... NAME=E...
//	join KIND[:MARK] E...            apply KIND[:MARK] E...
//	agg [NAME... NAME=E...] NAME=(sum E)...
//	repeat E                         rollup LEVEL NAME=E...
//	sort E -E...                     limit N OFFSET [E -E...]
//	union NAME...                    values (NAME...) (E...)...
//	recursive NAME COLUMN...         inputs: seed, step; "COLUMN!" makes rows distinct; working NAME as ALIAS reads it
//	with                             inputs: "cte NAME" nodes, then the body
type reader struct {
	tables     map[string]*table
	cols       map[string]plan.Column
	ctes       map[string]plan.CTE
	recursions map[string]*plan.Recursive
	last       expr.ColumnID
}

func readPlan(t testing.TB, tables map[string]*table, text string) plan.Node {
	t.Helper()
	r := &reader{tables: tables, cols: make(map[string]plan.Column), ctes: make(map[string]plan.CTE),
		recursions: make(map[string]*plan.Recursive)}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	n, rest, err := r.node(lines)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("more than one root: %q", rest[0])
	}
	if err == nil {
		err = plan.Verify(n)
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return n
}

func depth(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// node reads the node on the first line; its inputs are the lines below that are indented deeper.
func (r *reader) node(lines []string) (plan.Node, []string, error) {
	head, err := parse(lines[0])
	if err != nil {
		return nil, nil, err
	}
	d := depth(lines[0])
	lines = lines[1:]
	if head[0].atom == "cte" {
		n, rest, err := r.node(lines)
		if err == nil {
			id := len(r.ctes) + 1
			r.ctes[head[1].atom] = plan.CTE{ID: id, Name: head[1].atom, Plan: n}
		}
		return &named{Node: n, name: head[1].atom}, rest, err
	}
	var inputs []plan.Node
	for len(lines) > 0 && depth(lines[0]) > d {
		if len(inputs) == 1 && head[0].atom == "recursive" {
			r.recurse(head[1:], inputs[0])
		}
		var in plan.Node
		if in, lines, err = r.node(lines); err != nil {
			return nil, nil, err
		}
		inputs = append(inputs, in)
	}
	n, err := r.build(head[0].atom, head[1:], inputs)
	if err != nil {
		err = fmt.Errorf("%s: %w", head[0].atom, err)
	}
	return n, lines, err
}

// named carries a CTE from its line to its With.
type named struct {
	plan.Node
	name string
}

func (r *reader) define(name string, t types.Type, nullable bool) plan.Column {
	r.last++
	c := plan.Column{ID: r.last, Name: name, Type: t, Nullable: nullable}
	r.cols[name] = c
	return c
}

func (r *reader) build(kind string, args []sexp, in []plan.Node) (plan.Node, error) {
	switch kind {
	case "scan":
		return r.scan(args)
	case "read":
		cte := r.ctes[args[0].atom]
		ref := &plan.CTERef{ID: cte.ID, Name: cte.Name}
		for _, c := range cte.Plan.Schema() {
			name := args[2].atom + "." + c.Name[strings.LastIndex(c.Name, ".")+1:]
			ref.Cols = append(ref.Cols, r.define(name, c.Type, c.Nullable))
		}
		return ref, nil
	case "recursive":
		return r.recursive(args, in)
	case "working":
		node := r.recursions[args[0].atom]
		ref := &plan.Working{ID: node.ID, Name: node.Name}
		for _, c := range node.Cols {
			ref.Cols = append(ref.Cols, r.define(args[2].atom+"."+c.Name, c.Type, c.Nullable))
		}
		return ref, nil
	case "with":
		w := &plan.With{Body: in[len(in)-1]}
		for _, b := range in[:len(in)-1] {
			w.Bindings = append(w.Bindings, r.ctes[b.(*named).name])
		}
		return w, nil
	case "filter":
		conds, err := r.exprs(args, in...)
		return &plan.Filter{Input: in[0], Conds: conds}, err
	case "project":
		list, err := r.projections(args, in[0])
		return &plan.Project{Input: in[0], Exprs: list}, err
	case "join":
		return r.join(args, in)
	case "apply":
		return r.apply(args, in)
	case "agg":
		return r.aggregate(args, in[0])
	case "repeat":
		times, err := r.expr(args[0], in[0])
		return &plan.Repeat{Input: in[0], Times: times}, err
	case "rollup":
		list, err := r.projections(args[1:], in[0])
		for i := range list {
			list[i].Col.Nullable = true
			r.cols[list[i].Col.Name] = list[i].Col
		}
		return &plan.Rollup{Input: in[0], Keys: list, Level: r.define(args[0].atom, types.Of(types.Int64), false)}, err
	case "window":
		return r.window(args, in[0])
	case "sort":
		keys, err := r.keys(args, in[0])
		return &plan.Sort{Input: in[0], Keys: keys}, err
	case "limit":
		count, _ := strconv.ParseInt(args[0].atom, 10, 64)
		offset, _ := strconv.ParseInt(args[1].atom, 10, 64)
		keys, err := r.keys(args[2:], in[0])
		return &plan.Limit{Input: in[0], Count: count, Offset: offset, Keys: keys}, err
	case "union":
		u := &plan.Union{Inputs: in}
		for i, a := range args {
			nullable := false
			for _, n := range in {
				nullable = nullable || n.Schema()[i].Nullable
			}
			u.Cols = append(u.Cols, r.define(a.atom, in[0].Schema()[i].Type, nullable))
		}
		return u, nil
	case "values":
		return r.values(args)
	}
	return nil, fmt.Errorf("unknown node")
}

// recurse defines a recursion after its seed was read: "recursive r a b" has columns r.a, r.b.
func (r *reader) recurse(args []sexp, seed plan.Node) {
	name := args[0].atom
	n := &plan.Recursive{ID: 100 + len(r.recursions), Name: name, Rounds: 5, Most: -1, Seed: seed}
	for i, a := range args[1:] {
		column, flagged := strings.CutSuffix(a.atom, "!")
		n.Distinct = n.Distinct || flagged
		c := r.define(name+"."+column, seed.Schema()[i].Type, true)
		n.Cols = append(n.Cols, plan.Column{ID: c.ID, Name: column, Type: c.Type, Nullable: true})
	}
	r.recursions[name] = n
}

func (r *reader) recursive(args []sexp, in []plan.Node) (plan.Node, error) {
	n := r.recursions[args[0].atom]
	n.Step = in[1]
	return n, nil
}

func (r *reader) scan(args []sexp) (plan.Node, error) {
	t := r.tables[args[0].atom]
	if t == nil {
		return nil, fmt.Errorf("unknown table %s", args[0].atom)
	}
	alias := args[0].atom
	if len(args) == 3 {
		alias = args[2].atom
	}
	n := &plan.Scan{Site: plan.Site{Source: t.source}, Table: t.Table}
	for i, c := range t.Columns {
		n.Cols = append(n.Cols, r.define(alias+"."+c.Name, c.Type, c.Nullable))
		n.Pos = append(n.Pos, i)
	}
	return n, nil
}

func (r *reader) values(args []sexp) (plan.Node, error) {
	v := &plan.Values{}
	for _, row := range args[1:] {
		list, err := r.exprs(row.list)
		if err != nil {
			return nil, err
		}
		v.Rows = append(v.Rows, list)
	}
	for i, name := range args[0].list {
		t := types.Of(types.Int64)
		if len(v.Rows) > 0 {
			t = v.Rows[0][i].Type()
		}
		v.Cols = append(v.Cols, r.define(name.atom, t, true))
	}
	return v, nil
}

var joinKinds = map[string]plan.JoinKind{
	"inner": plan.Inner, "left": plan.Left, "full": plan.Full, "semi": plan.Semi, "anti": plan.Anti,
	"nullanti": plan.NullAnti, "mark": plan.Mark, "nullmark": plan.Mark, "single": plan.Single,
}

func (r *reader) join(args []sexp, in []plan.Node) (plan.Node, error) {
	kind, mark, _ := strings.Cut(args[0].atom, ":")
	on, err := r.exprs(args[1:], in...)
	j := &plan.Join{Kind: joinKinds[kind], Left: in[0], Right: in[1], On: on, NullAware: kind == "nullmark"}
	if mark != "" {
		j.Mark = r.define(mark, boolean, j.NullAware)
	}
	return j, err
}

var applyKinds = map[string]plan.ApplyKind{
	"scalar": plan.ApplyScalar, "exists": plan.ApplyExists, "in": plan.ApplyIn, "inner": plan.ApplyInner,
	"left": plan.ApplyLeft,
}

func (r *reader) apply(args []sexp, in []plan.Node) (plan.Node, error) {
	kind, mark, _ := strings.Cut(args[0].atom, ":")
	on, err := r.exprs(args[1:], in...)
	a := &plan.Apply{Kind: applyKinds[kind], Outer: in[0], Inner: in[1], On: on}
	if mark != "" {
		a.Mark = r.define(mark, boolean, kind == "in")
	}
	return a, err
}

func (r *reader) projections(args []sexp, in plan.Node) ([]plan.Projection, error) {
	var list []plan.Projection
	for _, a := range args {
		if a.name == "" {
			c, err := r.column(a.atom, in)
			if err != nil {
				return nil, err
			}
			list = append(list, plan.Projection{Col: columnOfRef(c), Expr: c})
			continue
		}
		e, err := r.expr(a.value(), in)
		if err != nil {
			return nil, err
		}
		list = append(list, plan.Projection{Col: r.define(a.name, e.Type(), e.Nullable()), Expr: e})
	}
	return list, nil
}

func (r *reader) aggregate(args []sexp, in plan.Node) (plan.Node, error) {
	groups, err := r.projections(args[0].list, in)
	if err != nil {
		return nil, err
	}
	n := &plan.Aggregate{Input: in, Groups: groups}
	for _, a := range args[1:] {
		agg := plan.Agg{Func: plan.AggFunc(a.list[0].atom)}
		if agg.Func == "count*" {
			agg.Func = plan.CountStar
		}
		rest := a.list[1:]
		if len(rest) > 0 && rest[0].atom == "distinct" {
			agg.Distinct, rest = true, rest[1:]
		}
		if agg.Args, err = r.exprs(rest, in); err != nil {
			return nil, err
		}
		counts := agg.Func == plan.Count || agg.Func == plan.CountStar
		t, err := expr.AggType(string(agg.Func), agg.Args)
		if err != nil {
			return nil, err
		}
		agg.Col = r.define(a.name, t, !counts)
		n.Aggs = append(n.Aggs, agg)
	}
	return n, nil
}

// window reads "window (partition) (order) a=(row_number) b=(sum x)", of which the aggregates see the whole partition.
func (r *reader) window(args []sexp, in plan.Node) (plan.Node, error) {
	partition, err := r.exprs(args[0].list, in)
	if err != nil {
		return nil, err
	}
	n := &plan.Window{Input: in, PartitionBy: partition}
	if n.OrderBy, err = r.keys(args[1].list, in); err != nil {
		return nil, err
	}
	for _, a := range args[2:] {
		f := plan.WindowFunc{Func: plan.AggFunc(a.list[0].atom)}
		if f.Args, err = r.exprs(a.list[1:], in); err != nil {
			return nil, err
		}
		t := types.Of(types.Uint64)
		if f.Func != plan.RowNumber {
			if t, err = expr.AggType(string(f.Func), f.Args); err != nil {
				return nil, err
			}
		}
		f.Col = r.define(a.name, t, f.Func != plan.RowNumber)
		n.Funcs = append(n.Funcs, f)
	}
	return n, nil
}

func (r *reader) keys(args []sexp, in plan.Node) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for _, a := range args {
		atom, desc := strings.CutPrefix(a.atom, "-")
		e, err := r.column(atom, in)
		if err != nil {
			return nil, err
		}
		keys = append(keys, plan.SortKey{Expr: e, Desc: desc})
	}
	return keys, nil
}

func (r *reader) exprs(args []sexp, in ...plan.Node) ([]expr.Expr, error) {
	var list []expr.Expr
	for _, a := range args {
		e, err := r.expr(a, in...)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// column finds a name among the inputs, or else among all columns: then it is an outer one.
func (r *reader) column(name string, in ...plan.Node) (*expr.Column, error) {
	c, ok := r.cols[name]
	if !ok {
		return nil, fmt.Errorf("unknown column %s", name)
	}
	for _, n := range in {
		if i := n.Schema().Index(c.ID); i >= 0 {
			return n.Schema()[i].Ref(), nil
		}
	}
	ref := c.Ref()
	ref.Null = true // it may have become nullable on its way here
	return ref, nil
}

func (r *reader) expr(a sexp, in ...plan.Node) (expr.Expr, error) {
	switch {
	case a.quoted:
		return &expr.Literal{Value: types.TextValue(a.atom), Typ: types.Of(types.Varchar)}, nil
	case a.list != nil:
		return r.call(a.list, in...)
	case a.atom == "true" || a.atom == "false":
		return truth(a.atom == "true"), nil
	case a.atom == "null":
		return &expr.Literal{Value: types.NullValue, Typ: types.Of(types.Int64)}, nil
	case a.atom == "unknown":
		return &expr.Literal{Value: types.NullValue, Typ: boolean}, nil
	}
	if v, err := strconv.ParseInt(a.atom, 10, 64); err == nil {
		return number(v), nil
	}
	return r.column(a.atom, in...)
}

func number(v int64) *expr.Literal {
	return &expr.Literal{Value: types.IntValue(v), Typ: types.Of(types.Int64)}
}

func (r *reader) call(list []sexp, in ...plan.Node) (expr.Expr, error) {
	args, err := r.exprs(list[1:], in...)
	if err != nil {
		return nil, err
	}
	switch f := list[0].atom; f {
	case "case":
		c := &expr.Case{Whens: []expr.When{{Cond: args[0], Then: args[1]}}, Typ: args[1].Type()}
		if len(args) == 3 {
			c.Else = args[2]
		}
		return c, nil
	case "in", "notin":
		e := &expr.In{Arg: args[0], Not: f == "notin"}
		for _, a := range args[1:] {
			v := a.(*expr.Literal).Value
			if t := args[0].Type(); t.Kind == types.Decimal {
				v.Dec = decimal256.FromI64(v.Int).IncreaseScaleBy(int32(t.Scale))
			}
			if v.Null {
				e.HasNull = true
			} else {
				e.List = append(e.List, v)
			}
		}
		return e, nil
	case "rand":
		return &expr.Fallback{Typ: types.Of(types.Int64), Text: "rand()", Volatile: true}, nil
	case "row":
		return &expr.Fallback{Args: args, Typ: types.Of(types.Int64), Text: "f(" + expr.Strings(args, ", ") + ")"}, nil
	case "isnull":
		return isNull(args[0]), nil
	case "istrue", "isfalse":
		return &expr.Call{Func: expr.Func("is " + f[2:]), Args: args, Typ: boolean}, nil
	case "+", "-", "*":
		c := predicate(expr.Func(f), args...).(*expr.Call)
		c.Typ = types.Of(types.Int64)
		return c, nil
	case "coalesce":
		last := args[len(args)-1]
		return &expr.Call{Func: expr.Coalesce, Args: args, Typ: last.Type(), Null: last.Nullable()}, nil
	case "<=>":
		return &expr.Call{Func: expr.NullSafeEq, Args: args, Typ: boolean}, nil
	default:
		return predicate(expr.Func(f), args...), nil
	}
}

// sexp is an atom or a list, perhaps with a name in front: name=value.
type sexp struct {
	name   string
	atom   string
	quoted bool
	list   []sexp
}

// value is a without its name.
func (a sexp) value() sexp {
	a.name = ""
	return a
}

func parse(line string) ([]sexp, error) {
	list, rest, err := parseList(strings.TrimSpace(line))
	if err == nil && rest != "" {
		err = fmt.Errorf("unbalanced %q", line)
	}
	return list, err
}

// parseList reads items until the text or the enclosing parenthesis ends.
func parseList(s string) ([]sexp, string, error) {
	list := []sexp{}
	name := ""
	for {
		s = strings.TrimLeft(s, " ")
		switch {
		case s == "" || s[0] == ')' || s[0] == ']':
			return list, s, nil
		case s[0] == '(' || s[0] == '[':
			inner, rest, err := parseList(s[1:])
			if err != nil || rest == "" {
				return nil, "", fmt.Errorf("unbalanced %q: %w", s, err)
			}
			list = append(list, sexp{name: name, list: inner})
			s, name = rest[1:], ""
		case s[0] == '\'':
			text, rest, _ := strings.Cut(s[1:], "'")
			list = append(list, sexp{name: name, atom: text, quoted: true})
			s, name = rest, ""
		default:
			end := strings.IndexFunc(s, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("()[]", c) })
			if end < 0 {
				end = len(s)
			}
			atom := s[:end]
			if at := strings.Index(atom, "="); at > 0 && atom[0] != '<' && atom[0] != '>' {
				name, s = atom[:at], s[at+1:]
				continue
			}
			list = append(list, sexp{name: name, atom: atom})
			s, name = s[end:], ""
		}
	}
}
