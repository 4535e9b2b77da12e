package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// table is a federated table as GMS's binder sees it. It can't be read.
type table struct {
	db     string
	name   string
	site   plan.Site
	source *plan.Table
	schema sql.Schema
	system System // nil: the table is of a source
}

func newTable(db, name string, site plan.Site, source *plan.Table) *table {
	t := &table{db: db, name: name, site: site, source: source, schema: make(sql.Schema, len(source.Columns))}
	for i, c := range source.Columns {
		t.schema[i] = &sql.Column{
			Name: c.Name, Type: columnType(c.Type), Nullable: c.Nullable,
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

// columnType is the GMS type of a federated column. One of type Bool is BOOLEAN, which is TINYINT(1), unlike a predicate.
func columnType(t types.Type) sql.Type {
	if t.Kind == types.Bool {
		return gmstypes.Boolean
	}
	as := ToGMS(t)
	if d, ok := as.(gmstypes.DecimalType_); ok {
		return columnDecimal{d}
	}
	return as
}

// Name implements sql.Table.
func (t *table) Name() string { return t.name }

// String implements sql.Table.
func (t *table) String() string { return t.name }

// Schema implements sql.Table.
func (t *table) Schema(*sql.Context) sql.Schema { return t.schema }

// Collation implements sql.Table.
func (t *table) Collation() sql.CollationID {
	if t.system != nil {
		return sql.Collation_Information_Schema_Default
	}
	return sql.Collation_utf8mb4_0900_bin
}

// Comment implements sql.CommentedTable.
func (t *table) Comment() string { return t.source.Comment }

// PrimaryKeySchema implements sql.PrimaryKeyTable with all columns: GMS counts on them when it assigns column ids.
func (t *table) PrimaryKeySchema(*sql.Context) sql.PrimaryKeySchema {
	if !t.source.Primary || len(t.source.Keys) == 0 {
		return sql.NewPrimaryKeySchema(t.schema)
	}
	return sql.NewPrimaryKeySchema(t.schema, t.source.Keys[0]...)
}

// GetIndexes implements sql.IndexAddressable with the keys, for SHOW CREATE TABLE.
func (t *table) GetIndexes(*sql.Context) ([]sql.Index, error) {
	var indexes []sql.Index
	for i := range t.source.Keys {
		indexes = append(indexes, key{t, i})
	}
	return indexes, nil
}

// IndexedAccess implements sql.IndexAddressable: GMS reads nothing of a federated table.
func (t *table) IndexedAccess(*sql.Context, sql.IndexLookup) sql.IndexedTable { return nil }

// PreciseMatch implements sql.IndexAddressable.
func (t *table) PreciseMatch() bool { return false }

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
	_ sql.PrimaryKeyTable       = (*table)(nil)
	_ sql.CommentedTable        = (*table)(nil)
	_ sql.IndexAddressableTable = (*table)(nil)
)

// key describes a key of a table as an index.
type key struct {
	table *table
	at    int // among the table's keys
}

// ID implements sql.Index.
func (k key) ID() string { return k.table.source.KeyName(k.at) }

// Database implements sql.Index.
func (k key) Database() string { return k.table.db }

// Table implements sql.Index.
func (k key) Table() string { return k.table.name }

// Expressions implements sql.Index.
func (k key) Expressions() []string {
	var names []string
	for _, i := range k.table.source.Keys[k.at] {
		names = append(names, k.table.name+"."+k.table.schema[i].Name)
	}
	return names
}

// ColumnExpressionTypes implements sql.Index.
func (k key) ColumnExpressionTypes(*sql.Context) []sql.ColumnExpressionType {
	var columns []sql.ColumnExpressionType
	for at, i := range k.table.source.Keys[k.at] {
		columns = append(columns, sql.ColumnExpressionType{Expression: k.Expressions()[at], Type: k.table.schema[i].Type})
	}
	return columns
}

// CoversColumns implements sql.Index.
func (k key) CoversColumns([]string) bool { return false }

// IsUnique implements sql.Index.
func (k key) IsUnique() bool { return true }

// IsSpatial implements sql.Index.
func (k key) IsSpatial() bool { return false }

// IsFullText implements sql.Index.
func (k key) IsFullText() bool { return false }

// IsVector implements sql.Index.
func (k key) IsVector() bool { return false }

// IsGenerated implements sql.Index.
func (k key) IsGenerated() bool { return false }

// Comment implements sql.Index.
func (k key) Comment() string { return "" }

// IndexType implements sql.Index.
func (k key) IndexType() string { return "BTREE" }

// CanSupport implements sql.Index: no lookup goes through it.
func (k key) CanSupport(*sql.Context, ...sql.Range) bool { return false }

// CanSupportOrderBy implements sql.Index.
func (k key) CanSupportOrderBy(sql.Expression) bool { return false }

// PrefixLengths implements sql.Index.
func (k key) PrefixLengths() []uint16 { return nil }

var _ sql.Index = key{}
