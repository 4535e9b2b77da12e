package bind

import (
	"context"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// View is a view. It is bound anew wherever it is read, by the mode that it was written in.
type View struct {
	Name      string
	Query     string   // in the words of parse.Rewrite, without what is after it
	Mode      string   // the sql_mode that Query is read by
	Columns   []string // under which names it shows its columns
	Picked    []string `json:",omitempty"` // the columns that Query had, if it has a star: later ones of its tables are none of the view's
	Algorithm string   `json:",omitempty"`
	User      string   // the definer
	Host      string
	Invoker   bool // the rights are those of who reads it, else the definer's
}

// ViewStore keeps views, of databases of sources and of scratch databases. Making them is the front end's.
type ViewStore interface {
	View(ctx context.Context, db, name string) (View, bool, error)
	// Views returns the views of a database by ascending name.
	Views(ctx context.Context, db string) ([]View, error)
	// DropView forgets a view, and reports whether there was one.
	DropView(ctx context.Context, db, name string) (bool, error)
}

// noViews is the ViewStore that holds none.
type noViews struct{}

func (noViews) View(context.Context, string, string) (View, bool, error) { return View{}, false, nil }

func (noViews) Views(context.Context, string) ([]View, error) { return nil, nil }

func (noViews) DropView(context.Context, string, string) (bool, error) { return false, nil }

// head is the statement that makes the view, up to its query.
func (v View) head(name string) string {
	algorithm, security := v.Algorithm, "DEFINER"
	if algorithm == "" {
		algorithm = "UNDEFINED"
	}
	if v.Invoker {
		security = "INVOKER"
	}
	var columns []string
	for _, c := range v.Columns {
		columns = append(columns, QuotedName(c))
	}
	return fmt.Sprintf("CREATE ALGORITHM=%s DEFINER=%s@%s SQL SECURITY %s VIEW %s (%s) AS ", strings.ToUpper(algorithm), QuotedName(v.User), QuotedName(v.Host), security,
		name, strings.Join(columns, ","))
}

// Statement is the CREATE VIEW that shows the view.
func (v View) Statement() string { return v.head(QuotedName(v.Name)) + v.Written() }

// Written is the view's query in the client's words.
func (v View) Written() string { return parse.Restore(v.Query) }

// bound is the CREATE VIEW that is bound where the view is read. The invoker of a view within another's query is that one's definer.
func (v View) bound(db string, reader *account) string {
	if v.Invoker && reader != nil {
		v.User, v.Host, v.Invoker = reader.user, reader.host, false
	}
	query := v.Query
	if v.Picked != nil {
		var columns []string
		for _, c := range v.Picked {
			columns = append(columns, QuotedName(c))
		}
		query = "SELECT " + strings.Join(columns, ",") + " FROM (" + v.Query + ") AS " + QuotedName(v.Name)
	}
	return v.head(QuotedName(db)+"."+QuotedName(v.Name)) + query
}

// ViewDatabase is the views of one database, as GMS asks for them.
type ViewDatabase struct {
	Store ViewStore // nil: there are none
	Name  string    // of the database

	reader *account // the definer of the view that names the database; nil: the session's user
}

func (d ViewDatabase) store() ViewStore {
	if d.Store == nil {
		return noViews{}
	}
	return d.Store
}

// CreateView implements sql.ViewDatabase by refusing: GMS does not say all of a view.
func (d ViewDatabase) CreateView(_ *sql.Context, name, _, _ string) error {
	return sqlerr.New(sqlerr.Unsupported, "view %s.%s: views can't be made or renamed in this statement", d.Name, name)
}

// DropView implements sql.ViewDatabase.
func (d ViewDatabase) DropView(ctx *sql.Context, name string) error {
	found, err := d.store().DropView(ctx, d.Name, name)
	if err == nil && !found {
		err = sql.ErrViewDoesNotExist.New(d.Name, name)
	}
	return err
}

// GetViewDefinition implements sql.ViewDatabase.
func (d ViewDatabase) GetViewDefinition(ctx *sql.Context, name string) (sql.ViewDefinition, bool, error) {
	if ctx.Err() != nil {
		return sql.ViewDefinition{}, false, context.Cause(ctx)
	}
	v, ok, err := d.store().View(ctx, d.Name, name)
	if err != nil || !ok {
		return sql.ViewDefinition{}, false, err
	}
	noted(ctx).doubt()
	return d.definition(v), true, nil
}

// AllViews implements sql.ViewDatabase.
func (d ViewDatabase) AllViews(ctx *sql.Context) ([]sql.ViewDefinition, error) {
	views, err := d.store().Views(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	all := make([]sql.ViewDefinition, 0, len(views))
	for _, v := range views {
		all = append(all, d.definition(v))
	}
	return all, nil
}

func (d ViewDatabase) definition(v View) sql.ViewDefinition {
	return sql.ViewDefinition{Name: v.Name, TextDefinition: v.Query, CreateViewStatement: v.bound(d.Name, d.reader), SqlMode: v.Mode}
}

var _ sql.ViewDatabase = ViewDatabase{}
