package plan

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/jsontable"
	"github.com/silogate/silogate/engine/types"
)

// Column is one column of a relation.
type Column struct {
	ID       expr.ColumnID
	Name     string
	Type     types.Type
	Nullable bool
}

// Ref returns the expression that reads c.
func (c Column) Ref() *expr.Column {
	return &expr.Column{ID: c.ID, Name: c.Name, Typ: c.Type, Null: c.Nullable}
}

// Schema is the columns of a relation, in the order of its batches.
type Schema []Column

// Index returns the position of the column id, or -1.
func (s Schema) Index(id expr.ColumnID) int {
	for i := range s {
		if s[i].ID == id {
			return i
		}
	}
	return -1
}

// Set returns the ids of s.
func (s Schema) Set() map[expr.ColumnID]bool {
	set := make(map[expr.ColumnID]bool, len(s))
	for _, c := range s {
		set[c.ID] = true
	}
	return set
}

// Node is a relational operator. The set is closed.
type Node interface {
	Schema() Schema
	Children() []Node
	// WithChildren returns the node over other inputs, of the same number, that define the columns it reads.
	WithChildren([]Node) Node
	sealed()
}

// Scan reads columns of a table of a source. It never runs: placement makes it a Remote.
type Scan struct {
	Site  Site
	Table *Table
	Cols  Schema // a subset of the table's columns under this scan's ids
	Pos   []int  // for each of Cols its position in Table.Columns
}

// Remote is the part of a plan that a source runs. The fragment's output is Cols, by position.
type Remote struct {
	Site     Site
	Fragment Fragment
	Tables   []TableName // that the fragment reads, for messages
	Cols     Schema
	Keys     *Keys    // the run-time relation the fragment reads as Scan.Args, or nil
	Exact    []string // what the fragment does just as the plan says, in the words of Kept.What
	Kept     []Kept   // what stayed above
}

// Kept is a node or conjunct that stays above a fragment, and why.
type Kept struct {
	What      string `json:"what"`
	Why       string `json:"why"`
	Rechecked bool   `json:"rechecked"` // the fragment applies it too, though not exactly: it drops some of the rows that fail
}

// Label is how exactly a source does a part of a plan that it was offered.
type Label string

// The labels.
const (
	exact    Label = "exact"    // its result is the part's, row for row
	superset Label = "superset" // it drops some of the rows that the part drops, and the part stays above as well
	local    Label = "local"    // it does nothing of it
)

func (k Kept) label() Label {
	if k.Rechecked {
		return superset
	}
	return local
}

// String is the line of EXPLAIN.
func (k Kept) String() string {
	if k.Rechecked {
		return "rechecked here: " + k.What + ": " + k.Why
	}
	return "not pushed: " + k.What + ": " + k.Why
}

// Fragment is a source's own form of a sub-plan: SQL text, a file scan, an API call.
type Fragment interface {
	Schema() Schema
	String() string // one line for EXPLAIN: the SQL or the scan as it is sent, without secrets
}

// TableReader is a Fragment that tells more of the one table that it reads.
type TableReader interface {
	Fragment
	// Called is what the statement calls the table; "": by its name.
	Called() string
	// Finds reports that it finds single rows by a key.
	Finds() bool
}

// Filter keeps the rows for which every conjunct is true.
type Filter struct {
	Input Node
	Conds []expr.Expr
}

// Project computes new columns; a plain column reference passes its column on under the same id.
type Project struct {
	Input Node
	Exprs []Projection
}

// Projection defines column Col as Expr. Where Expr is a Column with Col's id the column passes through.
type Projection struct {
	Col  Column
	Expr expr.Expr
}

// JoinKind says which rows a join keeps.
type JoinKind uint8

// The joins. Left is the preserved, probing or outer side; the binder turns a right join around.
const (
	Inner JoinKind = iota // schema: left, right
	Left                  // every left row; right columns become nullable
	Full                  // every row of both sides
	Semi                  // left rows with a match; schema: left
	Anti                  // left rows without one; NOT EXISTS
	// NullAnti is NOT IN: the first conjunct of On is the IN equality; a left row is kept if that is false for every
	// right row that passes the other conjuncts, not unknown for any.
	NullAnti
	// Mark adds column Mark to every left row: EXISTS or IN in a place where its value is needed. With NullAware it
	// is NULL where IN is unknown, by the same rule as NullAnti; else it is never NULL.
	Mark
	// Single is Left for a scalar subquery: a left row with two matches is errno 1242.
	Single
)

