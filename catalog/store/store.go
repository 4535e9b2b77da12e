package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/internal/sqlitefile"
)

// Server is a source made by CREATE SERVER.
type Server struct {
	Name    string
	Type    string
	Options connectors.Options
}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	dir  string
	db   *sql.DB
	seal sealer
}

// File is the name of the store's database in its folder.
const File = "catalog.db"

// Open opens the store in folder dir, making both as needed.
func Open(ctx context.Context, dir string) (*Store, error) {
	s, err := open(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("catalog store in %s: %w", dir, err)
	}
	return s, nil
}

func open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	seal, err := openSealer(filepath.Join(dir, "catalog.key"))
	if err != nil {
		return nil, err
	}
	db, err := sqlitefile.Open(filepath.Join(dir, File), "foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{dir: dir, db: db, seal: seal}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Fingerprint tells a server's definition, its secrets included, from every other one. It is the same after a restart, and nobody
// who has not the store's key can guess it.
func (s *Store) Fingerprint(server Server) (sum [sha256.Size]byte, err error) {
	text, err := json.Marshal(server)
	if err != nil {
		return sum, fmt.Errorf("catalog store: %w", err)
	}
	return s.seal.fingerprint(text), nil
}

// Servers returns all servers by ascending name.
func (s *Store) Servers(ctx context.Context) ([]Server, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, type, options FROM server ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("catalog store: %w", err)
	}
	defer rows.Close()
	var list []Server
	for rows.Next() {
		var server Server
		var sealed []byte
		if err := rows.Scan(&server.Name, &server.Type, &sealed); err != nil {
			return nil, fmt.Errorf("catalog store: %w", err)
		}
		text, err := s.seal.open(sealed, "server "+server.Name)
		if err == nil {
			err = json.Unmarshal(text, &server.Options)
		}
		if err != nil {
			return nil, fmt.Errorf("catalog store: options of server %s: %w", server.Name, err)
		}
		list = append(list, server)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("catalog store: %w", err)
	}
	return list, nil
}

// PutServer adds a server or replaces the one of its name.
func (s *Store) PutServer(ctx context.Context, server Server) error {
	text, err := json.Marshal(server.Options)
	if err != nil {
		return fmt.Errorf("catalog store: %w", err)
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO server (name, type, options) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET type = excluded.type, options = excluded.options`,
		server.Name, server.Type, s.seal.seal(text, "server "+server.Name))
	if err != nil {
		return fmt.Errorf("catalog store: %w", err)
	}
	return nil
}

// DeleteServer removes a server; that there is none is no error.
func (s *Store) DeleteServer(ctx context.Context, name string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM server WHERE name = ?`, name); err != nil {
		return fmt.Errorf("catalog store: %w", err)
	}
	return nil
}

// Accounts returns what PutAccounts kept last, or nil.
func (s *Store) Accounts(ctx context.Context) ([]byte, error) {
	var sealed []byte
	err := s.db.QueryRowContext(ctx, `SELECT data FROM accounts`).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		sealed, err = s.seal.open(sealed, "accounts")
	}
	if err != nil {
		return nil, fmt.Errorf("catalog store: accounts: %w", err)
	}
	return sealed, nil
}

// PutAccounts keeps the users, roles and grants, in the caller's own encoding.
func (s *Store) PutAccounts(ctx context.Context, data []byte) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO accounts (id, data) VALUES (1, ?)
		ON CONFLICT (id) DO UPDATE SET data = excluded.data`, s.seal.seal(data, "accounts"))
	if err != nil {
		return fmt.Errorf("catalog store: accounts: %w", err)
	}
	return nil
}
