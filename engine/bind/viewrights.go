package bind

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// viewRights is what a part of a view's query is read by: the rights of the view's definer, or of who reads it.
type viewRights struct {
	view    string // for errors
	definer account
	invoker bool
}

// expandView has a view's query be read by the view's rights, its sources as the definer sees them, and names without a database mean
// the view's. Only views that are kept are read by ParseWithOptions with a database in their name.
func (r readers) expandView(stmt sqlparser.Statement) error {
	ddl, ok := stmt.(*sqlparser.DDL)
	if !ok || ddl.ViewSpec == nil || ddl.ViewSpec.ViewName.DbQualifier.IsEmpty() || ddl.ViewSpec.Definer == "" {
		return nil
	}
	db := ddl.ViewSpec.ViewName.DbQualifier.String()
	user, host := SplitAccount(ddl.ViewSpec.Definer)
	rights := &viewRights{view: db + "." + ddl.ViewSpec.ViewName.Name.String(), definer: account{user, host},
		invoker: strings.EqualFold(ddl.ViewSpec.Security, "invoker")}
	ddl.SetAuthType(sqlparser.AuthType_IGNORE)
	if !rights.invoker {
		if err := r.asDefiner(ddl.ViewSpec.ViewExpr, db, rights.definer); err != nil {
			return err
		}
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		node, ok := n.(sqlparser.AuthNode)
		if !ok {
			return true, nil
		}
		auth := node.GetAuthInformation()
		if auth.AuthType == "" || auth.AuthType == sqlparser.AuthType_IGNORE {
			return true, nil
		}
		names := append([]string(nil), auth.TargetNames...)
		if len(names) > 0 && names[0] == "" {
			names[0] = db
		}
		node.SetAuthTargetNames(names)
		node.SetExtra(rights)
		return true, nil
	}, ddl.ViewSpec.ViewExpr)
}

// SplitAccount reads `user`@`host`, within whose quotes a backtick is two.
func SplitAccount(name string) (user, host string) {
	end := 1
	for ; end < len(name); end++ {
		if name[end] != '`' {
			continue
		}
		if !strings.HasPrefix(name[end+1:], "`") {
			break
		}
		end++
	}
	user, host = strings.TrimPrefix(name[:min(end, len(name))], "`"), strings.TrimPrefix(name[min(end+1, len(name)):], "@")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "`"), "`")
	return strings.ReplaceAll(user, "``", "`"), strings.ReplaceAll(host, "``", "`")
}
