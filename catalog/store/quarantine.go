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
	Global    bool   // two different statements were: it is for all of them; else for this one
}

// Scope says for whom it is, as people read it.
func (q Quarantine) Scope() string {
	if q.Global {
		return "global"
	}
	return "statement"
}

const quarantineColumns = `id, source, what, since, statement, global`

func scanQuarantine(row interface{ Scan(...any) error }) (q Quarantine, err error) {
	var since int64
	err = row.Scan(&q.ID, &q.Source, &q.What, &since, &q.Statement, &q.Global)
	q.Since = time.Unix(since, 0).UTC()
	return q, err
}

// Quarantines returns all by ascending id.
func (s *Store) Quarantines(ctx context.Context) ([]Quarantine, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+quarantineColumns+` FROM quarantine ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	defer rows.Close()
	var list []Quarantine
	for rows.Next() {
		q, err := scanQuarantine(rows)
		if err != nil {
			return nil, fmt.Errorf("catalog store: quarantine: %w", err)
		}
		list = append(list, q)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return list, nil
}

// AddQuarantine keeps a quarantine, and returns it as it is kept. There is one of the same, which becomes global if it is of another
// statement: whoever shares the store agrees on its number.
func (s *Store) AddQuarantine(ctx context.Context, q Quarantine) (Quarantine, error) {
	row := s.db.QueryRowContext(ctx, `INSERT INTO quarantine (source, what, since, statement, global) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (source, what) DO UPDATE SET
			global = max(global, excluded.global, lower(statement) <> lower(excluded.statement))
		RETURNING `+quarantineColumns, q.Source, q.What, q.Since.Unix(), q.Statement, q.Global)
	kept, err := scanQuarantine(row)
	if err != nil {
		return Quarantine{}, fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return kept, nil
}

// DeleteQuarantine ends a quarantine; that there is none is no error.
func (s *Store) DeleteQuarantine(ctx context.Context, id int64) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM quarantine WHERE id = ?`, id); err != nil {
		return fmt.Errorf("catalog store: quarantine: %w", err)
	}
	return nil
}