// Join matches rows of two inputs where every conjunct of On is true; no conjunct: every pair.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          []expr.Expr
	Mark        Column // Mark only
	NullAware   bool   // Mark only
	BuildLeft   bool   // the hash table is built from the left input; the optimizer decides by size
	Apart       bool   // its sides are not for one source to join, though one could
}

// ApplyKind says what a subquery yields.
type ApplyKind uint8

// The dependent joins.
const (
	ApplyScalar ApplyKind = iota // schema: outer, the inner's columns (nullable), of a value just one; two rows are errno 1242
	ApplyExists                  // schema: outer, Mark (not null)
	ApplyIn                      // schema: outer, Mark; conjuncts On compare outer expressions with inner columns, NULL-aware
	ApplyInner                   // LATERAL; schema: outer, inner
	ApplyLeft                    // LEFT JOIN LATERAL
)

// Apply runs Inner for each row of Outer; Inner may read Outer's columns. On is the condition that joins an inner row
// to the outer one, as in Join.
type Apply struct {
	Kind  ApplyKind
	Outer Node
	Inner Node
	On    []expr.Expr
	Mark  Column // ApplyExists, ApplyIn
}

// Aggregate groups rows by Groups and computes Aggs for each group; without groups there is one row, also for no
// input. DISTINCT is an Aggregate without Aggs.
type Aggregate struct {
	Input  Node
	Groups []Projection
	Aggs   []Agg
}

// Rollup repeats each row once for each prefix of Keys, the whole list first: the rows that GROUP BY keys WITH ROLLUP
// groups. Its schema is the input's, then the columns of Keys, NULL where a key is not in the row's prefix, then Level:
// how many keys are not. An Aggregate by Keys and Level above it has a group for each super-aggregate row, and over no
// input none at all.
type Rollup struct {
	Input Node
	Keys  []Projection // new columns
	Level Column       // BIGINT, not NULL
}

// Repeat yields each row as often as Times says, a BIGINT; not at all where that is NULL or less than 1. It makes rows of
// counts: what INTERSECT ALL and EXCEPT ALL leave of equal rows.
type Repeat struct {
	Input Node
	Times expr.Expr
}

// AggFunc names an aggregate function.
type AggFunc string

// The aggregate functions. Result types by MySQL 14.19.1: SUM and AVG of exact numbers are DECIMAL.
const (
	CountStar   AggFunc = "count(*)"
	Count       AggFunc = "count" // with Distinct: any number of arguments
	Sum         AggFunc = "sum"
	Avg         AggFunc = "avg"
	Min         AggFunc = "min"
	Max         AggFunc = "max"
	AnyValue    AggFunc = "any_value" // the first row's value
	VarPop      AggFunc = "var_pop"
	VarSamp     AggFunc = "var_samp"
	StddevPop   AggFunc = "stddev_pop"
	StddevSamp  AggFunc = "stddev_samp"
	BitAnd      AggFunc = "bit_and"
	BitOr       AggFunc = "bit_or"
	BitXor      AggFunc = "bit_xor"
	GroupConcat AggFunc = "group_concat"
	// Of values that are JSON, NULLs too; the key of an object's member is text, and of members of one key the last counts.
	JSONArrayAgg  AggFunc = "json_arrayagg"  // value
	JSONObjectAgg AggFunc = "json_objectagg" // key, value

	// What counts and averages of parts become for the whole. SQL has no such functions.
	SumCounts AggFunc = "sum_counts" // of counts: 0 over nothing
	AvgParts  AggFunc = "avg_parts"  // of sums and the counts of what they are sums of
)

// Agg defines column Col as an aggregate over the rows of a group.
type Agg struct {
	Col       Column
	Func      AggFunc
	Args      []expr.Expr
	Distinct  bool
	OrderBy   []SortKey // GroupConcat
	Separator string    // GroupConcat
	Longest   int       // GroupConcat: group_concat_max_len, the bytes after which a result is cut
}

// BitsOfBytes reports a bit aggregate of byte strings. Over no rows it is as long as its type says, whatever the length of its
// arguments elsewhere, which makes it no aggregate of aggregates.
func (a *Agg) BitsOfBytes() bool {
	return (a.Func == BitAnd || a.Func == BitOr || a.Func == BitXor) && a.Col.Type.IsBinary()
}

// SortKey is one key of an order; NULL sorts before every value, and last with Desc, as in MySQL.
type SortKey struct {
	Expr expr.Expr
	Desc bool
}

// Sort orders its input. It is stable.
type Sort struct {
	Input Node
	Keys  []SortKey
}

