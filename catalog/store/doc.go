// Package store keeps what the gateway must remember: servers made by SQL, accounts, views, and what is under quarantine. It is one SQLite file in the
// data folder; one process at a time owns it, and its only connection is its writer lock.
//
// Options of servers and the accounts' data hold secrets, so they are stored sealed (AES-256-GCM) under a key in a file
// of its own beside the database, readable by the owner alone. A row's seal covers its name: rows can't be exchanged.
//
// A Cache beside it keeps what can be found out again, sealed too: it holds values of tables.
//
// The schema changes by numbered migrations, applied once each and in order. A file from a newer gateway is refused.
package store
