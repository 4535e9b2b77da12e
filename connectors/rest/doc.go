// Package rest makes tables of the endpoints of HTTP APIs that answer with JSON. A connector declares its tables and calls
// Open; it has neither a loop over pages nor a walk through a plan:
//
//	func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
//		return rest.Open(cfg, "mlflow", []rest.Table{{
//			Name: "runs", Key: []string{"run_id"},
//			Columns: []rest.Column{
//				{Name: "run_id", Type: types.Of(types.Text), Path: "info.run_id", NotNull: true},
//				{Name: "started_at", Type: types.NewTemporal(types.Timestamp, 6), Path: "info.start_time", Epoch: rest.Milliseconds},
//			},
//			Rows: rest.Endpoint{
//				Path: "api/2.0/runs", Items: "runs",
//				Paging: rest.Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 1000},
//			},
//			Filters: []rest.Filter{{Column: "run_id", Name: "run_id"}},
//		}})
//	}
//
// # Declarations
//
// A Column has a path into a row's JSON; null and a member that is missing are NULL. What is nested in an item are rows of its own
// (Endpoint.Each), and what an answer does not repeat is the value that was asked for (Asked). An Endpoint is a call and how its answer is
// divided into pages: by Token (a cursor is one), Offset, Numbered pages or Link headers. A Filter is a condition that the API
// takes; of Loose ones, as of an API that ignores case, each answer is rid of what was not asked for, as answers may overlap.
// Declare no filter, order or count that is not MySQL's on the real server: conntest proves them.
//
// A list ends where its paging says so, and no other way: a page that is missing, has no list (Endpoint.Omits) or came before
// is an error. That there is nothing at a path (Endpoint.Gone) is an answer to a lookup's first page alone.
//
// Table.Required lists the key sets of a table that cannot be listed. Its keys come as constants, as the keys of a join
// (connectors.Scan.Dynamic) or with plan.Keys; a scan that has none is sqlerr.RequiredKeys, and names them. Keys are asked for
// as many at a time as a Filter takes (Most), and several requests at the same time. A table with required keys counts as
// endless, so that a join looks its keys up there instead of reading it first. Where a list of values is not required and takes
// more requests than are allowed, or longer than to read the table as its Size says, the table is read and the rows are picked
// here.
//
// A Count is an endpoint that counts groups; one that counts shard by shard gives parts, which are added up here. Groups of no
// rows are none. A Snapshot keeps the pages of a statement to one state of a table, by a parameter that the server answers from
// or a precondition by which it refuses another (sqlerr.SourceChanged). Without one, a list that changes while it is read by
// offset may lack rows or repeat them, as the API itself does.
//
// # Requests
//
// All requests only read, POST too, so each may be sent again: what gets no answer, 429 and 502 to 504 are, after a pause that
// grows, or that the server names (Retry-After). All requests of the endpoint keep it, and those that the server limits together
// with it (Endpoint.Class), without a slot. A page is read whole, bounded by page_bytes and charged to the statement before it
// comes, before anything of it is decoded: nothing that was sent again has been seen, and nobody who decodes keeps a request's
// slot. So requests have a limit (requests, rate) without statements that wait for each other; statements take turns
// (admission). Connections are subject to a connectors.Breaker. A redirect or a next page at another host is an error: the
// credentials are for one.
//
// The options of every source: url, token | user and password | auth_header and auth_secret, ca_file or ca_pem, timeout (of an
// attempt, 30s), retries (4), requests (at a time, 8), rate (a second), admission (16), page_bytes (64 MiB), key_requests (of
// a scan, 10000), unrepresentable (null, or error: NaN and infinities). Messages name the source, the table, the endpoint
// without values and the page, and what the server said, in which the credentials are hidden.
//
// # What it does not do
//
// It writes nothing, knows no XML, no OAuth flow and no request signing, joins no endpoints, and keeps no answers.
package rest
