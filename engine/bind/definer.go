package bind

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// account is who a part of a statement is read as.
type account struct{ user, host string }

// readers puts into the name of a database on whose behalf it is read. GMS looks up the tables of a view as those of the statement around
// it, and passes only their names on. What marks such names is a secret: a client that writes one would read as whom it likes.
type readers struct{ secret string }

func newReaders() readers { return readers{rand.Text()} }

// name is the name of a database that is read as an account.
func (r readers) name(db string, as account) string {
	return r.secret + "\x00" + hex.EncodeToString([]byte(as.user)) + "\x00" + hex.EncodeToString([]byte(as.host)) + "\x00" + db
}

// split returns a database's own name and as whom it is read; nil: as the session's user.
func (r readers) split(name string) (db string, as *account) {
	parts := strings.SplitN(name, "\x00", 4)
	if len(parts) < 4 || parts[0] != r.secret {
		return name, nil
	}
	user, userErr := hex.DecodeString(parts[1])
	host, hostErr := hex.DecodeString(parts[2])
	if userErr != nil || hostErr != nil {
		return name, nil
	}
	return parts[3], &account{user: string(user), host: string(host)}
}

// asDefiner has the databases that a view's query names, where it names none the view's, be read as the view's definer, who is the query's
// current user. Those about the gateway itself tell the session's user what he may know, as MySQL's do.
func (r readers) asDefiner(query sqlparser.SQLNode, db string, definer account) error {
	read := func(name sqlparser.TableIdent) sqlparser.TableIdent {
		switch of := name.String(); strings.ToLower(of) {
		case sql.InformationSchemaDatabaseName, "mysql":
			return name
		default:
			return sqlparser.NewTableIdent(r.name(of, definer))
		}
	}
	named := func(t *sqlparser.TableName) {
		if !t.DbQualifier.IsEmpty() {
			t.DbQualifier = read(t.DbQualifier)
		}
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.AliasedTableExpr:
			name, ok := n.Expr.(sqlparser.TableName)
			if !ok || name.DbQualifier.IsEmpty() && strings.EqualFold(name.Name.String(), "dual") {
				break
			}
			if name.DbQualifier.IsEmpty() { // of a common table expression GMS heeds the name alone
				name.DbQualifier = sqlparser.NewTableIdent(db)
			}
			named(&name)
			n.Expr = name
		case *sqlparser.ColName:
			named(&n.Qualifier)
		case *sqlparser.StarExpr:
			named(&n.TableName)
		case *sqlparser.FuncExpr:
			if n.Qualifier.IsEmpty() && n.Name.Lowered() == currentUser {
				n.Name = sqlparser.NewColIdent(ownName(currentUser))
				n.Exprs = sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: sqlparser.NewStrVal([]byte(definer.user + "@" + definer.host))}}
			}
		}
		return true, nil
	}, query)
}

// currentUser is CURRENT_USER's name, which in the query of a view is its definer.
const currentUser = "current_user"

// definerName is CURRENT_USER() of an account that is not the session's.
type definerName struct{ expression.UnaryExpressionStub }

var _ sql.FunctionExpression = (*definerName)(nil)

func newDefiner(_ *sql.Context, name sql.Expression) sql.Expression {
	return &definerName{expression.UnaryExpressionStub{Child: name}}
}

// FunctionName implements sql.FunctionExpression.
func (*definerName) FunctionName() string { return currentUser }

// Description implements sql.FunctionExpression.
func (*definerName) Description() string { return "the account whose rights apply" }

// String implements sql.Expression.
func (d *definerName) String() string { return currentUser + "(" + d.Child.String() + ")" }

// Type implements sql.Expression.
func (*definerName) Type(*sql.Context) sql.Type { return gmstypes.LongText }

// Eval implements sql.Expression.
func (d *definerName) Eval(ctx *sql.Context, row sql.Row) (any, error) { return d.Child.Eval(ctx, row) }

// WithChildren implements sql.Expression.
func (d *definerName) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(children), 1)
	}
	return newDefiner(ctx, children[0]), nil
}

// definersDatabase is a scratch database that a view names: its tables are everyone's, its views are read as by the view's definer.
type definersDatabase struct {
	sql.Database
	ViewDatabase
	tables Scratch
}

// GetTableInsensitive implements sql.Database: temporary tables are the client's, who would choose with them what the view reads.
func (d definersDatabase) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	t, ok := d.tables.PermanentTable(ctx, d.Database.Name(), name)
	return t, ok, nil
}

// Name implements sql.Database.
func (d definersDatabase) Name() string { return d.Database.Name() }

var (
	_ sql.Database     = definersDatabase{}
	_ sql.ViewDatabase = definersDatabase{}
)
