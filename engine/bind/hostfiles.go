package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// No statement reads or writes files of the gateway's host: it is a MySQL server whose secure_file_priv is NULL. GMS would write
// and read wherever the process may, for every account.

// refuseFiles refuses SELECT ... INTO OUTFILE and DUMPFILE, and LOAD DATA of a file of the server, wherever in a statement they stand.
func refuseFiles(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node) (err error) {
	seenQueries{}.inspect(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if err != nil {
			return false
		}
		switch n := n.(type) {
		case *gmsplan.Into:
			if n.Outfile != "" || n.Dumpfile != "" {
				err = fileRefusal(ctx, a)
			}
		case *gmsplan.LoadData:
			if !n.Local {
				err = fileRefusal(ctx, a)
			}
		case *gmsplan.InsertInto: // its source is no child of it
			err = refuseFiles(ctx, a, n.Source)
		case *gmsplan.DescribeQuery:
			err = refuseFiles(ctx, a, n.Query())
		}
		return err == nil
	})
	return err
}

// fileRefusal is what MySQL says: without the right to files nobody learns what the server would do with it.
func fileRefusal(ctx *sql.Context, a *analyzer.Analyzer) error {
	file := sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{}, sql.PrivilegeType_File)
	if !a.Catalog.MySQLDb.UserHasPrivileges(ctx, file) {
		client := ctx.Session.Client()
		return sqlerr.New(sqlerr.FileDenied, "Access denied for user '%s'@'%s'", client.User, client.Address)
	}
	return sqlerr.New(sqlerr.FilesDisabled, "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement")
}

// loadFile is LOAD_FILE's name in MySQL.
const loadFile = "load_file"

// renameLoadFile gives LOAD_FILE of a statement a name that is free.
func renameLoadFile(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if f, ok := n.(*sqlparser.FuncExpr); ok && f.Qualifier.IsEmpty() && f.Name.Lowered() == loadFile {
			f.Name = sqlparser.NewColIdent(ownName(loadFile))
		}
		return true, nil
	}, stmt)
}

// newNoFile is LOAD_FILE where no file may be read: MySQL's answer is NULL, not an error.
func newNoFile(*sql.Context, sql.Expression) sql.Expression {
	return expression.NewLiteral(nil, gmstypes.LongBlob)
}
