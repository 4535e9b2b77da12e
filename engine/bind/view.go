package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
)

// ViewDatabase is the views of one database.
type ViewDatabase struct {
	Store ViewStore // nil: there are none, and none can be made
	Name  string    // of the database
}

func (d ViewDatabase) store() ViewStore {
	if d.Store == nil {
		return noViews{}
	}
	return d.Store
}

// CreateView implements sql.ViewDatabase.
func (d ViewDatabase) CreateView(ctx *sql.Context, name, _, statement string) error {
	return d.store().CreateView(ctx, d.Name, name, statement)
}

// DropView implements sql.ViewDatabase.
func (d ViewDatabase) DropView(ctx *sql.Context, name string) error {
	return d.store().DropView(ctx, d.Name, name)
}

// GetViewDefinition implements sql.ViewDatabase.
func (d ViewDatabase) GetViewDefinition(ctx *sql.Context, name string) (sql.ViewDefinition, bool, error) {
	if ctx.Err() != nil {
		return sql.ViewDefinition{}, false, context.Cause(ctx)
	}
	statement, err := d.store().View(ctx, d.Name, name)
	if err != nil || statement == "" {
		return sql.ViewDefinition{}, false, err
	}
	noted(ctx).doubt()
	return viewDefinition(name, statement), true, nil
}

// AllViews implements sql.ViewDatabase.
func (d ViewDatabase) AllViews(ctx *sql.Context) ([]sql.ViewDefinition, error) {
	statements, err := d.store().Views(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	all := make([]sql.ViewDefinition, 0, len(statements))
	for name, statement := range statements {
		all = append(all, viewDefinition(name, statement))
	}
	slices.SortFunc(all, func(a, b sql.ViewDefinition) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// viewDefinition describes a view; its text is what follows the AS of its statement.
func viewDefinition(name, statement string) sql.ViewDefinition {
	return sql.ViewDefinition{Name: name, TextDefinition: statement, CreateViewStatement: statement}
}

var _ sql.ViewDatabase = ViewDatabase{}
