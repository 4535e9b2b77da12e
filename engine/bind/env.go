package bind

import (
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// mostWarnings is how many warnings of one execution are kept (max_error_count).
const mostWarnings = 1024

// maxPacket is the session's max_allowed_packet, of which GMS's default is 1 GiB: as much as MySQL's default, at most, is
// the longest value that a function makes.
func maxPacket(ctx *sql.Context) int64 {
	value, err := ctx.GetSessionVariable(ctx, "max_allowed_packet")
	if err != nil {
		return kernel.DefaultMaxPacket
	}
	n, _, err := gmstypes.Int64.Convert(ctx, value)
	if err != nil {
		return kernel.DefaultMaxPacket
	}
	return min(n.(int64), kernel.DefaultMaxPacket)
}

// NewEnv returns what an execution of leaf is evaluated with: the session's time zone, the statement's start and its
// parameters. Warnings go to the session, whose end, or that of the statement, ends the evaluation.
func NewEnv(ctx *sql.Context, leaf *Leaf) (*expr.Env, error) {
	params, err := leaf.Params(ctx)
	if err != nil {
		return nil, err
	}
	if local, ok := leaf.Local[LocalSite].(*localSource); ok {
		if err := local.pin(ctx); err != nil {
			return nil, err
		}
	}
	env := newEnv(ctx)
	env.Params = params
	if leaf.writing != nil {
		leaf.writing.govern(env)
		return env, nil
	}
	var mu sync.Mutex
	warned := 0
	division := warnsOfDivision(sql.LoadSqlMode(ctx))
	env.Warn = func(code int, msg string) {
		if code == divisionByZero && !division {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if warned++; warned <= mostWarnings {
			ctx.Warn(code, "%s", msg)
		}
	}
	return env, nil
}

// newEnv is an Env of the session that has no parameters and drops warnings.
func newEnv(ctx *sql.Context) *expr.Env {
	return &expr.Env{
		Location: sessionLocation(ctx),
		Now:      ctx.QueryTime(),

		MaxPacket:   maxPacket(ctx),
		Interrupted: ctx.Err,
		Done:        ctx.Done,
	}
}
