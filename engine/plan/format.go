package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr"
)

// FormatOptions choose what Format adds to the bare tree; the zero value adds nothing.
type FormatOptions struct {
	Rows   func(Node) float64        // the estimated rows of a node; NaN is not shown
	Actual func(Node) (Actual, bool) // what a node did, for EXPLAIN ANALYZE; false: it never ran
}

// Actual is what one node did in one run, summed over its streams.
type Actual struct {
	Rows   int64         // rows yielded
	Time   time.Duration // time spent in the node, its inputs not included
	Bytes  int64         // received from the source; Remote only
	Memory int64         // most bytes held at once
	Spill  int64         // bytes written to disk
}

// Format renders a plan as EXPLAIN shows it: one line per node, inputs indented below it. Under a Remote stand the
// reasons for what its source did not take.
func Format(n Node, o FormatOptions) string {
	f := formatter{FormatOptions: o}
	f.node(n, 0)
	return f.b.String()
}

type formatter struct {
	FormatOptions
	b strings.Builder
}

const indent = "    "

func (f *formatter) line(depth int, text string) {
	f.b.WriteString(strings.Repeat(indent, depth))
	f.b.WriteString(text)
	f.b.WriteByte('\n')
}

func (f *formatter) node(n Node, depth int) {
	f.line(depth, "-> "+describe(n)+f.numbers(n))
	if with, ok := n.(*With); ok {
		for _, c := range with.Bindings {
			f.line(depth+1, fmt.Sprintf("-> CTE %s#%d", c.Name, c.ID))
			f.node(c.Plan, depth+2)
		}
		f.node(with.Body, depth+1)
		return
	}
	if remote, ok := n.(*Remote); ok {
		for _, kept := range remote.Kept {
			f.line(depth+1, kept.String())
		}
	}
	for _, c := range n.Children() {
		f.node(c, depth+1)
	}
}

// numbers renders the estimate and what was measured.
func (f *formatter) numbers(n Node) string {
	var b strings.Builder
	if f.Rows != nil {
		if rows := f.Rows(n); !math.IsNaN(rows) {
			fmt.Fprintf(&b, "  (rows=%s)", formatEstimate(rows))
		}
	}
	if f.Actual == nil {
		return b.String()
	}
	a, ran := f.Actual(n)
	if !ran {
		b.WriteString("  (never executed)")
		return b.String()
	}
	fmt.Fprintf(&b, "  (actual rows=%d time=%s", a.Rows, a.Time.Round(time.Microsecond))
	for _, v := range []struct {
		name  string
		bytes int64
	}{{"bytes", a.Bytes}, {"memory", a.Memory}, {"spill", a.Spill}} {
		if v.bytes > 0 {
			fmt.Fprintf(&b, " %s=%s", v.name, formatBytes(v.bytes))
		}
	}
	b.WriteByte(')')
	return b.String()
}

// formatEstimate shows a guess with at most three significant digits, so that it does not look like a count.
func formatEstimate(rows float64) string {
	if rows < 1000 {
		return strconv.FormatFloat(math.Ceil(rows), 'f', 0, 64)
	}
	scale := math.Pow(10, math.Floor(math.Log10(rows))-2)
	return strconv.FormatFloat(math.Round(rows/scale)*scale, 'f', 0, 64)
}

func formatBytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%dB", n)
	}
	v, i := float64(n)/unit, 0
	for v >= unit && i < len("KMGT")-1 {
		v, i = v/unit, i+1
	}
	return fmt.Sprintf("%.1f%ciB", v, "KMGT"[i])
}

// describe renders a node without its inputs.
func describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return fmt.Sprintf("Scan %s %s: %s", n.Site.Source, n.Table.Name, columnList(n.Cols))
	case *Remote:
		return fmt.Sprintf("Remote %s [%s]: %s", n.Site.Source, columnList(n.Cols), n.Fragment)
	case *Filter:
		return "Filter " + conjunction(n.Conds)
	case *Project:
		return "Project " + projectionList(n.Exprs)
	case *Join:
		return describeJoin(n)
	case *Apply:
		return describeApply(n)
	case *Aggregate:
		return describeAggregate(n)
	case *Repeat:
		return "Repeat " + n.Times.String()
	case *Rollup:
		return "Rollup " + n.Level.Ref().String() + ": " + projectionList(n.Keys)
	case *Window:
		return describeWindow(n)
	case *Sort:
		return "Sort " + keyList(n.Keys)
	case *Limit:
		return describeLimit(n)
	case *Union:
		return "Union " + columnList(n.Cols)
	case *Values:
		return describeValues(n)
	case *With:
		return "With"
	case *CTERef:
		return fmt.Sprintf("Read %s#%d: %s", n.Name, n.ID, columnList(n.Cols))
	case *JSONTable:
		return describeJSONTable(n)
	case *Recursive:
		return describeRecursive(n)
	case *Working:
		return fmt.Sprintf("Working %s#%d: %s", n.Name, n.ID, columnList(n.Cols))
	case *Keys:
		return "Keys " + columnList(n.Cols)
	}
	return fmt.Sprintf("%T", n)
}

