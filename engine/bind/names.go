package bind

import (
	"context"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/plan"
)

// Names are what the names of tables in a statement stood for when it was bound. While they stand for the same, with the
// same user, rights and settings, the statement binds to the same plan.
type Names struct {
	tables []namedTable
	// unsure: a name was looked up of which Same can't tell whether it has got another meaning.
	unsure bool
}

type namedTable struct {
	resolver Rememberer
	user     string
	db, name string
	site     plan.Site
	table    *plan.Table
}

type namesKey struct{}

// NoteNames returns a context to bind a statement in that notes what its names stand for.
func NoteNames(ctx *sql.Context) (*sql.Context, *Names) {
	names := &Names{}
	return ctx.WithContext(context.WithValue(ctx.Context, namesKey{}, names)), names
}

// noted returns what a statement's names are noted in; nil: nowhere.
func noted(ctx *sql.Context) *Names {
	names, _ := ctx.Value(namesKey{}).(*Names)
	return names
}

// add notes what r has found. It may forget at once, or have asked for other spellings of the name before, whose answer it
// forgets: then it can't tell.
func (n *Names) add(ctx *sql.Context, r Resolver, user, db, name string, site plan.Site, table *plan.Table) {
	if n == nil {
		return
	}
	rememberer, ok := r.(Rememberer)
	if ok {
		t := namedTable{rememberer, user, db, name, site, table}
		n.tables = append(n.tables, t)
		ok = t.same(ctx)
	}
	n.unsure = n.unsure || !ok
}

func (n *Names) doubt() {
	if n != nil {
		n.unsure = true
	}
}

// Known reports whether all names can be looked up again.
func (n *Names) Known() bool { return !n.unsure }

// Same reports whether every name still stands for what it did: the same description of the same table, as the Resolver
// remembers it for who read it. No source is asked.
func (n *Names) Same(ctx *sql.Context) bool {
	return !n.unsure && !slices.ContainsFunc(n.tables, func(t namedTable) bool { return !t.same(ctx) })
}

func (t namedTable) same(ctx *sql.Context) bool {
	site, table, ok := t.resolver.Remember(ctx, t.user, t.db, t.name)
	return ok && site == t.site && table == t.table
}
