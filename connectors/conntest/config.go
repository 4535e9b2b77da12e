package conntest

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Config describes a connector to the suite.
type Config struct {
	// Source is the name that Open gives the connector; errors must contain it.
	Source string
	// Namespace is where Open creates the tables.
	Namespace string
	// Open creates the tables in an empty store and returns a connector to it. The suite closes the connector; the store
	// is removed by tb.Cleanup.
	Open func(tb testing.TB, tables []Table) connectors.Connector
	// Reads returns the type that a fixture's column has when it is read back; false: the store has no such type and Open
	// gets the tables without that column.
	Reads func(types.Type) (types.Type, bool)
	// Evaluate runs a plan whose leaves are Remote.
	Evaluate func(ctx context.Context, root plan.Node, with Evaluation) ([]arrow.RecordBatch, error)
	// Plans are further cases of pushdown equality, in the format of plans.txt.
	Plans string
	// Exempt names subtests that the source cannot pass, each with the reason, such as "pushdown/like underscore".
	Exempt map[string]string
	// Broken are connectors that must fail with an error of a code.
	Broken []Broken
	// Secrets must appear in no error, plan or log.
	Secrets []string
	// Sessions counts the statements that the server still runs or keeps open for the connector, pooled idle connections
	// not among them; nil if there is no server. The suite expects 0 within a second after every test.
	Sessions func(tb testing.TB) int
}

// Evaluation is what the suite gives to an evaluation.
type Evaluation struct {
	Memory   memory.Allocator
	Env      *expr.Env
	Parallel int // how many splits are read at once
}

// Broken is a connector whose listing must fail.
type Broken struct {
	Name string
	Open func(tb testing.TB) connectors.Connector
	Code sqlerr.Code
}

// Table is a fixture.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]types.Value
	Key     []int // positions of the primary key's columns; nil: none
}

// Column is a column of a fixture.
type Column struct {
	Name     string
	Type     types.Type
	Nullable bool
}
