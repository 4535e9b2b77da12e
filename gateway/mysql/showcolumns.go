package mysql

import (
	"regexp"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/types"
)

// showColumns has SHOW COLUMNS say of a column what MySQL does: its type without a collation, and literal defaults without
// quotes.
func showColumns(root sql.Node, rows sql.RowIter) sql.RowIter {
	for {
		switch n := root.(type) {
		case *gmsplan.Filter, *gmsplan.Having, *gmsplan.Sort, *gmsplan.Limit, *gmsplan.Offset:
			root = n.Children()[0]
			continue
		case *gmsplan.ShowColumns:
			return &columnRows{RowIter: rows, full: n.Full}
		}
		return rows
	}
}

type columnRows struct {
	sql.RowIter
	full bool
}

// collated finds what follows the type itself.
var collated = regexp.MustCompile(`( CHARACTER SET \w+)?( COLLATE (\w+))?$`)

// Next implements sql.RowIter.
func (c *columnRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := c.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	row = row.Copy()
	const typ, collation = 1, 2
	value := 4
	if c.full {
		value = 5
	}
	if text, ok := row[typ].(string); ok {
		found := collated.FindStringSubmatch(text)
		row[typ] = collated.ReplaceAllString(text, "")
		if c.full && found[3] != "" {
			row[collation] = found[3]
		}
	}
	if text, ok := row[value].(string); ok {
		row[value], _ = types.UnquoteLiteral(text)
	}
	return row, nil
}
