package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/config"
)

// The bounds of a check.
const (
	checkTime     = 30 * time.Second // for a source to list what it has, and again for its tables to be opened
	checkTables   = 1000             // tables of a source that are opened
	checkParallel = 4                // tables of a source that are opened at the same time
	checkLines    = 10               // tables of a source that get a line of their own
)

// finding is a line of a check's report.
type finding struct {
	text  string
	wrong bool
}

// check prints what each source of a configuration file would serve, and fails if anything is wrong. It leaves the data
// folder alone, so that it may run beside the gateway.
func check(ctx context.Context, path string, out io.Writer, log *slog.Logger) error {
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	refused := map[string]error{}
	cat, err := openCatalog(ctx, cfg, kept{}, nil, log, refused)
	if err != nil {
		return err
	}
	defer cat.Close() //nolint:errcheck // the answers are in

	general := checkServer(cfg)
	perSource := make([][]finding, len(cfg.Sources))
	var wg sync.WaitGroup
	for i, s := range cfg.Sources {
		if reason := refused[s.Name]; reason != nil {
			perSource[i] = []finding{wrong(reason)}
			continue
		}
		wg.Go(func() { perSource[i] = checkSource(ctx, cat, s.Name) })
	}
	wg.Wait()
	return report(out, cfg, general, perSource)
}

// report prints findings and sums them up.
func report(out io.Writer, cfg config.Config, general []finding, perSource [][]finding) (err error) {
	isWrong := func(f finding) bool { return f.wrong }
	for _, f := range general {
		err = errors.Join(err, show(out, f.text+"\n"))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	bad := 0
	for i, s := range cfg.Sources {
		for _, f := range perSource[i] {
			err = errors.Join(err, show(table, s.Name+"\t"+s.Type+"\t"+f.text+"\n"))
		}
		if slices.ContainsFunc(perSource[i], isWrong) {
			bad++
		}
	}
	if err = errors.Join(err, table.Flush()); err != nil {
		return err
	}
	var problems []string
	if slices.ContainsFunc(general, isWrong) {
		problems = append(problems, "the gateway would not start")
	}
	if bad > 0 {
		problems = append(problems, fmt.Sprintf("%d of %d sources have a problem", bad, len(cfg.Sources)))
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

func wrong(err error) finding { return finding{"WRONG: " + oneLine(err.Error()), true} }

func warning(text string) finding { return finding{"warning: " + oneLine(text), false} }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// checkServer looks for what serve would refuse before it asks any source.
func checkServer(cfg config.Config) (found []finding) {
	if err := supported(cfg); err != nil {
		found = append(found, wrong(err))
	}
	if _, err := loadTLS(cfg.TLS); err != nil {
		found = append(found, wrong(err))
	}
	if info, err := os.Stat(cfg.Data); err == nil && !info.IsDir() {
		found = append(found, wrong(fmt.Errorf("data: %s is not a folder", cfg.Data)))
	}
	if loopback(cfg.Listen) != nil {
		for _, u := range cfg.Users {
			if u.Password == "" {
				found = append(found, warning(fmt.Sprintf("users: %s needs no password, and other machines can reach %s", u.Name, cfg.Listen)))
			}
		}
	}
	_, err := os.Stat(filepath.Join(cfg.Data, store.File))
	if errors.Is(err, os.ErrNotExist) && len(cfg.Users) == 0 {
		found = append(found, warning("users: none, and the first start needs one: nobody could connect"))
	}
	return found
}

// checkSource lists a source and opens its tables.
func checkSource(ctx context.Context, cat *catalog.Catalog, name string) []finding {
	listing, cancel := context.WithTimeoutCause(ctx, checkTime, sqlerr.New(sqlerr.SourceDown, "source %s: no answer within %s", name, checkTime))
	defer cancel()
	found, err := cat.Inspect(listing, "", name)
	if err != nil {
		return []finding{wrong(err)}
	}
	var lines []finding
	var tables [][2]string
	for _, db := range slices.Sorted(maps.Keys(found.Databases)) {
		lines = append(lines, finding{text: fmt.Sprintf("database %s, %d tables", db, len(found.Databases[db]))})
		for _, t := range found.Databases[db] {
			tables = append(tables, [2]string{db, t})
		}
	}
	if found.Doubt != nil {
		lines = append(lines, wrong(found.Doubt))
	}
	if len(tables) == 0 {
		return append(lines, wrong(fmt.Errorf("source %s serves no table", name)))
	}
	return append(lines, openTables(ctx, cat, tables)...)
}

// openTables has tables described, each named by its database and its own name, and tells of those that can't be.
func openTables(ctx context.Context, cat *catalog.Catalog, tables [][2]string) (lines []finding) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	errs := make([]error, min(len(tables), checkTables))
	var group errgroup.Group
	group.SetLimit(checkParallel)
	for i := range errs {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				_, _, errs[i] = cat.Resolve(ctx, "", tables[i][0], tables[i][1])
			}
			return nil
		})
	}
	_ = group.Wait() // errs has the failures
	opened, unopened, more := 0, len(tables)-len(errs), 0
	for i, err := range errs {
		switch {
		case err == nil:
			opened++
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			unopened++
		case len(lines) == checkLines:
			more++
		case sqlerr.Is(err, sqlerr.UnknownTable): // such as a folder that is listed before anyone knows what it holds
			lines = append(lines, warning(fmt.Sprintf("%s.%s is listed but no table: %v", tables[i][0], tables[i][1], err)))
		default:
			lines = append(lines, wrong(err))
		}
	}
	if more > 0 {
		lines = append(lines, finding{fmt.Sprintf("WRONG: %d more tables can't be opened", more), true})
	}
	if unopened > 0 {
		lines = append(lines, warning(fmt.Sprintf("%d of %d tables were not opened", unopened, len(tables))))
	}
	if opened == 0 {
		lines = append(lines, wrong(errors.New("no table can be opened")))
	}
	return lines
}
