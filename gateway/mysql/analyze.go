package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// analyzeColumns are those of what an ANALYZE TABLE says.
func analyzeColumns() []wire.Column { return textColumns("Table", "Op", "Msg_type", "Msg_text") }

// analysis is an ANALYZE TABLE under way: what it says, as rows.
type analysis struct {
	*statement
	stmt *parse.Analyze
	op   string
	said [][]string
}

// grantTables is the database of the accounts, which GMS keeps.
const grantTables = "mysql"

// The types of message.
const (
	saysStatus = "status"
	saysNote   = "note"
	saysError  = "Error"
)

// analyze runs an ANALYZE TABLE. What is wrong with a table is a row, as in MySQL; only the rights to it and the statement's
// end are errors of the statement.
func (s *statement) analyze(stmt *parse.Analyze) (err error) {
	s.kind = federated
	if err := s.ctx.ValidateSession(s.ctx); err != nil {
		return err
	}
	s.ctx.ClearWarnings()
	lift, err := s.limit()
	if err != nil {
		return err
	}
	defer func() { err = lift(err) }()
	tables, err := s.mayAnalyze(stmt.Tables)
	if err != nil {
		return err
	}
	a := &analysis{s, stmt, "analyze", nil}
	switch {
	case stmt.Histogram == parse.NoHistogram:
		for _, t := range tables {
			if err := a.table(t); err != nil {
				return err
			}
		}
	case len(tables) > 1:
		a.op = "histogram"
		a.say("", saysError, "Only one table can be specified while modifying histogram statistics.")
	default:
		a.op = "histogram"
		if err := a.histograms(tables[0]); err != nil {
			return err
		}
	}
	return s.texts(analyzeColumns(), a.said)
}

