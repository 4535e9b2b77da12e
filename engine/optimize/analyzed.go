package optimize

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Analyzed is what ANALYZE TABLE found out about a version of a table, for all users: sources that show each user other
// data say so by the version. It is immutable.
type Analyzed struct {
	Source   string
	Location string
	Table    plan.TableName
	Version  string
	Rows     float64
	Columns  map[string]AnalyzedColumn // by name
}

// AnalyzedColumn is what it found out about a column.
type AnalyzedColumn struct {
	Type string // a column of another type now has no statistics
	plan.ColumnStatistics
}

// NewAnalyzed returns what is known of a table of which nothing but its number of rows was found out.
func NewAnalyzed(site plan.Site, t *plan.Table, rows float64) *Analyzed {
	return &Analyzed{
		Source: site.Source, Location: t.Location, Table: t.Name, Version: t.Version, Rows: rows, Columns: make(map[string]AnalyzedColumn),
	}
}

// With returns a copy that knows another thing about a column.
func (a *Analyzed) With(c *plan.TableColumn, s plan.ColumnStatistics) *Analyzed {
	b := *a
	b.Columns = maps.Clone(a.Columns)
	b.Columns[c.Name] = AnalyzedColumn{Type: c.Type.String(), ColumnStatistics: s}
	return &b
}

// Column returns what is known of a column.
func (a *Analyzed) Column(c *plan.TableColumn) (plan.ColumnStatistics, bool) {
	s, ok := a.Columns[c.Name]
	return s.ColumnStatistics, ok && s.Type == c.Type.String()
}

func (a *Analyzed) key() string {
	return analyzedKey + a.Source + "\x00" + a.Location + "\x00" + a.Table.Namespace + "\x00" + a.Table.Name
}

func analyzedKeyOf(site plan.Site, t *plan.Table) string {
	return (&Analyzed{Source: site.Source, Location: t.Location, Table: t.Name}).key()
}

// describes reports whether the table is still what was analyzed. Of a table without versions nobody knows.
func (a *Analyzed) describes(t *plan.Table) bool { return t.Version != "" && a.Version == t.Version }

// over is what is known of a table, where else its source's word counts.
func (a *Analyzed) over(t *plan.Table, source tableStats) tableStats {
	out := tableStats{Statistics: source.Statistics, columns: slices.Clone(source.columns), analyzed: true}
	out.Rows = a.Rows
	for i := range t.Columns {
		if s, ok := a.Column(&t.Columns[i]); ok {
			out.columns[i] = s
		}
	}
	return out
}

// The form in which an Analyzed is kept. Numbers that may be unknown, which JSON has no NaN for, are pointers.
type (
	keptTable struct {
		Source, Location, Namespace, Name, Version string
		Rows                                       float64
		Columns                                    map[string]keptColumn
	}
	keptColumn struct {
		Type     string
		Distinct *float64 `json:",omitempty"`
		Nulls    float64
		Width    float64
		Range    []keptValue  `json:",omitempty"` // the least and the greatest
		Common   []keptCommon `json:",omitempty"`
		Bounds   []keptValue  `json:",omitempty"`
	}
	keptCommon struct {
		Value keptValue
		Share float64
	}
	keptValue struct {
		Int   int64     `json:"i,omitzero"`
		Float float64   `json:"f,omitzero"`
		Dec   [4]uint64 `json:"d,omitzero"`
		Str   []byte    `json:"s,omitempty"` // not a string: it may be no UTF-8
	}
)

func (a *Analyzed) encode() ([]byte, error) {
	out := keptTable{
		Source: a.Source, Location: a.Location, Namespace: a.Table.Namespace, Name: a.Table.Name, Version: a.Version, Rows: a.Rows,
		Columns: make(map[string]keptColumn, len(a.Columns)),
	}
	for name, c := range a.Columns {
		k := keptColumn{Type: c.Type, Nulls: c.NullFrac, Width: c.Width, Bounds: keptAll(c.Bounds)}
		if !math.IsNaN(c.Distinct) {
			k.Distinct = &c.Distinct
		}
		if c.HasRange {
			k.Range = keptAll([]types.Value{c.Min, c.Max})
		}
		for _, v := range c.Common {
			k.Common = append(k.Common, keptCommon{keptOf(v.Value), v.Share})
		}
		out.Columns[name] = k
	}
	return json.Marshal(out)
}

func decodeAnalyzed(data []byte) (*Analyzed, error) {
	var kept keptTable
	if err := json.Unmarshal(data, &kept); err != nil {
		return nil, err
	}
	a := &Analyzed{
		Source: kept.Source, Location: kept.Location, Table: plan.TableName{Namespace: kept.Namespace, Name: kept.Name},
		Version: kept.Version, Rows: kept.Rows, Columns: make(map[string]AnalyzedColumn, len(kept.Columns)),
	}
	for name, k := range kept.Columns {
		s := plan.ColumnStatistics{Known: true, Distinct: plan.Unknown, NullFrac: k.Nulls, Width: k.Width, Bounds: restoreAll(k.Bounds)}
		if k.Distinct != nil {
			s.Distinct = *k.Distinct
		}
		if len(k.Range) == 2 {
			s.Min, s.Max, s.HasRange = k.Range[0].restore(), k.Range[1].restore(), true
		}
		for _, c := range k.Common {
			s.Common = append(s.Common, plan.CommonValue{Value: c.Value.restore(), Share: c.Share})
		}
		a.Columns[name] = AnalyzedColumn{Type: k.Type, ColumnStatistics: s}
	}
	return a, nil
}

func keptOf(v types.Value) keptValue {
	return keptValue{Int: v.Int, Float: v.Float, Dec: v.Dec.Array(), Str: []byte(v.Str)}
}

func (v keptValue) restore() types.Value {
	return types.Value{Int: v.Int, Float: v.Float, Dec: decimal256.New(v.Dec[3], v.Dec[2], v.Dec[1], v.Dec[0]), Str: string(v.Str)}
}

func keptAll(values []types.Value) []keptValue {
	var out []keptValue
	for _, v := range values {
		out = append(out, keptOf(v))
	}
	return out
}

func restoreAll(values []keptValue) []types.Value {
	var out []types.Value
	for _, v := range values {
		out = append(out, v.restore())
	}
	return out
}
