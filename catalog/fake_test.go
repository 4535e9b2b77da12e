package catalog

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// fake is a source that lives in the test.
type fake struct {
	standard string              // the default namespace
	tables   map[string][]string // by namespace
	hang     atomic.Bool         // listings and descriptions wait until they are cancelled
	down     atomic.Bool         // they fail
	defect   atomic.Bool         // they panic
	closed   atomic.Bool
	lists    atomic.Int64 // requests for a listing
	asked    atomic.Int64 // requests for one table
	doubt    error        // what Check says
	options  connectors.Options
	roots    []string
	users    atomic.Int64 // principals bound
	apart    bool         // each principal sees a source of his own
}

// view is a fake as a principal sees it who is told apart from others.
type view struct{ *fake }

// fakes opens the source of its name; an option "bad" is refused.
func fakes(all map[string]*fake) connectors.Open {
	return func(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
		f, ok := all[cfg.Name]
		if !ok {
			f = &fake{}
			all[cfg.Name] = f
		}
		if cfg.Options["bad"] != "" {
			return nil, sqlerr.New(sqlerr.BadOption, "source %s: unknown option bad", cfg.Name)
		}
		f.options, f.roots = cfg.Options, cfg.LocalRoots
		f.closed.Store(false)
		return f, nil
	}
}

func (f *fake) Bind(connectors.Principal) connectors.Source {
	f.users.Add(1)
	if f.apart {
		return &view{f}
	}
	return f
}

func (f *fake) Close() error { f.closed.Store(true); return nil }

func (f *fake) reach(ctx context.Context) error {
	if f.hang.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if f.defect.Load() {
		panic("boom")
	}
	if f.down.Load() {
		return sqlerr.New(sqlerr.SourceDown, "connection refused")
	}
	return nil
}

func (f *fake) Check(context.Context) error { return f.doubt }

func (f *fake) DefaultNamespace(context.Context) (string, error) { return f.standard, nil }

func (f *fake) List(ctx context.Context, opts connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	f.lists.Add(1)
	return func(yield func(connectors.Listed, error) bool) {
		if err := f.reach(ctx); err != nil {
			yield(connectors.Listed{}, err)
			return
		}
		for _, namespace := range slices.Sorted(maps.Keys(f.tables)) {
			if opts.Namespaces {
				if !yield(connectors.Listed{Name: connectors.TableName{Namespace: namespace}}, nil) {
					return
				}
				continue
			}
			if opts.In != nil && *opts.In != namespace {
				continue
			}
			for _, table := range f.tables[namespace] {
				if !yield(connectors.Listed{Name: connectors.TableName{Namespace: namespace, Name: table}}, nil) {
					return
				}
			}
		}
	}
}

func (f *fake) Table(ctx context.Context, name connectors.TableName, _ connectors.AsOf) (*plan.Table, error) {
	f.asked.Add(1)
	if err := f.reach(ctx); err != nil {
		return nil, err
	}
	if !slices.Contains(f.tables[name.Namespace], name.Name) {
		return nil, sqlerr.New(sqlerr.UnknownTable, "no table %s", name)
	}
	return &plan.Table{Name: name}, nil
}

func (f *fake) Pushdown(context.Context, plan.Node) (plan.Node, error) {
	return nil, errors.New("the catalog never pushes down")
}
