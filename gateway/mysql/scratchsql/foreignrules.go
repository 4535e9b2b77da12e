package scratchsql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// defineForeignKeys gives a definition the foreign keys of the draft, with the keys that they need.
func (d *draft) defineForeignKeys(ctx *sql.Context, databases *Databases, def *scratch.Definition) error {
	if d.temporary && len(d.foreign) > 0 {
		return d.unsupported("foreign keys if they are temporary")
	}
	checked, err := checksForeignKeys(ctx)
	if err != nil {
		return err
	}
	d.nameForeignKeys()
	for i, k := range d.foreign {
		for _, other := range d.foreign[:i] {
			if strings.EqualFold(other.Name, k.Name) {
				return sqlerr.New(sqlerr.DuplicateForeignKey, "Duplicate foreign key constraint name '%s'", k.Name)
			}
		}
		if !k.kept {
			if err := d.checkForeignKey(ctx, databases, def, k, checked); err != nil {
				return err
			}
		}
		def.ForeignKeys = append(def.ForeignKeys, k.ForeignKey)
		if begins(def, k.Columns, true) {
			continue
		}
		if k.kept { // ER_DROP_INDEX_FK
			return sqlerr.New(sqlerr.Errno(1553), "Cannot drop index '%s': needed in a foreign key constraint", d.lostKey(k.Columns))
		}
		key := scratch.Key{Name: k.index}
		for _, c := range k.Columns {
			key.Parts = append(key.Parts, scratch.Part{Column: def.Index(c)})
		}
		for n := 1; key.Name == "" || hasKey(def, key.Name); n++ {
			if key.Name = k.Columns[0]; n > 1 {
				key.Name = fmt.Sprintf("%s_%d", k.Columns[0], n)
			}
		}
		def.Keys = append(def.Keys, key)
	}
	return nil
}

func hasKey(def *scratch.Definition, name string) bool {
	return slices.ContainsFunc(def.Keys, func(k scratch.Key) bool { return strings.EqualFold(k.Name, name) })
}

// checksForeignKeys reports @@foreign_key_checks.
func checksForeignKeys(ctx *sql.Context) (bool, error) {
	on, err := ctx.GetSessionVariable(ctx, "foreign_key_checks")
	if err != nil {
		return false, err
	}
	return sql.ConvertToBool(ctx, on)
}

// nameForeignKeys names those without a name as InnoDB does.
func (d *draft) nameForeignKeys() {
	last := 0
	for _, k := range d.foreign {
		n := 0
		if _, err := fmt.Sscanf(k.Name, d.name+"_ibfk_%d", &n); err == nil {
			last = max(last, n)
		}
	}
	for i := range d.foreign {
		if d.foreign[i].Name == "" {
			last++
			d.foreign[i].Name = fmt.Sprintf("%s_ibfk_%d", d.name, last)
		}
	}
}

// lostKey is the key of the old table that the columns of a foreign key were the first of.
func (d *draft) lostKey(columns []string) string {
	if d.old != nil {
		for _, k := range d.old.Keys {
			if beginsWith(d.old, k.Parts, columns, true) {
				return k.Name
			}
		}
	}
	return primary
}

// begins reports whether a key of a table begins with columns, in any order or in theirs.
func begins(def *scratch.Definition, columns []string, anyOrder bool) bool {
	return beginsWith(def, def.Primary, columns, anyOrder) ||
		slices.ContainsFunc(def.Keys, func(k scratch.Key) bool { return beginsWith(def, k.Parts, columns, anyOrder) })
}

func beginsWith(def *scratch.Definition, parts []scratch.Part, columns []string, anyOrder bool) bool {
	if len(parts) < len(columns) {
		return false
	}
	for i, p := range parts[:len(columns)] {
		name := def.Columns[p.Column].Name
		if p.Prefix > 0 || !strings.EqualFold(name, columns[i]) && !(anyOrder && contains(columns, name)) {
			return false
		}
	}
	return true
}

