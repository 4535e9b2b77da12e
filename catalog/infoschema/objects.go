package infoschema

import (
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

const (
	yesOrNo = "enum('NO','YES')"
	// charset and collation of clients, of which views and the like keep one.
	clientCharset   = "utf8mb4"
	clientCollation = "utf8mb4_0900_ai_ci"
)

// objects are the tables about databases, tables, columns and keys (MySQL 8.0 Reference Manual, 28.3).
func objects() []*table {
	return []*table{
		{name: "SCHEMATA", of: databases, columns: []column{
			inCatalog("CATALOG_NAME", "varchar(64)?"),
			inDatabase("SCHEMA_NAME", "varchar(64)?"),
			value("DEFAULT_CHARACTER_SET_NAME", "varchar(64)", func(i *item) types.Value { return types.TextValue(i.collation.Charset()) }),
			value("DEFAULT_COLLATION_NAME", "varchar(64)", func(i *item) types.Value { return types.TextValue(i.collation.String()) }),
			unknown("SQL_PATH", "binary(0)?"),
			constant("DEFAULT_ENCRYPTION", yesOrNo, "NO"),
		}},
		{name: "SCHEMATA_EXTENSIONS", of: databases, columns: []column{
			inCatalog("CATALOG_NAME", "varchar(64)?"),
			inDatabase("SCHEMA_NAME", "varchar(64)?"),
			constant("OPTIONS", "varchar(256)?", ""),
		}},
		{name: "TABLES", of: tables, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("TABLE_TYPE", "enum('BASE TABLE','VIEW','SYSTEM VIEW')", func(i *item) types.Value { return types.TextValue(i.kind()) }),
			value("ENGINE", "varchar(64)?", ofBase(func(i *item) string {
				switch {
				case i.wrapper != "":
					return i.wrapper
				case i.definition != nil:
					return "InnoDB" // which is what applications look for: it has transactions and foreign keys, and so do these
				case i.database == Performance:
					return "PERFORMANCE_SCHEMA"
				}
				return "MEMORY"
			})),
			value("VERSION", "int?", func(i *item) types.Value {
				if i.isView() {
					return types.NullValue
				}
				return types.IntValue(10)
			}),
			value("ROW_FORMAT", "enum('Fixed','Dynamic','Compressed','Redundant','Compact','Paged')?", ofBase(func(*item) string { return "Dynamic" })),
			value("TABLE_ROWS", "bigint unsigned?", rows),
			unknown("AVG_ROW_LENGTH", "bigint unsigned?"),
			unknown("DATA_LENGTH", "bigint unsigned?"),
			unknown("MAX_DATA_LENGTH", "bigint unsigned?"),
			unknown("INDEX_LENGTH", "bigint unsigned?"),
			unknown("DATA_FREE", "bigint unsigned?"),
			unknown("AUTO_INCREMENT", "bigint unsigned?"),
			unknown("CREATE_TIME", "timestamp?"),
			unknown("UPDATE_TIME", "datetime?"),
			unknown("CHECK_TIME", "datetime?"),
			value("TABLE_COLLATION", "varchar(64)?", func(i *item) types.Value {
				if i.isView() {
					return types.NullValue
				}
				return types.TextValue(i.collation.String())
			}),
			unknown("CHECKSUM", "bigint?"),
			value("CREATE_OPTIONS", "varchar(256)?", func(i *item) types.Value {
				if i.isView() {
					return types.NullValue
				}
				return types.TextValue("")
			}),
			value("TABLE_COMMENT", "text?", func(i *item) types.Value {
				if i.isView() && i.entry.Comment == "" {
					return types.TextValue("VIEW")
				}
				return types.TextValue(i.entry.Comment)
			}),
		}},
		{name: "TABLES_EXTENSIONS", of: tables, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)"),
			inDatabase("TABLE_SCHEMA", "varchar(64)"),
			ofTable("TABLE_NAME", "varchar(64)"),
			unknown("ENGINE_ATTRIBUTE", "json?"),
			unknown("SECONDARY_ENGINE_ATTRIBUTE", "json?"),
		}},
		{name: "VIEWS", of: tables, only: (*item).isView, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("VIEW_DEFINITION", "longtext?", ofView(func(v *View) string { return v.Definition })),
			constant("CHECK_OPTION", "enum('NONE','LOCAL','CASCADED')?", "NONE"),
			constant("IS_UPDATABLE", yesOrNo+"?", "NO"),
			value("DEFINER", "varchar(288)?", ofView(func(v *View) string { return v.Definer })),
			value("SECURITY_TYPE", "varchar(7)?", security),
			constant("CHARACTER_SET_CLIENT", "varchar(64)", clientCharset),
			constant("COLLATION_CONNECTION", "varchar(64)", clientCollation),
		}},
		{name: "PARTITIONS", of: tables, only: (*item).base, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)"),
			unknown("PARTITION_NAME", "varchar(64)?"),
			unknown("SUBPARTITION_NAME", "varchar(64)?"),
			unknown("PARTITION_ORDINAL_POSITION", "int unsigned?"),
			unknown("SUBPARTITION_ORDINAL_POSITION", "int unsigned?"),
			unknown("PARTITION_METHOD", "varchar(13)?"),
			unknown("SUBPARTITION_METHOD", "varchar(13)?"),
			unknown("PARTITION_EXPRESSION", "varchar(2048)?"),
			unknown("SUBPARTITION_EXPRESSION", "varchar(2048)?"),
			unknown("PARTITION_DESCRIPTION", "text?"),
			value("TABLE_ROWS", "bigint unsigned?", rows),
			unknown("AVG_ROW_LENGTH", "bigint unsigned?"),
			unknown("DATA_LENGTH", "bigint unsigned?"),
			unknown("MAX_DATA_LENGTH", "bigint unsigned?"),
			unknown("INDEX_LENGTH", "bigint unsigned?"),
			unknown("DATA_FREE", "bigint unsigned?"),
			unknown("CREATE_TIME", "timestamp?"),
			unknown("UPDATE_TIME", "datetime?"),
			unknown("CHECK_TIME", "datetime?"),
			unknown("CHECKSUM", "bigint?"),
			constant("PARTITION_COMMENT", "text", ""),
			unknown("NODEGROUP", "varchar(256)?"),
			unknown("TABLESPACE_NAME", "varchar(268)?"),
		}},
	}
}

