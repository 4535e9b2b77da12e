package iceberg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdio "io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// folderWriter commits tables of iceberg-go into a folder, as Hadoop's catalog does.
type folderWriter struct {
	folder  string // of the table
	address string // that its metadata have of the folder
	version int
	current *table.Table
}

func (w *folderWriter) io(context.Context) (io.IO, error) { return moved{w.address, w.folder}, nil }

// moved is a file system whose files lie elsewhere than where they say.
type moved struct{ from, to string }

func (m moved) path(address string) string { return m.to + strings.TrimPrefix(address, m.from) }

func (m moved) Open(name string) (io.File, error)         { return io.LocalFS{}.Open(m.path(name)) }
func (m moved) Remove(name string) error                  { return io.LocalFS{}.Remove(m.path(name)) }
func (m moved) Create(name string) (io.FileWriter, error) { return io.LocalFS{}.Create(m.path(name)) }
func (m moved) WriteFile(name string, content []byte) error {
	return io.LocalFS{}.WriteFile(m.path(name), content)
}

// write makes metadata the current ones.
func (w *folderWriter) write(m table.Metadata) (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	w.version++
	name := fmt.Sprintf("/metadata/v%d.metadata.json", w.version)
	path := w.folder + name
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o600)); err != nil {
		return "", err
	}
	w.current = table.New(table.Identifier{"t"}, m, w.address+name, w.io, w)
	return w.address + name, nil
}

// LoadTable implements table.CatalogIO.
func (w *folderWriter) LoadTable(context.Context, table.Identifier) (*table.Table, error) {
	return w.current, nil
}

// CommitTable implements table.CatalogIO.
func (w *folderWriter) CommitTable(_ context.Context, _ table.Identifier, _ []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	m, err := table.UpdateTableMetadata(w.current.Metadata(), updates, w.current.MetadataLocation())
	if err != nil {
		return nil, "", err
	}
	path, err := w.write(m)
	return m, path, err
}

// version3 writes a table of two files of 100 rows each, with the ids 0 to 199, whose rows are deleted by deletion vectors.
func version3(t *testing.T, folder string) *folderWriter { return version3At(t, folder, folder) }

// version3At is version3 of a table whose metadata say that it lies at another address.
func version3At(t *testing.T, folder, address string) *folderWriter {
	t.Helper()
	schema := format.NewSchema(0, format.NestedField{ID: 1, Name: "id", Type: format.PrimitiveTypes.Int64})
	m, err := table.NewMetadata(schema, format.UnpartitionedSpec, table.UnsortedSortOrder, address,
		format.Properties{table.PropertyFormatVersion: "3", table.WriteDeleteModeKey: table.WriteModeMergeOnRead})
	if err != nil {
		t.Fatal(err)
	}
	w := &folderWriter{folder: folder, address: address}
	if _, err := w.write(m); err != nil {
		t.Fatal(err)
	}
	for f := range 2 {
		var rows []string
		for id := f * 100; id < f*100+100; id++ {
			rows = append(rows, fmt.Sprintf(`{"id": %d}`, id))
		}
		data, err := array.TableFromJSON(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil),
			[]string{"[" + strings.Join(rows, ",") + "]"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = w.current.AppendTable(t.Context(), data, 100, nil); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// openFolder opens a warehouse without a catalog.
func openFolder(t *testing.T, dir string) connectors.Source {
	t.Helper()
	return openWith(t, connectors.Options{"warehouse": dir})
}

// openWith opens a warehouse as a source named lake.
func openWith(t *testing.T, options connectors.Options) connectors.Source {
	t.Helper()
	c, err := Open(context.Background(), connectors.Config{Name: "lake", Options: options, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.Bind(connectors.Principal{})
}

// A table of version 3 has its rows without those of deletion vectors, of which the newest has what an older one had.
func TestDeletionVectors(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	w := version3(t, filepath.Join(dir, "shop", "vectors"))
	for _, gone := range []format.BooleanExpression{format.LessThan(format.Reference("id"), int64(3)), format.IsIn(format.Reference("id"), int64(50), int64(150))} {
		if _, err := w.current.Delete(ctx, gone, nil); err != nil {
			t.Fatal(err)
		}
	}
	if s := w.current.CurrentSnapshot().Summary; s.Properties["total-delete-files"] != "2" || s.Properties["total-records"] != "200" {
		t.Fatalf("no deletion vectors were written: %v", s)
	}
	src := openFolder(t, dir)
	found, err := src.Table(ctx, plan.TableName{Namespace: "shop", Name: "vectors"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	ids := textsOf(t, src, found, 0)
	want := 0
	for id := range int64(200) {
		gone := id < 3 || id == 50 || id == 150
		if slices.Contains(ids, strconv.FormatInt(id, 10)) == gone {
			t.Errorf("row %d is there: %v", id, gone)
		}
		if !gone {
			want++
		}
	}
	if len(ids) != want {
		t.Errorf("%d rows, want %d", len(ids), want)
	}
}

// A column that was added with a default has that in the files that are older.
func TestDefaults(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	w := version3(t, filepath.Join(dir, "defaults"))
	tx := w.current.NewTransaction()
	err := tx.UpdateSchema(true, false).AddColumn([]string{"country"}, format.PrimitiveTypes.String, "", false, format.NewLiteral("US")).
		AddColumn([]string{"since"}, format.PrimitiveTypes.Date, "", false, format.NewLiteral(format.Date(19782))).Commit()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	src := openFolder(t, dir)
	found, err := src.Table(ctx, plan.TableName{Name: "defaults"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"country": "US", "since": "2024-02-29"}
	for i, c := range found.Columns {
		if want[c.Name] == "" {
			continue
		}
		texts := textsOf(t, src, found, i)
		if len(texts) != 200 || texts[0] != want[c.Name] || texts[199] != want[c.Name] {
			t.Errorf("%s: %d values %q, want %s", c.Name, len(texts), texts, want[c.Name])
		}
	}
}

// textsOf reads a column of a table.
func textsOf(t *testing.T, src connectors.Source, of *plan.Table, pos int) []string {
	t.Helper()
	c := of.Columns[pos]
	scan := &plan.Scan{Site: plan.Site{Source: "lake"}, Table: of, Cols: plan.Schema{{ID: 1, Name: c.Name, Type: c.Type, Nullable: true}}, Pos: []int{pos}}
	answer, err := src.Pushdown(t.Context(), scan)
	if err != nil {
		t.Fatal(err)
	}
	x, err := answer.(*plan.Remote).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
		Memory: memory.DefaultAllocator, BatchRows: 64, Parallel: 1, Env: &expr.Env{}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var texts []string
	for split, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Open(t.Context(), split)
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if errors.Is(err, stdio.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(b.NumRows()) {
				texts = append(texts, b.Column(0).ValueStr(i))
			}
			b.Release()
		}
		r.Close()
	}
	return texts
}