// checkForeignKey refuses a new foreign key that points to nothing, or can't.
func (d *draft) checkForeignKey(ctx *sql.Context, databases *Databases, def *scratch.Definition, k draftForeignKey, checked bool) error {
	if err := checkLength(k.Name); err != nil {
		return err
	}
	if len(k.Columns) != len(k.ParentColumns) { // ER_WRONG_FK_DEF
		return sqlerr.New(sqlerr.Errno(1239), "Incorrect foreign key definition for '%s': Key reference and table reference don't match", k.Name)
	}
	for _, name := range k.Columns {
		at := def.Index(name)
		if at < 0 {
			return sqlerr.New(sqlerr.KeyColumn, "Key column '%s' doesn't exist in table", name)
		}
		c := def.Columns[at]
		setsNull := k.OnDelete == string(sql.ForeignKeyReferentialAction_SetNull) || k.OnUpdate == string(sql.ForeignKeyReferentialAction_SetNull)
		if setsNull && !c.Nullable { // ER_FK_COLUMN_NOT_NULL
			return sqlerr.New(sqlerr.Errno(1830), "Column '%s' cannot be NOT NULL: needed in a foreign key constraint '%s' SET NULL", c.Name, k.Name)
		}
		if c.Generated != nil && c.Virtual { // ER_FK_CANNOT_USE_VIRTUAL_COLUMN
			return sqlerr.New(sqlerr.Errno(3104), "Cannot define foreign key with a virtual generated column '%s'.", c.Name)
		}
	}
	if databases.namesForeignKey(ctx, d, k.Name) {
		return sqlerr.New(sqlerr.DuplicateForeignKey, "Duplicate foreign key constraint name '%s'", k.Name)
	}
	parent := def
	if !strings.EqualFold(k.ParentDatabase, d.database) || !strings.EqualFold(k.ParentTable, d.name) {
		session := databases.session(ctx)
		if err := session.Lock(ctx, [2]string{k.ParentDatabase, k.ParentTable}); err != nil { // nobody drops or alters it meanwhile
			return err
		}
		t, ok := session.Current(k.ParentDatabase, k.ParentTable) // by now, not when the statement began
		if !ok {
			if !checked {
				return nil
			}
			return sqlerr.New(sqlerr.Errno(1824), "Failed to open the referenced table '%s'", k.ParentTable) // ER_FK_CANNOT_OPEN_PARENT
		}
		parent = t.Definition()
	}
	return fits(def, parent, k)
}

// fits refuses a foreign key whose columns differ from those that they point to, or that points to what is no key.
func fits(def, parent *scratch.Definition, k draftForeignKey) error {
	for i, name := range k.ParentColumns {
		at := parent.Index(name)
		if at < 0 { // ER_FK_NO_COLUMN_PARENT
			return sqlerr.New(sqlerr.Errno(3734), "Failed to add the foreign key constraint. Missing column '%s' for constraint '%s' in the referenced table '%s'", name, k.Name, k.ParentTable)
		}
		if from, to := def.Columns[def.Index(k.Columns[i])], parent.Columns[at]; !linkable(from, to) {
			return sqlerr.New(sqlerr.ForeignKeyColumns, "Referencing column '%s' and referenced column '%s' in foreign key constraint '%s' are incompatible.", from.Name, to.Name, k.Name)
		}
	}
	if !begins(parent, k.ParentColumns, false) {
		return sqlerr.New(sqlerr.NoParentKey, "Failed to add the foreign key constraint. Missing index for constraint '%s' in the referenced table '%s'", k.Name, k.ParentTable)
	}
	return nil
}

// linkable reports whether a column of one type may point to one of another: lengths of texts may differ.
func linkable(a, b scratch.Column) bool {
	from, to := a.Type, b.Type
	if from.IsText() && to.IsText() {
		return from.Collation == to.Collation && (from.Kind == types.Enum || from.Kind == types.Set) == (to.Kind == types.Enum || to.Kind == types.Set)
	}
	if from.IsString() {
		return to.IsString() && !to.IsText()
	}
	return from == to && a.Number().Unsigned == b.Number().Unsigned
}

