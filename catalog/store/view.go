package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// View is a view. What its definition says is the business of who runs statements.
type View struct {
	Database, Name string
	Definition     []byte
}

// Views are the views that are kept, in memory too: every statement asks for some. They are safe for concurrent use.
type Views struct {
	store *Store
	mu    sync.RWMutex
	all   map[[2]string]View // by database and name in lower case
}

func viewKey(database, name string) [2]string {
	return [2]string{strings.ToLower(database), strings.ToLower(name)}
}

// Views reads the views.
func (s *Store) Views(ctx context.Context) (*Views, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT database, name, definition FROM view`)
	if err != nil {
		return nil, fmt.Errorf("catalog store: views: %w", err)
	}
	defer rows.Close()
	views := &Views{store: s, all: make(map[[2]string]View)}
	for rows.Next() {
		var v View
		if err := rows.Scan(&v.Database, &v.Name, &v.Definition); err != nil {
			return nil, fmt.Errorf("catalog store: views: %w", err)
		}
		views.all[viewKey(v.Database, v.Name)] = v
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("catalog store: views: %w", err)
	}
	return views, nil
}

// Get returns a view.
func (v *Views) Get(database, name string) (View, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	found, ok := v.all[viewKey(database, name)]
	return found, ok
}

// In returns the views of a database by ascending name.
func (v *Views) In(database string) []View {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var list []View
	for key, view := range v.all {
		if key[0] == strings.ToLower(database) {
			list = append(list, view)
		}
	}
	slices.SortFunc(list, func(a, b View) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list
}

// Put keeps a view, in the place of one of its name.
func (v *Views) Put(ctx context.Context, view View) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := v.store.db.ExecContext(ctx, `INSERT OR REPLACE INTO view (database, name, definition) VALUES (?, ?, ?)`, view.Database, view.Name, view.Definition)
	if err != nil {
		return fmt.Errorf("catalog store: view %s.%s: %w", view.Database, view.Name, err)
	}
	v.all[viewKey(view.Database, view.Name)] = view
	return nil
}

// Delete forgets a view, and reports whether there was one.
func (v *Views) Delete(ctx context.Context, database, name string) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.all[viewKey(database, name)]; !ok {
		return false, nil
	}
	if _, err := v.store.db.ExecContext(ctx, `DELETE FROM view WHERE database = ? AND name = ?`, database, name); err != nil {
		return false, fmt.Errorf("catalog store: view %s.%s: %w", database, name, err)
	}
	delete(v.all, viewKey(database, name))
	return true, nil
}
