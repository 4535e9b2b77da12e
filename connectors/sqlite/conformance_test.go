package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/sqlite"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sourceName = "box"

func TestConformance(t *testing.T) {
	conntest.Run(t, conntest.Config{
		Source:   sourceName,
		Open:     openFixtures,
		Reads:    reads,
		Evaluate: testengine.Evaluate,
		Broken: []conntest.Broken{
			{Name: "missing file", Code: sqlerr.SourceDown, Open: func(tb testing.TB) connectors.Connector {
				return open(tb, filepath.Join(tb.TempDir(), "none.db"))
			}},
			{Name: "not a database", Code: sqlerr.Corrupt, Open: func(tb testing.TB) connectors.Connector {
				path := filepath.Join(tb.TempDir(), "text.db")
				if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
					tb.Fatal(err)
				}
				return open(tb, path)
			}},
			{Name: "truncated", Code: sqlerr.Corrupt, Open: func(tb testing.TB) connectors.Connector {
				path := database(tb, "CREATE TABLE orders (id INTEGER)", "CREATE TABLE more (id INTEGER)")
				if err := os.Truncate(path, 2048); err != nil {
					tb.Fatal(err)
				}
				return open(tb, path)
			}},
		},
	})
}

// open opens a file as a connector.
func open(tb testing.TB, path string) connectors.Connector {
	tb.Helper()
	c, err := sqlite.Open(context.Background(), connectors.Config{
		Name: sourceName, Options: connectors.Options{"path": path}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// database creates a file by running statements and returns its path.
func database(tb testing.TB, statements ...string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "test.db")
	change(tb, path, statements...)
	return path
}

// change runs statements on a file.
func change(tb testing.TB, path string, statements ...string) {
	tb.Helper()
	db := writer(tb, path)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

func writer(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

// reads is the type of a column declared by declaration.
func reads(t types.Type) (types.Type, bool) {
	switch t.Kind {
	case types.Int8, types.Int16, types.Int32, types.Int64, types.Uint8, types.Uint16, types.Uint32:
		return types.Of(types.Int64), true
	case types.Float32, types.Float64:
		return types.Of(types.Float64), true
	case types.Char, types.Varchar, types.Text:
		return types.Of(types.Text), true
	case types.Decimal:
		return t, t.Precision <= 15 // more digits than a REAL has
	case types.Date, types.Datetime, types.Time, types.Blob, types.JSON:
		return t, true
	}
	return types.Type{}, false
}

func declaration(t types.Type) string {
	switch t.Kind {
	case types.Float32, types.Float64:
		return "DOUBLE"
	case types.Blob:
		return "BLOB"
	case types.Text:
		return "TEXT"
	}
	return strings.ToUpper(t.String())
}

// stored is a fixture's value as an application would insert it.
func stored(v types.Value, t types.Type) any {
	switch {
	case v.Null:
		return nil
	case t.IsInteger():
		return v.Int
	case t.IsFloat():
		return v.Float
	case t.IsBinary():
		return []byte(v.Str)
	}
	return v.Format(t, nil)
}

func openFixtures(tb testing.TB, tables []conntest.Table) connectors.Connector {
	path := filepath.Join(tb.TempDir(), "fixtures.db")
	db := writer(tb, path)
	defer db.Close()
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for _, t := range tables {
		if err := create(ctx, tx, t); err != nil {
			tb.Fatalf("%s: %v", t.Name, err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
	return open(tb, path)
}

func create(ctx context.Context, tx *sql.Tx, t conntest.Table) (err error) {
	columns, marks := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = fmt.Sprintf("%q %s", c.Name, declaration(c.Type))
		if !c.Nullable {
			columns[i] += " NOT NULL"
		}
		marks[i] = "?"
	}
	if t.Key != nil {
		columns[t.Key[0]] = fmt.Sprintf("%q INTEGER PRIMARY KEY", t.Columns[t.Key[0]].Name)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("CREATE TABLE %q (%s)", t.Name, strings.Join(columns, ", "))); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %q VALUES (%s)", t.Name, strings.Join(marks, ", ")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for _, row := range t.Rows {
		args := make([]any, len(row))
		for i, v := range row {
			args[i] = stored(v, t.Columns[i].Type)
		}
		if _, err := insert.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}
