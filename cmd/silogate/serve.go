package main

import (
	"context"
	"log/slog"

	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/gcpace"
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
	defer gcpace.Start(int64(cfg.Memory.Server))()
	log.Info("silogate is ready", "version", version, "mysql", g.mysql.Addr().String(), "sources", len(cfg.Sources))
	return g.serve(ctx, log)
}
