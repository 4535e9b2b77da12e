package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors/builtin"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/exec/spill"
	mysql "github.com/silogate/silogate/gateway/mysql"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:3399", "")
	mem := flag.Int64("mem", 0, "")
	par := flag.Int("par", 2, "")
	flag.Parse()
	go http.ListenAndServe("127.0.0.1:6060", nil)
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	dir, _ := os.MkdirTemp("", "try")
	st, err := store.Open(ctx, dir)
	if err != nil {
		panic(err)
	}
	var servers []store.Server
	for _, a := range flag.Args() {
		// name type k=v,k=v
		f := strings.SplitN(a, " ", 3)
		o := map[string]string{}
		for _, kv := range strings.Split(f[2], ",") {
			k, v, _ := strings.Cut(kv, "=")
			o[k] = v
		}
		servers = append(servers, store.Server{Name: f[0], Type: f[1], Options: o})
	}
	cat, err := catalog.New(ctx, catalog.Config{Types: builtin.Types(), Store: st, Log: log, Warn: mysql.Warn}, servers)
	if err != nil {
		panic(err)
	}
	sp, err := spill.Open(dir+"/spill", 50<<30)
	if err != nil {
		panic(err)
	}
	e := engine.New(engine.Config{Sources: cat, Log: log, QueryMemory: *mem, Parallelism: *par, Spill: sp, Verify: true})
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		panic(err)
	}
	s, err := mysql.New(ctx, l, mysql.Config{Catalog: cat, Engine: e, Store: st, Users: []mysql.User{{Name: "root"}}, Registry: prometheus.NewRegistry(), Log: log})
	if err != nil {
		panic(err)
	}
	panic(s.Serve())
}
