package bind

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// columnTime is the TIME(n) of a column of a scratch table; of GMS's own every one has six digits.
type columnTime struct {
	gmstypes.TimespanType_
	digits int
}

// NewColumnTime returns the TIME of a column with as many digits after the second.
func NewColumnTime(digits int) sql.Type { return columnTime{digits: digits} }

// String implements sql.Type.
func (t columnTime) String() string {
	if t.digits == 0 {
		return "time"
	}
	return fmt.Sprintf("time(%d)", t.digits)
}

// Equals implements sql.Type.
func (t columnTime) Equals(other sql.Type) bool { return t == other }

// Convert implements sql.Type. As in MySQL a fraction is rounded.
func (t columnTime) Convert(ctx context.Context, v any) (any, sql.ConvertInRange, error) {
	x, in, err := t.TimespanType_.Convert(ctx, v)
	span, ok := x.(gmstypes.Timespan)
	if !ok || err != nil {
		return x, in, err
	}
	unit := gmstypes.Timespan(1)
	for range types.MaxFSP - t.digits {
		unit *= 10
	}
	half := unit / 2
	if span < 0 {
		half = -half
	}
	return (span + half) / unit * unit, in, nil
}

// alterations brings what an ALTER TABLE does into an order that GMS, which does one thing after the other, can go by: what renames the table
// comes last, since GMS looks for it by its old name all along; columns go before others come to a place of their own, after which
// GMS mistakes their positions.
func alterations(n sqlparser.SQLNode) error {
	alter, ok := n.(*sqlparser.AlterTable)
	if !ok {
		return nil
	}
	placed := false
	after := make(map[string]bool)
	for _, ddl := range alter.Statements {
		if ddl.ColumnOrder != nil {
			placed = true
			after[ddl.ColumnOrder.AfterColumn.Lowered()] = true
		}
	}
	turn := func(ddl *sqlparser.DDL) int {
		switch {
		case ddl.Action == sqlparser.RenameStr && ddl.ColumnAction == "" && len(ddl.ToTables) > 0:
			return 1
		case placed && ddl.ColumnAction == sqlparser.DropStr && !after[ddl.Column.Lowered()]:
			return -1
		}
		return 0
	}
	slices.SortStableFunc(alter.Statements, func(a, b *sqlparser.DDL) int { return cmp.Compare(turn(a), turn(b)) })
	return nil
}

// parentsBeside has a foreign key that names no database point into that of its table, where GMS takes the session's.
func parentsBeside(n sqlparser.SQLNode) error {
	point := func(table sqlparser.TableName, ddl *sqlparser.DDL) {
		if ddl.TableSpec == nil {
			return
		}
		for _, c := range ddl.TableSpec.Constraints {
			if f, ok := c.Details.(*sqlparser.ForeignKeyDefinition); ok && f.ReferencedTable.DbQualifier.IsEmpty() {
				f.ReferencedTable.DbQualifier = table.DbQualifier
			}
		}
	}
	switch n := n.(type) {
	case *sqlparser.DDL:
		point(n.Table, n)
	case *sqlparser.AlterTable:
		for _, ddl := range n.Statements {
			point(n.Table, ddl)
		}
	}
	return nil
}

// columnTimes gives the TIME columns of DDL their digits, which GMS refuses.
func columnTimes(n sqlparser.SQLNode) error {
	var statements []*sqlparser.DDL
	switch n := n.(type) {
	case *sqlparser.DDL:
		statements = append(statements, n)
	case *sqlparser.AlterTable:
		statements = n.Statements
	}
	for _, ddl := range statements {
		if ddl.TableSpec == nil {
			continue
		}
		for _, c := range ddl.TableSpec.Columns {
			if !strings.EqualFold(c.Type.Type, "time") || c.Type.ResolvedType != nil {
				continue
			}
			digits := 0
			if c.Type.Length != nil {
				n, err := strconv.Atoi(string(c.Type.Length.Val))
				if err != nil || n > types.MaxFSP {
					return sqlerr.New(sqlerr.PrecisionTooBig, "Too-big precision %s specified for '%s'. Maximum is %d.", c.Type.Length.Val, c.Name, types.MaxFSP)
				}
				digits = n
			}
			c.Type.ResolvedType = columnTime{digits: digits}
		}
	}
	return nil
}
