// Command stock serves the two tables of the throughput benchmark with go-mysql-server as it comes: its engine over rows that
// lie in memory, its protocol layer. It is a peer, to tell what silogate's own layers are worth.
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
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/sirupsen/logrus"
)

func main() {
	address := flag.String("address", "", "to listen on")
	folder := flag.String("folder", "", "with orders.csv and lineitem.csv, | between cells")
	flag.Parse()
	logrus.SetLevel(logrus.ErrorLevel)
	if err := serve(*address, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, folder string) error {
	db := database{}
	for _, t := range []*table{orders(), lineitem()} {
		if err := t.load(filepath.Join(folder, t.name+".csv")); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		db[t.name] = t
	}
	newSession := func(ctx context.Context, c *vitess.Conn, address string) (sql.Session, error) {
		return sql.BaseSessionFromConnection(ctx, c, address)
	}
	engine := sqle.NewDefault(provider{db})
	s, err := server.NewServer(server.Config{Protocol: "tcp", Address: address}, engine, sql.NewContext, newSession, nil)
	if err != nil {
		return err
	}
	return s.Start()
}

func orders() *table {
	return newTable("orders",
		column{"o_orderkey", types.Int64}, column{"o_custkey", types.Int64}, column{"o_orderstatus", text(1)},
		column{"o_totalprice", types.MustCreateDecimalType(15, 2)}, column{"o_orderdate", types.Date}, column{"o_orderpriority", text(15)},
		column{"o_clerk", text(15)}, column{"o_shippriority", types.Int32}, column{"o_comment", text(79)})
}

func lineitem() *table {
	return newTable("lineitem",
		column{"l_orderkey", types.Int64}, column{"l_linenumber", types.Int32}, column{"l_partkey", types.Int64},
		column{"l_quantity", types.MustCreateDecimalType(15, 2)}, column{"l_extendedprice", types.MustCreateDecimalType(15, 2)},
		column{"l_shipdate", types.Date}, column{"l_comment", text(44)})
}

func text(n int64) sql.Type { return types.MustCreateStringWithDefaults(sqltypes.VarChar, n) }

type column struct {
	name string
	typ  sql.Type
}

// table is rows in memory, read in one go.
type table struct {
	name   string
	schema sql.Schema
	rows   []sql.Row
}

func newTable(name string, columns ...column) *table {
	t := &table{name: name}
	for _, c := range columns {
		t.schema = append(t.schema, &sql.Column{Name: c.name, Type: c.typ, Source: name, DatabaseSource: databaseName})
	}
	return t
}

func (t *table) load(path string) error {
	ctx := sql.NewEmptyContext()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.Comma, in.LazyQuotes, in.ReuseRecord = '|', true, true
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row := make(sql.Row, len(cells))
		for i, cell := range cells {
			if row[i], _, err = t.schema[i].Type.Convert(ctx, cell); err != nil {
				return err
			}
		}
		t.rows = append(t.rows, row)
	}
}

// Name implements sql.Table.
func (t *table) Name() string { return t.name }

// String implements sql.Table.
func (t *table) String() string { return t.name }

// Schema implements sql.Table.
func (t *table) Schema(*sql.Context) sql.Schema { return t.schema }

// Collation implements sql.Table.
func (t *table) Collation() sql.CollationID { return sql.Collation_Default }

// Partitions implements sql.Table.
func (t *table) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(all{}), nil
}

// PartitionRows implements sql.Table.
func (t *table) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	return sql.RowsToRowIter(t.rows...), nil
}

// all is the one partition of a table.
type all struct{}

// Key implements sql.Partition.
func (all) Key() []byte { return []byte("all") }

const databaseName = "local"

// database is tables by their names.
type database map[string]*table

// Name implements sql.Database.
func (d database) Name() string { return databaseName }

// GetTableInsensitive implements sql.Database.
func (d database) GetTableInsensitive(_ *sql.Context, name string) (sql.Table, bool, error) {
	t, ok := d[name]
	return t, ok, nil
}

// GetTableNames implements sql.Database.
func (d database) GetTableNames(*sql.Context) ([]string, error) {
	return []string{"lineitem", "orders"}, nil
}

// provider has one database.
type provider struct{ database }

// Database implements sql.DatabaseProvider.
func (p provider) Database(_ *sql.Context, name string) (sql.Database, error) {
	if name != databaseName {
		return nil, sql.ErrDatabaseNotFound.New(name)
	}
	return p.database, nil
}

// HasDatabase implements sql.DatabaseProvider.
func (p provider) HasDatabase(_ *sql.Context, name string) bool { return name == databaseName }

// AllDatabases implements sql.DatabaseProvider.
func (p provider) AllDatabases(*sql.Context) []sql.Database { return []sql.Database{p.database} }