// Limit passes Count rows after the first Offset; -1 is all of them. Keys, if any, make it a top-N: the
// rows that a Sort of Keys would put there, in that order.
type Limit struct {
	Input  Node
	Keys   []SortKey
	Offset int64
	Count  int64
}

// Union appends its inputs. Column i of the output is Cols[i], and column i of every input has its type exactly.
type Union struct {
	Inputs []Node
	Cols   Schema
}

// Values is a table of constant expressions, which read no column. One row without columns is the input of a SELECT
// without FROM.
type Values struct {
	Rows [][]expr.Expr
	Cols Schema
}

// With evaluates each binding once and lets Body, and later bindings, read it by CTERef.
type With struct {
	Bindings []CTE
	Body     Node
}

// CTE is a shared sub-plan.
type CTE struct {
	ID   int
	Name string
	Plan Node
	// Eager says that it is evaluated whole, after the eager ones before it and before the body, however often it is read: what it
	// assigns (expr.Fallback.Stateful) is there when the body begins.
	Eager bool
}

// CTERef reads binding ID. Column i is column i of the binding under an id of its own.
type CTERef struct {
	ID   int
	Name string
	Cols Schema
}

// Recursive is the rows of Seed and then, round by round, those that Step makes of the rows which the round before has
// added, until a round adds none. Step reads these by Working. Column i of Seed and of Step has the type of Cols[i].
type Recursive struct {
	ID         int // of the numbers of CTEs
	Name       string
	Seed, Step Node
	Cols       Schema
	Distinct   bool  // a row that is there already is not added
	Rounds     int64 // the most rounds that are given rows; one more is errno 3636
	Most       int64 // the most rows, after which it ends; < 0: all
}

// Working reads the rows that the last round of the Recursive ID has added. Column i is its column i under an id of its
// own.
type Working struct {
	ID   int
	Name string
	Cols Schema
}

// JSONTable yields, for each row of Input, that row with each of those that Table makes of the document Doc; a document that is
// NULL has none. With Outer a row without any comes once, with NULL.
type JSONTable struct {
	Input Node
	Doc   expr.Expr // text
	Table *jsontable.Table
	Cols  Schema // of Table
	Outer bool
}

// Keys is a relation that exists only when the query runs: lookup keys, the outer rows of an apply, prepared
// parameters. A fragment that contains it gets its rows as Scan.Args.
type Keys struct {
	Cols Schema
}

func (*Scan) sealed()      {}
func (*Remote) sealed()    {}
func (*Filter) sealed()    {}
func (*Project) sealed()   {}
func (*Join) sealed()      {}
func (*Apply) sealed()     {}
func (*Aggregate) sealed() {}
func (*Rollup) sealed()    {}
func (*Repeat) sealed()    {}
func (*Window) sealed()    {}
func (*Sort) sealed()      {}
func (*Limit) sealed()     {}
func (*Union) sealed()     {}
func (*Values) sealed()    {}
func (*With) sealed()      {}
func (*CTERef) sealed()    {}
func (*Recursive) sealed() {}
func (*Working) sealed()   {}
func (*JSONTable) sealed() {}
func (*Keys) sealed()      {}

func (n *Scan) Schema() Schema      { return n.Cols }
func (n *Remote) Schema() Schema    { return n.Cols }
func (n *Filter) Schema() Schema    { return n.Input.Schema() }
func (n *Sort) Schema() Schema      { return n.Input.Schema() }
func (n *Limit) Schema() Schema     { return n.Input.Schema() }
func (n *Union) Schema() Schema     { return n.Cols }
func (n *Values) Schema() Schema    { return n.Cols }
func (n *With) Schema() Schema      { return n.Body.Schema() }
func (n *CTERef) Schema() Schema    { return n.Cols }
func (n *Recursive) Schema() Schema { return n.Cols }
func (n *Working) Schema() Schema   { return n.Cols }
func (n *JSONTable) Schema() Schema { return concat(n.Input.Schema(), n.Cols) }
func (n *Keys) Schema() Schema      { return n.Cols }

func (n *Project) Schema() Schema { return projected(n.Exprs) }

func projected(list []Projection) Schema {
	s := make(Schema, len(list))
	for i := range list {
		s[i] = list[i].Col
	}
	return s
}

func (n *Join) Schema() Schema {
	left, right := n.Left.Schema(), n.Right.Schema()
	switch n.Kind {
	case Semi, Anti, NullAnti:
		return left
	case Mark:
		return concat(left, Schema{n.Mark})
	case Left, Single:
		return concat(left, nullable(right))
	case Full:
		return concat(nullable(left), nullable(right))
	}
	return concat(left, right)
}

