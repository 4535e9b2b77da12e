package scratchsql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
)

// GetChecks implements sql.CheckTable.
func (t *table) GetChecks(*sql.Context) ([]sql.CheckDefinition, error) {
	var checks []sql.CheckDefinition
	for _, c := range t.def.Checks {
		checks = append(checks, sql.CheckDefinition{Name: c.Name, CheckExpression: c.SQL, Enforced: c.Enforced})
	}
	return checks, nil
}

var _ sql.CheckTable = (*table)(nil)

// betweenCheck is between the table's name and the number in the names of checks that the statement names not.
const betweenCheck = "_chk_"

func generatedCheck(table string, n int) string { return table + betweenCheck + strconv.Itoa(n) }

// checkNumber is the number in a check's name that was generated for a table; 0: it was not.
func checkNumber(table, name string) int {
	prefix := len(table + betweenCheck)
	if len(name) <= prefix || !strings.EqualFold(name[:prefix], table+betweenCheck) {
		return 0
	}
	n, err := strconv.ParseUint(name[prefix:], 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// nameChecks names the checks without a name as MySQL does, and refuses two of one name.
func (d *draft) nameChecks(ctx *sql.Context, databases *Databases) error {
	last := 0
	for _, c := range d.checks {
		if c.kept != nil {
			last = max(last, checkNumber(d.name, c.name))
		}
	}
	for i := range d.checks {
		c := &d.checks[i]
		if c.kept != nil {
			continue
		}
		if c.name == "" {
			last++
			c.name = generatedCheck(d.name, last)
		}
	}
	for i, c := range d.checks {
		if slices.ContainsFunc(d.checks[:i], func(other draftCheck) bool { return strings.EqualFold(other.name, c.name) }) {
			return errDuplicateCheck(c.name)
		}
		if c.kept != nil {
			continue
		}
		if err := databases.checkCheck(ctx, scratchName{d.database, d.name}, c.name, d.temporary); err != nil {
			return err
		}
	}
	return nil
}

func errDuplicateCheck(name string) error { // ER_CHECK_CONSTRAINT_DUP_NAME
	return sqlerr.New(sqlerr.Errno(3822), "Duplicate check constraint name '%s'.", name)
}

// checkCheck refuses the name of a check of a table that one of another table in the database has.
func (d *Databases) checkCheck(ctx *sql.Context, of scratchName, name string, temporary bool) error {
	if err := checkLength(name); err != nil || temporary {
		return err
	}
	for db, t := range d.session(ctx).Latest() {
		if !strings.EqualFold(db, of.database) || strings.EqualFold(t.Definition().Name, of.table) {
			continue
		}
		if slices.ContainsFunc(t.Definition().Checks, func(c scratch.Check) bool { return strings.EqualFold(c.Name, name) }) {
			return errDuplicateCheck(name)
		}
	}
	return nil
}

// renameChecks has the names of a table's checks that were generated follow that of the table, which it has already.
func (d *Databases) renameChecks(ctx *sql.Context, from, to scratchName, temporary bool) error {
	return d.session(ctx).Alter(ctx, to.database, to.table, func(def *scratch.Definition) error {
		for i := range def.Checks {
			c := &def.Checks[i]
			if n := checkNumber(from.table, c.Name); n > 0 {
				c.Name = generatedCheck(to.table, n)
			}
			if err := d.checkCheck(ctx, to, c.Name, temporary); err != nil {
				return err
			}
		}
		return nil
	})
}
