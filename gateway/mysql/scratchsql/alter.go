package scratchsql

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// A change of columns writes the table anew: GMS reads the old rows, converts them and inserts the new ones. What does not
// touch rows changes the definition alone.

// alter gives the table another definition.
func (t *table) alter(ctx *sql.Context, change func(*scratch.Definition) error) error {
	err := t.databases.session(ctx).Alter(ctx, t.database, t.def.Name, func(def *scratch.Definition) error {
		return change(def)
	})
	if now, found := t.current(ctx); found == nil {
		err = t.editor(ctx).refused(ctx, err)
		t.def = now.Definition()
	}
	return err
}

// ShouldRewriteTable implements sql.RewritableTable. A name, a default or a comment are no reason.
func (t *table) ShouldRewriteTable(_ *sql.Context, old, changed sql.PrimaryKeySchema, from, to *sql.Column) bool {
	if from == nil || to == nil || len(old.Schema) != len(changed.Schema) || len(old.PkOrdinals) != len(changed.PkOrdinals) {
		return true
	}
	return typeText(from.Type) != typeText(to.Type) || from.Nullable != to.Nullable ||
		old.Schema.IndexOfColName(from.Name) != changed.Schema.IndexOfColName(to.Name) ||
		(from.Generated == nil) != (to.Generated == nil) || to.Generated != nil || to.AutoIncrement != from.AutoIncrement
}

// RewriteInserter implements sql.RewritableTable.
func (t *table) RewriteInserter(ctx *sql.Context, old, changed sql.PrimaryKeySchema, from, to *sql.Column, prefixes []sql.IndexColumn) (sql.RowInserter, error) {
	t.renew(ctx)
	def, err := definition(ctx, t.def.Name, changed, prefixes)
	if err != nil {
		return nil, err
	}
	def.Collation, def.Comment, def.Checks, def.ForeignKeys = t.def.Collation, t.def.Comment, t.def.Checks, t.def.ForeignKeys
	for i, c := range def.Columns { // GMS takes virtual columns for stored ones
		if at := t.def.Index(c.Name); at >= 0 && c.Generated != nil && t.def.Columns[at].Virtual && (to == nil || !strings.EqualFold(to.Name, c.Name)) {
			def.Columns[i].Virtual = true
		}
	}
	renamed := func(column string) string {
		if from != nil && to != nil && strings.EqualFold(column, from.Name) {
			return to.Name
		}
		return column
	}
	if len(prefixes) == 0 && len(old.PkOrdinals) == len(changed.PkOrdinals) {
		for i, p := range t.def.Primary {
			def.Primary[i].Prefix = p.Prefix
		}
	}
	for _, k := range t.def.Keys {
		kept := k
		kept.Parts = nil
		for _, p := range k.Parts {
			if at := def.Index(renamed(t.def.Columns[p.Column].Name)); at >= 0 {
				kept.Parts = append(kept.Parts, scratch.Part{Column: at, Prefix: p.Prefix})
			}
		}
		if len(kept.Parts) > 0 { // as in MySQL, a key ends with its last column
			def.Keys = append(def.Keys, kept)
		}
	}
	next, err := t.databases.session(ctx).Rewrite(ctx, t.database, t.def.Name, def)
	if err != nil {
		return nil, err
	}
	target := &table{databases: t.databases, database: t.database, def: def, temporary: t.temporary, planned: true}
	return &rewriter{
		editor: editor{table: target, rows: next, codec: target.codec(ctx), width: len(def.Columns)},
	}, nil
}

// rewriter is the editor of a table that is to replace another.
type rewriter struct {
	editor
	failed bool
}

// Insert implements sql.RowInserter.
func (r *rewriter) Insert(ctx *sql.Context, row sql.Row) error {
	err := r.editor.Insert(ctx, row)
	r.failed = r.failed || err != nil
	return err
}

// DiscardChanges implements sql.EditOpenerCloser.
func (r *rewriter) DiscardChanges(*sql.Context, error) error {
	r.failed = true
	return nil
}

// Close implements sql.Closer.
func (r *rewriter) Close(ctx *sql.Context) error {
	session := r.table.databases.session(ctx)
	if r.failed {
		session.Abandon(r.rows)
		return nil
	}
	return session.Replace(ctx, r.table.database, r.table.def.Name, r.rows)
}

// AddColumn implements sql.AlterableTable.
func (t *table) AddColumn(_ *sql.Context, column *sql.Column, _ *sql.ColumnOrder) error {
	return t.rewritten(column.Name)
}

// DropColumn implements sql.AlterableTable.
func (t *table) DropColumn(_ *sql.Context, column string) error { return t.rewritten(column) }

