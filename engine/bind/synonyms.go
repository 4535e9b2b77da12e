package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
)

// synonyms are functions that GMS lacks and that are others of its functions: of the session's user, and parts of UTC_TIMESTAMP.
func synonyms() []sql.Function {
	builtIn := function.NewRegistry()
	call := func(ctx *sql.Context, name string, args ...sql.Expression) (sql.Expression, error) {
		f, ok := builtIn.Function(ctx, "", name)
		if !ok {
			return nil, sql.ErrFunctionNotFound.New(name)
		}
		return f.NewInstance(ctx, args)
	}
	partOfNow := func(name, part string) sql.Function {
		return sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			now, err := call(ctx, "utc_timestamp", args...)
			if err != nil {
				return nil, err
			}
			if f, ok := natives[part]; ok {
				return f.NewInstance(ctx, []sql.Expression{now})
			}
			return call(ctx, part, now)
		}}
	}
	return []sql.Function{partOfNow("utc_date", "date"), partOfNow("utc_time", "time"),
		sql.NewFunction0("session_user", newClientUser), sql.NewFunction0("system_user", newClientUser),
		sql.NewFunction0(currentRoleName, newCurrentRole),
		sql.Function1{Name: queryAttributeName, Fn: newQueryAttribute}}
}