func (n *Apply) Schema() Schema {
	outer := n.Outer.Schema()
	switch n.Kind {
	case ApplyExists, ApplyIn:
		return concat(outer, Schema{n.Mark})
	case ApplyScalar, ApplyLeft:
		return concat(outer, nullable(n.Inner.Schema()))
	}
	return concat(outer, n.Inner.Schema())
}

func (n *Aggregate) Schema() Schema {
	s := projected(n.Groups)
	for i := range n.Aggs {
		s = append(s, n.Aggs[i].Col)
	}
	return s
}

func (n *Repeat) Schema() Schema { return n.Input.Schema() }

func (n *Rollup) Schema() Schema {
	return append(concat(n.Input.Schema(), projected(n.Keys)), n.Level)
}

// Schema copies the columns once for a chain of windows, which may be long.
func (n *Window) Schema() Schema {
	chain, funcs := []*Window{n}, len(n.Funcs)
	for below, ok := n.Input.(*Window); ok; below, ok = below.Input.(*Window) {
		chain, funcs = append(chain, below), funcs+len(below.Funcs)
	}
	in := chain[len(chain)-1].Input.Schema()
	s := append(make(Schema, 0, len(in)+funcs), in...)
	for _, w := range slices.Backward(chain) {
		for i := range w.Funcs {
			s = append(s, w.Funcs[i].Col)
		}
	}
	return s
}

func concat(a, b Schema) Schema {
	return append(append(make(Schema, 0, len(a)+len(b)), a...), b...)
}

func nullable(s Schema) Schema {
	out := make(Schema, len(s))
	for i, c := range s {
		c.Nullable = true
		out[i] = c
	}
	return out
}

func (*Scan) Children() []Node        { return nil }
func (*Remote) Children() []Node      { return nil }
func (*Values) Children() []Node      { return nil }
func (*CTERef) Children() []Node      { return nil }
func (*Working) Children() []Node     { return nil }
func (n *JSONTable) Children() []Node { return []Node{n.Input} }
func (*Keys) Children() []Node        { return nil }
func (n *Filter) Children() []Node    { return []Node{n.Input} }
func (n *Project) Children() []Node   { return []Node{n.Input} }
func (n *Join) Children() []Node      { return []Node{n.Left, n.Right} }
func (n *Apply) Children() []Node     { return []Node{n.Outer, n.Inner} }
func (n *Aggregate) Children() []Node { return []Node{n.Input} }
func (n *Rollup) Children() []Node    { return []Node{n.Input} }
func (n *Repeat) Children() []Node    { return []Node{n.Input} }
func (n *Window) Children() []Node    { return []Node{n.Input} }
func (n *Sort) Children() []Node      { return []Node{n.Input} }
func (n *Limit) Children() []Node     { return []Node{n.Input} }
func (n *Union) Children() []Node     { return n.Inputs }
func (n *Recursive) Children() []Node { return []Node{n.Seed, n.Step} }

// Children returns the bindings' plans in order, then Body.
func (n *With) Children() []Node {
	out := make([]Node, 0, len(n.Bindings)+1)
	for _, b := range n.Bindings {
		out = append(out, b.Plan)
	}
	return append(out, n.Body)
}

func (n *Scan) WithChildren([]Node) Node    { return n }
func (n *Remote) WithChildren([]Node) Node  { return n }
func (n *Values) WithChildren([]Node) Node  { return n }
func (n *CTERef) WithChildren([]Node) Node  { return n }
func (n *Working) WithChildren([]Node) Node { return n }
func (n *Keys) WithChildren([]Node) Node    { return n }

func (n *Filter) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Project) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Join) WithChildren(c []Node) Node {
	m := *n
	m.Left, m.Right = c[0], c[1]
	return &m
}

func (n *Apply) WithChildren(c []Node) Node {
	m := *n
	m.Outer, m.Inner = c[0], c[1]
	return &m
}

func (n *Aggregate) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Repeat) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Rollup) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Window) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Sort) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Limit) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *Union) WithChildren(c []Node) Node {
	m := *n
	m.Inputs = c
	return &m
}

func (n *Recursive) WithChildren(c []Node) Node {
	m := *n
	m.Seed, m.Step = c[0], c[1]
	return &m
}

func (n *JSONTable) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

func (n *With) WithChildren(c []Node) Node {
	m := *n
	m.Bindings = make([]CTE, len(n.Bindings))
	for i, b := range n.Bindings {
		b.Plan = c[i]
		m.Bindings[i] = b
	}
	m.Body = c[len(c)-1]
	return &m
}
