package infoschema

import (
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Viewer is the session that asks. It is safe for concurrent use.
type Viewer interface {
	// User is the name that catalogs know him by.
	User() string
	// SeesDatabase reports a right on a database, or on anything in it.
	SeesDatabase(db string) bool
	// SeesTable reports a right on a table, or on columns of it.
	SeesTable(db, table string) bool
	// Privileges tell what he may do with each column of a table, in the order in which MySQL names them: select, insert,
	// update, references.
	Privileges(db, table string) func(column string) []string
	// Own are the databases that the gateway keeps itself, such as mysql, and what it has beside this package's tables in
	// their databases.
	Own() []OwnDatabase
	// Views are the views in a database that were made here, and are none of its source's.
	Views(db string) ([]View, error)
	// DescribeView finds out the columns of such a view.
	DescribeView(db, name string) (*plan.Table, error)
	// Variables are the system variables, of the session or the values that new ones get, by name.
	Variables(global bool) []Variable
	// Status are the status variables.
	Status(global bool) []Variable
	// Processes are the sessions that he may see.
	Processes() []Process
	// Version is the server's.
	Version() string
}

// OwnDatabase is a database that the gateway keeps itself.
type OwnDatabase struct {
	Name      string
	Collation types.Collation
	Tables    []*plan.Table                  // named as clients see them
	Defined   map[string]*scratch.Definition // of those that clients made, by name
}

// View is a view that was made here.
type View struct {
	Name       string
	Definition string // its query
	Definer    string // user@host
	Invoker    bool   // it has the rights of who reads it
}

// Variable is a variable with its value as SHOW VARIABLES has it.
type Variable struct{ Name, Value string }

// Attribute is something that a client says of itself.
type Attribute struct{ Name, Value string }

// Process is a session as the process list has it.
type Process struct {
	ID                    uint64
	User, Host            string
	Database, State, Info string // "": none
	Command               string
	Seconds               int64
	Attributes            []Attribute
}
