// Package conntest is the conformance suite of connectors: one call runs it against a connector and its real server.
//
//	conntest.Run(t, conntest.Config{
//		Source:   "shop",
//		Open:     func(tb testing.TB, tables []conntest.Table) connectors.Connector { ... },
//		Reads:    func(t types.Type) (types.Type, bool) { ... },
//		Evaluate: evaluate, // the engine's executor, injected: connectors do not import it
//	})
//
// The suite hands Open fixture tables to create in an empty store and checks, each as a subtest, what the contract in
// package connectors promises: listings and metadata, every type's values including NULL and extremes, scans of any
// columns and none, splits, estimates, dynamic filters, cancellation, early Close, concurrent runs, errors with their
// codes, and that no secret is printed. Arrow memory is checked in each.
//
// The heart is pushdown equality: the plans of plans.txt run twice, once as the source answers Source.Pushdown and once
// with nothing but bare scans pushed, and must give the same rows. A dialect's allow-list is proven by these plans; a
// connector that takes a function which no plan covers adds plans of its own (Config.Plans). A store that lacks a type has
// no columns of it, and plans that read one are skipped. Any other exemption is declared with its reason.
//
// The suite leaves goroutine checks to the package's TestMain (goleak) and asks Config.Sessions for what a server still
// runs.
package conntest
