package bind

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// TestRowFunctionEnds ends a function that waits with its statement.
func TestRowFunctionEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := &rowFunc{
		expr: function.NewSleep(sql.NewEmptyContext(), expression.NewLiteral(int64(1_000_000), gmstypes.Int64)), from: gmstypes.Int64,
		to: types.Of(types.Int64), session: sql.NewBaseSession(),
	}
	if _, err := f.Eval(&expr.Env{Location: time.UTC, Done: ctx.Done, Interrupted: ctx.Err}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
