// Package bind turns SQL into plans. go-mysql-server (GMS) parses, resolves names, checks privileges and validates; the
// package takes the bound, still logical tree of every query that reads a federated table, or no table at all, and imports it
// into engine/plan. It is, with gateway/mysql, the only package that imports GMS.
//
// # Which statement goes where
//
// A query over federated tables becomes one Leaf at the root of GMS's tree: an opaque relation that holds the imported
// plan.Node, the result's schema and the run-time parameters. So does a query without tables, if all of it can be
// imported and it does nothing but compute (constant.go); if not, it silently stays with GMS. A statement over GMS's own
// tables is GMS's from end to end, but for queries over scratch tables (scratch.go) and the grant tables, which are
// taken like federated ones. In other statements (SET @x = (SELECT ...), INSERT ... SELECT into a table of GMS, CREATE
// TABLE ... AS) each outermost federated query is replaced by a Leaf of its own and the statement stays with GMS. The
// decision is made once, at the root, before GMS's first analysis rule; of GMS's rules a taken query sees only the
// validators, never a rewrite. Prepared parameters arrive as literals: GMS binds a prepared statement anew at each
// execution.
//
// The databases that describe the gateway are of a System, whose tables are federated ones that each statement reads as its session
// sees them (system.go). A SHOW that lists databases or tables is replaced by a query over them before it is bound (show.go).
//
// Window functions never reach GMS's own: the parsed tree has calls of a scalar function in their place (window.go), which
// the import makes plan.Window nodes of. A query that has one is taken whatever its tables are.
//
// # Invariants
//
// No federated table is ever read by a RowIter of GMS: Table.Partitions and PartitionRows fail. The other direction is
// open: a GMS-owned table (mysql, what a System does not have of information_schema, scratch tables) in a taken query is a Scan of the statement's
// Local source, whose fragment reads its rows into Arrow.
//
// Column ids of the imported plan are unique in the statement, unlike GMS's: two references to one CTE or view share
// ids there. An id is looked up by where the reference stands in the tree, never globally.
//
// Two expressions are one if they import to the same tree. GMS goes by their lower-case text, which hides what differs: where
// it merges them they are numbered before it sees them (block.go), and where it refers to one by its text the import compares
// (computed.go).
//
// What stands above a GROUP BY in its block is checked as it is imported (grouped.go): whatever defines a column there tells groupRows
// of what it is computed, and the end of the block, which importer.block is, asks whether the list reads columns that no key
// determines. A node that defines columns and does not tell would let such a list pass.
//
// An aggregate in a subquery may be one of a block around it, of which GMS knows nothing. A block takes what is its own as its groups are
// imported (outergroup.go), before its subqueries, which read it as a column of the outer row. A projection passes it on until the
// block ends.
//
// Every scalar expression becomes an expr.Expr with explicit casts; what has no kernel becomes an expr.Fallback around the
// GMS expression. Types of the result are those of the imported expressions, mapped back to GMS types.
//
// GMS checks rights as it binds, but for KILL, SHOW PROCESSLIST, SHOW GRANTS and SET of what is not the session's: the front end
// checks these when they run.
//
// A view is parsed anew where it is read, and what in its tree asks for rights says by whose (viewrights.go).
//
// The package does not optimize (subqueries stay Apply nodes) and does not run plans: a Leaf that GMS itself has to
// read streams from the Runner it was given.
package bind
