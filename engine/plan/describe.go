package plan

import (
	"fmt"
	"strings"

	"github.com/silogate/silogate/engine/expr"
)

// Description is what EXPLAIN says of a node and of those below it. Its text and its JSON are two forms of the same: a
// part of the line that Text prints is made together with the property that MarshalJSON prints.
//
// Operator and the names of properties are documented in docs/explain.md, and stay as they are while ExplainVersion does.
type Description struct {
	Operator   string
	Operation  string // the node in words, without its inputs
	Role       string // what it is to the node above, where that has several inputs
	Properties map[string]any
	Columns    Schema
	Estimate   *Statistics // nil: there is none
	Origin     Origin      // what the estimate comes from
	Actual     *Actual     // nil: it never ran, or was not measured
	Inputs     []*Description

	notes      []string // lines of their own below the node's
	unmeasured bool     // this is no EXPLAIN ANALYZE, or the line of a name
}

// Describe describes a plan.
func Describe(n Node, o FormatOptions) *Description {
	d := &Description{Columns: n.Schema(), Properties: make(map[string]any), unmeasured: o.Actual == nil}
	if o.Estimate != nil {
		e := o.Estimate(n)
		d.Estimate = &e
		if o.Origin != nil {
			d.Origin = o.Origin(n)
		}
	}
	if o.Actual != nil {
		if a, ran := o.Actual(n); ran {
			d.Actual = &a
		}
	}
	d.describe(n, o)
	roles := rolesOf(n)
	for i, c := range n.Children() {
		in := Describe(c, o)
		if with, ok := n.(*With); ok && i < len(with.Bindings) {
			in = binding(with.Bindings[i], in)
		}
		if i < len(roles) {
			in.Role = roles[i]
		}
		d.Inputs = append(d.Inputs, in)
	}
	return d
}

// operation is a node in words, without its inputs.
func operation(n Node) string {
	d := &Description{Columns: n.Schema(), Properties: make(map[string]any)}
	d.describe(n, FormatOptions{})
	return d.Operation
}

// binding gives the plan of a common table expression its name.
func binding(c CTE, in *Description) *Description {
	d := &Description{Columns: in.Columns, Properties: make(map[string]any), unmeasured: true, Inputs: []*Description{in}}
	d.begin("cte", "CTE")
	d.cte(c.Name, c.ID)
	return d
}

// begin sets the operator and the first words of the line.
func (d *Description) begin(operator, words string) { d.Operator, d.Operation = operator, words }

// say continues the line with what other parts of the description say already.
func (d *Description) say(words string) { d.Operation += words }

// set adds a property and what the line says of it.
func (d *Description) set(name string, value any, words string) {
	d.Properties[name] = value
	d.Operation += words
}

// list adds a property of several texts and, if there are any, what the line says of them.
func (d *Description) list(name, before string, texts []string, between string) {
	words := ""
	if len(texts) > 0 {
		words = before + strings.Join(texts, between)
	}
	d.set(name, texts, words)
}

// flag adds a property if it holds.
func (d *Description) flag(name string, holds bool, words string) {
	if holds {
		d.set(name, true, words)
	}
}

func (d *Description) columns(before string) { d.say(before + columnList(d.Columns)) }

func (d *Description) cte(name string, id int) {
	d.set("name", name, " "+name)
	d.set("id", id, fmt.Sprintf("#%d", id))
}

// rolesOf names the inputs of a node that has several of different meaning.
func rolesOf(n Node) []string {
	switch n := n.(type) {
	case *Join:
		return []string{"left", "right"}
	case *Apply:
		return []string{"outer", "inner"}
	case *Recursive:
		return []string{"seed", "step"}
	case *With:
		roles := make([]string, len(n.Bindings), len(n.Bindings)+1)
		for i := range roles {
			roles[i] = "binding"
		}
		return append(roles, "body")
	}
	return nil
}

