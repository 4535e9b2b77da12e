// Package mysql serves the MySQL protocol.
//
// Package wire has the protocol; a connection here logs a client in, reads its commands and answers them. What go-mysql-server (GMS)
// does of a server is not used: its accounts are, its process list, and its engine for statements that are not federated reads.
//
// Every statement is taken here first:
//
//	engine/parse's grammar   CREATE SERVER ...   run on the catalog
//	                         ANALYZE TABLE ...   run by the engine, its outcome in rows
//	a federated query        bind.Leaf           run by the engine; Arrow batches become rows here, streamed
//	anything else                                run by GMS over the same catalog
//
// A result is never held: a batch is written into packets and dropped before the next is asked for, so a slow client slows the
// sources down and memory does not grow with the result. A failure in the middle of a result is one ERR packet, and the
// connection lives on. A cursor's rows wait where they are made until the client fetches them; only when another statement
// of the connection may wait for what they hold of their source are they put aside (rows.hold).
//
// What ends a statement early (KILL, the client's disconnect, shutdown) cancels the context that everything below runs
// under, and gives a client that no longer reads a short time to take what is under way.
//
// A query that finds a table other than the catalog remembered it (sqlerr.SourceChanged) is bound and run once more with
// everything described anew, as long as the client has got nothing of it.
//
// A query that came before runs by the plan that it had (plans), if binding it would yield the same. Then neither GMS nor the
// optimizer sees it. Whatever decides of a plan is in its key or looked up anew: text, parameters, user, rights, database, all
// system variables, the descriptions of tables, the types of user variables. NOW(), variables and the like are parameters of each run.
//
// A session has transactions (transaction.go), which are those of package scratch: a statement begins and ends there, what it changed lasts
// before the client hears that it did, and one that failed has changed nothing. DDL is a transaction of its own. Making views is this package's (views.go): GMS
// does not say all of a view. Errors of writes get their columns here (refused.go).
//
// A share of the answers is digested as it is sent, for package shadow to check afterwards. Nothing here waits for that.
//
// The package does not know sources or plans beyond handing them on.
package mysql
