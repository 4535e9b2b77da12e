package store

import (
	"context"
	"fmt"
	"time"
)

// Quarantine is something that plans do without, since an answer was wrong with it. It holds no values of tables.
type Quarantine struct {
	ID        int64  // never given twice
	Source    string // "": What is a rule of the optimizer
	What      string
	Since     time.Time
	Statement string // that was answered wrongly, without its literals
}

// Quarantines returns all by ascending id.
func (s *Store) Quarantines(ctx context.Context) ([]Quarantine, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, source, what, since, statement FROM quarantine ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	defer rows.Close()
	var list []Quarantine
	for rows.Next() {
		var q Quarantine
		var since int64
		if err := rows.Scan(&q.ID, &q.Source, &q.What, &since, &q.Statement); err != nil {
			return nil, fmt.Errorf("catalog store: quarantine: %w", err)
		}
		q.Since = time.Unix(since, 0).UTC()
		list = append(list, q)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return list, nil
}

// AddQuarantine keeps a quarantine, and returns its id.
func (s *Store) AddQuarantine(ctx context.Context, q Quarantine) (id int64, err error) {
	result, err := s.db.ExecContext(ctx, `INSERT INTO quarantine (source, what, since, statement) VALUES (?, ?, ?, ?)`,
		q.Source, q.What, q.Since.Unix(), q.Statement)
	if err == nil {
		id, err = result.LastInsertId()
	}
	if err != nil {
		return 0, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return id, nil
}

// DeleteQuarantine ends a quarantine; that there is none is no error.
func (s *Store) DeleteQuarantine(ctx context.Context, id int64) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM quarantine WHERE id = ?`, id); err != nil {
		return fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return nil
}
