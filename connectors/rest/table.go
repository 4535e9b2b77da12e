package rest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Table declares how a table is read from an API.
type Table struct {
	Name    string
	Comment string
	Columns []Column
	Key     []string // the primary key's columns, if any
	Rows    Endpoint // of the rows
	Filters []Filter // that the endpoints take
	// Required are sets of columns of which one must be given by = or IN, as constants or by a join, if there are any.
	Required [][]string
	Orders   []Order // that Rows takes
	Counts   []Count
	Size     float64 // how many rows there are, about; 0: unknown
}

// Column is a column of a table.
type Column struct {
	Name    string
	Type    types.Type
	Path    string // of the value in a row's JSON, its members' names joined by dots; "": the row itself
	Asked   bool   // the answer does not repeat it: it is the value of the column's filter, one for each request
	Outer   bool   // Path begins at the item around the row (Endpoint.Each)
	NotNull bool   // the API always has a value
	Epoch   Epoch  // DATETIME and TIMESTAMP: numbers instead of text
	Comment string
	// Distinct is how many values there are, about; 0: unknown.
	Distinct float64
}

// nullable reports that a row may have no value, or one that MySQL does not have.
func (c *Column) nullable() bool {
	return !c.NotNull || c.Type.IsFloat() || c.Type.Kind == types.Decimal
}

// Epoch is the unit of moments that are numbers since 1970.
type Epoch int64

// The units, in microseconds.
const (
	Text         Epoch = 0 // RFC 3339, or as MySQL prints it
	Milliseconds Epoch = 1_000
	Seconds      Epoch = 1_000_000
)

// Endpoint is a call of an API that answers with JSON. A filter's value replaces {name} in the path, where that stands
// there; else it is a parameter of a GET's query or a member of a POST's body.
type Endpoint struct {
	Method   string // GET unless set; POST only for what reads
	Path     string // relative to the source's URL
	Query    map[string]string
	Body     map[string]any
	Items    string // path of the array in the answer; "": the answer is one. An object in its place is the only item
	Each     string // path of an array in each item, whose elements are the rows; "": the items are
	Paging   Paging // nil: there is one page
	Snapshot Snapshot
	Gone     bool // 404 to the first page means that there are no rows of the keys, of a table with required ones
	Omits    bool // an answer without the list is an empty one, as of servers that write Protocol Buffers; it has nothing else then
	// Class names endpoints that the server limits together: when it wants no request of one, none of them gets any. "": the path.
	Class string
}

func (e *Endpoint) method() string {
	if e.Method == "" {
		return http.MethodGet
	}
	return e.Method
}

// Filter is a condition on a column that an API takes.
type Filter struct {
	Column string
	Op     expr.Func // Eq, Lt, Le, Gt or Ge; "": Eq, which takes IN and the keys of joins too
	Name   string    // of the parameter
	Most   int       // values of one request; 0: one
	// Separator joins several values into one parameter. "": the parameter is repeated, or an array in a body.
	Separator string
	// Loose says that the API may answer with other rows as well, as for equality that ignores case: each answer is rid of them
	// here, so that rows that more than one request gives come once.
	Loose bool
}

// Order is an order that an API takes. The column must be NotNull and its order MySQL's: for text that of the bytes.
type Order struct {
	Column string
	Name   string // of the parameter
	Asc    string // its values; "": the API does not have this one
	Desc   string
}

// Count is an endpoint whose items are groups of a table's rows with their number.
type Count struct {
	By       []string // the columns that make a group; their paths lead from an item
	Rows     string   // path of the number of rows
	Endpoint Endpoint
	// Parts says that a group may come more than once, each time with a part of its rows, as of an API that counts shard by
	// shard: they are added up here.
	Parts bool
}

// Snapshot says how the pages of a statement are kept to one state of the table. An answer names the state, whichever part
// of the table it holds; requests after a statement's first one repeat the name.
type Snapshot struct {
	Header string // of the answer that names the state, such as ETag; or
	Path   string // of the answer's JSON
	// Send is the header that makes the server refuse any other state, such as If-Match; 412 is sqlerr.SourceChanged.
	Send string
	// Name is the parameter that makes the server answer from that state.
	Name string
}

func (s Snapshot) declared() bool { return s.Header != "" || s.Path != "" }

// table is a checked declaration.
type table struct {
	*Table
	described *plan.Table
	columns   map[string]int // positions by name
}

// handle is what a plan.Table carries.
type handle struct {
	source *connector
	table  *table
}

// compile checks the declarations of a source. What is wrong with them is a defect of the connector.
func (c *connector) compile(list []Table) error {
	for i := range list {
		t := &table{Table: &list[i], columns: make(map[string]int)}
		if err := c.describe(t); err != nil {
			return sqlerr.Wrap(sqlerr.Internal, err, "source %s: declaration of table %s", c.name, t.Name)
		}
		if c.tables[t.Name] != nil {
			return sqlerr.New(sqlerr.Internal, "source %s: table %s is declared twice", c.name, t.Name)
		}
		c.tables[t.Name] = t
		c.names = append(c.names, t.Name)
	}
	slices.Sort(c.names)
	return nil
}

