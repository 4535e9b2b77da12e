package scratch

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/sqlitefile"
)

// file is the SQLite file of a Store. One process at a time owns it.
type file struct{ db *sql.DB }

// fileVersion is SQLite's user_version of the schema below.
const fileVersion = 1

const fileSchema = `
	CREATE TABLE databases (
		name      TEXT PRIMARY KEY COLLATE NOCASE,
		owner     TEXT NOT NULL,
		collation INTEGER NOT NULL
	) STRICT;
	CREATE TABLE tables (
		id             INTEGER PRIMARY KEY,
		database       TEXT NOT NULL COLLATE NOCASE,
		owner          TEXT NOT NULL,
		definition     TEXT NOT NULL, -- JSON
		auto_increment INTEGER NOT NULL -- the next value, as its bits
	) STRICT;
	CREATE TABLE rows (
		table_id INTEGER NOT NULL,
		key      BLOB NOT NULL,
		data     BLOB NOT NULL,
		PRIMARY KEY (table_id, key)
	) STRICT, WITHOUT ROWID;`

func openFile(ctx context.Context, path string) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db, err := sqlitefile.Open(path, "synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	f := &file{db: db}
	if err := f.migrate(ctx); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *file) close() error { return f.db.Close() }

func (f *file) migrate(ctx context.Context) error {
	version := 0
	if err := f.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	switch {
	case version == fileVersion:
		return nil
	case version > fileVersion:
		return fmt.Errorf("the file has schema version %d, this gateway knows up to %d", version, fileVersion)
	}
	return f.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("%s; PRAGMA user_version = %d", fileSchema, fileVersion))
		return err
	})
}

func (f *file) transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// change is what a commit writes.
type change struct {
	databases map[string]*Database // nil: dropped
	before    map[int64]*Table     // by the ids that the names had that the transaction changed
	after     map[int64]named      // and that they have now
}

// named is a table where it is.
type named struct {
	database string
	*Table
}

func (c *change) add(n name, before, after *Table) {
	if c.before == nil {
		c.before, c.after = make(map[int64]*Table), make(map[int64]named)
	}
	if before != nil {
		c.before[before.id] = before
	}
	if after != nil {
		c.after[after.id] = named{n.database, after}
	}
}

func (c *change) empty() bool { return len(c.databases)+len(c.before)+len(c.after) == 0 }

