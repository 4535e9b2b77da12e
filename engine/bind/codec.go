package bind

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Codec turns rows of GMS into values, and back, in the time zone of a session.
type Codec struct {
	gms   []sql.Type
	types []types.Type
	loc   *time.Location
}

// NewCodec makes a Codec of rows with columns of these types, which FromGMS maps to each other.
func NewCodec(ctx *sql.Context, gms []sql.Type, typs []types.Type) *Codec {
	return &Codec{gms: gms, types: typs, loc: sessionLocation(ctx)}
}

// Values returns the values of a row. What is no value of the engine's, such as a zero date, is an error, unlike in a query that only
// reads it.
func (c *Codec) Values(ctx *sql.Context, row sql.Row) ([]types.Value, error) {
	values := make([]types.Value, len(row))
	for i, x := range row {
		v, err := fromGMS(ctx, x, c.gms[i], c.types[i], c.loc)
		if err != nil {
			return nil, err
		}
		if v.Null && x != nil {
			return nil, sqlerr.New(sqlerr.IncorrectValue, "Incorrect %s value: '%v'", c.types[i], x)
		}
		values[i] = v
	}
	return values, nil
}

// Row is the inverse of Values.
func (c *Codec) Row(ctx *sql.Context, values []types.Value) (sql.Row, error) {
	row := make(sql.Row, len(values))
	for i, v := range values {
		x, err := toGMS(ctx, v, c.types[i], c.gms[i], c.loc)
		if err != nil {
			return nil, err
		}
		row[i] = x
	}
	return row, nil
}

// Text returns how a value of column i is shown.
func (c *Codec) Text(i int, v types.Value) string {
	if v.Null {
		return "NULL"
	}
	return v.Format(c.types[i], c.loc)
}
