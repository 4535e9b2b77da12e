package plan

import (
	"math"
	"slices"
	"strconv"

	"github.com/silogate/silogate/engine/types"
)

// Site is where a sub-plan runs: a source, as one principal sees it.
type Site struct {
	Source    string // the source's configured name
	Principal string // the gateway user whose credentials apply, or one of those who have the same there
}

// TableName names a table inside its source.
type TableName struct {
	Namespace string // the source's own path: a schema, or nested levels joined by "."; "" where it has none
	Name      string
}

func (n TableName) String() string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "." + n.Name
}

// TableKind is what the catalog shows as TABLE_TYPE.
type TableKind uint8

// The kinds of table.
const (
	BaseTable TableKind = iota
	View
	SystemTable
)

// Table is what a source says of one of its tables. It is immutable.
type Table struct {
	Name     TableName
	Kind     TableKind
	Columns  []TableColumn
	Keys     [][]int // candidate keys as column positions; the first is the primary key if PrimaryKey
	Primary  bool    // Keys[0] is the primary key
	Required [][]int // if any: a scan must bind every column of one of these sets by equality
	Comment  string
	Snapshot bool       // all reads of one statement see one state of it
	Version  string     // changes when the data or columns do; "" if the source can't tell
	Location string     // canonical location of the data (s3://bucket/prefix, postgres://host:port/db.schema.table)
	Stats    Statistics // as cheap as the metadata itself
	Handle   any        // the source's own; nobody else looks into it
}

// KeyName is MySQL's name for a key that was given none: PRIMARY, or that of the key's first column, numbered from 2 on where
// another key has it.
func (t *Table) KeyName(key int) string {
	if t.Primary && key == 0 {
		return "PRIMARY"
	}
	same := 1
	for i, other := range t.Keys[:key] {
		if (!t.Primary || i > 0) && other[0] == t.Keys[key][0] {
			same++
		}
	}
	name := t.Columns[t.Keys[key][0]].Name
	if same > 1 {
		name += "_" + strconv.Itoa(same)
	}
	return name
}

// ColumnKey is what MySQL shows of a column's keys: PRI of the primary key, or without one of the first key of one column that is
// never NULL, UNI of another key of one column, MUL of the first column of others.
func (t *Table) ColumnKey(column int) string {
	best, primary := "", t.Primary
	for i, key := range t.Keys {
		at := slices.Index(key, column)
		single := len(key) == 1
		switch {
		case at >= 0 && t.Primary && i == 0:
			return "PRI"
		case at == 0 && single && !primary && !t.Columns[column].Nullable:
			return "PRI"
		case at == 0 && single:
			best = "UNI"
		case at == 0 && best == "":
			best = "MUL"
		}
		primary = primary || single && !t.Columns[key[0]].Nullable
	}
	return best
}

// TableColumn is a column of a Table.
type TableColumn struct {
	Name     string
	Type     types.Type
	Number   types.Number // of a table that is written
	Nullable bool
	Comment  string
	Native   string // the source's own type, for people
	Warning  string // set where the mapping loses something (no MySQL type; shown as JSON or text)
	Stats    ColumnStatistics
}

// Statistics are estimates for cost decisions, never for answers. NaN is unknown.
type Statistics struct {
	Rows  float64
	Bytes float64
}

// ColumnStatistics are estimates for one column; the zero value knows nothing.
type ColumnStatistics struct {
	Known    bool
	Distinct float64 // number of distinct values; NaN: unknown
	NullFrac float64 // share of NULLs, 0 to 1
	Width    float64 // average bytes of a value
	Min, Max types.Value
	HasRange bool // Min and Max are set, in the column's type
	// How often values occur, where the source knows: the most frequent ones, and of the others bounds, ascending, between
	// any two neighbours of which lie as many rows (an equi-depth histogram). Both are in the column's type.
	Common []CommonValue
	Bounds []types.Value
}

// CommonValue is a value that a column often has.
type CommonValue struct {
	Value types.Value
	Share float64 // of all rows, NULLs included
}

// Unknown is the number nobody knows.
var Unknown = math.NaN()