var joinNames = [...]string{
	Inner: "Inner join", Left: "Left join", Full: "Full join", Semi: "Semi join", Anti: "Anti join",
	NullAnti: "Null-aware anti join", Mark: "Mark join", Single: "Single join",
}

func describeJoin(n *Join) string {
	name := joinNames[n.Kind]
	if n.Kind == Inner && len(n.On) == 0 {
		name = "Cross join"
	}
	if n.Kind == Mark {
		if n.NullAware {
			name = "Null-aware mark join"
		}
		name += " " + n.Mark.Ref().String()
	}
	if n.BuildLeft {
		name += " (build left)"
	}
	return name + on(n.On)
}

var applyNames = [...]string{
	ApplyScalar: "Apply scalar", ApplyExists: "Apply exists", ApplyIn: "Apply in", ApplyInner: "Apply inner",
	ApplyLeft: "Apply left",
}

func describeApply(n *Apply) string {
	name := applyNames[n.Kind]
	if n.Kind == ApplyExists || n.Kind == ApplyIn {
		name += " " + n.Mark.Ref().String()
	}
	return name + on(n.On)
}

func on(conds []expr.Expr) string {
	if len(conds) == 0 {
		return ""
	}
	return " on " + conjunction(conds)
}

func describeAggregate(n *Aggregate) string {
	if len(n.Aggs) == 0 {
		return "Distinct " + projectionList(n.Groups)
	}
	aggs := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		aggs[i] = fmt.Sprintf("%s = %s", a.Col.Ref(), a)
	}
	by := ""
	if len(n.Groups) > 0 {
		by = " by " + projectionList(n.Groups)
	}
	return "Aggregate" + by + ": " + strings.Join(aggs, ", ")
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

func describeLimit(n *Limit) string {
	name := "Limit"
	if len(n.Keys) > 0 {
		name = "Top"
	}
	if n.Count >= 0 {
		name += fmt.Sprintf(" %d", n.Count)
	}
	if n.Offset > 0 {
		name += fmt.Sprintf(" offset %d", n.Offset)
	}
	if len(n.Keys) > 0 {
		name += " by " + keyList(n.Keys)
	}
	return name
}

func describeJSONTable(n *JSONTable) string {
	name := "JSON table " + n.Table.Name
	if n.Outer {
		name = "Outer " + name
	}
	return fmt.Sprintf("%s of %s '%s': %s", name, n.Doc, n.Table.Root.Path, columnList(n.Cols))
}

func describeRecursive(n *Recursive) string {
	name := fmt.Sprintf("Recursive %s#%d", n.Name, n.ID)
	if n.Distinct {
		name += " distinct"
	}
	if n.Most >= 0 {
		name += fmt.Sprintf(" up to %d rows", n.Most)
	}
	return name + ": " + columnList(n.Cols)
}

// mostRows is how many rows of a Values a plan shows.
const mostRows = 4

func describeValues(n *Values) string {
	if len(n.Rows) == 0 {
		return fmt.Sprintf("Empty [%s]", columnList(n.Cols))
	}
	rows := make([]string, 0, mostRows+1)
	for i, r := range n.Rows {
		if i == mostRows {
			rows = append(rows, fmt.Sprintf("... %d more", len(n.Rows)-i))
			break
		}
		rows = append(rows, "("+expr.Strings(r, ", ")+")")
	}
	return fmt.Sprintf("Values [%s]: %s", columnList(n.Cols), strings.Join(rows, ", "))
}

func conjunction(conds []expr.Expr) string { return expr.Strings(conds, " AND ") }

func columnList(s Schema) string {
	parts := make([]string, len(s))
	for i, c := range s {
		parts[i] = c.Ref().String()
	}
	return strings.Join(parts, ", ")
}

func projectionList(list []Projection) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = p.Col.Ref().String()
		if !p.PassThrough() {
			parts[i] += " = " + p.Expr.String()
		}
	}
	return strings.Join(parts, ", ")
}

func keyList(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Expr.String()
		if k.Desc {
			parts[i] += " DESC"
		}
	}
	return strings.Join(parts, ", ")
}
