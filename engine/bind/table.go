package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// table is a federated table as GMS's binder sees it. It can't be read.
type table struct {
	binder *Binder
	name   string
	site   plan.Site
	source *plan.Table
	schema sql.Schema
}

func newTable(b *Binder, db, name string, site plan.Site, source *plan.Table) *table {
	t := &table{binder: b, name: name, site: site, source: source, schema: make(sql.Schema, len(source.Columns))}
	for i, c := range source.Columns {
		t.schema[i] = &sql.Column{
			Name: c.Name, Type: columnType(ToGMS(c.Type)), Nullable: c.Nullable,
			Source: name, DatabaseSource: db, Comment: c.Comment,
		}
	}
	if source.Primary && len(source.Keys) > 0 {
		for _, i := range source.Keys[0] {
			t.schema[i].PrimaryKey = true
		}
	}
	return t
}

// columnDecimal is the DECIMAL of a federated column. It is not the type GMS knows by name, which keeps GMS from rounding
// a literal to the scale of the column it is compared with: price = 0.055 must not become price = 0.06.
type columnDecimal struct{ gmstypes.DecimalType_ }

func columnType(t sql.Type) sql.Type {
	if d, ok := t.(gmstypes.DecimalType_); ok {
		return columnDecimal{d}
	}
	return t
}

// Name implements sql.Table.
func (t *table) Name() string { return t.name }

// String implements sql.Table.
func (t *table) String() string { return t.name }

// Schema implements sql.Table.
func (t *table) Schema(*sql.Context) sql.Schema { return t.schema }

// Collation implements sql.Table.
func (t *table) Collation() sql.CollationID { return sql.Collation_utf8mb4_0900_bin }

// Comment implements sql.CommentedTable.
func (t *table) Comment() string { return t.source.Comment }

// PrimaryKeySchema implements sql.PrimaryKeyTable with all columns: GMS counts on them when it assigns column ids.
func (t *table) PrimaryKeySchema(*sql.Context) sql.PrimaryKeySchema {
	if !t.source.Primary || len(t.source.Keys) == 0 {
		return sql.NewPrimaryKeySchema(t.schema)
	}
	return sql.NewPrimaryKeySchema(t.schema, t.source.Keys[0]...)
}

// Partitions implements sql.Table by refusing.
func (t *table) Partitions(*sql.Context) (sql.PartitionIter, error) { return nil, t.unreadable() }

// PartitionRows implements sql.Table by refusing.
func (t *table) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	return nil, t.unreadable()
}

func (t *table) unreadable() error {
	return sqlerr.New(sqlerr.Unsupported, "%s of source %s can't be read row by row: this statement may only use it in a subquery of its own",
		t.source.Name, t.site.Source)
}

var (
	_ sql.PrimaryKeyTable = (*table)(nil)
	_ sql.CommentedTable  = (*table)(nil)
)
