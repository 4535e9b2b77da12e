package scratchsql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Linked returns where a table of package scratch is, and those that foreign keys link to it in either direction, one after the other;
// nothing for any other table.
func Linked(ctx *sql.Context, t sql.Table) [][2]string {
	own, ok := t.(*table)
	if lookup, found := t.(*indexed); found {
		own, ok = lookup.table, true
	}
	if !ok {
		return nil
	}
	all := [][2]string{{own.database, own.def.Name}}
	known := func(db, name string) bool {
		return slices.ContainsFunc(all, func(k [2]string) bool { return strings.EqualFold(k[0], db) && strings.EqualFold(k[1], name) })
	}
	session := own.databases.session(ctx)
	for i := 0; i < len(all); i++ {
		at, found := session.Permanent(all[i][0], all[i][1])
		if !found {
			continue
		}
		linked := &table{databases: own.databases, database: all[i][0], def: at.Definition()}
		for _, k := range at.Definition().ForeignKeys {
			if !known(k.ParentDatabase, k.ParentTable) {
				all = append(all, [2]string{k.ParentDatabase, k.ParentTable})
			}
		}
		children, _ := linked.GetReferencedForeignKeys(ctx) // which does not fail
		for _, k := range children {
			if !known(k.Database, k.Table) {
				all = append(all, [2]string{k.Database, k.Table})
			}
		}
	}
	return all
}

// GetDeclaredForeignKeys implements sql.ForeignKeyTable.
func (t *table) GetDeclaredForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	now, err := t.current(ctx)
	if err != nil {
		return nil, err
	}
	return constraints(t.database, now.Definition()), nil
}

func constraints(database string, def *scratch.Definition) []sql.ForeignKeyConstraint {
	var list []sql.ForeignKeyConstraint
	for _, k := range def.ForeignKeys {
		list = append(list, sql.ForeignKeyConstraint{
			Name: k.Name, Database: database, Table: def.Name, Columns: k.Columns,
			ParentDatabase: k.ParentDatabase, ParentTable: k.ParentTable, ParentColumns: k.ParentColumns,
			OnUpdate: sql.ForeignKeyReferentialAction(k.OnUpdate), OnDelete: sql.ForeignKeyReferentialAction(k.OnDelete), IsResolved: true,
		})
	}
	return list
}

// GetReferencedForeignKeys implements sql.ForeignKeyTable.
func (t *table) GetReferencedForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	var list []sql.ForeignKeyConstraint
	if t.temporary {
		return nil, nil
	}
	for _, c := range t.databases.children(ctx, t.database, t.def.Name) {
		all := constraints(c.database, c.table.Definition())
		list = append(list, all[indexOfForeignKey(c.table.Definition(), c.key.Name)])
	}
	return list, nil
}

func indexOfForeignKey(def *scratch.Definition, name string) int {
	for i, k := range def.ForeignKeys {
		if strings.EqualFold(k.Name, name) {
			return i
		}
	}
	return -1
}

// DropForeignKey implements sql.ForeignKeyTable: GMS drops those of a table before the table.
func (t *table) DropForeignKey(*sql.Context, string, string, string) error { return nil }

// GMS makes and changes no foreign keys, see Databases.Alter.

// AddForeignKey implements sql.ForeignKeyTable.
func (t *table) AddForeignKey(*sql.Context, sql.ForeignKeyConstraint) error { return t.notGMS() }

// UpdateForeignKey implements sql.ForeignKeyTable.
func (t *table) UpdateForeignKey(*sql.Context, string, sql.ForeignKeyConstraint) error {
	return t.notGMS()
}

// CreateIndexForForeignKey implements sql.ForeignKeyTable.
func (t *table) CreateIndexForForeignKey(*sql.Context, sql.IndexDef) error { return t.notGMS() }

func (t *table) notGMS() error {
	return sqlerr.New(sqlerr.Internal, "table %s.%s: its definition was to be changed behind its back", t.database, t.def.Name)
}

// GetForeignKeyEditor implements sql.ForeignKeyTable.
func (t *table) GetForeignKeyEditor(ctx *sql.Context) sql.ForeignKeyEditor {
	return &foreignKeyEditor{editor: t.editor(ctx)}
}

// foreignKeyEditor is an editor that finds the rows that a foreign key is about, among those that are there now.
type foreignKeyEditor struct{ *editor }

// GetIndexes implements sql.IndexAddressable.
func (e *foreignKeyEditor) GetIndexes(ctx *sql.Context) ([]sql.Index, error) {
	return e.table.GetIndexes(ctx)
}

// PreciseMatch implements sql.IndexAddressable.
func (e *foreignKeyEditor) PreciseMatch() bool { return true }

// IndexedAccess implements sql.IndexAddressable.
func (e *foreignKeyEditor) IndexedAccess(_ *sql.Context, lookup sql.IndexLookup) sql.IndexedTable {
	return &indexed{table: e.table, lookup: lookup, now: true}
}

var _ sql.ForeignKeyTable = (*table)(nil)
