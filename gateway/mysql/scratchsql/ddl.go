package scratchsql

import (
	"cmp"
	"slices"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// DDL of tables is run here, not by GMS, which applies the clauses of an ALTER TABLE one after the other, each to what the one before has left.
// GMS binds types and expressions, see draft.define.

// Owns reports whether a table is one of package scratch, by its database and name.
func (d *Databases) Owns(ctx *sql.Context, database, name string) bool {
	_, ok := d.session(ctx).Table(database, name)
	return ok
}

// Create makes the table of a CREATE TABLE whose name stands for nothing yet.
func (d *Databases) Create(ctx *sql.Context, gms *sqle.Engine, database string, ddl *sqlparser.DDL) error {
	made, err := newDraft(ctx, database, d.collation(ctx, database), ddl)
	if err != nil {
		return err
	}
	if err := checkTableName(made.name); err != nil {
		return err
	}
	if len(made.columns) == 0 { // ER_TABLE_MUST_HAVE_COLUMNS
		return sqlerr.New(sqlerr.Errno(1113), "A table must have at least 1 column")
	}
	b, err := made.define(ctx, d, gms)
	if err != nil {
		return err
	}
	return d.make(ctx, database, b.def, made.auto, ddl.Temporary)
}

// CreateLike makes a table as another one is, without its foreign keys and rows.
func (d *Databases) CreateLike(ctx *sql.Context, gms *sqle.Engine, database string, ddl *sqlparser.DDL) error {
	name, like := ddl.Table.Name.String(), ddl.OptLike.LikeTables[0]
	if err := checkTableName(name); err != nil {
		return err
	}
	// GMS refuses what the user may not read, and knows the tables of sources.
	n, err := gms.BoundQueryPlan(ctx, "", ddl, nil)
	if err != nil {
		return err
	}
	bound, ok := n.(*gmsplan.CreateTable)
	if !ok {
		return sqlerr.New(sqlerr.Internal, "table %s.%s was bound as %T", database, name, n)
	}
	t, ok := d.session(ctx).Table(cmp.Or(like.DbQualifier.String(), ctx.GetCurrentDatabase()), like.Name.String())
	if !ok {
		def, err := definition(ctx, name, bound)
		if err != nil {
			return err
		}
		return d.make(ctx, database, def, 0, ddl.Temporary)
	}
	def := t.Definition().Clone()
	def.Name, def.ForeignKeys = name, nil
	for i := range def.Checks {
		c := &def.Checks[i]
		c.Name = generatedCheck(name, i+1)
		if err := d.checkCheck(ctx, scratchName{database, name}, c.Name, ddl.Temporary); err != nil {
			return err
		}
	}
	return d.make(ctx, database, def, 0, ddl.Temporary)
}

func (d *Databases) make(ctx *sql.Context, database string, def *scratch.Definition, auto uint64, temporary bool) error {
	t, err := d.session(ctx).Create(ctx, database, def, user(ctx), temporary)
	if err != nil || auto == 0 {
		return err
	}
	return t.SetAutoIncrement(auto)
}

// collation is that of a database's tables that name none.
func (d *Databases) collation(ctx *sql.Context, database string) sql.CollationID {
	if db, ok := d.session(ctx).Database(database); ok {
		return sql.CollationID(db.Collation)
	}
	return sql.Collation_Default
}

// Alter makes of a table what an ALTER TABLE says, all of it or nothing.
func (d *Databases) Alter(ctx *sql.Context, gms *sqle.Engine, database string, alter *sqlparser.AlterTable) error {
	session := d.session(ctx)
	t, err := session.Write(ctx, database, alter.Table.Name.String())
	if err != nil {
		return err
	}
	altered := draftOf(database, t)
	to, err := altered.apply(alter.Statements)
	if err != nil {
		return err
	}
	if altered.converted {
		if err := altered.convert(d); err != nil {
			return err
		}
	}
	b, err := altered.define(ctx, d, gms)
	if err != nil {
		return err
	}
	var children []child
	if !altered.temporary {
		children = d.children(ctx, database, altered.old.Name)
	}
	if err := b.checkChildren(children); err != nil {
		return err
	}
	if b.sameRows() {
		err = session.Alter(ctx, database, altered.old.Name, func(def *scratch.Definition) error {
			*def = *b.def
			return nil
		})
		if err == nil && altered.auto > 0 {
			err = d.setCounter(ctx, database, altered)
		}
	} else {
		err = b.rewrite(ctx, d)
	}
	if err != nil {
		return b.refused(ctx, d, err)
	}
	if err := b.checkParents(ctx, d); err != nil {
		return err
	}
	target := scratchName{database, altered.old.Name}
	if to != nil {
		target = scratchName{cmp.Or(to.DbQualifier.String(), ctx.GetCurrentDatabase()), to.Name.String()}
		if target.database == "" {
			return sql.ErrNoDatabaseSelected.New()
		}
	}
	return d.move(ctx, scratchName{database, altered.old.Name}, target, b.renamed)
}

func (d *Databases) setCounter(ctx *sql.Context, database string, of *draft) error {
	t, err := d.session(ctx).Write(ctx, database, of.old.Name)
	if err != nil {
		return err
	}
	return t.SetAutoIncrement(of.auto)
}

// scratchName is where a table is.
type scratchName struct{ database, table string }

// Rename gives a table another name, be it in another database.
func (d *Databases) Rename(ctx *sql.Context, database, table, toDatabase, to string) error {
	return d.move(ctx, scratchName{database, table}, scratchName{toDatabase, to}, func(column string) string { return column })
}

// move gives a table another name, if it has another, and has the foreign keys that point to it go on to, by the new names of its columns too.
func (d *Databases) move(ctx *sql.Context, from, to scratchName, column func(string) string) error {
	session := d.session(ctx)
	_, hidden := session.Temporary(from.database, from.table)
	moved := from != to
	if moved {
		if err := checkTableName(to.table); err != nil {
			return err
		}
		if _, ok := session.Database(to.database); !ok && !hidden {
			return sqlerr.New(sqlerr.UnknownDatabase, "Unknown database '%s'", to.database)
		}
		if _, view, err := d.views.View(ctx, to.database, to.table); err != nil || view {
			if err == nil {
				err = sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", to.table)
			}
			return err
		}
	}
	if !hidden {
		if err := d.follow(ctx, from, to, column); err != nil {
			return err
		}
	}
	if !moved {
		return nil
	}
	if err := session.Rename(ctx, from.database, from.table, to.database, to.table); err != nil {
		return err
	}
	return d.renameChecks(ctx, from, to, hidden)
}

// follow has the foreign keys that point to a table point to what it is called now.
func (d *Databases) follow(ctx *sql.Context, from, to scratchName, column func(string) string) error {
	for _, c := range d.children(ctx, from.database, from.table) {
		now := c.key
		now.ParentDatabase, now.ParentTable, now.ParentColumns = to.database, to.table, nil
		for _, name := range c.key.ParentColumns {
			now.ParentColumns = append(now.ParentColumns, column(name))
		}
		if from == to && slices.Equal(now.ParentColumns, c.key.ParentColumns) {
			continue
		}
		err := d.session(ctx).Alter(ctx, c.database, c.table.Definition().Name, func(def *scratch.Definition) error {
			def.ForeignKeys[indexOfForeignKey(def, now.Name)] = now
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
