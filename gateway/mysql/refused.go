package mysql

import (
	"errors"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// refused says of which column a value was that a statement of GMS's could not store.
func (s *statement) refused(root sql.Node, err error) error {
	var insert sql.WrappedInsertError
	var update sql.WrappedTypeConversionError
	switch {
	case errors.As(err, &insert):
		for i, c := range writtenSchema(s.ctx, root) {
			if i >= len(insert.OffendingRow) {
				break
			}
			if bad := bind.RefusedValue(s.ctx, c, insert.OffendingRow[i]); bad != nil {
				return bad
			}
		}
		return insert.Cause
	case errors.As(err, &update):
		schema := writtenSchema(s.ctx, root)
		if update.OffendingIdx < len(schema) {
			if bad := bind.RefusedValue(s.ctx, schema[update.OffendingIdx], update.OffendingVal); bad != nil {
				return bad
			}
		}
		return update.Err
	}
	return err
}

// writtenSchema are the columns of what a statement writes.
func writtenSchema(ctx *sql.Context, root sql.Node) (schema sql.Schema) {
	transform.InspectWithOpaque(ctx, root, func(ctx *sql.Context, n sql.Node) bool {
		switch n := n.(type) {
		case *gmsplan.InsertInto:
			schema = n.Destination.Schema(ctx)
		case *gmsplan.Update:
			schema = n.Child.Schema(ctx)
			schema = schema[:len(schema)/2]
		}
		return schema == nil
	})
	return schema
}

// dropped says of what DROP does not find what MySQL does.
func dropped(parsed sqlparser.Statement, err error) error {
	switch n := parsed.(type) {
	case *sqlparser.DDL:
		if n.Action == sqlparser.DropStr && len(n.FromTables) > 0 && (sql.ErrTableNotFound.Is(err) || sql.ErrUnknownTable.Is(err) || n.Temporary && sqlerr.Is(err, sqlerr.ReadOnly)) {
			var names []string
			for _, t := range n.FromTables {
				names = append(names, t.Name.String())
			}
			return sqlerr.New(sqlerr.UnknownDropped, "Unknown table '%s'", strings.Join(names, ","))
		}
	case *sqlparser.DBDDL:
		if n.Action == sqlparser.DropStr && sql.ErrDatabaseNotFound.Is(err) {
			return sqlerr.New(sqlerr.DatabaseMissing, "Can't drop database '%s'; database doesn't exist", n.DBName)
		}
	case *sqlparser.AlterTable:
		if !sql.ErrTableColumnNotFound.Is(err) {
			return err
		}
		for _, ddl := range n.Statements {
			if name := ddl.Column.String(); ddl.ColumnAction == sqlparser.DropStr && strings.Contains(err.Error(), strconv.Quote(name)) {
				return sqlerr.New(sqlerr.NoSuchKey, "Can't DROP '%s'; check that column/key exists", name)
			}
		}
	}
	return err
}

// safe refuses under sql_safe_updates an UPDATE or DELETE that no key and no LIMIT bounds (MySQL 8.0 manual, 5.1.8).
func (s *statement) safe() error {
	if on, err := variable(s.ctx, "sql_safe_updates"); err != nil || on != true {
		return err
	}
	return sqlerr.New(sqlerr.Errno(1175), // ER_UPDATE_WITHOUT_KEY_IN_SAFE_MODE
		"You are using safe update mode and you tried to update a table without a WHERE that uses a KEY column.")
}