// write does all of a change or nothing.
func (f *file) write(ctx context.Context, c *change) error {
	return f.transact(ctx, func(tx *sql.Tx) error {
		for key, db := range c.databases {
			var err error
			if db == nil {
				_, err = tx.ExecContext(ctx, `DELETE FROM rows WHERE table_id IN (SELECT id FROM tables WHERE database = ?1);
					DELETE FROM tables WHERE database = ?1; DELETE FROM databases WHERE name = ?1`, key)
			} else {
				_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO databases (name, owner, collation) VALUES (?, ?, ?)`,
					db.Name, db.Owner, db.Collation)
			}
			if err != nil {
				return err
			}
		}
		for id := range c.before {
			if _, kept := c.after[id]; kept {
				continue
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM tables WHERE id = ?`, id); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM rows WHERE table_id = ?`, id); err != nil {
				return err
			}
		}
		for id, t := range c.after {
			definition, err := json.Marshal(t.def)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO tables (id, database, owner, definition, auto_increment) VALUES (?, ?, ?, ?, ?)`,
				id, t.database, t.owner, string(definition), int64(t.counters.auto.Load()))
			if err == nil {
				err = writeRows(ctx, tx, t.Table)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// writeRows writes the rows that differ from what is kept.
func writeRows(ctx context.Context, tx *sql.Tx, t *Table) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	put, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO rows (table_id, key, data) VALUES (?, ?, ?)`) //nolint:sqlclosecheck // it is closed below
	if err != nil {
		return err
	}
	defer put.Close()                                                                        //nolint:errcheck // what it wrote is the transaction's to keep
	remove, err := tx.PrepareContext(ctx, `DELETE FROM rows WHERE table_id = ? AND key = ?`) //nolint:sqlclosecheck // it is closed below
	if err != nil {
		return err
	}
	defer remove.Close() //nolint:errcheck // as above
	t.dirty.Scan(func(key string, _ struct{}) bool {
		if data, ok := t.rows.Get(key); ok {
			_, err = put.ExecContext(ctx, t.id, []byte(key), []byte(data))
		} else {
			_, err = remove.ExecContext(ctx, t.id, []byte(key))
		}
		return err == nil
	})
	return err
}

// load reads all that is kept, and returns the last id that a table has. A table whose definition can't be read, which another version has
// written, is passed over with a warning and stays in the file.
func (f *file) load(ctx context.Context, typeOf func(string) (types.Type, error), warn func(error)) (loaded *state, last int64, err error) {
	loaded = &state{databases: make(map[string]*Database)}
	err = f.each(ctx, `SELECT name, owner, collation FROM databases`, func(row *sql.Rows) error {
		db := &Database{tables: make(map[string]*Table)}
		err := row.Scan(&db.Name, &db.Owner, &db.Collation)
		loaded.databases[strings.ToLower(db.Name)] = db
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	byID := make(map[int64]*Table)
	unread := make(map[int64]bool)
	err = f.each(ctx, `SELECT id, database, owner, definition, auto_increment FROM tables`, func(row *sql.Rows) error {
		var id, auto int64
		var database, owner, text string
		if err := row.Scan(&id, &database, &owner, &text, &auto); err != nil {
			return err
		}
		last = max(last, id)
		def, err := readDefinition(database, text, typeOf)
		if err != nil {
			unread[id] = true
			warn(err)
			return nil
		}
		db := loaded.databases[strings.ToLower(database)]
		if db == nil {
			return fmt.Errorf("table %s is in database %s, which is not there", def.Name, database)
		}
		t := newTable(id, def, owner)
		t.counters.auto.Store(uint64(auto))
		db.tables[strings.ToLower(def.Name)], byID[id] = t, t
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return loaded, last, f.each(ctx, `SELECT table_id, key, data FROM rows ORDER BY table_id, key`, func(row *sql.Rows) error {
		var id int64
		var key, data []byte
		if err := row.Scan(&id, &key, &data); err != nil {
			return err
		}
		t := byID[id]
		if unread[id] {
			return nil
		}
		if t == nil {
			return fmt.Errorf("a row is of table %d, which is not there", id)
		}
		return t.load(string(key), string(data))
	})
}

func readDefinition(database, text string, typeOf func(string) (types.Type, error)) (*Definition, error) {
	def := new(Definition)
	if err := json.Unmarshal([]byte(text), def); err != nil {
		return nil, fmt.Errorf("a table of database %s: %w", database, err)
	}
	for i, c := range def.Columns {
		t, err := typeOf(c.SQLType)
		if err != nil {
			return nil, fmt.Errorf("column %s of table %s.%s: %w", c.Name, database, def.Name, err)
		}
		def.Columns[i].Type = t
	}
	return def, nil
}

func (f *file) each(ctx context.Context, query string, do func(*sql.Rows) error) error {
	rows, err := f.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load adds a row that is kept.
func (t *Table) load(key, data string) error {
	row, err := t.decode(data)
	if err != nil {
		return fmt.Errorf("table %s: %w", t.def.Name, err)
	}
	e := t.entry(key, row)
	t.rows.Load(key, data)
	for i, u := range e.unique {
		if u != "" {
			t.unique[i].Set(u, key)
		}
	}
	if len(t.def.Primary) == 0 {
		t.counters.row.Store(binary.BigEndian.Uint64([]byte(key)))
	}
	t.bytes += e.size()
	return nil
}
