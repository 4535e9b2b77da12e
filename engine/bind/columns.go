package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/types"
)

// shownColumns is SHOW COLUMNS of a table that is not GMS's, which says of types, keys, collations and privileges what
// information_schema does.
type shownColumns struct {
	schema sql.Schema
	full   bool
	table  *table
}

var _ sql.ExecSourceRel = (*shownColumns)(nil)

// showColumns puts shownColumns in their places.
func showColumns(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.Node(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		show, ok := n.(*gmsplan.ShowColumns)
		if !ok {
			return n, transform.SameTree, nil
		}
		of, ok := show.Child.(*gmsplan.ResolvedTable)
		if !ok {
			return n, transform.SameTree, nil
		}
		if written, ok := of.UnderlyingTable().(Writable); ok {
			n, err := show.WithTargetSchema(declaredSchema(ctx, written, show.TargetSchema()))
			return n, transform.NewTree, err
		}
		t, ok := of.UnderlyingTable().(*table)
		if !ok {
			return n, transform.SameTree, nil
		}
		return &shownColumns{show.Schema(ctx), show.Full, t}, transform.NewTree, nil
	})
}

// Resolved implements sql.Node.
func (s *shownColumns) Resolved() bool { return true }

// IsReadOnly implements sql.Node.
func (s *shownColumns) IsReadOnly() bool { return true }

// String implements sql.Node.
func (s *shownColumns) String() string { return "ShowColumns(" + s.table.name + ")" }

// Schema implements sql.Node.
func (s *shownColumns) Schema(*sql.Context) sql.Schema { return s.schema }

// Children implements sql.Node: GMS has nothing to look for in the table.
func (s *shownColumns) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (s *shownColumns) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 0)
	}
	return s, nil
}

// RowIter implements sql.ExecSourceRel.
func (s *shownColumns) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	var rights func(string) []string
	if set, _ := ctx.GetPrivilegeSet(); set != nil {
		rights = ColumnPrivileges(set, s.table.db, s.table.name)
	}
	var rows []sql.Row
	for i, c := range s.table.source.Columns {
		declared := types.Declare(c.Type)
		null := "NO"
		if c.Nullable {
			null = "YES"
		}
		row := sql.Row{c.Name, declared.ColumnType, null, s.table.source.ColumnKey(i), nil, ""}
		if s.full {
			var collation any
			if declared.Collated {
				collation = c.Type.Collation.String()
			}
			privileges := ""
			if rights != nil {
				privileges = strings.Join(rights(c.Name), ",")
			}
			row = slices.Insert(row, 2, collation)
			row = append(row, privileges, c.Comment)
		}
		rows = append(rows, row)
	}
	return sql.RowsToRowIter(rows...), nil
}

// columnPrivileges are those that columns have, as MySQL orders them.
var columnPrivileges = []struct {
	name string
	kind sql.PrivilegeType
}{
	{"select", sql.PrivilegeType_Select}, {"insert", sql.PrivilegeType_Insert},
	{"update", sql.PrivilegeType_Update}, {"references", sql.PrivilegeType_References},
}

// ColumnPrivileges tells what rights allow to do with each column of a table, by MySQL's names for it.
func ColumnPrivileges(rights sql.PrivilegeSet, db, table string) func(column string) []string {
	if db == sql.InformationSchemaDatabaseName {
		return func(string) []string { return []string{"select"} }
	}
	in := rights.Database(db)
	on := in.Table(table)
	var all []string
	for _, p := range columnPrivileges {
		if rights.Has(p.kind) || in.Has(p.kind) || on.Has(p.kind) {
			all = append(all, p.name)
		}
	}
	if len(on.GetColumns()) == 0 {
		return func(string) []string { return all }
	}
	return func(column string) []string {
		var names []string
		for _, p := range columnPrivileges {
			if slices.Contains(all, p.name) || on.Column(column).Has(p.kind) {
				names = append(names, p.name)
			}
		}
		return names
	}
}

// declaredType is a type with the text that its column was declared by.
type declaredType struct {
	ofColumn
	text string
}

type ofColumn interface{ sql.Type } // whose name is no method's

// String implements sql.Type.
func (t declaredType) String() string { return t.text }

// declaredSchema gives the columns of a table that SHOW COLUMNS describes the texts of those types that GMS has others for.
func declaredSchema(ctx *sql.Context, t Writable, shown sql.Schema) sql.Schema {
	declared := slices.Clone(shown)
	for i, c := range t.Describe(ctx).Columns {
		if i >= len(shown) || c.Number == (types.Number{}) && c.Type.Kind != types.Enum && c.Type.Kind != types.Set {
			continue
		}
		column := *declared[i]
		column.Type = declaredType{column.Type, types.DeclareNumber(c.Type, c.Number).ColumnType}
		declared[i] = &column
	}
	return declared
}
