package bind

import (
	"cmp"
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// ownRights leaves to the gateway, which knows what they are about, the rights of statements that anyone may give about
// himself and few about others: GMS wants SUPER for every KILL, PROCESS for the process list, SELECT on mysql for all grants.
func ownRights(n sqlparser.SQLNode) error {
	open := sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE, TargetType: sqlparser.AuthTargetType_Ignore}
	switch n := n.(type) {
	case *sqlparser.Kill:
		n.Auth = open
	case *sqlparser.ShowGrants:
		n.Auth = open
	case *sqlparser.DBDDL: // the right to a database makes and drops it, as in MySQL
		if n.Auth.TargetType == sqlparser.AuthTargetType_Global {
			n.Auth.TargetType, n.Auth.TargetNames = sqlparser.AuthTargetType_DatabaseIdentifiers, []string{n.DBName}
		}
	case *sqlparser.Flush: // GMS is content with RELOAD on mysql, which there is not
		n.Auth.TargetType, n.Auth.TargetNames = sqlparser.AuthTargetType_Global, nil
	case *sqlparser.Explain:
		return ownRights(n.Statement)
	case *sqlparser.Update: // some may be read alone; see Write.Rights
		if len(namesIn(n.TableExprs)) > 1 {
			return Walk(func(n sqlparser.SQLNode) (bool, error) {
				if table, ok := n.(*sqlparser.AliasedTableExpr); ok {
					table.SetAuthType(sqlparser.AuthType_SELECT)
				}
				return true, nil
			}, n.TableExprs)
		}
	case *sqlparser.Load: // FILE is for files of the server, which are refused
		n.Auth = TableRight(sqlparser.AuthType_INSERT, n.Table.DbQualifier.String(), n.Table.Name.String())
	case *sqlparser.DDL:
		tableRights(n)
	case *sqlparser.AlterTable:
		renameRights(n)
	case *sqlparser.Show:
		if strings.EqualFold(n.Type, "processlist") {
			n.Auth = open
		}
	}
	return nil
}

// tableRights asks for rights on the tables and views that a statement makes or drops, which GMS wants on their databases.
func tableRights(n *sqlparser.DDL) {
	switch {
	case n.Auth.TargetType != sqlparser.AuthTargetType_DatabaseIdentifiers:
	case n.ViewSpec != nil:
		view := n.ViewSpec.ViewName
		n.Auth = TableRight(sqlparser.AuthType_CREATE_VIEW, view.DbQualifier.String(), view.Name.String())
	case len(n.FromViews) > 0:
		n.Auth.TargetType, n.Auth.TargetNames = sqlparser.AuthTargetType_MultipleTableIdentifiers, n.FromViews.AuthMultipleTableIdentifiers()
	case n.Auth.AuthType == sqlparser.AuthType_CREATE && !n.Table.IsEmpty():
		n.Auth = TableRight(sqlparser.AuthType_CREATE, n.Table.DbQualifier.String(), n.Table.Name.String())
	}
}

// renameRights asks of a clause of an ALTER TABLE that gives it another name for as much as RENAME TABLE takes.
func renameRights(n *sqlparser.AlterTable) {
	db, table := n.Table.DbQualifier.String(), n.Table.Name.String()
	for _, clause := range n.Statements {
		if clause.Auth.AuthType == sqlparser.AuthType_RENAME && len(clause.ToTables) == 1 {
			to := clause.ToTables[0]
			clause.Auth.TargetNames = []string{db, table, cmp.Or(to.DbQualifier.String(), db), to.Name.String()}
		}
	}
}

// alterRights asks for ALTER alone where an ALTER TABLE says so: INDEX is for CREATE INDEX, REFERENCES is a right on the parent, and LOCK = NONE locks
// nothing. In GMS's tree a CREATE INDEX is an ALTER TABLE too.
func alterRights(stmt sqlparser.Statement, query string) {
	n, ok := stmt.(*sqlparser.AlterTable)
	if verb := "ALTER"; !ok || len(query) < len(verb) || !strings.EqualFold(query[:len(verb)], verb) {
		return
	}
	for _, clause := range n.Statements {
		switch clause.Auth.AuthType {
		case sqlparser.AuthType_INDEX, sqlparser.AuthType_FOREIGN_KEY, sqlparser.AuthType_LOCK:
			clause.Auth = TableRight(sqlparser.AuthType_ALTER, n.Table.DbQualifier.String(), n.Table.Name.String())
		}
	}
}

