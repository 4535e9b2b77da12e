package infoschema

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// listers is how many databases are read at the same time, ahead of the rows that are wanted, and mostAhead the bytes of rows from
// which on no further one is begun.
const (
	listers   = 8
	mostAhead = 16 << 20
)

// batches reads the rows.
func (e *execution) batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if e.table.facts != nil {
			w := e.newWriter()
			e.table.facts(e.Source, w.addRow)
			give(w, nil, yield)
		} else if e.table.of != nothing {
			e.read(ctx, yield)
		}
	}
}

// give yields what a writer made, or why it could not; it returns whether there is more to be done.
func give(w *writer, err error, yield func(arrow.RecordBatch, error) bool) bool {
	defer w.release()
	if w.flush(); w.err != nil {
		err = w.err
	}
	if err != nil {
		yield(nil, err)
		return false
	}
	for len(w.made) > 0 {
		if !yield(w.take(), nil) {
			return false
		}
	}
	return true
}

// database is one whose rows are read.
type database struct {
	name string
	own  *OwnDatabase // nil: a source's
}

// defined is the definition of a table that was made here, else nil.
func (d *database) defined(t catalog.Entry) *scratch.Definition {
	if d.own == nil || t.Kind != plan.BaseTable {
		return nil
	}
	return d.own.Defined[t.Name]
}

// read reads databases in order, several at the same time.
func (e *execution) read(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	ctx, cancel := context.WithCancel(catalog.WithWarn(ctx, e.warn))
	c := &conditions{parts: e.parts, conds: e.conds, scan: &e.scan}
	list, err := e.databases(ctx, c)
	if err != nil {
		cancel()
		yield(nil, err)
		return
	}
	results := make([]chan *writer, len(list))
	errs := make([]error, len(list))
	var running sync.WaitGroup
	begun := 0
	begin := func() {
		at := begun
		results[at] = make(chan *writer, 1)
		running.Go(func() {
			w := e.newWriter()
			errs[at] = sqlerr.Guarded(func() error { return e.readDatabase(ctx, c, list[at], w) })()
			results[at] <- w
		})
		begun++
	}
	defer func() {
		cancel()
		running.Wait()
		for _, result := range results[:begun] {
			select {
			case w := <-result:
				w.release()
			default: // it was taken
			}
		}
	}()
	for at := range list {
		for begun < min(at+listers, len(list)) && (begun == at || e.ahead.Load() < mostAhead) {
			begin()
		}
		if w := <-results[at]; !give(w, errs[at], yield) {
			return
		}
	}
}

// databases are those that may be wanted and that the viewer sees, ascending. Sources are asked for theirs only where the names
// that are wanted can be of them.
func (e *execution) databases(ctx context.Context, c *conditions) ([]database, error) {
	wanted, known := c.constants(databaseName)
	if !known || slices.ContainsFunc(wanted, func(name string) bool { return !plain(name) }) {
		wanted = nil // any
	}
	names, err := e.Source.databases.catalog.DatabasesAmong(ctx, e.viewer.User(), wanted)
	if err != nil {
		return nil, err
	}
	var list []database
	for _, name := range names {
		list = append(list, database{name: name})
	}
	for _, own := range e.own() {
		list = append(list, database{own.Name, own})
	}
	list = slices.DeleteFunc(list, func(d database) bool { return !e.viewer.SeesDatabase(d.name) })
	slices.SortStableFunc(list, func(a, b database) int { return strings.Compare(a.name, b.name) })
	names = names[:0]
	for _, d := range list {
		names = append(names, d.name)
	}
	var kept []database
	for _, at := range c.keep(databaseName, "", names) {
		kept = append(kept, list[at])
	}
	return kept, nil
}

// own are the databases of the gateway: these, with what the gateway has in them besides, and its others.
func (e *execution) own() []*OwnDatabase {
	byName := make(map[string]*OwnDatabase)
	var all []*OwnDatabase
	for _, name := range e.Source.databases.names {
		own := &OwnDatabase{Name: name, Collation: types.Utf8mb3General, Tables: e.Source.databases.Tables(name)}
		byName[name] = own
		all = append(all, own)
	}
	for _, more := range e.viewer.Own() {
		if own := byName[more.Name]; own != nil {
			own.Tables = append(own.Tables, more.Tables...)
			continue
		}
		all = append(all, &more)
	}
	return all
}

