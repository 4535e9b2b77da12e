package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/shape"
	"github.com/silogate/silogate/engine/types"
)

// Shown is what clients are told of a result's column.
type Shown struct {
	shape.Shape
	Relation
	// Origin is the column of a table that is shown, nil for an expression.
	Origin *Origin
}

// Relation is what a query calls the relation that a column is of; the zero value is that of an expression.
type Relation struct {
	Table  string
	Column string // the column's name in a derived table or view, "" in a table
}

// Origin is a column of a table.
type Origin struct {
	Database, Table string
	Column          *sql.Column
	Number          types.Number
	Key             Key
	// Written says that rows are made here, so that Column knows what they get without a value.
	Written bool
}

// Key is what keys a column belongs to.
type Key struct {
	Primary, Unique, Multiple bool // as SHOW COLUMNS has it
	Part                      bool // of any key
}

// origin is where a column is read from.
type origin struct {
	database string
	table    sql.Table
	column   *sql.Column
}

// called notes the name of a relation.
func (im *importer) called(name string, rel relation) {
	for _, c := range rel.cols {
		r := im.relations[c.ID]
		r.Table = name
		im.relations[c.ID] = r
	}
}

// derived notes the names of a derived table or view.
func (im *importer) derived(n *gmsplan.SubqueryAlias, names []string, rel relation) {
	if strings.HasPrefix(n.Name(), ownName("")) {
		return
	}
	for i, c := range rel.cols[:min(len(rel.cols), len(names))] {
		im.relations[c.ID] = Relation{Table: n.Name(), Column: names[i]}
	}
}

// shown describes the columns of a plan.
func (im *importer) shown(root plan.Node) ([]Shown, error) {
	shapes := shape.Of(root)
	all := make([]Shown, len(shapes))
	keys := make(map[string][]sql.Index)
	for i, s := range shapes {
		all[i].Shape = s
		for _, id := range s.Named {
			if r, ok := im.relations[id]; ok {
				all[i].Relation = r
				break
			}
		}
		from, ok := im.origins[s.Column]
		if !ok {
			continue
		}
		name := from.database + "." + from.table.Name()
		if _, known := keys[name]; !known {
			indexes, err := indexesOf(im.ctx, from.table)
			if err != nil {
				return nil, err
			}
			keys[name] = indexes
		}
		_, read := from.table.(*table)
		var number types.Number
		if written, ok := from.table.(Writable); ok {
			number = numberOf(im.ctx, written, from.column)
		}
		all[i].Origin = &Origin{Database: from.database, Table: from.table.Name(), Column: from.column, Number: number, Written: !read,
			Key: keysOf(from.column, from.table.Name(), keys[name])}
	}
	return all, nil
}

// numberOf is the Number of a column of a table that is written.
func numberOf(ctx *sql.Context, t Writable, c *sql.Column) types.Number {
	if kind := c.Type.Type(); !sqltypes.IsFloat(kind) && kind != sqltypes.Decimal {
		return types.Number{}
	}
	for _, described := range t.Describe(ctx).Columns {
		if strings.EqualFold(described.Name, c.Name) {
			return described.Number
		}
	}
	return types.Number{}
}

func indexesOf(ctx *sql.Context, t sql.Table) ([]sql.Index, error) {
	indexed, ok := t.(sql.IndexAddressable)
	if !ok {
		return nil, nil
	}
	return indexed.GetIndexes(ctx)
}

// keysOf is what a column is of the keys of its table, whose expressions are its columns with the table's name.
func keysOf(c *sql.Column, table string, keys []sql.Index) Key {
	k := Key{Primary: c.PrimaryKey, Part: c.PrimaryKey}
	for _, index := range keys {
		columns := index.Expressions()
		at := slices.IndexFunc(columns, func(e string) bool { return strings.EqualFold(e, table+"."+c.Name) })
		if at < 0 {
			continue
		}
		k.Part = true
		switch {
		case at > 0 || k.Primary:
		case index.IsUnique() && len(columns) == 1:
			k.Unique = true
		default:
			k.Multiple = true
		}
	}
	k.Multiple = k.Multiple && !k.Unique
	return k
}
