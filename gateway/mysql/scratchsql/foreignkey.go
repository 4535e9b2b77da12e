package scratchsql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Lock makes the transaction the only writer of tables of package scratch, and of those that foreign keys link to them in either direction; of
// others it knows nothing. current is false if one of the tables is not what it was bound as: what is bound now stays as it is.
func Lock(ctx *sql.Context, tables ...sql.Table) (current bool, err error) {
	var written []*table
	for _, t := range tables {
		switch t := t.(type) {
		case *table:
			written = append(written, t)
		case *indexed:
			written = append(written, t.table)
		}
	}
	if len(written) == 0 {
		return true, nil
	}
	databases, session := written[0].databases, written[0].databases.session(ctx)
	var names [][2]string
	for _, t := range written {
		names = append(names, [2]string{t.database, t.def.Name})
	}
	for locked := 0; locked < len(names); { // what is locked has no new links
		if err := session.Lock(ctx, names...); err != nil {
			return false, err
		}
		locked = len(names)
		names = databases.Linked(ctx, names)
	}
	for _, t := range written {
		now, err := t.current(ctx)
		if err != nil {
			return false, err
		}
		if now.Definition() != t.def {
			return false, nil
		}
	}
	return true, nil
}

// Linked adds to tables those that foreign keys link to them in either direction, through any number of others: a write of one locks them all.
func (d *Databases) Linked(ctx *sql.Context, all [][2]string) [][2]string {
	add := func(db, name string) {
		if !slices.ContainsFunc(all, func(k [2]string) bool { return strings.EqualFold(k[0], db) && strings.EqualFold(k[1], name) }) {
			all = append(all, [2]string{db, name})
		}
	}
	for i := 0; i < len(all); i++ {
		for db, t := range d.session(ctx).Latest() {
			own := strings.EqualFold(db, all[i][0]) && strings.EqualFold(t.Definition().Name, all[i][1])
			for _, k := range t.Definition().ForeignKeys {
				switch {
				case own:
					add(k.ParentDatabase, k.ParentTable)
				case strings.EqualFold(k.ParentDatabase, all[i][0]) && strings.EqualFold(k.ParentTable, all[i][1]):
					add(db, t.Definition().Name)
				}
			}
		}
	}
	return all
}

// GetDeclaredForeignKeys implements sql.ForeignKeyTable: those that GMS can enforce. See orphans for the others.
func (t *table) GetDeclaredForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	now, err := t.current(ctx)
	if err != nil {
		return nil, err
	}
	var list []sql.ForeignKeyConstraint
	for _, k := range now.Definition().ForeignKeys {
		if !t.databases.lostParent(ctx, k.ParentDatabase, k.ParentTable, k.ParentColumns) {
			list = append(list, constraint(t.database, now.Definition().Name, k))
		}
	}
	return list, nil
}

// lostParent reports that what a foreign key points to is gone, which foreign_key_checks=0 lets happen.
func (d *Databases) lostParent(ctx *sql.Context, database, table string, columns []string) bool {
	parent, ok := d.session(ctx).Permanent(database, table)
	return !ok || !begins(parent.Definition(), columns, false)
}

// constraint is a foreign key as GMS enforces it. By its name GMS only says which one it is, which MySQL's errors say with more words.
func constraint(database, table string, k scratch.ForeignKey) sql.ForeignKeyConstraint {
	return sql.ForeignKeyConstraint{
		Name: foreignKeyOf(database, table, k), Database: database, Table: table, Columns: k.Columns,
		ParentDatabase: k.ParentDatabase, ParentTable: k.ParentTable, ParentColumns: k.ParentColumns,
		OnUpdate: sql.ForeignKeyReferentialAction(k.OnUpdate), OnDelete: sql.ForeignKeyReferentialAction(k.OnDelete), IsResolved: true,
	}
}

// foreignKeyOf is a foreign key of a table as errors tell of it.
func foreignKeyOf(database, table string, k scratch.ForeignKey) string {
	return bind.QuotedName(database) + "." + bind.QuotedName(table) + ", " + foreignKeyLine(database, k)
}

// GetReferencedForeignKeys implements sql.ForeignKeyTable, as GetDeclaredForeignKeys does.
func (t *table) GetReferencedForeignKeys(ctx *sql.Context) ([]sql.ForeignKeyConstraint, error) {
	var list []sql.ForeignKeyConstraint
	if t.temporary {
		return nil, nil
	}
	for _, c := range t.databases.children(ctx, t.database, t.def.Name) {
		if t.databases.lostParent(ctx, t.database, t.def.Name, c.key.ParentColumns) {
			continue
		}
		list = append(list, constraint(c.database, c.table.Definition().Name, c.key))
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
