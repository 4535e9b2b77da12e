// Package sqlitefile opens files of SQLite that one process keeps its own state in.
package sqlitefile

import (
	"database/sql"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver
)

// Open opens a file, which it makes as needed, for its owner alone; its folder is there. No other process can open it until it
// is closed. What is committed is in a write-ahead log. Pragmas, such as "synchronous(FULL)", are set besides.
func Open(path string, pragmas ...string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": append([]string{"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "busy_timeout(1000)"}, pragmas...),
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // whoever locks a file exclusively locks other connections of his own out, too
	return db, nil
}
