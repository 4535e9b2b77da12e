package main

import (
	"context"
	"log/slog"

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
