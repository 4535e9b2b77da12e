package bind

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"
)

// NoRoutines is a database without routines, triggers and events, and that can have none: listings of them are empty, where GMS has errors for databases that
// can't tell.
type NoRoutines struct{ Database string }

var (
	_ sql.StoredProcedureDatabase = (*viewDatabase)(nil)
	_ sql.TriggerDatabase         = (*viewDatabase)(nil)
	_ sql.QuiescableEventDatabase = (*viewDatabase)(nil)
)

// GetStoredProcedure implements sql.StoredProcedureDatabase.
func (d NoRoutines) GetStoredProcedure(*sql.Context, string) (sql.StoredProcedureDetails, bool, error) {
	return sql.StoredProcedureDetails{}, false, nil
}

// GetStoredProcedures implements sql.StoredProcedureDatabase.
func (d NoRoutines) GetStoredProcedures(*sql.Context) ([]sql.StoredProcedureDetails, error) {
	return nil, nil
}

// SaveStoredProcedure implements sql.StoredProcedureDatabase.
func (d NoRoutines) SaveStoredProcedure(*sql.Context, sql.StoredProcedureDetails) error {
	return sql.ErrStoredProceduresNotSupported.New(d.Database)
}

// DropStoredProcedure implements sql.StoredProcedureDatabase.
func (d NoRoutines) DropStoredProcedure(_ *sql.Context, name string) error {
	return sql.ErrStoredProcedureDoesNotExist.New(name)
}

// GetTriggers implements sql.TriggerDatabase.
func (d NoRoutines) GetTriggers(*sql.Context) ([]sql.TriggerDefinition, error) { return nil, nil }

// CreateTrigger implements sql.TriggerDatabase.
func (d NoRoutines) CreateTrigger(*sql.Context, sql.TriggerDefinition) error {
	return sql.ErrTriggersNotSupported.New(d.Database)
}

// DropTrigger implements sql.TriggerDatabase.
func (d NoRoutines) DropTrigger(*sql.Context, string) error {
	return sql.ErrTriggersNotSupported.New(d.Database)
}

// GetEvent implements sql.EventDatabase.
func (d NoRoutines) GetEvent(*sql.Context, string) (sql.EventDefinition, bool, error) {
	return sql.EventDefinition{}, false, nil
}

// GetEvents implements sql.EventDatabase.
func (d NoRoutines) GetEvents(*sql.Context) ([]sql.EventDefinition, any, error) { return nil, nil, nil }

// SaveEvent implements sql.EventDatabase.
func (d NoRoutines) SaveEvent(*sql.Context, sql.EventDefinition) (bool, error) {
	return false, sql.ErrEventsNotSupported.New(d.Database)
}

// DropEvent implements sql.EventDatabase.
func (d NoRoutines) DropEvent(*sql.Context, string) error {
	return sql.ErrEventsNotSupported.New(d.Database)
}

// UpdateEvent implements sql.EventDatabase.
func (d NoRoutines) UpdateEvent(*sql.Context, string, sql.EventDefinition) (bool, error) {
	return false, sql.ErrEventsNotSupported.New(d.Database)
}

// UpdateLastExecuted implements sql.EventDatabase.
func (d NoRoutines) UpdateLastExecuted(*sql.Context, string, time.Time) error { return nil }

// NeedsToReloadEvents implements sql.EventDatabase.
func (d NoRoutines) NeedsToReloadEvents(*sql.Context, any) (bool, error) { return false, nil }

// QuiescableEvents implements sql.QuiescableEventDatabase.
func (d NoRoutines) QuiescableEvents() bool { return true }
