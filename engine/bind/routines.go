package bind

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"
)

// A federated database has no routines, triggers and events, and can have none: listings of them are empty, where GMS has errors for databases that
// can't tell.

var (
	_ sql.StoredProcedureDatabase = (*viewDatabase)(nil)
	_ sql.TriggerDatabase         = (*viewDatabase)(nil)
	_ sql.QuiescableEventDatabase = (*viewDatabase)(nil)
)

// GetStoredProcedure implements sql.StoredProcedureDatabase.
func (d *database) GetStoredProcedure(*sql.Context, string) (sql.StoredProcedureDetails, bool, error) {
	return sql.StoredProcedureDetails{}, false, nil
}

// GetStoredProcedures implements sql.StoredProcedureDatabase.
func (d *database) GetStoredProcedures(*sql.Context) ([]sql.StoredProcedureDetails, error) {
	return nil, nil
}

// SaveStoredProcedure implements sql.StoredProcedureDatabase.
func (d *database) SaveStoredProcedure(*sql.Context, sql.StoredProcedureDetails) error {
	return sql.ErrStoredProceduresNotSupported.New(d.name)
}

// DropStoredProcedure implements sql.StoredProcedureDatabase.
func (d *database) DropStoredProcedure(*sql.Context, string) error {
	return sql.ErrStoredProceduresNotSupported.New(d.name)
}

// GetTriggers implements sql.TriggerDatabase.
func (d *database) GetTriggers(*sql.Context) ([]sql.TriggerDefinition, error) { return nil, nil }

// CreateTrigger implements sql.TriggerDatabase.
func (d *database) CreateTrigger(*sql.Context, sql.TriggerDefinition) error {
	return sql.ErrTriggersNotSupported.New(d.name)
}

// DropTrigger implements sql.TriggerDatabase.
func (d *database) DropTrigger(*sql.Context, string) error {
	return sql.ErrTriggersNotSupported.New(d.name)
}

// GetEvent implements sql.EventDatabase.
func (d *database) GetEvent(*sql.Context, string) (sql.EventDefinition, bool, error) {
	return sql.EventDefinition{}, false, nil
}

// GetEvents implements sql.EventDatabase.
func (d *database) GetEvents(*sql.Context) ([]sql.EventDefinition, any, error) { return nil, nil, nil }

// SaveEvent implements sql.EventDatabase.
func (d *database) SaveEvent(*sql.Context, sql.EventDefinition) (bool, error) {
	return false, sql.ErrEventsNotSupported.New(d.name)
}

// DropEvent implements sql.EventDatabase.
func (d *database) DropEvent(*sql.Context, string) error {
	return sql.ErrEventsNotSupported.New(d.name)
}

// UpdateEvent implements sql.EventDatabase.
func (d *database) UpdateEvent(*sql.Context, string, sql.EventDefinition) (bool, error) {
	return false, sql.ErrEventsNotSupported.New(d.name)
}

// UpdateLastExecuted implements sql.EventDatabase.
func (d *database) UpdateLastExecuted(*sql.Context, string, time.Time) error { return nil }

// NeedsToReloadEvents implements sql.EventDatabase.
func (d *database) NeedsToReloadEvents(*sql.Context, any) (bool, error) { return false, nil }

// QuiescableEvents implements sql.QuiescableEventDatabase.
func (d *database) QuiescableEvents() bool { return true }
