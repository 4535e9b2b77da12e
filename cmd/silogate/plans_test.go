//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
)

// Sessions that run the same queries at the same time share their plans, and have the answers that one alone has.
func TestRandomQueriesShareTheirPlans(t *testing.T) {
	first, count := seeds(t, 30, 1000)
	db := serving(t, silos(t), func(c *engine.Config) { c.Parallelism = 2 })
	alone := session(t, db)
	var others []*sql.Conn
	for range 4 {
		others = append(others, session(t, db))
	}
	places := []string{"mixed", "pg", "lake", "lite"}
	for seed := first; seed < first+count; seed++ {
		q, home := randsql.New(seed), homes[places[seed%uint64(len(places))]]
		text := placed(q.SQL, home)
		want, err := answer(t.Context(), alone, q, text)
		if err != nil || slices.Contains(q.Kinds, testdb.Double) { // whose last digits depend on the order of addition
			continue
		}
		var group errgroup.Group
		for _, conn := range others {
			group.Go(func() error {
				for range 3 {
					got, err := answer(t.Context(), conn, q, text)
					if err != nil || !same(q, got, want) {
						return fmt.Errorf("%s\n%w\n%s\nwhere alone there was\n%s", text, err, lines(without(got, want)), lines(without(want, got)))
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
