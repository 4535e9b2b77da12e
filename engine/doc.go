// Package engine runs bound statements: it optimizes a plan, places its parts in their sources, builds operators and
// yields Arrow batches.
//
//	e := engine.New(engine.Config{...})              // one per server
//	p, err := e.Prepare(ctx, root, settings)          // optimize, place; no data I/O
//	r, err := p.Run(env)                              // r.Next until io.EOF, r.Close always
//	text := p.Explain().Text()                        // or p.Analyze(ctx, env), which runs it
//
// Analyze looks at a table for the sake of later plans. A Keeper keeps what it finds, and what runs teach; Close has it do so.
//
// Background runs plans that nobody waits for, in the way of nobody; what such runs find to be wrong is barred from all plans (Bar).
//
// A Prepared may run many times. A Result owns everything its run opened: Close stops remote statements, joins every
// goroutine, gives back the memory and removes spill files, however far the run came.
//
// The package knows neither SQL text nor MySQL's protocol: package bind makes the plan, the gateway formats the rows.
package engine
