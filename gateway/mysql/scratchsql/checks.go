package scratchsql

import "github.com/dolthub/go-mysql-server/sql"

// GetChecks implements sql.CheckTable.
func (t *table) GetChecks(*sql.Context) ([]sql.CheckDefinition, error) {
	var checks []sql.CheckDefinition
	for _, c := range t.def.Checks {
		checks = append(checks, sql.CheckDefinition{Name: c.Name, CheckExpression: c.SQL, Enforced: c.Enforced})
	}
	return checks, nil
}

var _ sql.CheckTable = (*table)(nil)
