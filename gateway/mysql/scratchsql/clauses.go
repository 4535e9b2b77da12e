package scratchsql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// apply makes the draft what the clauses of an ALTER TABLE say together. As in MySQL they are about the table as it was, whatever their order, but
// that columns come to a place one after the other (sql_table.cc, prepare_fields_and_keys).
func (d *draft) apply(clauses []*sqlparser.DDL) (*sqlparser.TableName, error) {
	if err := d.drop(clauses); err != nil {
		return nil, err
	}
	if err := d.rename(clauses); err != nil {
		return nil, err
	}
	if err := d.arrange(clauses); err != nil {
		return nil, err
	}
	var to *sqlparser.TableName
	for _, c := range clauses {
		if c.Action == sqlparser.RenameStr && c.ColumnAction == "" && len(c.ToTables) > 0 {
			to = &c.ToTables[0]
			continue
		}
		if err := d.clause(c); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func isColumn(c *sqlparser.DDL, actions ...string) bool {
	return c.ColumnAction != "" && slices.Contains(actions, strings.ToLower(c.ColumnAction))
}

// drop takes away what clauses drop, which is all of the old table: constraints and keys first, on which columns depend.
func (d *draft) drop(clauses []*sqlparser.DDL) error {
	var columns []string
	for _, c := range clauses {
		switch {
		case isColumn(c, sqlparser.DropStr):
			columns = append(columns, c.Column.String())
		case c.ConstraintAction == sqlparser.DropStr:
			if err := d.dropConstraint(c.TableSpec.Constraints[0]); err != nil {
				return err
			}
		case c.IndexSpec != nil && strings.EqualFold(c.IndexSpec.Action, sqlparser.DropStr):
			name := c.IndexSpec.ToName.String()
			if c.IndexSpec.Type == sqlparser.PrimaryStr {
				name = primary
			}
			if err := d.dropKey(name); err != nil {
				return err
			}
		}
	}
	for _, name := range columns {
		at := d.column(name)
		if at < 0 || d.columns[at].kept.Hidden {
			return cantDrop(name)
		}
		d.columns = slices.Delete(d.columns, at, at+1)
	}
	for _, name := range columns {
		if err := d.dropped(name); err != nil {
			return err
		}
	}
	d.keys = slices.DeleteFunc(d.keys, func(k draftKey) bool { return len(k.parts) == 0 })
	return nil
}

func cantDrop(name string) error {
	return sqlerr.New(sqlerr.NoSuchKey, "Can't DROP '%s'; check that column/key exists", name)
}

// dropped takes a column that is no more from the keys and checks that are about it, unless others depend on it.
func (d *draft) dropped(name string) error {
	if err := d.needed(name); err != nil {
		return err
	}
	for _, k := range d.foreign {
		if contains(k.Columns, name) { // ER_FK_COLUMN_CANNOT_DROP
			return sqlerr.New(sqlerr.Errno(1828), "Cannot drop column '%s': needed in a foreign key constraint '%s'", name, k.Name)
		}
	}
	d.checks = slices.DeleteFunc(d.checks, func(c draftCheck) bool {
		used := columnsIn(c.kept.SQL)
		return len(used) == 1 && contains(used, name)
	})
	for _, c := range d.checks {
		if contains(columnsIn(c.kept.SQL), name) {
			return checkDepends(c.name, name)
		}
	}
	for i := range d.keys {
		d.keys[i].parts = slices.DeleteFunc(d.keys[i].parts, func(p draftPart) bool { return strings.EqualFold(p.column, name) })
	}
	return nil
}

func checkDepends(check, column string) error { // ER_DEPENDENT_BY_CHECK_CONSTRAINT
	return sqlerr.New(sqlerr.Errno(3959), "Check constraint '%s' uses column '%s', hence column cannot be dropped or renamed.", check, column)
}

// needed refuses to drop or rename what expressions of other columns read.
func (d *draft) needed(name string) error {
	for _, c := range d.columns {
		if strings.EqualFold(c.name, name) {
			continue
		}
		generated := c.kept.Generated != nil && contains(columnsIn(*c.kept.Generated), name)
		switch {
		case generated && c.kept.Hidden: // ER_DEPENDENT_BY_FUNCTIONAL_INDEX
			return sqlerr.New(sqlerr.Errno(3837), "Column '%s' has a functional index dependency and cannot be dropped or renamed.", name)
		case generated: // ER_DEPENDENT_BY_GENERATED_COLUMN
			return sqlerr.New(sqlerr.Errno(3108), "Column '%s' has a generated column dependency.", name)
		case c.kept.Default != nil && contains(columnsIn(*c.kept.Default), name): // ER_DEPENDENT_BY_DEFAULT_GENERATED_VALUE
			return sqlerr.New(sqlerr.Errno(3766), "Column '%s' of table '%s' has a default value expression dependency and cannot be dropped or renamed.", name, d.name)
		}
	}
	return nil
}

func (d *draft) dropConstraint(c *sqlparser.ConstraintDefinition) error {
	byName := func(name string) bool { return strings.EqualFold(name, c.Name) }
	_, ofForeign := c.Details.(*sqlparser.ForeignKeyDefinition)
	_, ofCheck := c.Details.(*sqlparser.CheckConstraintDefinition)
	if i := slices.IndexFunc(d.foreign, func(k draftForeignKey) bool { return byName(k.Name) }); i >= 0 && !ofCheck {
		d.foreign = slices.Delete(d.foreign, i, i+1)
		return nil
	}
	if i := slices.IndexFunc(d.checks, func(k draftCheck) bool { return byName(k.name) }); i >= 0 && !ofForeign {
		d.checks = slices.Delete(d.checks, i, i+1)
		return nil
	}
	switch {
	case ofForeign:
		return cantDrop(c.Name)
	case ofCheck:
		return sqlerr.New(sqlerr.UnknownCheck, "Check constraint '%s' is not found in the table.", c.Name)
	}
	if i := slices.IndexFunc(d.keys, func(k draftKey) bool { return byName(k.Name) && k.Unique }); i >= 0 {
		return d.dropKey(c.Name)
	}
	return sqlerr.New(sqlerr.Errno(3940), "Constraint '%s' does not exist.", c.Name) // ER_CONSTRAINT_NOT_FOUND
}

// dropKey drops a key, with the hidden columns of its expressions.
func (d *draft) dropKey(name string) error {
	i := slices.IndexFunc(d.keys, func(k draftKey) bool { return strings.EqualFold(k.Name, name) })
	if i < 0 {
		return cantDrop(name)
	}
	for _, p := range d.keys[i].parts {
		if at := d.column(p.column); at >= 0 && d.columns[at].kept.Hidden {
			d.columns = slices.Delete(d.columns, at, at+1)
		}
	}
	d.keys = slices.Delete(d.keys, i, i+1)
	return nil
}

// rename gives columns and keys their new names, all at once: two may change theirs.
func (d *draft) rename(clauses []*sqlparser.DDL) error {
	names := make(map[string]string) // of columns, by the old ones in lower case
	keys := make(map[string]string)
	for _, c := range clauses {
		from, to := c.Column.String(), c.ToColumn.String()
		switch {
		case isColumn(c, sqlparser.ChangeStr):
			to = c.TableSpec.Columns[0].Name.String()
		case c.IndexSpec != nil && strings.EqualFold(c.IndexSpec.Action, sqlparser.RenameStr):
			from = c.IndexSpec.FromName.String()
			if !slices.ContainsFunc(d.keys, func(k draftKey) bool { return strings.EqualFold(k.Name, from) && !k.primary }) {
				return sqlerr.New(sqlerr.NoIndex, "Key '%s' doesn't exist in table '%s'", from, d.name)
			}
			keys[strings.ToLower(from)] = c.IndexSpec.ToName.String()
			continue
		case !isColumn(c, sqlparser.RenameStr):
			continue
		}
		if d.column(from) < 0 || d.columns[d.column(from)].kept.Hidden {
			return d.unknownColumn(from)
		}
		if !strings.EqualFold(from, to) {
			if err := d.needed(from); err != nil {
				return err
			}
			for _, check := range d.checks {
				if contains(columnsIn(check.kept.SQL), from) {
					return checkDepends(check.name, from)
				}
			}
		}
		names[strings.ToLower(from)] = to
	}
	renamed := func(name string) string {
		if to, ok := names[strings.ToLower(name)]; ok {
			return to
		}
		return name
	}
	for i := range d.columns {
		d.columns[i].name = renamed(d.columns[i].name)
		d.columns[i].kept.Name = d.columns[i].name
	}
	for i := range d.keys {
		for p := range d.keys[i].parts {
			d.keys[i].parts[p].column = renamed(d.keys[i].parts[p].column)
		}
		if to, ok := keys[strings.ToLower(d.keys[i].Name)]; ok {
			if strings.EqualFold(to, primary) {
				return sqlerr.New(sqlerr.Errno(1280), "Incorrect index name '%s'", to) // ER_WRONG_NAME_FOR_INDEX
			}
			d.keys[i].Name = to
		}
	}
	for i := range d.foreign {
		for c, name := range d.foreign[i].Columns {
			d.foreign[i].Columns = slices.Clone(d.foreign[i].Columns)
			d.foreign[i].Columns[c] = renamed(name)
		}
	}
	return d.uniqueColumns()
}

func (d *draft) uniqueColumns() error {
	seen := make(map[string]bool)
	for _, c := range d.columns {
		if seen[strings.ToLower(c.name)] {
			return sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", c.name)
		}
		seen[strings.ToLower(c.name)] = true
	}
	return nil
}

// arrange puts columns that change, or are new, where they belong.
func (d *draft) arrange(clauses []*sqlparser.DDL) error {
	type placed struct {
		column draftColumn
		order  *sqlparser.ColumnOrder
	}
	var later []placed
	changed := make(map[int]bool) // by the old column
	for _, c := range clauses {
		if !isColumn(c, sqlparser.ModifyStr, sqlparser.ChangeStr) {
			if isColumn(c, sqlparser.AddStr) {
				for _, column := range c.TableSpec.Columns {
					later = append(later, placed{draftColumn{name: column.Name.String(), from: -1, written: column}, c.ColumnOrder})
				}
			}
			continue
		}
		written := c.TableSpec.Columns[0]
		at := d.column(written.Name.String())
		if at < 0 || d.columns[at].kept.Hidden || changed[d.columns[at].from] {
			return d.unknownColumn(c.Column.String())
		}
		changed[d.columns[at].from] = true
		d.columns[at].written = written
		if c.ColumnOrder != nil {
			later = append(later, placed{d.columns[at], c.ColumnOrder})
		}
	}
	for _, l := range later {
		if l.column.from >= 0 { // up to now it was where others could come after it
			at := d.column(l.column.name)
			d.columns = slices.Delete(d.columns, at, at+1)
		}
		if err := d.place(l.column, l.order); err != nil {
			return err
		}
	}
	if err := d.uniqueColumns(); err != nil {
		return err
	}
	if !slices.ContainsFunc(d.columns, func(c draftColumn) bool { return !c.kept.Hidden }) { // ER_CANT_REMOVE_ALL_FIELDS
		return sqlerr.New(sqlerr.Errno(1090), "You can't delete all columns with ALTER TABLE; use DROP TABLE instead")
	}
	return nil
}

// clause applies one of the clauses whose turn comes after columns are known.
func (d *draft) clause(c *sqlparser.DDL) error {
	if c.ColumnAction != "" && c.TableSpec != nil {
		for _, column := range c.TableSpec.Columns {
			if err := d.ownKeys(column); err != nil {
				return err
			}
		}
	}
	if c.TableSpec != nil && len(c.TableSpec.Constraints) > 0 {
		switch c.ConstraintAction {
		case sqlparser.DropStr:
			return nil
		case sqlparser.RenameStr:
			return d.unsupported("RENAME CONSTRAINT")
		}
		return d.addConstraints(c.TableSpec)
	}
	switch {
	case c.IndexSpec != nil && strings.EqualFold(c.IndexSpec.Action, sqlparser.CreateStr):
		k := c.IndexSpec
		if k.Type == sqlparser.FulltextStr || k.Type == sqlparser.SpatialStr || k.Type == sqlparser.VectorStr {
			return d.unsupported("FULLTEXT, SPATIAL and VECTOR keys")
		}
		if k.Predicate != nil {
			return d.unsupported("keys of some rows")
		}
		return d.addKey(k.ToName.String(), k.Type == sqlparser.PrimaryStr, k.Type == sqlparser.UniqueStr, k.Fields, k.Options)
	case c.AutoIncSpec != nil:
		value, ok := c.AutoIncSpec.Value.(*sqlparser.SQLVal)
		if !ok {
			return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: AUTO_INCREMENT is a number")
		}
		return d.option(&sqlparser.TableOption{Name: "auto_increment", Value: string(value.Val)})
	case c.DefaultSpec != nil:
		return d.changeDefault(c.DefaultSpec)
	case c.AlterCollationSpec != nil:
		collation, err := sql.ParseCollation(c.AlterCollationSpec.CharacterSet, c.AlterCollationSpec.Collation, false)
		d.collation = collation
		return err
	case c.AlterCommentSpec != nil && c.AlterCommentSpec.Comment == parse.ConvertComment:
		d.converted = true
	case c.AlterCommentSpec != nil:
		d.comment = c.AlterCommentSpec.Comment
	}
	return nil
}

// convert gives the texts that are kept the collation of the table, for CONVERT TO.
func (d *draft) convert(databases *Databases) error {
	for i, c := range d.columns {
		if c.written != nil || !c.kept.Type.IsText() || c.kept.Type.Kind == types.JSON {
			continue
		}
		t, err := databases.typeOf(c.kept)
		if err != nil {
			return err
		}
		if collated, ok := t.(sql.TypeWithCollation); ok {
			if t, err = collated.WithNewCollation(d.collation); err != nil {
				return err
			}
		}
		d.columns[i].kept.SQLType = TypeText(t)
		if d.columns[i].kept.Type, err = bind.FromGMS(t); err != nil {
			return err
		}
	}
	return nil
}

// changeDefault is ALTER COLUMN ... SET or DROP DEFAULT.
func (d *draft) changeDefault(spec *sqlparser.DefaultSpec) error {
	at := d.column(spec.Column.String())
	if at < 0 || d.columns[at].from < 0 || d.columns[at].kept.Hidden {
		return d.unknownColumn(spec.Column.String())
	}
	c := &d.columns[at]
	if strings.EqualFold(spec.Action, sqlparser.SetStr) {
		c.newDefault = spec.Value
	}
	c.kept.Default = nil
	return nil
}

// options applies the options of a table. Those about storage say nothing here.
func (d *draft) options(ctx *sql.Context, list []*sqlparser.TableOption) error {
	charset, collate := "", ""
	for _, o := range list {
		switch strings.ToLower(o.Name) {
		case "engine":
			if err := d.engine(ctx, o.Value); err != nil {
				return err
			}
		case "character set":
			charset = o.Value
		case "collate":
			collate = o.Value
		default:
			if err := d.option(o); err != nil {
				return err
			}
		}
	}
	collation, err := sql.ParseCollation(charset, collate, false)
	if err == nil && collation != sql.Collation_Unspecified {
		d.collation = collation
	}
	return err
}

// engines are MySQL's storage engines. All mean the same here.
var engines = set("innodb myisam memory heap merge mrg_myisam csv archive blackhole federated example ndb ndbcluster")

// engine takes the name of any engine that MySQL has, for dumps have them.
func (d *draft) engine(ctx *sql.Context, name string) error {
	if engines[strings.ToLower(name)] {
		return nil
	}
	unknown := sqlerr.New(sqlerr.Errno(1286), "Unknown storage engine '%s'", name) // ER_UNKNOWN_STORAGE_ENGINE
	if sql.LoadSqlMode(ctx).ModeEnabled("NO_ENGINE_SUBSTITUTION") {
		return unknown
	}
	ctx.Warn(1286, "%s", unknown.Message)
	ctx.Warn(1266, "Using storage engine InnoDB for table '%s'", d.name) // ER_WARN_USING_OTHER_HANDLER
	return nil
}

func (d *draft) option(o *sqlparser.TableOption) (err error) {
	switch strings.ToLower(o.Name) {
	case "comment":
		d.comment = o.Value
	case "auto_increment":
		if d.auto, err = strconv.ParseUint(o.Value, 10, 64); err != nil {
			err = sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: AUTO_INCREMENT=%s", o.Value)
		}
	}
	return err
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
