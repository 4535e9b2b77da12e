package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/silogate/silogate/internal/config"
)

// serve runs the gateway of a configuration file until ctx ends.
func serve(ctx context.Context, path string, log *slog.Logger) error {
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	g, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("silogate is ready", "version", version, "mysql", g.mysql.Addr().String(), "sources", len(cfg.Sources))
	return g.serve(ctx, log)
}

// checkTime is how long a source has to answer a check.
const checkTime = 30 * time.Second

// check prints what each source of a configuration file would serve, and fails if anything is wrong. It leaves the data
// folder alone, so that it may run beside the gateway.
func check(ctx context.Context, path string, out io.Writer, log *slog.Logger) error {
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	cat, err := openCatalog(ctx, cfg, nil, log)
	if err != nil {
		return err
	}
	defer cat.Close() //nolint:errcheck // the answers are in
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()

	found := make([]map[string][]string, len(cfg.Sources))
	errs := make([]error, len(cfg.Sources))
	var wg sync.WaitGroup
	for i, s := range cfg.Sources {
		wg.Go(func() { found[i], errs[i] = cat.Inspect(ctx, "", s.Name) })
	}
	wg.Wait()

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(s config.Source, what string) error { return show(table, s.Name+"\t"+s.Type+"\t"+what+"\n") }
	wrong := 0
	for i, s := range cfg.Sources {
		if errs[i] != nil {
			wrong++
			err = errors.Join(err, line(s, "WRONG: "+oneLine(errs[i].Error())))
			continue
		}
		for _, db := range slices.Sorted(maps.Keys(found[i])) {
			err = errors.Join(err, line(s, fmt.Sprintf("database %s, %d tables", db, len(found[i][db]))))
		}
	}
	if err = errors.Join(err, table.Flush()); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d sources have a problem", wrong, len(cfg.Sources))
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
