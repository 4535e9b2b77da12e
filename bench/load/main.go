// Command load puts TPC-H's orders, customer, nation and region into a Postgres database for the benchmark: with the
// specification's CHAR(n) in schema public and with VARCHAR in schema v.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/silogate/silogate/internal/tpch"
)

func main() {
	url := flag.String("url", "", "the database")
	scale := flag.String("scale", "1", "TPC-H scale factor")
	flag.Parse()
	if err := load(context.Background(), *url, *scale); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func load(ctx context.Context, url, scale string) error {
	data, err := tpch.Generate(scale)
	if err != nil {
		return err
	}
	for schema, varchar := range map[string]bool{"public": false, "v": true} {
		if err := data.LoadPostgres(ctx, url, schema, varchar, "region", "nation", "customer", "orders"); err != nil {
			return err
		}
	}
	return nil
}
