package connectors

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Reading is what a statement was admitted to read at a source: the tables of all its fragments there.
type Reading struct {
	mu     sync.Mutex
	tables []*plan.Table
}

// readBy is the key of a source's Reading.
type readBy struct{ source any }

// AdmitTables adds tables to what a statement reads at a source, which any comparable value stands for.
func AdmitTables(ctx context.Context, tx *Tx, source any, tables []*plan.Table) error {
	shared, err := tx.Shared(ctx, readBy{source}, func(context.Context) (io.Closer, error) { return &Reading{}, nil })
	if err != nil {
		return err
	}
	shared.(*Reading).add(tables)
	return nil
}

// Admitted returns what AdmitTables gathered; that it was never called is an error.
func Admitted(ctx context.Context, tx *Tx, source any) (*Reading, error) {
	shared, err := tx.Shared(ctx, readBy{source}, func(context.Context) (io.Closer, error) {
		return nil, sqlerr.New(sqlerr.Internal, "a statement without its turn at the source")
	})
	if err != nil {
		return nil, err
	}
	return shared.(*Reading), nil
}

func (r *Reading) add(tables []*plan.Table) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, table := range tables {
		if !slices.Contains(r.tables, table) {
			r.tables = append(r.tables, table)
		}
	}
}

// Since returns the tables after the first n.
func (r *Reading) Since(n int) []*plan.Table {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tables[n:])
}

// Close does nothing: the turn ends by itself.
func (*Reading) Close() error { return nil }
