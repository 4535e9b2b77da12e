package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Databases returns the names of all databases user can see, ascending. A source that can't be reached still shows the
// database named like it, and a warning says that the rest is missing.
func (c *Catalog) Databases(ctx context.Context, user string) ([]string, error) {
	return c.DatabasesAmong(ctx, user, nil)
}

// DatabasesAmong is Databases without asking sources that have none that differs from one of the names in case at most; nil
// names are any. The others' may be there, too.
func (c *Catalog) DatabasesAmong(ctx context.Context, user string, wanted []string) ([]string, error) {
	sources := slices.DeleteFunc(c.all(), func(s *source) bool { return wanted != nil && !slices.ContainsFunc(wanted, s.mayShow) })
	lists := make([][]string, len(sources))
	errs := make([]error, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		wg.Go(func() {
			errs[i] = sqlerr.Guarded(func() error {
				return s.patiently(ctx, func(ctx context.Context) (err error) {
					lists[i], err = s.databases(ctx, user)
					return err
				})
			})()
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var names []string
	owner := map[string]string{}
	for _, s := range sources {
		owner[strings.ToLower(s.name)] = s.name
	}
	for i, s := range sources {
		names = append(names, s.name)
		if errs[i] != nil {
			c.warn(ctx, "source "+s.name+" is missing from the list: "+errs[i].Error())
		}
		for _, name := range lists[i] {
			names = append(names, shown(name))
			key := strings.ToLower(name)
			if other, ok := owner[key]; ok && other != s.name { // made since the sources were
				c.warn(ctx, "sources "+other+" and "+s.name+" both have a database "+name+": rename one of the two")
			}
			owner[key] = s.name
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Tables returns the names of a database's tables, ascending. If its source can't be reached the list is empty and a
// warning says so. An unknown database is sqlerr.UnknownDatabase.
func (c *Catalog) Tables(ctx context.Context, user, db string) ([]string, error) {
	entries, err := c.List(ctx, user, db)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case sqlerr.Is(err, sqlerr.UnknownDatabase):
		return nil, err
	default:
		c.warn(ctx, "the tables of "+db+" are missing from the list: "+err.Error())
		return nil, nil
	}
	tables := make([]string, len(entries))
	for i, e := range entries {
		tables[i] = e.Name
	}
	return tables, nil
}

// Resolve finds a table, and says as whom it is read: users between whom the source makes no difference are one principal. Unknown names
// are sqlerr.UnknownDatabase and sqlerr.UnknownTable; any other error is the source's.
func (c *Catalog) Resolve(ctx context.Context, user, db, table string) (plan.Site, *plan.Table, error) {
	return c.ResolveAsOf(ctx, user, db, table, connectors.AsOf{})
}

// ResolveAsOf is Resolve for a version of a table.
func (c *Catalog) ResolveAsOf(ctx context.Context, user, db, table string, at connectors.AsOf) (plan.Site, *plan.Table, error) {
	s, namespace, err := c.locate(ctx, user, db)
	if err != nil {
		return plan.Site{}, nil, err
	}
	t, err := s.find(ctx, user, namespace, table, at)
	if err != nil {
		return plan.Site{}, nil, err
	}
	b, err := s.boundTo(user)
	return plan.Site{Source: s.name, Principal: b.principal}, t, err
}

// Remember finds a table that was found a short time ago, as long as Resolve would find it without asking a source.
func (c *Catalog) Remember(ctx context.Context, user, db, table string) (site plan.Site, t *plan.Table, ok bool) {
	site, t, err := c.Resolve(context.WithValue(ctx, memoryAlone{}, true), user, db, table)
	return site, t, err == nil
}

// Announce begins to look for tables that are going to be resolved, all at once. What it finds out is cached as ever; the
// search ends with the context.
func (c *Catalog) Announce(ctx context.Context, user string, tables []plan.TableName) {
	for _, t := range tables {
		look := sqlerr.Guarded(func() error {
			_, _, err := c.Resolve(ctx, user, t.Namespace, t.Name)
			return err
		})
		go func() { _ = look() }() // it fails again when it is asked for
	}
}

// find asks for the name as written and in lower case, and only then lists the namespace.
func (s *source) find(ctx context.Context, user, namespace, written string, at connectors.AsOf) (*plan.Table, error) {
	tries := []string{written}
	if lower := strings.ToLower(written); lower != written {
		tries = append(tries, lower)
	}
	for _, name := range tries {
		t, err := s.describe(ctx, user, connectors.TableName{Namespace: namespace, Name: name}, at)
		if err == nil || !sqlerr.Is(err, sqlerr.UnknownTable) {
			return t, err
		}
	}
	unknown := sqlerr.New(sqlerr.UnknownTable, "source %s has no table %s", s.name,
		connectors.TableName{Namespace: namespace, Name: written})
	entries, err := s.listTables(ctx, user, namespace)
	if err != nil {
		return nil, unknown
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Listed.Name.Name
	}
	if native, ok := pick(written, names); ok && !slices.Contains(tries, native) {
		return s.describe(ctx, user, connectors.TableName{Namespace: namespace, Name: native}, at)
	}
	return nil, unknown
}

// locate finds the source and namespace of a database.
func (c *Catalog) locate(ctx context.Context, user, db string) (*source, string, error) {
	if s := c.source(db); s != nil {
		namespace, err := s.standard(ctx, user)
		return s, namespace, err
	}
	for _, again := range []bool{false, true} {
		s, namespace, err := c.locateNamespace(ctx, user, db, again)
		if s != nil || err != nil {
			return s, namespace, err
		}
	}
	return nil, "", sqlerr.New(sqlerr.UnknownDatabase, "Unknown database '%s'", db)
}

// locateNamespace looks for the database among the namespaces of all sources whose name it begins with; again asks the
// sources themselves, for a namespace that was just made.
func (c *Catalog) locateNamespace(ctx context.Context, user, db string, again bool) (found *source, namespace string, err error) {
	var failed error
	for _, s := range c.all() {
		if !s.mayHave(db) {
			continue
		}
		if again {
			s.namespaces.forgetKey(user)
		}
		names, err := s.databases(ctx, user)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		name, ok := pick(db, names)
		if !ok {
			continue
		}
		if found != nil {
			return nil, "", sqlerr.New(sqlerr.UnknownDatabase, "database %s is ambiguous: sources %s and %s both have it", db, found.name, s.name)
		}
		found, namespace = s, name[len(s.name)+1:]
	}
	if found == nil {
		return nil, "", failed
	}
	return found, namespace, nil
}

// databases returns the full names of the databases that are the source's namespaces, but for the default one.
func (s *source) databases(ctx context.Context, user string) ([]string, error) {
	standard, err := s.standard(ctx, user)
	if err != nil {
		return nil, err
	}
	namespaces, err := s.listNamespaces(ctx, user)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range namespaces {
		if n != standard {
			names = append(names, s.name+"_"+n)
		}
	}
	return names, nil
}

// mayHave reports whether db can be one of the source's namespaces.
func (s *source) mayHave(db string) bool {
	prefix := s.name + "_"
	return len(db) > len(prefix) && strings.EqualFold(db[:len(prefix)], prefix)
}

// mayShow reports whether a database shown as db can be the source's: a long name's alias need not begin with all of the source's.
func (s *source) mayShow(db string) bool {
	return strings.EqualFold(db, s.name) || s.mayHave(db) || utf8.RuneCountInString(db) == maxName
}

// HasDatabase reports whether there is such a database. If the source that could have it can't be reached the error
// says so.
func (c *Catalog) HasDatabase(ctx context.Context, user, db string) (bool, error) {
	if c.source(db) != nil {
		return true, nil
	}
	err := c.locatePatiently(ctx, user, db, func(*source, string) error { return nil })
	if sqlerr.Is(err, sqlerr.UnknownDatabase) {
		return false, nil
	}
	return err == nil, err
}
