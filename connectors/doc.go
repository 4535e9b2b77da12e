// Package connectors is the contract between the gateway and a data source, and what a connector author reads first.
//
// # One rewrite call does all pushdown
//
// The planner colours a plan bottom-up and offers each source its maximal sub-plan of that source's own scans
// (Source.Pushdown). The source answers with an equal plan: what it can run is a plan.Remote leaf holding a Fragment,
// what it cannot stays above the leaf as an ordinary node. There are no capability flags: exact, superset with
// recheck, and partial are plans:
//
//	offered                    exact             superset, rechecked      partial
//	Filter(a = 1 AND f(b))     Remote[a = 1      Filter(a = 1)            Filter(f(b))
//	  Scan t                     AND f(b)]         Remote[a BETWEEN ..]     Remote[a = 1]
//
// The engine verifies the answer: same output columns by id, only Remote leaves, no source but the one asked. Package
// connectors/pushdown grows a fragment from per-node answers and connectors/sqlgen renders SQL through a dialect, so
// a connector writes neither tree surgery nor string concatenation.
//
// A sub-plan is one source's as one principal sees it. Connector.Bind of a source with one account for everybody returns the
// same Source each time, so that a view that is read as its definer and the tables beside it are offered together.
//
// # Rules for answers
//
// Pushdown never changes a result: MySQL's semantics hold wherever an expression runs. Push a function only if a
// conformance case on the real source proves it. NULL order, padding, case, integer division, overflow and the time
// zone differ between systems; when in doubt keep the node and say why in Remote.Kept.
//
// A Fragment equals the multiset union of its splits. A global order, limit or aggregate therefore means one split, or
// a final node above: the answer may contain new local nodes over a Remote. Of an aggregate that a source has in parts, such
// as a count for each shard, pushdown.Parts makes that node.
//
// A source that ends a stream early returns an error, never a short answer. Errors leave a connector as sqlerr.Error
// that names the source and table; secrets appear in none.
//
// A batch that Reader.Next returns belongs to the caller. Scan.Memory allocates all of it.
//
// # Keys
//
// The keys of a join's other side come in one of two ways. A plan may hold plan.Keys, a relation that a run supplies as
// Scan.Args: what a source takes of it is exact. Or the join tells Scan.Dynamic, which is advisory: a source that can narrow
// what it sends by it does, and a KeyLister gets long lists of keys too.
//
// A source that has no list of all rows says so in Table.Required: the sets of columns of which one must be given by equality,
// by a condition that it takes or in one of those ways. A scan without is sqlerr.RequiredKeys, which names the sets. Such a table
// has more rows than any other, so that joins read the other side first (ADR 0009).
//
// # Snapshots
//
// The splits of an execution, and all fragments of a statement, are of one state of a table. A source that keeps no state
// for a reader detects at least that there is another one, as by an ETag: that is sqlerr.SourceChanged.
//
// # Admission
//
// A source that bounds how many statements read it at a time makes its fragments Admitters, of Turns for example. A statement takes its turns at
// all sources of its plan before any fragment starts, in the order of the sources' names, and keeps them until it
// ends. A connector must not let statements wait for each other in any other place: what Open needs beyond the turn, such
// as a second connection, it takes only if it is free, and requests for metadata, which planning makes, have a share of
// their own and never wait for a statement. Otherwise two statements that hold what the other needs would wait for ever.
// Connections are opened when they are used, not by Admit: a source that is down fails only statements that read it.
//
// A statement that nobody waits for (Tx.GiveWay) takes a turn only if one is free, and is told to end when another waits for it.
//
// # Links
//
// A source over a network measures its link by its own traffic (LinkMeter) and says what it knows (Linked), so that the
// planner weighs bytes by what they cost. A connection over which long answers come is Gathering below its meter.
//
// # Reachability
//
// A source behind a network has a Breaker, which each attempt to connect asks and tells how it ended, so that a source
// that is down costs its statements no time limit each. The connector shows it as its Reachability. What is answered,
// be it a refusal, is never a failure to reach.
//
// A connection that broke while it was idle is replaced without anybody's notice as long as nothing was read over it for
// a statement; once something was, never.
//
// # Testing
//
// connectors/conntest runs the same suite against every connector and its real server. The contract itself is tried by three
// unlike sources in connectors/rest (contract_test.go): Postgres, Parquet in S3 and an API that wants keys.
//
// # Helpers
//
// A SQL source describes its dialect to sqlgen, files of any catalog are read by lake, and an HTTP API is a table of
// declarations for rest: paths of columns in JSON, filters, paging, required keys. Each brings Pushdown, Fragment and Reader.
package connectors
