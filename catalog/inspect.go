package catalog

import (
	"context"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Inspection is what a source has, and what is wrong with it.
type Inspection struct {
	Databases map[string][]string // each with its tables, as clients see their names
	Doubt     error               // a likely mistake among the source's options
}

// Inspect lists everything of one source as user sees it. Unlike a listing for clients it fails with the source's own
// error, and takes as long as ctx allows.
func (c *Catalog) Inspect(ctx context.Context, user, name string) (Inspection, error) {
	s := c.source(name)
	if s == nil {
		return Inspection{}, sqlerr.New(sqlerr.UnknownServer, "there is no source %s", name)
	}
	src, err := s.bind(user)
	if err != nil {
		return Inspection{}, err
	}
	standard, err := s.standard(ctx, user)
	if err != nil {
		return Inspection{}, err
	}
	found := Inspection{Databases: map[string][]string{}}
	add := func(db, namespace string) error {
		entries, err := s.listTables(ctx, user, namespace)
		tables := make([]string, len(entries))
		for i, e := range entries {
			tables[i] = e.Name
		}
		found.Databases[shown(db)] = tables
		return err
	}
	if err := add(s.name, standard); err != nil {
		return Inspection{}, err
	}
	others, err := s.databases(ctx, user)
	if err != nil {
		return Inspection{}, err
	}
	for _, db := range others {
		if err := add(db, db[len(s.name)+1:]); err != nil {
			return Inspection{}, err
		}
	}
	if checker, ok := src.(connectors.Checker); ok {
		found.Doubt = checker.Check(ctx)
	}
	return found, nil
}