// describe makes a plan.Table of a declaration.
func (c *connector) describe(t *table) error {
	d := &plan.Table{
		Name: plan.TableName{Name: t.Name}, Comment: t.Comment, Handle: &handle{c, t},
		Location: c.base.JoinPath(t.Rows.Path).String(), Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown},
	}
	for i, col := range t.Columns {
		if _, twice := t.columns[col.Name]; twice || col.Name == "" {
			return fmt.Errorf("column %q is declared twice, or has no name", col.Name)
		}
		if !decodable(col.Type) {
			return fmt.Errorf("column %s: %s is not read from JSON", col.Name, col.Type)
		}
		t.columns[col.Name] = i
		shown := plan.TableColumn{Name: col.Name, Type: col.Type, Nullable: col.nullable(), Comment: col.Comment, Native: "JSON"}
		if col.Distinct > 0 {
			shown.Stats = plan.ColumnStatistics{Known: true, Distinct: col.Distinct, Width: guessedWidth}
		}
		d.Columns = append(d.Columns, shown)
	}
	if err := t.check(); err != nil {
		return err
	}
	if t.Key != nil {
		d.Keys, d.Primary = [][]int{t.positions(t.Key)}, true
	}
	for _, set := range t.Required {
		d.Required = append(d.Required, t.positions(set))
	}
	switch {
	case t.Size > 0:
		d.Stats.Rows = t.Size
	case len(t.Required) > 0:
		// There is no end to what cannot be listed: a join with anything else looks its keys up here.
		d.Stats.Rows = endless
	}
	t.described = d
	return nil
}

const (
	endless      = 1e9
	guessedWidth = 16
)

// check checks that what a declaration names is there.
func (t *table) check() error {
	named := slices.Clone(t.Key)
	for _, f := range t.Filters {
		named = append(named, f.Column)
		if f.Name == "" {
			return fmt.Errorf("the filter of column %s has no name", f.Column)
		}
		if !slices.Contains([]expr.Func{"", expr.Eq, expr.Lt, expr.Le, expr.Gt, expr.Ge}, f.Op) {
			return fmt.Errorf("the filter %s has no operator of filters", f.Name)
		}
	}
	for _, set := range t.Required {
		named = append(named, set...)
		for _, column := range set {
			if t.filterOf(column, expr.Eq) < 0 {
				return fmt.Errorf("no filter gives the required column %s", column)
			}
		}
	}
	for _, c := range t.Columns {
		if c.Asked && !t.asks(c.Name) {
			return fmt.Errorf("column %s is not asked for by each request", c.Name)
		}
		if c.Asked && t.Filters[t.filterOf(c.Name, expr.Eq)].Loose {
			return fmt.Errorf("column %s is asked for loosely, and not repeated", c.Name)
		}
	}
	for _, o := range t.Orders {
		named = append(named, o.Column)
	}
	for _, c := range t.Counts {
		named = append(named, c.By...)
	}
	for _, name := range named {
		if _, ok := t.columns[name]; !ok {
			return fmt.Errorf("there is no column %s", name)
		}
	}
	for _, o := range t.Orders {
		if t.Columns[t.columns[o.Column]].nullable() {
			return fmt.Errorf("the order of column %s: it may be NULL", o.Column)
		}
	}
	if t.Rows.Gone && len(t.Required) == 0 {
		return errors.New("a table that can be listed is not gone")
	}
	for _, e := range append([]Endpoint{t.Rows}, countEndpoints(t.Counts)...) {
		if e.Method != "" && e.Method != http.MethodGet && e.Method != http.MethodPost {
			return fmt.Errorf("method %s", e.Method)
		}
	}
	return nil
}

// asks reports that each request has one value of a column.
func (t *table) asks(column string) bool {
	at := t.filterOf(column, expr.Eq)
	return at >= 0 && t.Filters[at].Most <= 1 && len(t.Required) > 0 &&
		!slices.ContainsFunc(t.Required, func(set []string) bool { return !slices.Contains(set, column) })
}

func countEndpoints(list []Count) []Endpoint {
	out := make([]Endpoint, len(list))
	for i := range list {
		out[i] = list[i].Endpoint
	}
	return out
}

func (t *table) positions(names []string) []int {
	out := make([]int, len(names))
	for i, n := range names {
		out[i] = t.columns[n]
	}
	return out
}

// filterOf returns the position of the filter of a column, or -1.
func (t *table) filterOf(column string, op expr.Func) int {
	return slices.IndexFunc(t.Filters, func(f Filter) bool { return f.Column == column && f.op() == op })
}

func (f *Filter) op() expr.Func {
	if f.Op == "" {
		return expr.Eq
	}
	return f.Op
}

// requirement says which keys a table is read by.
func (t *table) requirement() string {
	sets := make([]string, len(t.Required))
	for i, set := range t.Required {
		sets[i] = strings.Join(set, " and ")
	}
	return strings.Join(sets, ", or ")
}

var _ connectors.Source = (*connector)(nil)
