package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Entry is a table in the listing of its database.
type Entry struct {
	connectors.Listed        // as the source has it
	Name              string // as clients see it
}

// List returns the tables of a database, ascending by name; nobody changes them. It waits for the source only so long. An unknown
// database is sqlerr.UnknownDatabase.
func (c *Catalog) List(ctx context.Context, user, db string) ([]Entry, error) {
	var entries []Entry
	err := c.locatePatiently(ctx, user, db, func(s *source, namespace string) error {
		return s.patiently(ctx, func(ctx context.Context) (err error) {
			entries, err = s.listTables(ctx, user, namespace)
			return err
		})
	})
	return entries, err
}

// locatePatiently finds the source and namespace of a database for visit, without waiting for long.
func (c *Catalog) locatePatiently(ctx context.Context, user, db string, visit func(*source, string) error) error {
	within, cancel := context.WithTimeoutCause(ctx, c.cfg.ListTimeout,
		sqlerr.New(sqlerr.SourceDown, "no answer within %s", c.cfg.ListTimeout))
	s, namespace, err := c.locate(within, user, db)
	cancel()
	if err != nil {
		return err
	}
	return visit(s, namespace)
}

const (
	// fewTables is up to how many tables are described one by one, of those that were described a short time ago without a
	// request: a request for a whole namespace may be one for many more.
	fewTables = 4
	// describers is how many tables are described at the same time.
	describers = 8
)

// Describe describes tables of a listing, by one request where the source can and there are more than a few of them. It calls
// visit for one after the other, by name, with the entry and its table, or why it can't be described. What it returns is why the
// source can't describe the rest. Nothing is waited for in visit: the source's connection may be held.
func (c *Catalog) Describe(ctx context.Context, user, db string, entries []Entry, visit func(Entry, *plan.Table, error)) error {
	return c.locatePatiently(ctx, user, db, func(s *source, namespace string) error {
		src, err := s.bind(user)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		patience := time.AfterFunc(firstAnswer*s.timeout, func() {
			cancel(sqlerr.New(sqlerr.SourceDown, "source %s: no answer within %s", s.name, firstAnswer*s.timeout))
		})
		defer patience.Stop()
		answered := func(e Entry, t *plan.Table, err error) {
			patience.Stop()
			visit(e, t, err)
		}
		if lister, ok := src.(connectors.ColumnLister); ok && len(entries) > fewTables {
			err = describeAll(ctx, lister, namespace, entries, answered)
		} else {
			err = s.describeEach(ctx, user, entries, answered)
		}
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	})
}

// firstAnswer is how long a source may take until it describes the first of some tables, in time limits of a listing.
const firstAnswer = 4

// describeAll describes all tables of a namespace by one request. A table that is listed and not described is none any more.
func describeAll(ctx context.Context, lister connectors.ColumnLister, namespace string, entries []Entry, visit func(Entry, *plan.Table, error)) error {
	wanted := make(map[string]Entry, len(entries))
	for _, e := range entries {
		wanted[e.Listed.Name.Name] = e
	}
	for t, err := range lister.Tables(ctx, namespace) {
		if err != nil {
			return err
		}
		if e, ok := wanted[t.Name.Name]; ok {
			visit(e, t, nil)
		}
	}
	return nil
}

// describeEach describes tables one by one, several at the same time. A source that is down is not asked for the rest of them.
func (s *source) describeEach(ctx context.Context, user string, entries []Entry, visit func(Entry, *plan.Table, error)) error {
	type answer struct {
		table *plan.Table
		err   error
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan chan answer, describers-1) // in the order of the entries; one more is waited for
	go func() {
		defer close(answers)
		for _, e := range entries {
			if asking.Err() != nil {
				return
			}
			next := make(chan answer, 1)
			answers <- next
			go func() {
				var a answer
				a.err = sqlerr.Guarded(func() (err error) {
					a.table, err = s.describe(asking, user, e.Listed.Name, connectors.AsOf{})
					return err
				})()
				next <- a
			}()
		}
	}()
	var down error
	at := 0
	for next := range answers {
		a := <-next
		switch {
		case asking.Err() != nil:
		case sqlerr.Is(a.err, sqlerr.SourceDown):
			down = a.err
			cancel()
		default:
			visit(entries[at], a.table, a.err)
		}
		at++
	}
	return errors.Join(ctx.Err(), down)
}

// warnKey is the key of what hears the warnings of a context's listings.
type warnKey struct{}

// WithWarn returns a context whose listings tell warn what they could not reach, instead of Config.Warn.
func WithWarn(ctx context.Context, warn func(message string)) context.Context {
	return context.WithValue(ctx, warnKey{}, warn)
}

func (c *Catalog) warn(ctx context.Context, message string) {
	if warn, ok := ctx.Value(warnKey{}).(func(string)); ok {
		warn(message)
		return
	}
	c.cfg.Warn(ctx, message)
}

// Wrapper is the type of the source that has a database; "" for an unknown one. It asks nobody.
func (c *Catalog) Wrapper(db string) string {
	if s := c.source(db); s != nil {
		return s.server.Type
	}
	var owner *source
	for _, s := range c.all() {
		if s.mayHave(db) && (owner == nil || len(s.name) > len(owner.name)) {
			owner = s
		}
	}
	if owner == nil {
		return ""
	}
	return owner.server.Type
}

// Age is how old a listing is that the catalog would give.
type Age struct {
	Source   string
	Database string // "": the list of the source's databases
	Items    int
	Made     time.Time
	Renewing bool  // it is being asked for anew
	Failure  error // why it could not be
}

// Ages returns the listings that are kept for a user, by source and database.
func (c *Catalog) Ages(user string) []Age {
	var all []Age
	for _, s := range c.all() {
		add := func(db string, items int, a age) {
			all = append(all, Age{Source: s.name, Database: db, Items: items, Made: a.made, Renewing: a.renewing, Failure: a.failure})
		}
		standard, known := "", false
		s.defaults.each(func(of, namespace string, _ age) {
			if of == user {
				standard, known = namespace, true
			}
		})
		s.namespaces.each(func(of string, names []string, a age) {
			if of == user {
				add("", len(names), a)
			}
		})
		s.listings.each(func(of listingKey, tables []Entry, a age) {
			if of.user != user {
				return
			}
			db := shown(s.name + "_" + of.namespace)
			if of.namespace == "" || known && of.namespace == standard {
				db = s.name
			}
			add(db, len(tables), a)
		})
	}
	slices.SortFunc(all, func(a, b Age) int {
		if by := strings.Compare(a.Source, b.Source); by != 0 {
			return by
		}
		return strings.Compare(a.Database, b.Database)
	})
	return all
}
