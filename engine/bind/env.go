package bind

import (
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/expr"
)

// mostWarnings is how many warnings of one execution are kept (max_error_count).
const mostWarnings = 1024

// NewEnv returns what an execution of leaf is evaluated with: the session's time zone, the statement's start and its
// parameters. Warnings go to the session.
func NewEnv(ctx *sql.Context, leaf *Leaf) (*expr.Env, error) {
	params, err := leaf.Params(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	warned := 0
	return &expr.Env{
		Location: sessionLocation(ctx),
		Now:      ctx.QueryTime(),
		Params:   params,
		Warn: func(code int, msg string) {
			mu.Lock()
			defer mu.Unlock()
			if warned++; warned <= mostWarnings {
				ctx.Warn(code, "%s", msg)
			}
		},
	}, nil
}
