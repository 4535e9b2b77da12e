package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"
)

// pool hands out connections for three purposes with a share of their own each, so that slow statements can starve
// neither the catalog nor the statements that wait for their turn. The shares add up to the pool's size: a connection
// with a slot is always to be had. Waiting is first come, first served.
type pool struct {
	pg        *pgxpool.Pool
	metadata  *semaphore.Weighted
	statement *semaphore.Weighted
	extra     *semaphore.Weighted
}

// openPool connects to nothing yet.
func openPool(ctx context.Context, s *settings) (*pool, error) {
	pg, err := pgxpool.NewWithConfig(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	return &pool{
		pg:        pg,
		metadata:  semaphore.NewWeighted(1),
		statement: semaphore.NewWeighted(s.statement),
		extra:     semaphore.NewWeighted(s.extra),
	}, nil
}

// slot is a connection of the pool with its share.
type slot struct {
	*pgxpool.Conn
	share *semaphore.Weighted
}

// acquire waits for a connection of a share.
func (p *pool) acquire(ctx context.Context, share *semaphore.Weighted) (*slot, error) {
	if err := share.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return p.connect(ctx, share)
}

// spare returns a connection for a big scan, or nil if there is none free or one cannot be had now.
func (p *pool) spare(ctx context.Context) *slot {
	if !p.extra.TryAcquire(1) {
		return nil
	}
	s, err := p.connect(ctx, p.extra)
	if err != nil {
		return nil
	}
	return s
}

func (p *pool) connect(ctx context.Context, share *semaphore.Weighted) (*slot, error) {
	conn, err := p.pg.Acquire(ctx)
	if err != nil {
		share.Release(1)
		return nil, err
	}
	return &slot{conn, share}, nil
}

// release returns the connection, or closes it if it is not in a state to be used again.
func (s *slot) release() {
	s.Conn.Release()
	s.share.Release(1)
}