func (t *table) rewritten(column string) error {
	return sqlerr.New(sqlerr.Internal, "column %s of table %s.%s: the table was not written anew", column, t.database, t.def.Name)
}

// ModifyColumn implements sql.AlterableTable with what leaves the rows as they are.
func (t *table) ModifyColumn(ctx *sql.Context, name string, column *sql.Column, _ *sql.ColumnOrder) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		i := def.Index(name)
		if i < 0 {
			return sql.ErrTableColumnNotFound.New(t.def.Name, name)
		}
		text := def.Columns[i].SQLType
		typ, err := t.databases.typeOf(def.Columns[i])
		if err != nil {
			return err
		}
		if def.Columns[i], err = columnOf(ctx, column, typ); err != nil {
			return err
		}
		def.Columns[i].SQLType = text
		for f, fk := range def.ForeignKeys {
			fk.Columns = renameIn(fk.Columns, name, column.Name)
			def.ForeignKeys[f] = fk
		}
		return nil
	})
}

func renameIn(columns []string, from, to string) []string {
	var renamed []string
	for _, c := range columns {
		if strings.EqualFold(c, from) {
			c = to
		}
		renamed = append(renamed, c)
	}
	return renamed
}

// CreatePrimaryKey implements sql.PrimaryKeyAlterableTable, for which GMS writes the table anew.
func (t *table) CreatePrimaryKey(*sql.Context, []sql.IndexColumn) error {
	return t.rewritten("PRIMARY")
}

// DropPrimaryKey implements sql.PrimaryKeyAlterableTable, as CreatePrimaryKey.
func (t *table) DropPrimaryKey(*sql.Context) error { return t.rewritten("PRIMARY") }

// ModifyComment implements sql.CommentAlterableTable.
func (t *table) ModifyComment(ctx *sql.Context, comment string) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		def.Comment = comment
		return nil
	})
}

// ModifyDefaultCollation implements sql.CollationAlterableTable.
func (t *table) ModifyDefaultCollation(ctx *sql.Context, collation sql.CollationID) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		def.Collation = uint16(collation)
		return nil
	})
}

// ModifyStoredCollation implements sql.CollationAlterableTable. GMS refuses CONVERT TO before it gets here.
func (t *table) ModifyStoredCollation(*sql.Context, sql.CollationID) error {
	return sqlerr.New(sqlerr.Unsupported, "table %s.%s: CONVERT TO CHARACTER SET is not supported, MODIFY its columns", t.database, t.def.Name)
}

// GetChecks implements sql.CheckTable.
func (t *table) GetChecks(*sql.Context) ([]sql.CheckDefinition, error) {
	var checks []sql.CheckDefinition
	for _, c := range t.def.Checks {
		checks = append(checks, sql.CheckDefinition{Name: c.Name, CheckExpression: c.SQL, Enforced: c.Enforced})
	}
	return checks, nil
}

// CreateCheck implements sql.CheckAlterableTable.
func (t *table) CreateCheck(ctx *sql.Context, check *sql.CheckDefinition) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		taken := func(name string) bool {
			for _, c := range def.Checks {
				if strings.EqualFold(c.Name, name) {
					return true
				}
			}
			return false
		}
		name := check.Name
		for n := 1; name == ""; n++ {
			if candidate := fmt.Sprintf("%s_chk_%d", def.Name, n); !taken(candidate) {
				name = candidate
			}
		}
		if taken(name) {
			return sql.ErrDuplicateCheckName.New(name)
		}
		def.Checks = append(def.Checks, scratch.Check{Name: name, SQL: check.CheckExpression, Enforced: check.Enforced})
		return nil
	})
}

// DropCheck implements sql.CheckAlterableTable.
func (t *table) DropCheck(ctx *sql.Context, name string) error {
	return t.alter(ctx, func(def *scratch.Definition) error {
		for i, c := range def.Checks {
			if strings.EqualFold(c.Name, name) {
				def.Checks = append(def.Checks[:i], def.Checks[i+1:]...)
				return nil
			}
		}
		return sqlerr.New(sqlerr.UnknownCheck, "Check constraint '%s' is not found in the table.", name)
	})
}

var (
	_ sql.RewritableTable          = (*table)(nil)
	_ sql.PrimaryKeyAlterableTable = (*table)(nil)
	_ sql.CommentAlterableTable    = (*table)(nil)
	_ sql.CollationAlterableTable  = (*table)(nil)
	_ sql.CheckTable               = (*table)(nil)
	_ sql.CheckAlterableTable      = (*table)(nil)
)