// readDatabase adds a database's rows.
func (e *execution) readDatabase(ctx context.Context, c *conditions, d database, w *writer) error {
	of := item{database: d.name, collation: types.Utf8mb4Bin0900}
	if d.own != nil {
		of.collation = d.own.Collation
	} else {
		of.wrapper = e.Source.databases.catalog.Wrapper(d.name)
	}
	if e.table.of == databases {
		w.add(&of)
		return nil
	}
	views, err := e.viewer.Views(d.name)
	if err != nil {
		return err
	}
	entries, err := e.entries(ctx, c, d, views)
	if err != nil || len(entries) == 0 {
		return e.missing(ctx, "the tables of "+d.name+" are missing from the list", err)
	}
	if !e.table.of.described() {
		for _, of.entry = range entries {
			of.view, of.definition = viewNamed(views, of.entry), d.defined(of.entry)
			if e.table.only == nil || e.table.only(&of) {
				w.add(&of)
			}
		}
		return ctx.Err()
	}
	add := func(t catalog.Entry, described *plan.Table) {
		of.entry, of.table, of.definition = t, described, d.defined(t)
		e.addParts(of, w)
	}
	tables := entries[:0]
	for _, t := range entries {
		if viewNamed(views, t) == nil {
			tables = append(tables, t)
			continue
		}
		described, err := e.viewer.DescribeView(d.name, t.Name)
		if err != nil {
			err = e.missing(ctx, "view "+d.name+"."+t.Name+" can't be described", err)
		} else {
			add(t, described)
		}
		if err != nil {
			return err
		}
	}
	err = e.describe(ctx, d, tables, add)
	return e.missing(ctx, "the tables of "+d.name+" can't be described", err)
}

// viewNamed is the view that an entry stands for; nil: it is a table.
func viewNamed(views []View, t catalog.Entry) *View {
	if t.Kind != plan.View {
		return nil
	}
	at := slices.IndexFunc(views, func(v View) bool { return v.Name == t.Name })
	if at < 0 {
		return nil // the source's
	}
	return &views[at]
}

// entries lists the tables and views of a database that may be wanted and that the viewer sees.
func (e *execution) entries(ctx context.Context, c *conditions, d database, views []View) ([]catalog.Entry, error) {
	var all []catalog.Entry
	var err error
	if d.own != nil {
		for _, t := range d.own.Tables {
			listed := catalog.Entry{Name: t.Name.Name}
			listed.Listed.Name, listed.Kind, listed.Comment, listed.Rows = t.Name, kindOf(d.name), t.Comment, plan.Unknown
			if t.Stats.Rows > 0 {
				listed.Rows = t.Stats.Rows
			}
			all = append(all, listed)
		}
	} else if all, err = e.Source.databases.catalog.List(ctx, e.viewer.User(), d.name); err != nil {
		return nil, err
	}
	if d.own != nil || len(views) > 0 {
		all = slices.Clone(all)
		for _, v := range views {
			listed := catalog.Entry{Name: v.Name}
			listed.Listed.Name, listed.Kind, listed.Rows = plan.TableName{Namespace: d.name, Name: v.Name}, plan.View, plan.Unknown
			all = append(all, listed)
		}
		slices.SortFunc(all, func(a, b catalog.Entry) int { return strings.Compare(a.Name, b.Name) })
	}
	wanted := c.choose(d.name, all)
	if d.own == nil {
		wanted = append(wanted, e.unlisted(ctx, c, d, wanted)...)
	}
	return slices.DeleteFunc(wanted, func(t catalog.Entry) bool { return !e.viewer.SeesTable(d.name, t.Name) }), nil
}

