//go:build integration

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// Over slow links what counts is how many round trips wait for each other: of a join of a few rows of Postgres with a large
// table in S3, when the connections are new and nothing is known of the tables, and from then on.
func TestFederatedJoinNeedsFewRoundTrips(t *testing.T) {
	data, err := tpch.Generate("0.3")
	if err != nil {
		t.Fatal(err)
	}
	pg, store := testserver.Postgres(t), testserver.S3(t)
	if err := data.LoadPostgres(t.Context(), pg.URL(), "public", false, "customer", "orders"); err != nil {
		t.Fatal(err)
	}
	store.Put(t, "tpch/lineitem/lineitem.parquet", data.Parquet("lineitem"))
	// So long that requests which do not wait for each other surely overlap.
	link := testserver.LinkConfig{RoundTrip: 50 * time.Millisecond, Trips: &testserver.Trips{}}
	toPostgres := testserver.LinkTo(t, pg.Host, link)
	toStore := testserver.LinkTo(t, store.Endpoint[len("http://"):], link)
	pg.Host, store.Endpoint = toPostgres.Addr(), "http://"+toStore.Addr()
	conn, err := serving(t, "sources:\n"+postgresSource("pg", pg)+s3Source("s3", "tpch", store)).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	query := tpch.Qualify(`SELECT c_custkey, sum(l_extendedprice) FROM customer, orders, lineitem
		WHERE c_custkey BETWEEN 1000 AND 1009 AND o_custkey = c_custkey AND l_orderkey = o_orderkey
		GROUP BY c_custkey ORDER BY c_custkey`, placements["federated"])
	var first [][]string
	// It takes 10, and then 4. On a busy machine what runs at the same time may count twice.
	for i, most := range []int64{12, 6, 6} {
		before, connections := link.Trips.Count(), toPostgres.Counts().Connections
		rows, err := queryTexts(t.Context(), conn, query)
		if err != nil {
			t.Fatal(err)
		}
		trips := link.Trips.Count() - before
		t.Logf("run %d: %d round trips", i+1, trips)
		if trips > most {
			t.Errorf("run %d took %d round trips, most %d", i+1, trips, most)
		}
		if i == 0 {
			first = rows
		}
		if fmt.Sprint(rows) != fmt.Sprint(first) || len(rows) == 0 {
			t.Errorf("run %d: rows %v, first %v", i+1, rows, first)
		}
		if n := toPostgres.Counts().Connections - connections; i > 0 && n > 0 {
			t.Errorf("run %d opened %d connections to Postgres", i+1, n)
		}
	}
}