// describe renders a node without its inputs.
func (d *Description) describe(n Node, o FormatOptions) {
	switch n := n.(type) {
	case *Scan:
		d.begin("scan", "Scan")
		d.set("source", n.Site.Source, " "+n.Site.Source)
		d.set("table", n.Table.Name.String(), " "+n.Table.Name.String())
		d.columns(": ")
	case *Remote:
		d.remote(n, o)
	case *Filter:
		d.begin("filter", "Filter")
		d.list("conditions", " ", texts(n.Conds), " AND ")
	case *Project:
		d.begin("project", "Project ")
		d.list("expressions", "", projections(n.Exprs), ", ")
	case *Join:
		d.join(n, o)
	case *Apply:
		kind := applyKinds[n.Kind]
		d.begin("apply", "Apply")
		d.set("kind", kind, " "+kind)
		d.mark(n.Kind == ApplyExists || n.Kind == ApplyIn, n.Mark)
		d.list("on", " on ", texts(n.On), " AND ")
	case *Aggregate:
		d.aggregate(n)
	case *Repeat:
		d.begin("repeat", "Repeat")
		d.set("times", n.Times.String(), " "+n.Times.String())
	case *Rollup:
		d.begin("rollup", "Rollup")
		d.set("level", n.Level.Ref().String(), " "+n.Level.Ref().String())
		d.list("keys", ": ", projections(n.Keys), ", ")
	case *Window:
		d.begin("window", "Window")
		d.list("partition_by", " by ", texts(n.PartitionBy), ", ")
		d.list("order_by", " order ", sortKeys(n.OrderBy), ", ")
		d.list("functions", ": ", windowFunctions(n.Funcs), ", ")
	case *Sort:
		d.begin("sort", "Sort ")
		d.list("keys", "", sortKeys(n.Keys), ", ")
	case *Limit:
		d.limit(n)
	case *Union:
		d.begin("union", "Union")
		d.columns(" ")
	case *Values:
		d.values(n)
	case *With:
		d.begin("with", "With")
	case *CTERef:
		d.begin("cte_read", "Read")
		d.cte(n.Name, n.ID)
		d.columns(": ")
	case *JSONTable:
		d.jsonTable(n)
	case *Recursive:
		d.recursive(n)
	case *Working:
		d.begin("recursive_read", "Working")
		d.cte(n.Name, n.ID)
		d.columns(": ")
	case *Keys:
		d.begin("keys", "Keys")
		d.columns(" ")
	}
}

func (d *Description) remote(n *Remote, o FormatOptions) {
	d.begin("remote", "Remote")
	d.set("source", n.Site.Source, " "+n.Site.Source)
	d.say(" [" + columnList(n.Cols) + "]")
	if n.Fragment != nil { // the verifier describes a Remote without one
		d.set("remote", n.Fragment.String(), ": "+n.Fragment.String())
	}
	tables := make([]string, len(n.Tables))
	for i, t := range n.Tables {
		tables[i] = t.String()
	}
	d.set("tables", tables, "")
	if reader, ok := n.Fragment.(TableReader); ok {
		if called := reader.Called(); called != "" {
			d.set("alias", called, "")
		}
		if reader.Finds() {
			d.set("lookup", true, "")
		}
	}
	pushed := make([]pushedJSON, len(n.Exact))
	for i, what := range n.Exact {
		pushed[i] = pushedJSON{what, exact}
	}
	d.set("pushed", pushed, "")
	if len(n.Exact) > 0 {
		d.notes = append(d.notes, "exact: "+strings.Join(n.Exact, ", "))
	}
	kept := make([]keptJSON, len(n.Kept))
	for i, k := range n.Kept {
		kept[i] = keptJSON{k, k.label()}
		d.notes = append(d.notes, k.String())
	}
	d.set("kept", kept, "")
	if o.Dynamic == nil {
		return
	}
	narrowed := references(o.Dynamic(n))
	d.set("dynamic_filters", narrowed, "")
	if len(narrowed) > 0 {
		d.notes = append(d.notes, "dynamic filter: "+strings.Join(narrowed, ", "))
	}
}

// joinKinds are the name of each kind and the words for it.
var joinKinds = [...][2]string{
	Inner: {"inner", "Inner join"}, Left: {"left", "Left join"}, Full: {"full", "Full join"}, Semi: {"semi", "Semi join"},
	Anti: {"anti", "Anti join"}, NullAnti: {"null_aware_anti", "Null-aware anti join"}, Mark: {"mark", "Mark join"},
	Single: {"single", "Single join"},
}

func (d *Description) join(n *Join, o FormatOptions) {
	kind := joinKinds[n.Kind]
	switch {
	case n.Kind == Inner && len(n.On) == 0:
		kind = [2]string{"cross", "Cross join"}
	case n.Kind == Mark && n.NullAware:
		kind = [2]string{"null_aware_mark", "Null-aware mark join"}
	}
	d.begin("join", "")
	d.set("kind", kind[0], kind[1])
	d.mark(n.Kind == Mark, n.Mark)
	if n.BuildLeft {
		d.set("build", "left", " (build left)")
	} else {
		d.set("build", "right", "")
	}
	d.list("on", " on ", texts(n.On), " AND ")
	if o.Keys != nil {
		d.set("keys", texts(o.Keys(n)), "")
	}
}

