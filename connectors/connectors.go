package connectors

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// The catalog's nouns, shared with plans.
type (
	Table     = plan.Table
	TableName = plan.TableName
)

// Connector is one configured source, shared by all users.
type Connector interface {
	// Bind returns the source as a user sees it. It does no I/O. Users between whom the source makes no difference get the
	// same Source (==), so that what they read there may run as one statement.
	Bind(Principal) Source
	// Close waits for nothing: executions still open fail.
	Close() error
}

// Reachability is a Connector that knows whether its source can be reached, of a Breaker for example.
type Reachability interface {
	// Unreachable says why the source cannot be, as far as that is known without asking it; nil: it could be when it was
	// tried last.
	Unreachable() error
}

// Principal is the gateway user on whose behalf a source is read.
type Principal struct {
	User string
}

// Source is a configured source for one principal, safe for concurrent use.
type Source interface {
	// List yields namespaces or tables in ascending order of name, fetching pages as the loop advances. After an error
	// it stops.
	List(context.Context, ListOptions) iter.Seq2[Listed, error]
	// Table describes one table: sqlerr.UnknownTable if there is none. A name may resolve without being listed.
	Table(context.Context, TableName, AsOf) (*Table, error)
	// Pushdown returns a plan equal to the offered one with its taken parts as plan.Remote leaves. It does no data I/O.
	Pushdown(context.Context, plan.Node) (plan.Node, error)
}

// ListOptions narrow a listing; the zero value lists every table of every namespace.
type ListOptions struct {
	Namespaces bool    // yield namespaces (Name.Name empty) instead of tables
	In         *string // only tables of this namespace
	Pattern    string  // SQL LIKE pattern on the table name; a source may ignore it
}

// Listed is one entry of a listing.
type Listed struct {
	Name    TableName
	Kind    plan.TableKind
	Comment string
	Rows    float64 // NaN: unknown without asking further
}

// AsOf selects a version of a table; the zero value is the current one.
type AsOf struct {
	Version   string // the source's own snapshot or version id
	UnixMicro int64  // or the state at an instant; 0: not set
}

// Fragment is what a plan.Remote leaf holds: a sub-plan in the source's own form. It may run many times, also at the
// same time.
type Fragment interface {
	plan.Fragment
	// Estimate says what running it would yield, without data I/O.
	Estimate(context.Context) (Estimate, error)
	// Start begins one run. It returns before data flows; what it opened is owned by the Execution. Where the fragment is
	// an Admitter, Scan.Tx has been admitted.
	Start(context.Context, Scan) (Execution, error)
}

// Estimate is a guess for cost decisions; NaN is unknown.
type Estimate struct {
	Rows      float64
	Bytes     float64 // transferred
	StartCost float64 // seconds until the first row
	Cost      float64 // seconds of the source's own work in all
	Lookups   float64 // rows that it fetches one by one for rows of another input; 0: none, or nobody knows
	Splits    int     // how many splits there will be; 0: unknown
}

// UnknownEstimate is the estimate of a source that can't tell.
func UnknownEstimate() Estimate {
	nan := math.NaN()
	return Estimate{Rows: nan, Bytes: nan, StartCost: nan, Cost: nan}
}

// Scan is what only the running query knows.
type Scan struct {
	Memory    memory.Allocator
	BatchRows int
	Parallel  int               // how many splits the engine will read at once; at least 1
	Env       *expr.Env         // the session's time zone and parameters
	Args      arrow.RecordBatch // the rows of plan.Keys; borrowed until Execution.Close; nil without Keys
	Tx        *Tx               // one per source and statement
	Dynamic   DynamicFilter     // never nil; honouring it is optional; read at Splits and again at Open
	// Encoded are positions in the fragment's schema of columns whose vectors may come dictionary-encoded, each as the
	// source likes: indices of type int32 into values that are not NULL. Honouring it is optional.
	Encoded []int
	Usage   *Usage // never nil
}

// ErrNotNeeded is the cause (context.Cause) with which the context of a run ends where the statement goes on without
// the rest of its rows, as under a LIMIT. What the run shares with others through Scan.Tx must not suffer.
var ErrNotNeeded = errors.New("the rest of the rows is not needed")

// Execution owns the snapshot, temporary tables and connections of one run.
type Execution interface {
	// Splits yields the parts of the result; each is opened at most once, in any order, several at the same time.
	Splits(context.Context) iter.Seq2[Split, error]
	// Open starts reading a split. Cancelling ctx stops the remote work within a second.
	Open(context.Context, Split) (Reader, error)
	// Close ends the run and whatever of it is still open. It is idempotent.
	Close() error
}

// Split is one independently readable part of an execution; only the source looks inside.
type Split any

// Reader yields the batches of a split.
type Reader interface {
	// Next returns the next batch, with at least one row, or io.EOF; the caller releases it.
	Next(context.Context) (arrow.RecordBatch, error)
	Close() error
}

// DynamicFilter is a predicate over a fragment's output columns that becomes known while the query runs, such as the
// keys of a join's build side. It is advisory: the join checks again.
type DynamicFilter interface {
	// Ready is closed when Conds will not change any more; it may never be.
	Ready() <-chan struct{}
	// Conds returns what is known now: conjuncts over the fragment's schema; none until something is known.
	Conds() []expr.Expr
	// Keys returns what is known now that no condition says as exactly: rows whose value in a column is in no set of that
	// column do not matter.
	Keys() []ColumnKeys
}

// ColumnKeys are the values that matter in a column of a fragment.
type ColumnKeys struct {
	Column expr.ColumnID
	Set    KeySet
	// Values are those of Set that the column can have, each once, for a KeyLister that no condition tells of them; nil if
	// they are too many to pay. Nobody releases them.
	Values arrow.Array
}

// KeyLister is a Fragment that sends the values of keys along, more of them than a condition lists, so that only their rows
// come back.
type KeyLister interface {
	MostKeys() int
}

// KeySet is a set of values that has no NULL and may seem to have a few values that it has not. It is safe for concurrent
// use, and the same set is equal (==) to itself.
type KeySet interface {
	// Finder returns a function, for one goroutine, that appends to sel the positions of the values that are in the set.
	Finder() func(values arrow.Array, sel []int32) []int32
}

// NoFilter is the DynamicFilter that never restricts anything.
type NoFilter struct{}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Ready returns a closed channel.
func (NoFilter) Ready() <-chan struct{} { return closed }

// Conds returns nil.
func (NoFilter) Conds() []expr.Expr { return nil }

// Keys returns nil.
func (NoFilter) Keys() []ColumnKeys { return nil }

// StatsSource is a Source that can say more of a table's columns than Table did, at the price of a request. It may answer
// with what it was told a short time ago, unless it is asked anew.
type StatsSource interface {
	Statistics(ctx context.Context, t *Table, anew bool) (plan.Statistics, []plan.ColumnStatistics, error)
}

// ColumnLister is a Source that describes all tables of a namespace in one request.
type ColumnLister interface {
	Tables(context.Context, string) iter.Seq2[*Table, error]
}

// Defaulter is a Source with named namespaces, one of which is what a user means who names none, such as Postgres's
// public: it becomes the database named like the source. A Source without it has the default "".
type Defaulter interface {
	DefaultNamespace(context.Context) (string, error)
}

// Checker is a Source that knows when its options are valid and yet likely a mistake, such as the name of a schema that
// does not exist. It is asked when an operator has the configuration checked.
type Checker interface {
	Check(context.Context) error
}
