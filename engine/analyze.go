package engine

import (
	"context"
	"errors"
	"io"

	"github.com/silogate/silogate/engine/exec/profile"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Analysis is a table whose values are to be looked at.
type Analysis struct {
	Site     plan.Site
	Table    *plan.Table
	Columns  []int // positions
	Buckets  int   // at most so many common values and parts of a histogram are kept of a column
	Settings Settings
	Env      *expr.Env
	// Running is told of the scan, if there is one, before it begins; the function that it returns is called at the end.
	Running func(*Result) (ended func())
}

// Analyze finds out how the values of columns are spread, for the plans of statements to come. A source with statistics of
// its own tells them anew; a table of any other is read once. It returns the positions of columns of which the source knows
// nothing. Cancelling ctx ends it as it ends a statement.
func (e *Engine) Analyze(ctx context.Context, a Analysis) (unknown []int, err error) {
	columns, ok, err := e.stats.Ask(ctx, e.cfg.Sources, a.Site, a.Table)
	if err != nil {
		return nil, err
	}
	if ok {
		for _, i := range a.Columns {
			if !columns[i].Known {
				unknown = append(unknown, i)
			}
		}
		return unknown, nil
	}
	if a.Table.Version == "" {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s, table %s: nothing tells when it changes, so that statistics could not be kept",
			a.Site.Source, a.Table.Name)
	}
	return nil, e.scan(ctx, a)
}

// scan reads the columns and keeps what it finds.
func (e *Engine) scan(ctx context.Context, a Analysis) (err error) {
	scan := &plan.Scan{Site: a.Site, Table: a.Table, Pos: a.Columns}
	typs := make([]types.Type, len(a.Columns))
	for i, pos := range a.Columns {
		c := &a.Table.Columns[pos]
		scan.Cols = append(scan.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		typs[i] = c.Type
	}
	prepared, err := e.Prepare(ctx, scan, a.Settings)
	if err != nil {
		return err
	}
	found, err := profile.New(typs, e.cfg.QueryMemory/sampleShare)
	if err != nil {
		return err
	}
	r, err := prepared.Run(a.Env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if a.Running != nil {
		defer a.Running(r)()
	}
	if err := r.profile(ctx, found); err != nil {
		return err
	}
	columns := make([]plan.ColumnStatistics, len(a.Columns))
	for i := range columns {
		if columns[i], err = found.Column(i, a.Buckets); err != nil {
			return err
		}
	}
	e.stats.Update(a.Site, a.Table, func(known *optimize.Analyzed) *optimize.Analyzed {
		if known == nil {
			known = optimize.NewAnalyzed(a.Site, a.Table, float64(found.Rows()))
		}
		for i, pos := range a.Columns {
			known = known.With(&a.Table.Columns[pos], columns[i])
		}
		return known
	})
	return nil
}

// sampleShare is the part of a query's memory that a sample of its rows may take.
const sampleShare = 4

// profile has a profile gather all rows, and charges the query for what it keeps.
func (r *Result) profile(ctx context.Context, p *profile.Profile) error {
	held := r.memory.NewReservation(nil)
	defer held.Free()
	reserved := int64(0)
	for {
		batch, err := r.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = p.Add(batch)
		batch.Release()
		if err != nil {
			return err
		}
		now := p.Bytes()
		if now > reserved {
			err = held.Must(now - reserved)
		} else {
			held.Shrink(reserved - now)
		}
		if err != nil {
			return err
		}
		reserved = now
	}
}

// DropHistograms forgets how the values of columns are spread, and returns the positions of those of which it was not known
// by an analysis.
func (e *Engine) DropHistograms(site plan.Site, t *plan.Table, columns []int) (unknown []int) {
	e.stats.Update(site, t, func(known *optimize.Analyzed) *optimize.Analyzed {
		if known == nil {
			unknown = columns
			return nil
		}
		for _, i := range columns {
			s, ok := known.Column(&t.Columns[i])
			if !ok || len(s.Common)+len(s.Bounds) == 0 {
				unknown = append(unknown, i)
				continue
			}
			s.Common, s.Bounds = nil, nil
			known = known.With(&t.Columns[i], s)
		}
		return known
	})
	return unknown
}
