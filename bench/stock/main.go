// Command stock serves the two tables of the throughput benchmark with go-mysql-server as it comes: its memory tables, its
// engine, its protocol layer. It is a peer, to tell what silogate's own layers are worth.
package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/sirupsen/logrus"
)

const database = "local"

func main() {
	address := flag.String("address", "", "to listen on")
	folder := flag.String("folder", "", "with a schema.sql of CREATE TABLE statements, and TABLE.csv for each, with | between cells")
	flag.Parse()
	logrus.SetLevel(logrus.ErrorLevel)
	if err := serve(*address, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, folder string) error {
	provider := memory.NewDBProvider(memory.NewDatabase(database))
	engine := sqle.NewDefault(provider)
	session := memory.NewSession(sql.NewBaseSession(), provider)
	ctx := sql.NewContext(context.Background(), sql.WithSession(session))
	ctx.SetCurrentDatabase(database)
	for _, table := range []string{"orders", "lineitem"} {
		if err := load(ctx, engine, folder, table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	s, err := server.NewServer(server.Config{Protocol: "tcp", Address: address}, engine, sql.NewContext, memory.NewSessionBuilder(provider), nil)
	if err != nil {
		return err
	}
	return s.Start()
}

// load makes a table of a file of CREATE TABLE and fills it.
func load(ctx *sql.Context, engine *sqle.Engine, folder, table string) error {
	create, err := os.ReadFile(filepath.Join(folder, table+".sql"))
	if err != nil {
		return err
	}
	_, rows, _, err := engine.Query(ctx, string(create))
	if err != nil {
		return err
	}
	if _, err := sql.RowIterToRows(ctx, rows); err != nil {
		return err
	}
	db, err := engine.Analyzer.Catalog.Database(ctx, database)
	if err != nil {
		return err
	}
	t, _, err := db.GetTableInsensitive(ctx, table)
	if err != nil {
		return err
	}
	insertable, ok := t.(sql.InsertableTable)
	if !ok {
		return errors.New("it takes no rows")
	}
	file, err := os.Open(filepath.Join(folder, table+".csv"))
	if err != nil {
		return err
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.Comma, in.LazyQuotes, in.ReuseRecord = '|', true, true
	inserter, schema := insertable.Inserter(ctx), t.Schema(ctx)
	inserter.StatementBegin(ctx)
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		row := make(sql.Row, len(cells))
		for i, cell := range cells {
			if row[i], _, err = schema[i].Type.Convert(ctx, cell); err != nil {
				return err
			}
		}
		if err := inserter.Insert(ctx, row); err != nil {
			return err
		}
	}
	if err := inserter.StatementComplete(ctx); err != nil {
		return err
	}
	return inserter.Close(ctx)
}
