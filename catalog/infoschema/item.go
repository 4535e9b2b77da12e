package infoschema

import (
	"math"
	"strings"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// item is what a row is about: a database, a table of it, a column of that, a key of it or a column of that key. What is not
// reached is zero.
type item struct {
	database  string
	collation types.Collation
	wrapper   string // of the source that has the database; "" for one of the gateway's own

	entry catalog.Entry
	view  *View       // that was made here; nil: it is none
	table *plan.Table // described
	// definition is of a table that was made here; nil: it is another's.
	definition *scratch.Definition

	column     int // position in table.Columns
	declared   types.Declaration
	privileges []string // on it
	key        *constraint
	seq        int // in the key, from 0
}

func (i *item) columnOf() *plan.TableColumn { return &i.table.Columns[i.column] }

// kind is TABLE_TYPE.
func (i *item) kind() string {
	switch i.entry.Kind {
	case plan.View:
		return "VIEW"
	case plan.SystemTable:
		return "SYSTEM VIEW"
	}
	return "BASE TABLE"
}

func (i *item) base() bool { return i.entry.Kind == plan.BaseTable }

func (i *item) isView() bool { return i.entry.Kind == plan.View }

// Values of columns that several tables have.

func columnName(i *item) types.Value { return types.TextValue(i.columnOf().Name) }

// rows is TABLE_ROWS, which is an estimate here as in MySQL.
func rows(i *item) types.Value {
	if !i.base() || math.IsNaN(i.entry.Rows) || i.entry.Rows < 0 {
		return types.NullValue
	}
	return types.UintValue(uint64(min(i.entry.Rows, math.MaxInt64)))
}

// ofBase gives a text to base tables and NULL to others.
func ofBase(text func(*item) string) func(*item) types.Value {
	return func(i *item) types.Value {
		if !i.base() {
			return types.NullValue
		}
		return types.TextValue(text(i))
	}
}

// number is NULL where it is negative.
func number(n int64) types.Value {
	if n < 0 {
		return types.NullValue
	}
	return types.IntValue(n)
}

func yesNo(yes bool) types.Value {
	if yes {
		return types.TextValue("YES")
	}
	return types.TextValue("NO")
}

func privileges(i *item) types.Value {
	return types.TextValue(strings.Join(i.privileges, ","))
}
