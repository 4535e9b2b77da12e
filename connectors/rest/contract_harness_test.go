//go:build integration

package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/objectstore"
	"github.com/silogate/silogate/connectors/postgres"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// The tables of the contract's test, equal in all sources: what customers there are, and what they did.
const (
	customerCount = 40
	eventCount    = 12_000
	eventsOfOne   = eventCount / customerCount
	largeCount    = 150_000 // rows of the tables that have two splits in Postgres and Parquet
)

func region(customer int) string { return []string{"north", "south"}[customer%2] }

// event is row i of the events: those of a customer lie together.
func event(i int) (id, customer int64, kind string) {
	return int64(i), int64(i / eventsOfOne), []string{"click", "view", "buy"}[i%3]
}

// world is three unlike sources with the same tables: pg, lake and api.
type world struct {
	testing.TB
	engine  *engine.Engine
	memory  bufpooltest.Allocator
	sources map[string]connectors.Source
	pg      testserver.PG
	store   testserver.S3Store
	server  *api
}

// Source implements optimize.Sources.
func (w *world) Source(site plan.Site) (connectors.Source, error) {
	if s, ok := w.sources[site.Source]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("no source %s", site.Source)
}

// newWorld admits one statement at a time to each source, so that a turn that is not given back is noticed.
func newWorld(tb testing.TB) *world {
	w := &world{TB: tb, pg: testserver.Postgres(tb), store: testserver.S3(tb), server: newAPI(tb), sources: make(map[string]connectors.Source)}
	w.pg.Exec(tb,
		"CREATE TABLE customers (id bigint PRIMARY KEY, region text NOT NULL)",
		fmt.Sprintf("INSERT INTO customers SELECT i, CASE i %% 2 WHEN 0 THEN 'north' ELSE 'south' END FROM generate_series(0, %d) i", customerCount-1),
		"CREATE TABLE events (id bigint PRIMARY KEY, customer bigint NOT NULL, kind text NOT NULL)",
		fmt.Sprintf("INSERT INTO events SELECT i, i / %d, (ARRAY['click', 'view', 'buy'])[i %% 3 + 1] FROM generate_series(0, %d) i", eventsOfOne, eventCount-1),
		"CREATE INDEX ON events (customer)",
		fmt.Sprintf("CREATE TABLE large WITH (fillfactor = 30) AS SELECT i::bigint AS id, 'a row that is somewhat long, so that there are enough pages' AS filler FROM generate_series(0, %d) i", largeCount-1),
		"ANALYZE")
	w.putParquet("customers", customerCount, 1000, func(i int) []any { return []any{int64(i), region(i)} }, "id", "region")
	w.putParquet("events", eventCount, eventsOfOne, func(i int) []any {
		id, customer, kind := event(i)
		return []any{id, customer, kind}
	}, "id", "customer", "kind")
	w.putLarge(0)
	var customers, events []record
	for i := range customerCount {
		customers = append(customers, record{"id": int64(i), "region": region(i)})
	}
	for i := range eventCount {
		id, customer, kind := event(i)
		events = append(events, record{"id": id, "customer": customer, "kind": kind})
	}
	w.server.put("customers", customers...)
	w.server.put("events", events...)
	w.add("pg", postgres.Open, connectors.Options{"url": w.pg.URL(), "pool": "4", "admission": "1"})
	w.add("lake", objectstore.Open, connectors.Options{"url": "s3://" + w.store.Bucket, "endpoint": w.store.Endpoint, "region": w.store.Region,
		"access_key": w.store.AccessKey, "secret_key": w.store.SecretKey, "admission": "1"})
	w.add("api", func(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
		return Open(cfg, "rest", apiTables())
	},
		connectors.Options{"url": w.server.URL, "token": secretToken, "admission": "1", "requests": "4"})
	w.memory = bufpooltest.New()
	w.engine = engine.New(engine.Config{Sources: w, Log: slog.New(slog.DiscardHandler), Verify: true, Parallelism: 2, Allocator: w.memory})
	tb.Cleanup(func() {
		w.engine.Close()
		w.memory.AssertSize(tb, 0)
	})
	return w
}

