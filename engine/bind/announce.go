package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/plan"
)

// Announce tells the Resolver which tables a statement is going to look up, if it wants to know (Announcer): binding looks up
// one after the other.
func (b *Binder) Announce(ctx *sql.Context, stmt sqlparser.Statement) {
	if announcer, ok := b.resolver.(Announcer); ok {
		if tables := namedTables(stmt, ctx.GetCurrentDatabase()); len(tables) > 1 {
			announcer.Announce(ctx, userOf(ctx), tables)
		}
	}
}

// namedTables lists the tables that a statement names, with their databases, each once. What may be a common table expression
// is not among them.
func namedTables(stmt sqlparser.Statement, current string) []plan.TableName {
	var tables []plan.TableName
	seen := make(map[plan.TableName]bool)
	common := make(map[string]bool)
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		switch n := n.(type) {
		case *sqlparser.CommonTableExpr:
			common[strings.ToLower(n.As.String())] = true
		case *sqlparser.AliasedTableExpr:
			name, ok := n.Expr.(sqlparser.TableName)
			t := plan.TableName{Namespace: name.DbQualifier.String(), Name: name.Name.String()}
			if !ok || t.Name == "" || t.Namespace == "" && strings.EqualFold(t.Name, "dual") {
				break
			}
			if !seen[t] {
				seen[t] = true
				tables = append(tables, t)
			}
		}
		return true, nil
	}, stmt)
	out := tables[:0]
	for _, t := range tables {
		if t.Namespace == "" && !common[strings.ToLower(t.Name)] {
			t.Namespace = current
		}
		if t.Namespace != "" {
			out = append(out, t)
		}
	}
	return out
}