// parts are the tables about what tables are made of.
func parts() []*table {
	return []*table{
		{name: "COLUMNS", of: columns, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("COLUMN_NAME", "varchar(64)?", columnName),
			value("ORDINAL_POSITION", "int unsigned", func(i *item) types.Value { return types.IntValue(int64(i.column) + 1) }),
			value("COLUMN_DEFAULT", "text?", columnDefault),
			value("IS_NULLABLE", "varchar(3)", func(i *item) types.Value { return yesNo(i.columnOf().Nullable) }),
			value("DATA_TYPE", "longtext?", func(i *item) types.Value { return types.TextValue(i.declared.DataType) }),
			value("CHARACTER_MAXIMUM_LENGTH", "bigint?", func(i *item) types.Value { return number(i.declared.Characters) }),
			value("CHARACTER_OCTET_LENGTH", "bigint?", func(i *item) types.Value { return number(i.declared.Octets) }),
			value("NUMERIC_PRECISION", "bigint unsigned?", func(i *item) types.Value { return number(i.declared.Precision) }),
			value("NUMERIC_SCALE", "bigint unsigned?", func(i *item) types.Value { return number(i.declared.Scale) }),
			value("DATETIME_PRECISION", "int unsigned?", func(i *item) types.Value { return number(i.declared.Fraction) }),
			value("CHARACTER_SET_NAME", "varchar(64)?", func(i *item) types.Value {
				if !i.declared.Collated {
					return types.NullValue
				}
				return types.TextValue(i.columnOf().Type.Collation.Charset())
			}),
			value("COLLATION_NAME", "varchar(64)?", func(i *item) types.Value {
				if !i.declared.Collated {
					return types.NullValue
				}
				return types.TextValue(i.columnOf().Type.Collation.String())
			}),
			value("COLUMN_TYPE", "mediumtext", func(i *item) types.Value { return types.TextValue(i.declared.ColumnType) }),
			value("COLUMN_KEY", "enum('','PRI','UNI','MUL')", func(i *item) types.Value {
				if i.definition != nil {
					return types.TextValue(columnKey(i.definition, i.column))
				}
				return types.TextValue(i.table.ColumnKey(i.column))
			}),
			value("EXTRA", "varchar(256)?", extra),
			value("PRIVILEGES", "varchar(154)?", privileges),
			value("COLUMN_COMMENT", "text", func(i *item) types.Value { return types.TextValue(i.columnOf().Comment) }),
			value("GENERATION_EXPRESSION", "longtext", generated),
			unknown("SRS_ID", "int unsigned?"),
		}},
		{name: "COLUMNS_EXTENSIONS", of: columns, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)"),
			inDatabase("TABLE_SCHEMA", "varchar(64)"),
			ofTable("TABLE_NAME", "varchar(64)"),
			value("COLUMN_NAME", "varchar(64)?", columnName),
			unknown("ENGINE_ATTRIBUTE", "json?"),
			unknown("SECONDARY_ENGINE_ATTRIBUTE", "json?"),
		}},
		{name: "STATISTICS", of: keyColumns, only: (*item).isIndex, columns: []column{
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("NON_UNIQUE", "int", func(i *item) types.Value {
				if i.key.kind == index {
					return types.IntValue(1)
				}
				return types.IntValue(0)
			}),
			inDatabase("INDEX_SCHEMA", "varchar(64)?"),
			value("INDEX_NAME", "varchar(64)?", constraintName),
			value("SEQ_IN_INDEX", "int unsigned", func(i *item) types.Value { return types.IntValue(int64(i.seq) + 1) }),
			value("COLUMN_NAME", "varchar(64)?", func(i *item) types.Value {
				if _, ok := i.keyExpression(); ok {
					return types.NullValue
				}
				return columnName(i)
			}),
			constant("COLLATION", "varchar(1)?", "A"),
			value("CARDINALITY", "bigint?", func(i *item) types.Value {
				if i.key.kind == index || i.seq < len(i.key.columns)-1 {
					return types.NullValue
				}
				return rows(i)
			}),
			value("SUB_PART", "bigint?", func(i *item) types.Value {
				if i.key.prefix == nil || i.key.prefix[i.seq] == 0 {
					return types.NullValue
				}
				return types.IntValue(int64(i.key.prefix[i.seq]))
			}),
			unknown("PACKED", "binary(0)?"),
			value("NULLABLE", "varchar(3)", func(i *item) types.Value {
				if i.columnOf().Nullable {
					return types.TextValue("YES")
				}
				return types.TextValue("")
			}),
			constant("INDEX_TYPE", "varchar(11)", "BTREE"),
			constant("COMMENT", "varchar(8)", ""),
			value("INDEX_COMMENT", "varchar(2048)", func(i *item) types.Value { return types.TextValue(i.key.comment) }),
			constant("IS_VISIBLE", "varchar(3)", "YES"),
			value("EXPRESSION", "longtext?", func(i *item) types.Value {
				if expression, ok := i.keyExpression(); ok {
					return types.TextValue(expression)
				}
				return types.NullValue
			}),
		}},
		{name: "KEY_COLUMN_USAGE", of: keyColumns, only: (*item).isConstraint, columns: []column{
			inCatalog("CONSTRAINT_CATALOG", "varchar(64)?"),
			inDatabase("CONSTRAINT_SCHEMA", "varchar(64)?"),
			value("CONSTRAINT_NAME", "varchar(64)?", constraintName),
			inCatalog("TABLE_CATALOG", "varchar(64)?"),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("COLUMN_NAME", "varchar(64)?", columnName),
			value("ORDINAL_POSITION", "int unsigned", func(i *item) types.Value { return types.IntValue(int64(i.seq) + 1) }),
			value("POSITION_IN_UNIQUE_CONSTRAINT", "int unsigned?", func(i *item) types.Value {
				if i.key.foreign == nil {
					return types.NullValue
				}
				return types.IntValue(int64(i.seq) + 1)
			}),
			value("REFERENCED_TABLE_SCHEMA", "varchar(64)?", ofForeign(func(i *item) string { return i.key.foreign.ParentDatabase })),
			value("REFERENCED_TABLE_NAME", "varchar(64)?", ofForeign(func(i *item) string { return i.key.foreign.ParentTable })),
			value("REFERENCED_COLUMN_NAME", "varchar(64)?", ofForeign(func(i *item) string { return i.key.foreign.ParentColumns[i.seq] })),
		}},
		{name: "TABLE_CONSTRAINTS", of: keys, only: (*item).isConstraint, columns: []column{
			inCatalog("CONSTRAINT_CATALOG", "varchar(64)?"),
			inDatabase("CONSTRAINT_SCHEMA", "varchar(64)?"),
			value("CONSTRAINT_NAME", "varchar(64)?", constraintName),
			inDatabase("TABLE_SCHEMA", "varchar(64)?"),
			ofTable("TABLE_NAME", "varchar(64)?"),
			value("CONSTRAINT_TYPE", "varchar(11)", func(i *item) types.Value { return types.TextValue(i.key.kind.String()) }),
			value("ENFORCED", "varchar(3)", func(i *item) types.Value { return yesNo(i.key.check == nil || i.key.check.Enforced) }),
		}},
		{name: "TABLE_CONSTRAINTS_EXTENSIONS", of: keys, only: (*item).isConstraint, columns: []column{
			inCatalog("CONSTRAINT_CATALOG", "varchar(64)"),
			inDatabase("CONSTRAINT_SCHEMA", "varchar(64)"),
			value("CONSTRAINT_NAME", "varchar(64)", constraintName),
			ofTable("TABLE_NAME", "varchar(64)"),
			unknown("ENGINE_ATTRIBUTE", "json?"),
			unknown("SECONDARY_ENGINE_ATTRIBUTE", "json?"),
		}},
		{name: "REFERENTIAL_CONSTRAINTS", of: keys, only: (*item).isForeign, columns: []column{
			inCatalog("CONSTRAINT_CATALOG", "varchar(64)"),
			inDatabase("CONSTRAINT_SCHEMA", "varchar(64)"),
			value("CONSTRAINT_NAME", "varchar(64)?", constraintName),
			inCatalog("UNIQUE_CONSTRAINT_CATALOG", "varchar(64)"),
			value("UNIQUE_CONSTRAINT_SCHEMA", "varchar(64)", ofForeign(func(i *item) string { return i.key.foreign.ParentDatabase })),
			constant("UNIQUE_CONSTRAINT_NAME", "varchar(64)?", "PRIMARY"),
			constant("MATCH_OPTION", "enum('NONE','PARTIAL','FULL')", "NONE"),
			value("UPDATE_RULE", "enum('NO ACTION','RESTRICT','CASCADE','SET NULL','SET DEFAULT')", ofForeign(func(i *item) string { return rule(i.key.foreign.OnUpdate) })),
			value("DELETE_RULE", "enum('NO ACTION','RESTRICT','CASCADE','SET NULL','SET DEFAULT')", ofForeign(func(i *item) string { return rule(i.key.foreign.OnDelete) })),
			ofTable("TABLE_NAME", "varchar(64)"),
			value("REFERENCED_TABLE_NAME", "varchar(64)", ofForeign(func(i *item) string { return i.key.foreign.ParentTable })),
		}},
		{name: "CHECK_CONSTRAINTS", of: keys, only: (*item).isCheck, columns: []column{
			inCatalog("CONSTRAINT_CATALOG", "varchar(64)?"),
			inDatabase("CONSTRAINT_SCHEMA", "varchar(64)?"),
			value("CONSTRAINT_NAME", "varchar(64)", constraintName),
			value("CHECK_CLAUSE", "longtext", func(i *item) types.Value { return types.TextValue(i.key.check.SQL) }),
		}},
	}
}

// kindOf is what a table of these databases is in a listing: only information_schema's are views to MySQL.
func kindOf(database string) plan.TableKind {
	if database == Information {
		return plan.SystemTable
	}
	return plan.BaseTable
}

// ofView gives a text to views that were made here; a source's own are in its own language.
func ofView(text func(*View) string) func(*item) types.Value {
	return func(i *item) types.Value {
		if i.view == nil {
			return types.TextValue("")
		}
		return types.TextValue(text(i.view))
	}
}

func security(i *item) types.Value {
	if i.view != nil && i.view.Invoker {
		return types.TextValue("INVOKER")
	}
	return types.TextValue("DEFINER")
}
