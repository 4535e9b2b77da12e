package bind

import (
	"context"
	"fmt"
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