// choose returns the entries that may be wanted.
func (c *conditions) choose(database string, all []catalog.Entry) []catalog.Entry {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	var wanted []catalog.Entry
	for _, at := range c.keep(tableName, database, names) {
		wanted = append(wanted, all[at])
	}
	return wanted
}

// mostUnlisted bounds for how many names a source is asked that it does not list.
const mostUnlisted = 16

// unlisted finds tables that the statement names, as it does their database, and that their source does not list.
func (e *execution) unlisted(ctx context.Context, c *conditions, d database, listed []catalog.Entry) []catalog.Entry {
	names, ok := c.constants(tableName)
	if _, located := c.constants(databaseName); !ok || !located || len(names) > mostUnlisted {
		return nil
	}
	var found []catalog.Entry
	for _, name := range names {
		same := func(t catalog.Entry) bool { return strings.EqualFold(t.Name, name) }
		if slices.ContainsFunc(listed, same) || slices.ContainsFunc(found, same) {
			continue
		}
		_, t, err := e.Source.databases.catalog.Resolve(ctx, e.viewer.User(), d.name, name)
		if err != nil {
			continue // no table, as the list says
		}
		one := catalog.Entry{Name: name}
		one.Listed.Name, one.Kind, one.Comment, one.Rows = t.Name, t.Kind, t.Comment, t.Stats.Rows
		found = append(found, one)
	}
	return c.choose(d.name, found)
}

// describe calls visit for each of the entries that can be described.
func (e *execution) describe(ctx context.Context, d database, entries []catalog.Entry, visit func(catalog.Entry, *plan.Table)) error {
	if d.own != nil {
		tables := make(map[string]*plan.Table, len(d.own.Tables))
		for _, t := range d.own.Tables {
			tables[t.Name.Name] = t
		}
		for _, t := range entries {
			visit(t, tables[t.Name])
		}
		return nil
	}
	return e.Source.databases.catalog.Describe(ctx, e.viewer.User(), d.name, entries, func(t catalog.Entry, described *plan.Table, err error) {
		if err != nil {
			_ = e.missing(ctx, "table "+d.name+"."+t.Name+" can't be described", err) // an end of the statement shows elsewhere
			return
		}
		visit(t, described)
	})
}

// addParts adds the rows about a table's columns or keys.
func (e *execution) addParts(of item, w *writer) {
	switch e.table.of {
	case columns:
		allowed := e.viewer.Privileges(of.database, of.entry.Name)
		for of.column = range of.table.Columns {
			if c := of.definedOf(); c != nil && c.Hidden {
				continue
			}
			if of.privileges = allowed(of.columnOf().Name); len(of.privileges) == 0 {
				continue // it is not his to see
			}
			of.declared = types.DeclareNumber(of.columnOf().Type, of.columnOf().Number)
			if c := of.definedOf(); c != nil && (c.SQLType == "tinyint(1)" || c.SQLType == "binary(0)") { // which their values do not tell
				of.declared.DataType, _, _ = strings.Cut(c.SQLType, "(")
				of.declared.ColumnType = c.SQLType
			}
			w.add(&of)
		}
	case keys, keyColumns:
		for _, c := range constraintsOf(of.table, of.definition) {
			of.key = &c
			if e.table.only != nil && !e.table.only(&of) {
				continue
			}
			if e.table.of == keys {
				w.add(&of)
				continue
			}
			for of.seq, of.column = range c.columns {
				w.add(&of)
			}
		}
	}
}

// missing makes a warning of what a listing lacks. The end of the statement is an error.
func (e *execution) missing(ctx context.Context, what string, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if !sqlerr.Is(err, sqlerr.UnknownDatabase) && !sqlerr.Is(err, sqlerr.UnknownTable) { // dropped since it was listed
		e.warnAs(sqlerr.CodeOf(err), what+": "+err.Error())
	}
	return nil
}

func (e *execution) warn(message string) { e.warnAs(sqlerr.SourceDown, message) }

func (e *execution) warnAs(code sqlerr.Code, message string) {
	if e.scan.Env.Warn != nil {
		e.scan.Env.Warn(int(code.Identity().Errno), message)
	}
}
