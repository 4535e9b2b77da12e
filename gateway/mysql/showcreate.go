package mysql

import (
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/gateway/mysql/scratchsql"
)

// showCreate answers SHOW CREATE TABLE of a scratch table as MySQL does; done is false for all else.
func (s *statement) showCreate(root sql.Node) (done bool, err error) {
	show, ok := root.(*gmsplan.ShowCreateTable)
	if !ok || show.IsView {
		return false, nil
	}
	t, ok := show.Child.(sql.TableNode)
	if !ok {
		return false, nil
	}
	text, ok := scratchsql.CreateTable(s.ctx, t.UnderlyingTable())
	if !ok {
		return false, nil
	}
	return true, s.texts(textColumns("Table", "Create Table"), [][]string{{t.UnderlyingTable().Name(), text}})
}