// databaseCharset refuses a collation of a database that is none of its character set.
func databaseCharset(n sqlparser.SQLNode) error {
	ddl, ok := n.(*sqlparser.DBDDL)
	if !ok {
		return nil
	}
	named := make(map[string]string)
	for _, option := range ddl.CharsetCollate {
		named[strings.ToLower(option.Type)] = option.Value
	}
	charset, collation := cmp.Or(named["character set"], named["charset"]), named["collate"]
	set, err := sql.ParseCharacterSet(charset)
	of, unknown := sql.ParseCollation("", collation, false)
	if charset == "" || collation == "" || err != nil || unknown != nil || of.WorksWithCharacterSet(set) { // GMS has the words for what there is not
		return nil
	}
	return sqlerr.New(sqlerr.CollationCharset, "COLLATION '%s' is not valid for CHARACTER SET '%s'", collation, charset)
}

// grantTargets has a GRANT of rights on a TABLE be one that does not say so, for which GMS has no other word, and refuses one on routines, which
// are not there.
func grantTargets(n sqlparser.SQLNode) error {
	switch n := n.(type) {
	case *sqlparser.GrantPrivilege:
		kind, ok := routineKinds[n.ObjectType]
		switch {
		case n.ObjectType == sqlparser.GrantObjectType_Table:
			n.ObjectType = sqlparser.GrantObjectType_Any
		case ok && n.PrivilegeLevel.TableRoutine == "*": // ER_ILLEGAL_GRANT_FOR_TABLE
			return sqlerr.New(sqlerr.Errno(1144), "Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used")
		case ok:
			return sqlerr.New(sqlerr.UnknownFunction, "%s %s does not exist", kind, routineName(n.PrivilegeLevel)) // ER_SP_DOES_NOT_EXIST
		}
	case *sqlparser.RevokePrivilege:
		switch n.ObjectType {
		case sqlparser.GrantObjectType_Table:
			n.ObjectType = sqlparser.GrantObjectType_Any
		case sqlparser.GrantObjectType_Function: // ER_NONEXISTING_PROC_GRANT
			return sqlerr.New(sqlerr.Errno(1403), "There is no such grant defined for user '%s' on host '%s' on routine '%s'",
				n.From[0].Name, cmp.Or(n.From[0].Host, "%"), n.PrivilegeLevel.TableRoutine)
		}
	}
	return nil
}

// routineKinds are the objects of grants that are routines.
var routineKinds = map[sqlparser.GrantObjectType]string{
	sqlparser.GrantObjectType_Function: "FUNCTION", sqlparser.GrantObjectType_Procedure: "PROCEDURE",
}

func routineName(level sqlparser.PrivilegeLevel) string {
	if level.Database == "" {
		return level.TableRoutine
	}
	return level.Database + "." + level.TableRoutine
}

// notVariables are names that SET takes and that are no variables.
var notVariables = map[string]bool{"names": true, "charset": true, "transaction": true}

// scopes are the words that may qualify a variable.
var scopes = map[string]bool{"global": true, "session": true, "local": true, "persist": true, "persist_only": true, "new": true, "old": true}

