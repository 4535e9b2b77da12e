package scratchsql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
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

// CreateIndexForForeignKey implements sql.ForeignKeyTable.
func (t *table) CreateIndexForForeignKey(ctx *sql.Context, index sql.IndexDef) error {
	return t.CreateIndex(ctx, index)
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
	session := t.databases.session(ctx)
	var list []sql.ForeignKeyConstraint
	for _, name := range session.Names(t.database) {
		child, ok := session.Permanent(t.database, name)
		if !ok || t.temporary {
			continue
		}
		for _, k := range constraints(t.database, child.Definition()) {
			if strings.EqualFold(k.ParentDatabase, t.database) && strings.EqualFold(k.ParentTable, t.def.Name) {
				list = append(list, k)
			}
		}
	}
	return list, nil
}

// AddForeignKey implements sql.ForeignKeyTable.
func (t *table) AddForeignKey(ctx *sql.Context, k sql.ForeignKeyConstraint) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		if indexOfForeignKey(def, k.Name) >= 0 {
			return sql.ErrForeignKeyDuplicateName.New(k.Name)
		}
		def.ForeignKeys = append(def.ForeignKeys, foreignKey(k))
		return nil
	})
}

func foreignKey(k sql.ForeignKeyConstraint) scratch.ForeignKey {
	return scratch.ForeignKey{Name: k.Name, Columns: k.Columns, ParentDatabase: k.ParentDatabase, ParentTable: k.ParentTable,
		ParentColumns: k.ParentColumns, OnUpdate: string(k.OnUpdate), OnDelete: string(k.OnDelete)}
}

func indexOfForeignKey(def *scratch.Definition, name string) int {
	for i, k := range def.ForeignKeys {
		if strings.EqualFold(k.Name, name) {
			return i
		}
	}
	return -1
}

// DropForeignKey implements sql.ForeignKeyTable.
func (t *table) DropForeignKey(ctx *sql.Context, name, _, _ string) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		i := indexOfForeignKey(def, name)
		if i < 0 {
			return sql.ErrForeignKeyNotFound.New(name, t.def.Name)
		}
		def.ForeignKeys = append(def.ForeignKeys[:i], def.ForeignKeys[i+1:]...)
		return nil
	})
}

// UpdateForeignKey implements sql.ForeignKeyTable.
func (t *table) UpdateForeignKey(ctx *sql.Context, name string, k sql.ForeignKeyConstraint) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		i := indexOfForeignKey(def, name)
		if i < 0 {
			return sql.ErrForeignKeyNotFound.New(name, t.def.Name)
		}
		def.ForeignKeys[i] = foreignKey(k)
		return nil
	})
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