// mark adds the column that a node marks its rows in.
func (d *Description) mark(has bool, c Column) {
	if has {
		d.set("mark", c.Ref().String(), " "+c.Ref().String())
	}
}

var applyKinds = [...]string{
	ApplyScalar: "scalar", ApplyExists: "exists", ApplyIn: "in", ApplyInner: "inner", ApplyLeft: "left",
}

func (d *Description) aggregate(n *Aggregate) {
	if len(n.Aggs) == 0 {
		d.begin("distinct", "Distinct ")
		d.list("groups", "", projections(n.Groups), ", ")
		return
	}
	aggs := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		aggs[i] = fmt.Sprintf("%s = %s", a.Col.Ref(), a)
	}
	d.begin("aggregate", "Aggregate")
	d.list("groups", " by ", projections(n.Groups), ", ")
	d.list("aggregates", ": ", aggs, ", ")
}

// String renders the call, as in "sum(DISTINCT a#1)".
func (a Agg) String() string {
	if a.Func == CountStar {
		return string(CountStar)
	}
	var b strings.Builder
	b.WriteString(string(a.Func) + "(")
	if a.Distinct {
		b.WriteString("DISTINCT ")
	}
	b.WriteString(expr.Strings(a.Args, ", "))
	if len(a.OrderBy) > 0 {
		b.WriteString(" ORDER BY " + keyList(a.OrderBy))
	}
	if a.Func == GroupConcat {
		fmt.Fprintf(&b, " SEPARATOR %q", a.Separator)
	}
	b.WriteByte(')')
	return b.String()
}

func (d *Description) limit(n *Limit) {
	if len(n.Keys) > 0 {
		d.begin("top", "Top")
	} else {
		d.begin("limit", "Limit")
	}
	if n.Count >= 0 {
		d.set("count", n.Count, fmt.Sprintf(" %d", n.Count))
	}
	if n.Offset > 0 {
		d.set("offset", n.Offset, fmt.Sprintf(" offset %d", n.Offset))
	}
	if len(n.Keys) > 0 {
		d.list("keys", " by ", sortKeys(n.Keys), ", ")
	}
}

func (d *Description) jsonTable(n *JSONTable) {
	d.begin("json_table", "JSON table ")
	if n.Outer {
		d.Operation = "Outer " + d.Operation
	}
	d.flag("outer", n.Outer, "")
	d.set("name", n.Table.Name, n.Table.Name)
	d.set("document", n.Doc.String(), " of "+n.Doc.String())
	d.set("path", fmt.Sprint(n.Table.Root.Path), fmt.Sprintf(" '%s'", n.Table.Root.Path))
	d.say(": " + columnList(n.Cols))
}

func (d *Description) recursive(n *Recursive) {
	d.begin("recursive", "Recursive")
	d.cte(n.Name, n.ID)
	d.flag("distinct", n.Distinct, " distinct")
	if n.Most >= 0 {
		d.set("most_rows", n.Most, fmt.Sprintf(" up to %d rows", n.Most))
	}
	d.columns(": ")
}

// mostRows is how many rows of a Values a plan shows.
const mostRows = 4

func (d *Description) values(n *Values) {
	if len(n.Rows) == 0 {
		d.begin("values", "Empty")
	} else {
		d.begin("values", "Values")
	}
	d.columns(" [")
	d.say("]")
	d.set("row_count", len(n.Rows), "")
	rows := []string{}
	for _, r := range n.Rows[:min(len(n.Rows), mostRows)] {
		rows = append(rows, "("+expr.Strings(r, ", ")+")")
	}
	d.list("first_rows", ": ", rows, ", ")
	if more := len(n.Rows) - mostRows; more > 0 {
		d.say(fmt.Sprintf(", ... %d more", more))
	}
}

// texts renders expressions one by one.
func texts(list []expr.Expr) []string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.String()
	}
	return parts
}

func references(s Schema) []string {
	parts := make([]string, len(s))
	for i, c := range s {
		parts[i] = c.Ref().String()
	}
	return parts
}

func columnList(s Schema) string { return strings.Join(references(s), ", ") }

func projections(list []Projection) []string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = p.Col.Ref().String()
		if !p.PassThrough() {
			parts[i] += " = " + p.Expr.String()
		}
	}
	return parts
}

func sortKeys(keys []SortKey) []string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Expr.String()
		if k.Desc {
			parts[i] += " DESC"
		}
	}
	return parts
}

func keyList(keys []SortKey) string { return strings.Join(sortKeys(keys), ", ") }

// KindName names the kind of a node in lower case, such as "aggregate".
func KindName(n Node) string {
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", n), "*plan."))
}