// mayAnalyze returns the tables with their databases, if the user may read and change all of them, as MySQL wants it.
func (s *statement) mayAnalyze(written []parse.TableName) ([]parse.TableName, error) {
	client := s.ctx.Client()
	var tables []parse.TableName
	for _, t := range written {
		if t.Database == "" {
			t.Database = s.ctx.GetCurrentDatabase()
		}
		if t.Database == "" {
			return nil, sqlerr.New(sqlerr.NoDatabase, "No database selected")
		}
		if strings.EqualFold(t.Database, sql.InformationSchemaDatabaseName) {
			return nil, sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database '%s'",
				client.User, client.Address, sql.InformationSchemaDatabaseName)
		}
		subject := sql.PrivilegeCheckSubject{Database: t.Database, Table: t.Name}
		if !s.server.allows(s.ctx, sql.NewPrivilegedOperation(subject, sql.PrivilegeType_Select, sql.PrivilegeType_Insert)) {
			return nil, sqlerr.New(sqlerr.TableDenied, "SELECT, INSERT command denied to user '%s'@'%s' for table '%s'",
				client.User, client.Address, t.Name)
		}
		if slices.ContainsFunc(tables, func(other parse.TableName) bool {
			return strings.EqualFold(other.Database, t.Database) && strings.EqualFold(other.Name, t.Name)
		}) {
			return nil, sqlerr.New(sqlerr.DuplicateAlias, "Not unique table/alias: '%s'", t.Name)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// say adds a row about a table.
func (a *analysis) say(table, kind, text string) {
	a.said = append(a.said, []string{table, a.op, kind, text})
}

func shownName(t parse.TableName) string { return t.Database + "." + t.Name }

// table analyzes all columns of a table. It fails only with what ends the statement.
func (a *analysis) table(name parse.TableName) error {
	if strings.EqualFold(name.Database, grantTables) {
		a.say(shownName(name), saysNote, "The storage engine for the table doesn't support analyze")
		return nil
	}
	if _, scratch := a.session().scratch.Table(name.Database, name.Name); scratch { // of which the size is known, and nothing else
		a.say(shownName(name), saysStatus, "OK")
		return nil
	}
	site, t, err := a.resolve(name)
	if _, own := a.session().scratch.Database(name.Database); own {
		err = sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", shownName(name))
	}
	if a.isView(name) {
		err = notBaseTable(name)
	}
	var unknown []int
	if err == nil {
		all := make([]int, len(t.Columns))
		for i := range all {
			all[i] = i
		}
		unknown, err = a.look(site, t, all)
	}
	if err != nil {
		if err := a.failed(name, err); err != nil {
			return err
		}
		a.say(shownName(name), saysStatus, "Operation failed")
		return nil
	}
	if len(unknown) > 0 {
		a.say(shownName(name), saysNote, fmt.Sprintf("source %s knows nothing of the values of %d of the %d columns: analyze the table there",
			site.Source, len(unknown), len(t.Columns)))
	}
	a.say(shownName(name), saysStatus, "OK")
	return nil
}

// histograms makes or drops those of the columns of a table, and says of each column what came of it, by ascending name.
func (a *analysis) histograms(name parse.TableName) error {
	site, t, err := a.resolve(name)
	if err != nil {
		return a.failed(name, err)
	}
	slices.Sort(a.stmt.Columns)
	position := func(column string) int {
		return slices.IndexFunc(t.Columns, func(c plan.TableColumn) bool { return strings.EqualFold(c.Name, column) })
	}
	var there []int
	for _, column := range a.stmt.Columns {
		if i := position(column); i >= 0 {
			there = append(there, i)
		}
	}
	var unknown []int
	drop := a.stmt.Histogram == parse.DropHistogram
	if drop {
		unknown = a.server.cfg.Engine.DropHistograms(site, t, there)
		a.server.cfg.Catalog.Forget(site.Source) // which outdates plans
	} else if len(there) > 0 {
		if unknown, err = a.look(site, t, there); err != nil {
			return a.failed(name, err)
		}
	}
	for _, column := range a.stmt.Columns {
		i := position(column)
		kind, text := saysStatus, "Histogram statistics created for column '%s'."
		switch missing := i < 0 || slices.Contains(unknown, i); {
		case drop && missing:
			kind, text = saysError, "No histogram statistics found for column '%s'."
		case drop:
			text = "Histogram statistics removed for column '%s'."
		case i < 0:
			kind, text = saysError, "The column '%s' does not exist."
		case missing:
			kind, text = saysError, "The source knows nothing of the values of column '%s': analyze the table there."
		}
		a.say(shownName(name), kind, fmt.Sprintf(text, column))
	}
	return nil
}

// resolve finds a table as it is now.
func (a *analysis) resolve(name parse.TableName) (plan.Site, *plan.Table, error) {
	cat, user := a.server.cfg.Catalog, a.ctx.Client().User
	site, _, err := cat.Resolve(a.ctx, user, name.Database, name.Name)
	if err == nil {
		cat.Forget(site.Source)
		var t *plan.Table
		if site, t, err = cat.Resolve(a.ctx, user, name.Database, name.Name); err == nil {
			return site, t, nil
		}
	}
	if sqlerr.Is(err, sqlerr.UnknownTable) {
		err = sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", shownName(name))
	}
	return plan.Site{}, nil, err
}

// look finds out how the values of columns are spread.
func (a *analysis) look(site plan.Site, t *plan.Table, columns []int) (unknown []int, err error) {
	settings, err := a.server.settings(a.ctx)
	if err != nil {
		return nil, err
	}
	settings.Strict = false // the table is read whole because the user asks for it
	env, err := bind.NewEnv(a.ctx, &bind.Leaf{})
	if err != nil {
		return nil, err
	}
	defer a.server.cfg.Catalog.Forget(site.Source) // which outdates plans
	return a.server.cfg.Engine.Analyze(a.ctx, engine.Analysis{
		Site: site, Table: t, Columns: columns, Buckets: a.stmt.Buckets, Settings: settings, Env: env,
		Running: func(r *engine.Result) func() {
			a.server.results.Store(a.conn.id, r)
			return func() { a.server.results.Delete(a.conn.id) }
		},
	})
}

// failed says what is wrong with a table, unless it is that the statement was ended, or a defect.
func (a *analysis) failed(name parse.TableName, err error) error {
	if context.Cause(a.ctx) != nil || sqlerr.Is(err, sqlerr.Internal) {
		return err
	}
	a.say(shownName(name), saysError, wireError(err).Message)
	return nil
}