// knownVariables refuses a SET of a variable that is not there, which GMS takes for a column that is not there.
func knownVariables(n sqlparser.SQLNode) error {
	set, ok := n.(*sqlparser.Set)
	if !ok {
		return nil
	}
	for i, e := range set.Exprs {
		name := e.Name.Name.Lowered()
		if name == "names" && i+1 < len(set.Exprs) {
			if err := namesCollation(e, set.Exprs[i+1]); err != nil {
				return err
			}
		}
		if q := e.Name.Qualifier.Name.String(); q != "" && !strings.HasPrefix(q, "@") && !scopes[strings.ToLower(q)] {
			return sqlerr.New(sqlerr.UnknownVariable, "Unknown system variable '%s'", q)
		}
		if !e.Name.Qualifier.IsEmpty() || notVariables[name] {
			continue
		}
		name, scope, _, err := sqlparser.VarScope(name)
		if _, ok := e.Expr.(*sqlparser.Default); ok && (scope == sqlparser.SetScope_User || e.Scope == sqlparser.SetScope_User) {
			return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: the user variable @%s has no DEFAULT", parse.VariableName(name))
		}
		if err != nil || scope == sqlparser.SetScope_User || e.Scope == sqlparser.SetScope_User {
			continue // GMS has the words for it
		}
		if _, null := e.Expr.(*sqlparser.NullVal); null && name == "character_set_results" { // texts are sent as they are
			e.Expr = sqlparser.NewStrVal([]byte(sql.CharacterSet_utf8mb4.Name()))
		}
		if name == "warning_count" || name == "error_count" {
			return sqlerr.New(sqlerr.ReadOnlyVariable, "Variable '%s' is a read only variable", name)
		}
		if v, _, ok := sql.SystemVariables.GetGlobal(name); ok {
			if err := knownMembers(v, e.Expr); err != nil {
				return err
			}
			continue
		}
		return sqlerr.New(sqlerr.UnknownVariable, "Unknown system variable '%s'", name)
	}
	return nil
}

// characteristics are the assignments that SET TRANSACTION stands for, by GMS's texts for them.
var characteristics = map[string][2]string{
	sqlparser.IsolationLevelReadUncommitted: {"transaction_isolation", "READ-UNCOMMITTED"},
	sqlparser.IsolationLevelReadCommitted:   {"transaction_isolation", "READ-COMMITTED"},
	sqlparser.IsolationLevelRepeatableRead:  {"transaction_isolation", "REPEATABLE-READ"},
	sqlparser.IsolationLevelSerializable:    {"transaction_isolation", "SERIALIZABLE"},
	sqlparser.TxReadOnly:                    {"transaction_read_only", "ON"},
	sqlparser.TxReadWrite:                   {"transaction_read_only", "OFF"},
}

// scopedCharacteristics tells by the scope of a variable what a SET of a characteristic of transactions is for, which GMS takes for the same: SET name is
// for the session, SET @@name and SET TRANSACTION, which have no scope in the end, are for the next transaction (MySQL 8.0 manual, 15.3.7).
func scopedCharacteristics(n sqlparser.SQLNode) error {
	set, ok := n.(*sqlparser.Set)
	if !ok {
		return nil
	}
	for _, e := range set.Exprs {
		if !e.Name.Qualifier.IsEmpty() {
			continue
		}
		switch name := e.Name.Name.Lowered(); {
		case e.Name.Name.String() == parse.NextIsolation || e.Name.Name.String() == parse.NextReadOnly:
			e.Name = sqlparser.NewColName("@@" + name)
		case name == "transaction_isolation" || name == "transaction_read_only":
			if e.Scope == sqlparser.SetScope_None || e.Scope == sqlparser.SetScope_Session {
				e.Name = sqlparser.NewColName("@@session." + name)
			}
		case name == sqlparser.TransactionStr && e.Scope == sqlparser.SetScope_None:
			if value, ok := e.Expr.(*sqlparser.SQLVal); ok {
				if to, ok := characteristics[string(value.Val)]; ok {
					e.Name, e.Expr = sqlparser.NewColName("@@"+to[0]), sqlparser.NewStrVal([]byte(to[1]))
				}
			}
		}
	}
	return nil
}

// namesCollation refuses SET NAMES of a character set with a collation of another, which parse.Rewrite has made an assignment of.
func namesCollation(names, next *sqlparser.SetVarExpr) error {
	if next.Name.Name.String() != parse.NamesCollation {
		return nil
	}
	charset, ok := names.Expr.(*sqlparser.SQLVal)
	value, literal := next.Expr.(*sqlparser.SQLVal)
	if !ok || !literal {
		return nil
	}
	set, err := sql.ParseCharacterSet(strings.ToLower(string(charset.Val)))
	if err != nil {
		return sqlerr.New(sqlerr.UnknownCharset, "Unknown character set: '%s'", charset.Val)
	}
	collation, err := sql.ParseCollation("", string(value.Val), false)
	if err == nil && collation.CharacterSet() != set {
		return sqlerr.New(sqlerr.CollationCharset, "COLLATION '%s' is not valid for CHARACTER SET '%s'", value.Val, charset.Val)
	}
	return nil
}

