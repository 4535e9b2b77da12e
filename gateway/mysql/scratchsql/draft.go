package scratchsql

import (
	"cmp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// draft is a table as a statement is about to make it, anew or of one that is there. All clauses of a statement change it before anything
// is checked or written.
type draft struct {
	database  string
	name      string
	temporary bool
	collation sql.CollationID // of columns that name none
	comment   string
	auto      uint64              // AUTO_INCREMENT=; 0: not said
	converted bool                // CONVERT TO: the collation is that of all texts
	old       *scratch.Definition // nil: the table is made anew
	columns   []draftColumn
	keys      []draftKey
	checks    []draftCheck
	foreign   []draftForeignKey
}

// draftColumn is a column, as a statement writes it or as it was.
type draftColumn struct {
	name       string
	from       int                         // the column of the old table whose values it has; -1: none
	written    *sqlparser.ColumnDefinition // nil: it is as it was, but for its name and default
	kept       scratch.Column              // without written
	newDefault sqlparser.Expr              // of SET DEFAULT, without written
}

// draftKey is a key. Its columns are names, since their positions are not known yet.
type draftKey struct {
	scratch.Key // without Parts
	primary     bool
	parts       []draftPart
	kept        bool // it was there
}

type draftPart struct {
	column string
	prefix int
	of     sqlparser.Expr // a key over an expression, which has a hidden column; nil: column
}

type draftCheck struct {
	name     string
	of       sqlparser.Expr
	column   string // whose definition it is of; "": it is the table's
	enforced bool
	kept     *scratch.Check // as it was; nil: it is new
}

type draftForeignKey struct {
	scratch.ForeignKey
	kept  bool
	index string // the name that the statement gives the key that it needs; "": that of its first column
}

// The ways in which a column's own definition makes a key of it (sqlparser has no names for them).
const (
	_ sqlparser.ColumnKeyOption = iota
	primaryOption
	spatialOption
	uniqueOption
	uniqueKeyOption
	keyOption // as in MySQL, PRIMARY KEY
	fulltextOption
)

// newDraft is what a CREATE TABLE makes, in a database with a collation.
func newDraft(ctx *sql.Context, database string, collation sql.CollationID, ddl *sqlparser.DDL) (*draft, error) {
	d := &draft{database: database, name: ddl.Table.Name.String(), temporary: ddl.Temporary, collation: collation}
	spec := ddl.TableSpec
	if spec == nil {
		return d, nil
	}
	if spec.PartitionOpt != nil {
		return nil, d.unsupported("partitions")
	}
	if err := d.options(ctx, spec.TableOpts); err != nil {
		return nil, err
	}
	for _, c := range spec.Columns {
		if err := d.add(c, nil); err != nil {
			return nil, err
		}
	}
	for _, k := range spec.Indexes {
		if err := d.addIndex(k); err != nil {
			return nil, err
		}
	}
	return d, d.addConstraints(spec)
}

// draftOf is a table as it is.
func draftOf(database string, t *scratch.Table) *draft {
	def := t.Definition()
	d := &draft{database: database, name: def.Name, temporary: t.Temporary(), collation: sql.CollationID(def.Collation), comment: def.Comment, old: def}
	for i, c := range def.Columns {
		d.columns = append(d.columns, draftColumn{name: c.Name, from: i, kept: c})
	}
	partsOf := func(parts []scratch.Part) (named []draftPart) {
		for _, p := range parts {
			named = append(named, draftPart{column: def.Columns[p.Column].Name, prefix: p.Prefix})
		}
		return named
	}
	if len(def.Primary) > 0 {
		d.keys = append(d.keys, draftKey{Key: scratch.Key{Name: primary, Unique: true}, primary: true, kept: true, parts: partsOf(def.Primary)})
	}
	for _, k := range def.Keys {
		d.keys = append(d.keys, draftKey{Key: scratch.Key{Name: k.Name, Unique: k.Unique, Comment: k.Comment}, kept: true, parts: partsOf(k.Parts)})
	}
	for i := range def.Checks {
		d.checks = append(d.checks, draftCheck{name: def.Checks[i].Name, enforced: def.Checks[i].Enforced, kept: &def.Checks[i]})
	}
	for _, k := range def.ForeignKeys {
		d.foreign = append(d.foreign, draftForeignKey{ForeignKey: k, kept: true})
	}
	return d
}

func (d *draft) unsupported(what string) error {
	return sqlerr.New(sqlerr.Unsupported, "table %s.%s: scratch tables have no %s", d.database, d.name, what)
}

// column returns the position of a column in the draft, -1 without one.
func (d *draft) column(name string) int {
	for i, c := range d.columns {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

func (d *draft) unknownColumn(name string) error {
	return sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in '%s'", name, d.name)
}

// add puts a new column where the statement has it, with the keys that its definition makes.
func (d *draft) add(c *sqlparser.ColumnDefinition, order *sqlparser.ColumnOrder) error {
	if d.column(c.Name.String()) >= 0 {
		return sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", c.Name.String())
	}
	if err := d.place(draftColumn{name: c.Name.String(), from: -1, written: c}, order); err != nil {
		return err
	}
	return d.ownKeys(c)
}

// place inserts a column; without an order it is the last that is seen.
func (d *draft) place(c draftColumn, order *sqlparser.ColumnOrder) error {
	at := len(d.columns)
	for at > 0 && d.columns[at-1].kept.Hidden {
		at--
	}
	switch {
	case order == nil:
	case order.First:
		at = 0
	default:
		if at = d.column(order.AfterColumn.String()) + 1; at == 0 {
			return d.unknownColumn(order.AfterColumn.String())
		}
	}
	d.columns = append(d.columns, draftColumn{})
	copy(d.columns[at+1:], d.columns[at:])
	d.columns[at] = c
	return nil
}

// ownKeys adds the keys that the definition of a column makes. Its REFERENCES means nothing (MySQL 8.0 manual, 13.1.20.5).
func (d *draft) ownKeys(c *sqlparser.ColumnDefinition) error {
	key := draftKey{parts: []draftPart{{column: c.Name.String()}}}
	switch c.Type.KeyOpt {
	case primaryOption, keyOption:
		key.primary, key.Unique, key.Name = true, true, primary
	case uniqueOption, uniqueKeyOption:
		key.Unique = true
	case spatialOption, fulltextOption:
		return d.unsupported("FULLTEXT and SPATIAL keys")
	default:
		return nil
	}
	d.keys = append(d.keys, key)
	return nil
}

func (d *draft) addIndex(k *sqlparser.IndexDefinition) error {
	if k.Info.Fulltext || k.Info.Spatial || k.Info.Vector {
		return d.unsupported("FULLTEXT, SPATIAL and VECTOR keys")
	}
	return d.addKey(k.Info.Name.String(), k.Info.Primary, k.Info.Unique, k.Fields, k.Options)
}

func (d *draft) addKey(name string, isPrimary, unique bool, fields []*sqlparser.IndexField, options []*sqlparser.IndexOption) error {
	key := draftKey{Key: scratch.Key{Name: name, Unique: unique || isPrimary}, primary: isPrimary}
	if isPrimary {
		key.Name = primary
	} else if strings.EqualFold(name, primary) {
		return sqlerr.New(sqlerr.Errno(1280), "Incorrect index name '%s'", name) // ER_WRONG_NAME_FOR_INDEX
	}
	for _, o := range options {
		if strings.EqualFold(o.Name, "comment") && o.Value != nil {
			key.Comment = string(o.Value.Val)
		}
	}
	for _, f := range fields {
		part := draftPart{column: f.Column.String(), of: f.Expression}
		if parenthesized, ok := part.of.(*sqlparser.ParenExpr); ok { // as it is shown
			part.of = parenthesized.Expr
		}
		if f.Length != nil {
			length, err := number(f.Length)
			if err != nil {
				return err
			}
			if length == 0 {
				return sqlerr.New(sqlerr.Errno(1391), "Key part '%s' length cannot be 0", part.column) // ER_KEY_PART_0
			}
			part.prefix = length
		}
		key.parts = append(key.parts, part)
	}
	d.keys = append(d.keys, key)
	return nil
}

func (d *draft) addConstraints(spec *sqlparser.TableSpec) error {
	for _, c := range spec.Constraints {
		switch of := c.Details.(type) {
		case *sqlparser.CheckConstraintDefinition:
			check := draftCheck{name: c.Name, of: of.Expr, enforced: of.Enforced}
			for _, column := range spec.Columns {
				if column.Type.Constraint == c {
					check.column = column.Name.String()
				}
			}
			d.checks = append(d.checks, check)
		case *sqlparser.ForeignKeyDefinition:
			if err := d.addForeignKey(c.Name, of); err != nil {
				return err
			}
		default:
			return d.unsupported("constraints of this kind")
		}
	}
	return nil
}

func (d *draft) addForeignKey(name string, f *sqlparser.ForeignKeyDefinition) error {
	k := draftForeignKey{index: cmp.Or(name, f.Index), ForeignKey: scratch.ForeignKey{Name: name, ParentDatabase: f.ReferencedTable.DbQualifier.String(), ParentTable: f.ReferencedTable.Name.String()}}
	if k.ParentDatabase == "" { // beside its table, not where the session is
		k.ParentDatabase = d.database
	}
	for _, c := range f.Source {
		k.Columns = append(k.Columns, c.String())
	}
	for _, c := range f.ReferencedColumns {
		k.ParentColumns = append(k.ParentColumns, c.String())
	}
	var err error
	if k.OnDelete, err = d.action(f.OnDelete); err != nil {
		return err
	}
	k.OnUpdate, err = d.action(f.OnUpdate)
	d.foreign = append(d.foreign, k)
	return err
}

func (d *draft) action(a sqlparser.ReferenceAction) (string, error) {
	switch a {
	case sqlparser.Restrict:
		return string(sql.ForeignKeyReferentialAction_Restrict), nil
	case sqlparser.Cascade:
		return string(sql.ForeignKeyReferentialAction_Cascade), nil
	case sqlparser.NoAction:
		return string(sql.ForeignKeyReferentialAction_NoAction), nil
	case sqlparser.SetNull:
		return string(sql.ForeignKeyReferentialAction_SetNull), nil
	case sqlparser.SetDefault:
		return "", d.unsupported("foreign keys with SET DEFAULT")
	}
	return string(sql.ForeignKeyReferentialAction_DefaultAction), nil
}