func (w *world) add(name string, open connectors.Open, options connectors.Options) {
	w.Helper()
	c, err := open(w.Context(), connectors.Config{Name: name, Options: options, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	w.sources[name] = c.Bind(connectors.Principal{User: "test"})
}

// apiTables declares the tables of the API: events as a list, by keys only, with an ETag that only detects a change, and with
// states that the server keeps.
func apiTables() []Table {
	list := func(path string) Endpoint {
		return Endpoint{Path: path, Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 1000, Total: "total"}}
	}
	columns := []Column{
		{Name: "id", Type: bigint, Path: "id", NotNull: true},
		{Name: "customer", Type: bigint, Path: "customer", NotNull: true, Distinct: customerCount},
		{Name: "kind", Type: text, Path: "kind", NotNull: true, Distinct: 3},
	}
	events := Table{
		Name: "events", Columns: columns, Key: []string{"id"}, Rows: list("v1/events"), Size: eventCount,
		Filters: []Filter{{Column: "customer", Name: "customer", Most: 8}},
		Counts: []Count{
			{By: []string{"customer"}, Rows: "rows", Endpoint: Endpoint{Path: "counts/events/customer", Query: map[string]string{"whole": "1"}, Items: "groups"}},
			{By: []string{"kind"}, Rows: "rows", Parts: true, Endpoint: Endpoint{Path: "counts/events/kind", Items: "groups"}},
		},
	}
	keyed, tagged, kept := events, events, events
	keyed.Name, keyed.Size, keyed.Counts = "keyed", 0, nil
	keyed.Filters = append(slices.Clone(events.Filters), Filter{Column: "id", Name: "id", Most: 50})
	keyed.Required = [][]string{{"customer"}, {"id"}}
	tagged.Name, tagged.Rows.Snapshot = "tagged", Snapshot{Header: "ETag", Send: "If-Match"}
	kept.Name, kept.Rows.Snapshot = "kept", Snapshot{Header: "X-State", Name: "state"}
	return []Table{
		{Name: "customers", Key: []string{"id"}, Rows: list("v1/customers"), Size: customerCount, Columns: []Column{
			{Name: "id", Type: bigint, Path: "id", NotNull: true}, {Name: "region", Type: text, Path: "region", NotNull: true}}},
		events, keyed, tagged, kept,
	}
}

// putLarge stores the large table with its ids moved by shift.
func (w *world) putLarge(shift int64) {
	w.putParquet("large", largeCount, largeCount/4, func(i int) []any { return []any{int64(i) + shift, fmt.Sprint("row ", i)} }, "id", "filler")
}

// putParquet stores a table of bigint and text columns.
func (w *world) putParquet(table string, rows int, group int64, row func(int) []any, columns ...string) {
	w.Helper()
	var fields []arrow.Field
	for i, v := range row(0) {
		typ := arrow.PrimitiveTypes.Int64
		if _, isText := v.(string); isText {
			typ = arrow.BinaryTypes.String
		}
		fields = append(fields, arrow.Field{Name: columns[i], Type: typ})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range rows {
		for j, v := range row(i) {
			switch v := v.(type) {
			case int64:
				b.Field(j).(*array.Int64Builder).Append(v)
			case string:
				b.Field(j).(*array.StringBuilder).Append(v)
			}
		}
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	var out bytes.Buffer
	f, err := pqarrow.NewFileWriter(batch.Schema(), &out, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(group)), pqarrow.DefaultWriterProps())
	if err == nil {
		err = errors.Join(f.Write(batch), f.Close())
	}
	file := filepath.Join(w.TempDir(), table)
	if err = errors.Join(err, os.WriteFile(file, out.Bytes(), 0o600)); err != nil {
		w.Fatal(err)
	}
	w.store.Put(w, table+".parquet", file)
}

// parse reads a plan over tables named source_table.
func (w *world) parse(text string) plan.Node {
	w.Helper()
	p := &plantext.Parser{}
	p.Table = func(name string) (*plan.Table, error) {
		source, table, _ := strings.Cut(name, "_")
		p.Site = plan.Site{Source: source, Principal: "test"}
		of := plan.TableName{Name: table}
		if source == "pg" {
			of.Namespace = "public"
		}
		return w.sources[source].Table(w.Context(), of, connectors.AsOf{})
	}
	n, err := p.Parse(text)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

var settings0 = engine.Settings{Pushdown: true, DynamicFilters: true}

func (w *world) prepare(text string, s engine.Settings) *engine.Prepared {
	w.Helper()
	p, err := w.engine.Prepare(w.Context(), w.parse(text), s)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func session() *expr.Env { return &expr.Env{Location: time.UTC, Now: time.Unix(0, 0)} }

// rows runs a plan through the engine and returns its rows as text, sorted.
func (w *world) rows(text string, s engine.Settings) (out []string, err error) {
	w.Helper()
	r, err := w.prepare(text, s).Run(session())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		batch, err := r.Next(w.Context())
		if err == io.EOF {
			slices.Sort(out)
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, show(batch, r.Schema())...)
		batch.Release()
	}
}

func show(batch arrow.RecordBatch, schema plan.Schema) (out []string) {
	for i := range int(batch.NumRows()) {
		var parts []string
		for j, c := range schema {
			parts = append(parts, kernel.ValueAt(batch.Column(j), i).Format(c.Type, time.UTC))
		}
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

// expect runs a plan and compares its rows.
func (w *world) expect(text string, s engine.Settings, want []string) {
	w.Helper()
	got, err := w.rows(text, s)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		w.Errorf("%d rows, want %d: %v\n%s", len(got), len(want), err, text)
	}
}

// ran is a plan that was run, with what was measured.
type ran struct {
	text string
	root gjson.Result // of EXPLAIN FORMAT=JSON
}

// analyzed runs a plan.
func (w *world) analyzed(text string) ran {
	w.Helper()
	e, err := w.prepare(text, settings0).Analyze(w.Context(), session())
	if err != nil {
		w.Fatal(err)
	}
	doc, err := e.JSON()
	if err != nil {
		w.Fatal(err)
	}
	w.Logf("\n%s", e.Text())
	return ran{e.Text(), gjson.Get(doc, "query_plan")}
}

// remote returns what was measured of the leaf whose text, or else tables, contain a word.
func (r ran) remote(tb testing.TB, word string) gjson.Result {
	tb.Helper()
	found := r.find(r.root, word)
	if !found.Exists() {
		tb.Fatalf("no leaf of %s in\n%s", word, r.text)
	}
	return found.Get("actual")
}

func (r ran) find(n gjson.Result, word string) gjson.Result {
	if n.Get("operator").Str == "remote" && strings.Contains(n.Get("operation").Str, word) {
		return n
	}
	for _, in := range n.Get("inputs").Array() {
		if found := r.find(in, word); found.Exists() {
			return found
		}
	}
	return gjson.Result{}
}
