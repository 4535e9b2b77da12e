package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/demo"
)

// runDemo serves the sample silos, from a folder that goes when ctx ends.
func runDemo(ctx context.Context, listen string, out io.Writer, log *slog.Logger) (err error) {
	if err := loopback(listen); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "silogate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	silos := filepath.Join(dir, "silos")
	if err := os.Mkdir(silos, 0o700); err != nil {
		return err
	}
	sources, err := demo.Write(ctx, silos)
	if err != nil {
		return err
	}
	cfg := config.Default()
	cfg.Listen, cfg.Data = listen, filepath.Join(dir, "data")
	cfg.Users = []config.User{{Name: "root"}}
	for _, s := range sources {
		cfg.Sources = append(cfg.Sources, config.Source{Name: s.Name, Type: s.Type, Options: s.Options})
	}
	g, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	if err := show(out, welcome(g.mysql.Addr(), silos)); err != nil {
		return errors.Join(err, g.close())
	}
	return g.serve(ctx, log)
}

// loopback refuses addresses that other machines can reach: the demo's root has no password.
func loopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen: %q is not host:port", listen)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--listen: the demo serves this machine alone, such as 127.0.0.1:3306, and %q is not its loopback address", host)
}

// welcome says how to connect and what to try.
func welcome(at net.Addr, silos string) string {
	var b strings.Builder
	host, port, _ := net.SplitHostPort(at.String()) // an address that is listened on has both
	fmt.Fprintf(&b, `silogate demo: two silos, one catalog

  lake   Parquet files   reviews (train and test), labels      %s/lake
  shop   SQLite          customers, orders, products           %s/shop.db

Connect with any MySQL client:

  mysql -h %s -P %s -u root

and try:
`, silos, silos, host, port)
	for i, stop := range demo.Tour() {
		fmt.Fprintf(&b, "\n%d. %s\n\n%s;\n\n   expect %s\n", i+1, stop.Says, indent(stop.Query), stop.Expect)
	}
	b.WriteString("\nPut EXPLAIN or EXPLAIN ANALYZE before a query to see what runs where. Ctrl-C ends the demo and removes its files.\n")
	return b.String()
}

func indent(text string) string {
	return "   " + strings.ReplaceAll(text, "\n", "\n   ")
}
