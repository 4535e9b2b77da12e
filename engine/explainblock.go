package engine

import (
	"math"
	"slices"

	"github.com/silogate/silogate/engine/plan"
)

// Subquery is the operator of a query in an expression of the step above.
const Subquery = "subquery"

// blockJSON is what MySQL's own EXPLAIN FORMAT=JSON says first: which tables a statement touches. Tools look for it there.
type blockJSON struct {
	SelectID   int           `json:"select_id"`
	Message    string        `json:"message,omitempty"`
	Table      *tableJSON    `json:"table,omitempty"`
	InsertFrom *joinedJSON   `json:"insert_from,omitempty"`
	Subqueries []attachedOne `json:"attached_subqueries,omitempty"`
	joinedJSON
}

// joinedJSON are the tables of a query block, in the order of the tree.
type joinedJSON struct {
	Loop []loopJSON `json:"nested_loop,omitempty"`
}

type loopJSON struct {
	Table tableJSON `json:"table"`
}

type attachedOne struct {
	Block *blockJSON `json:"query_block"`
}

type tableJSON struct {
	Insert  bool   `json:"insert,omitempty"`
	Replace bool   `json:"replace,omitempty"`
	Update  bool   `json:"update,omitempty"`
	Delete  bool   `json:"delete,omitempty"`
	Name    string `json:"table_name"`
	Access  string `json:"access_type"`
	Rows    *int64 `json:"rows_examined_per_scan,omitempty"`

	called string // by the statement
}

// block is the query block of a description; id is the number of the last one before it.
func block(d *plan.Description, id *int) *blockJSON {
	*id++
	b := &blockJSON{SelectID: *id}
	switch d.Operator {
	case "insert", "replace":
		written, _ := d.Properties["tables"].([]string)
		b.Table = &tableJSON{Insert: d.Operator == "insert", Replace: d.Operator == "replace", Name: written[0], Access: "ALL"}
		if from := b.read(d.Inputs, id); len(from) > 0 {
			b.InsertFrom = &joinedJSON{from}
		}
		return b
	case "update", "delete":
		written, _ := d.Properties["targets"].([]string)
		b.Loop = b.read(d.Inputs, id)
		for i := range b.Loop {
			if t := &b.Loop[i].Table; slices.Contains(written, t.called) {
				t.Update, t.Delete = d.Operator == "update", d.Operator == "delete"
			}
		}
	default:
		b.Loop = b.step(d, id)
	}
	switch len(b.Loop) {
	case 0:
		b.Message = "No tables used"
	case 1:
		b.Table, b.Loop = &b.Loop[0].Table, nil
	}
	return b
}

// read lists the tables that steps read, and attaches to the block the subqueries in their expressions.
func (b *blockJSON) read(steps []*plan.Description, id *int) (tables []loopJSON) {
	for _, d := range steps {
		if d.Operator == Subquery {
			b.Subqueries = append(b.Subqueries, attachedOne{block(d.Inputs[0], id)})
		} else {
			tables = append(tables, b.step(d, id)...)
		}
	}
	return tables
}

func (b *blockJSON) step(d *plan.Description, id *int) (tables []loopJSON) {
	access := map[string]string{"remote": "ALL", "table_scan": "ALL"}[d.Operator]
	if access != "" {
		if found, _ := d.Properties["lookup"].(bool); found {
			access = "const"
		}
		names, _ := d.Properties["tables"].([]string)
		for _, name := range names {
			t := tableJSON{Name: name, Access: access, called: name}
			if alias, ok := d.Properties["alias"].(string); ok {
				t.called = alias
			}
			if len(names) == 1 && d.Estimate != nil && d.Estimate.Rows < math.MaxInt64 { // not of unknown ones
				rows := int64(math.Round(d.Estimate.Rows))
				t.Rows = &rows
			}
			tables = append(tables, loopJSON{t})
		}
	}
	return append(tables, b.read(d.Inputs, id)...)
}
