package bind

import (
	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"

	"github.com/silogate/silogate/engine/parse"
)

// Config is what a Binder is built from.
type Config struct {
	Resolver Resolver
	// Views keeps the views of all databases; nil: there are none.
	Views ViewStore
	// Local are databases that GMS itself owns, such as scratch databases in memory. A name of theirs hides a federated
	// one.
	Local []sql.Database
	// System has the databases that describe the gateway; nil: GMS describes itself, and every table of a listing is visited.
	System System
	// Scratch are the databases that clients make, and their temporary tables; nil: there are none.
	Scratch Scratch
	// Runner executes the federated parts of statements that GMS runs; nil: such statements are errors.
	Runner Runner
	// Engine configures GMS; nil for its defaults.
	Engine *sqle.Config
}

// Binder is a GMS engine over a Resolver whose analysis yields Leafs. It is safe for concurrent use.
type Binder struct {
	resolver    Resolver
	system      System
	views       ViewStore
	readers     readers
	engine      *sqle.Engine
	runner      Runner
	validators  []analyzer.Rule
	selectLimit analyzer.Rule
}

// New builds a Binder; Close ends its background work. It fails only if the GMS linked in lacks a rule this package uses.
func New(cfg Config) (*Binder, error) {
	forceFullAnalysis()
	b := &Binder{resolver: cfg.Resolver, system: cfg.System, views: ViewDatabase{Store: cfg.Views}.store(), readers: newReaders(), runner: cfg.Runner}
	if b.runner == nil {
		b.runner = noRunner
	}
	provider := newProvider(b, cfg)
	a := analyzer.NewBuilder(provider).AddPreAnalyzeRule(takeOverID, b.takeOver).
		AddOverrides(sql.EngineOverrides{Builder: sql.BuilderOverrides{Parser: parser{sql.NewMysqlParser(), b.readers, b.system}}}).Build()
	a.Catalog.AuthHandler = rights{a.Catalog.AuthHandler, a.Catalog.MySQLDb, provider.scratch}
	provider.accounts = a.Catalog.MySQLDb
	if err := b.findRules(a); err != nil {
		return nil, err
	}
	guard(a)
	if b.system != nil {
		a.Catalog.InfoSchema = &systemDatabase{name: sql.InformationSchemaDatabaseName, system: b.system, gms: a.Catalog.InfoSchema}
	}
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.Function2{Name: blockFunction, Fn: newBlockArg})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.FunctionN{Name: windowFunction, Fn: newWindowCall})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.FunctionN{Name: ownName(castOperandFunction), Fn: newCastOperand})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.Function1{Name: ownName(loadFile), Fn: newNoFile})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.FunctionN{Name: parse.AssignFunction, Fn: newAssignment})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.Function2{Name: benchmarkFunction, Fn: newBenchmark})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), extremeFunctions()...)
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), sql.Function1{Name: ownName(currentUser), Fn: newDefiner})
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), synonyms()...)
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), literalFunctions()...)
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), growingFunctions()...)
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), rollupFunctions()...)
	a.Catalog.RegisterFunction(sql.NewEmptyContext(), writtenFunctions()...)
	b.engine = sqle.New(a, cfg.Engine)
	return b, nil
}

// Engine returns the GMS engine, around which the gateway builds its protocol handler. A statement analyzed with it
// (Engine.BoundQueryPlan, Engine.AnalyzeQuery) is a federated query if LeafOf says so; GMS runs all others.
func (b *Binder) Engine() *sqle.Engine { return b.engine }

// Close shuts the engine down.
func (b *Binder) Close() error { return b.engine.Close() }

// Bind parses, checks and binds one statement. The node is a Leaf where LeafOf says so, else GMS's own. Errors are
// sqlerr.Errors.
func (b *Binder) Bind(ctx *sql.Context, query string) (sql.Node, error) {
	stmt, _, _, err := b.engine.Parser.Parse(ctx, query, false)
	if err != nil {
		return nil, Translate(Unparsed(err))
	}
	n, err := b.engine.BoundQueryPlan(ctx, query, stmt, nil)
	if err != nil {
		return nil, Translate(err)
	}
	return n, nil
}