// namesForeignKey reports a foreign key of another table of the database with a name: that is one for all of them.
func (d *Databases) namesForeignKey(ctx *sql.Context, of *draft, name string) bool {
	for db, t := range d.session(ctx).Latest() {
		other := of.old == nil || !strings.EqualFold(t.Definition().Name, of.old.Name)
		if other && strings.EqualFold(db, of.database) && indexOfForeignKey(t.Definition(), name) >= 0 {
			return true
		}
	}
	return false
}

// errNoParent says that a row of a table has no parent by a foreign key.
func errNoParent(database, table string, k scratch.ForeignKey) error {
	return sqlerr.New(sqlerr.NoParentRow, "Cannot add or update a child row: a foreign key constraint fails (%s)", foreignKeyOf(database, table, k))
}

// child is a foreign key that points to a table.
type child struct {
	database string
	table    *scratch.Table
	key      scratch.ForeignKey
}

// children are the foreign keys that point to a table, from whatever database, as they are now.
func (d *Databases) children(ctx *sql.Context, database, name string) (list []child) {
	for db, t := range d.session(ctx).Latest() {
		for _, k := range t.Definition().ForeignKeys {
			if strings.EqualFold(k.ParentDatabase, database) && strings.EqualFold(k.ParentTable, name) {
				list = append(list, child{db, t, k})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b child) int {
		return cmp.Or(strings.Compare(a.database, b.database), strings.Compare(a.table.Definition().Name, b.table.Definition().Name))
	})
	return list
}

// checkChildren refuses to take from a table what foreign keys need, of others or its own.
func (b *blueprint) checkChildren(children []child) error {
	for _, k := range b.def.ForeignKeys {
		for _, name := range k.Columns { // ER_FK_COLUMN_CANNOT_CHANGE
			if c := b.columns[b.def.Index(name)]; c.from >= 0 && !linkable(b.def.Columns[b.def.Index(name)], b.old.Columns[c.from]) {
				return sqlerr.New(sqlerr.Errno(1832), "Cannot change column '%s': used in a foreign key constraint '%s'", b.old.Columns[c.from].Name, k.Name)
			}
		}
	}
	for _, c := range children {
		if strings.EqualFold(c.database, b.database) && strings.EqualFold(c.table.Definition().Name, b.old.Name) && indexOfForeignKey(b.def, c.key.Name) < 0 {
			continue // its own, which it drops
		}
		var columns []string
		for _, name := range c.key.ParentColumns {
			now := b.renamed(name)
			at := b.def.Index(now)
			if at < 0 { // ER_FK_COLUMN_CANNOT_DROP_CHILD
				return sqlerr.New(sqlerr.Errno(1829), "Cannot drop column '%s': needed in a foreign key constraint '%s' of table '%s'", name, c.key.Name, c.table.Definition().Name)
			}
			if !linkable(b.def.Columns[at], b.old.Columns[b.old.Index(name)]) { // ER_FK_COLUMN_CANNOT_CHANGE_CHILD
				return sqlerr.New(sqlerr.Errno(1833), "Cannot change column '%s': used in a foreign key constraint '%s' of table '%s'", name, c.key.Name, c.table.Definition().Name)
			}
			columns = append(columns, now)
		}
		if !begins(b.def, columns, false) { // ER_DROP_INDEX_FK
			return sqlerr.New(sqlerr.Errno(1553), "Cannot drop index '%s': needed in a foreign key constraint", b.lostKey(c.key.ParentColumns))
		}
	}
	return nil
}

// renamed is what a column of the old table is called now; "": it is gone.
func (b *blueprint) renamed(old string) string {
	at := b.old.Index(old)
	if at < 0 { // a new one, to which a new foreign key of the table itself points
		return old
	}
	for _, c := range b.columns {
		if c.from == at {
			return c.name
		}
	}
	return ""
}