// knownMembers refuses a value with what is no member of a variable that is a set.
func knownMembers(v sql.SystemVariable, value sqlparser.Expr) error {
	literal, ok := value.(*sqlparser.SQLVal)
	if _, set := v.GetType().(sql.SetType); !set || !ok || literal.Type != sqlparser.StrVal {
		return nil
	}
	for member := range strings.SplitSeq(string(literal.Val), ",") {
		if _, _, err := v.GetType().Convert(context.Background(), member); err != nil {
			return sqlerr.New(sqlerr.BadVariable, "Variable '%s' can't be set to the value of '%s'", v.GetName(), member)
		}
	}
	return nil
}

// foldColumns makes the pattern of SHOW COLUMNS match names in either case, as the names of columns do.
func foldColumns(n sqlparser.SQLNode) error {
	show, ok := n.(*sqlparser.Show)
	if !ok || show.ShowTablesOpt == nil || show.ShowTablesOpt.Filter == nil || show.ShowTablesOpt.Filter.Like == "" {
		return nil
	}
	if kind := strings.ToLower(show.Type); kind != "columns" && kind != "fields" {
		return nil
	}
	lower := func(e sqlparser.Expr) sqlparser.Expr {
		return &sqlparser.FuncExpr{Name: sqlparser.NewColIdent("lower"), Exprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: e}}}
	}
	filter := show.ShowTablesOpt.Filter
	filter.Filter = &sqlparser.ComparisonExpr{
		Operator: sqlparser.LikeStr,
		Left:     lower(sqlparser.NewColName("field")),
		Right:    lower(sqlparser.NewStrVal([]byte(filter.Like))),
	}
	filter.Like = ""
	return nil
}

// uniqueTables refuses a FROM clause with two tables of one name, of which GMS finds columns in either, and stars of other
// tables.
func uniqueTables(n sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Select:
			if err := uniqueNames(n.From); err != nil {
				return false, err
			}
			return true, starredTables(n)
		case *sqlparser.Update:
			return true, uniqueNames(n.TableExprs)
		case *sqlparser.Delete:
			targets := make(sqlparser.TableExprs, len(n.Targets))
			for i, t := range n.Targets {
				targets[i] = &sqlparser.AliasedTableExpr{Expr: t}
			}
			return true, cmp.Or(uniqueNames(targets), uniqueNames(n.TableExprs))
		}
		return true, nil
	}, n)
}

func uniqueNames(list sqlparser.TableExprs) error {
	seen := make(map[string]bool)
	for _, from := range list {
		if err := addTables(seen, from); err != nil {
			return err
		}
	}
	return nil
}

// addTables adds the names that a table expression gives to seen.
func addTables(seen map[string]bool, e sqlparser.TableExpr) error {
	switch e := e.(type) {
	case *sqlparser.JoinTableExpr:
		if err := addTables(seen, e.LeftExpr); err != nil {
			return err
		}
		return addTables(seen, e.RightExpr)
	case *sqlparser.ParenTableExpr:
		for _, inner := range e.Exprs {
			if err := addTables(seen, inner); err != nil {
				return err
			}
		}
	case *sqlparser.AliasedTableExpr:
		table, _ := e.Expr.(sqlparser.TableName)
		name := e.As.String()
		if name == "" {
			name = table.Name.String()
		}
		if name == "" {
			return nil
		}
		key := strings.ToLower(table.DbQualifier.String() + "." + name) // one name in two databases is two names
		if seen[key] {
			return sqlerr.New(sqlerr.DuplicateAlias, "Not unique table/alias: '%s'", name)
		}
		seen[key] = true
	}
	return nil
}
