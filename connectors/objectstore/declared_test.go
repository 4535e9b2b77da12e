package objectstore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Options of tables say where their files lie and how they are read; what they do not say, those of the source do.
func TestDeclaredTables(t *testing.T) {
	dir := t.TempDir()
	for key, content := range map[string]string{
		"in/2024-01/x-1.txt": "1;a\n", "in/2024-01/x-2.txt": "2;NA\n", "in/2024-01/y-1.txt": "3;c\n", "in/2023-12/x-1.txt": "4;d\n",
		"in/2024-01/_x-9.txt": "9;z\n", "in/.old/x-1.txt": "9;z\n",
		"plain.csv":                  "id\n7\n",
		"elsewhere/deep/a/1.csv":     "id,v\n1,NA\n",
		"elsewhere/deep/a/1.parquet": "no Parquet",
		"logs/month=01/day=1/a.csv":  "id\n1\n", "logs/month=02/day=x/a.csv": "id\n2\n",
	} {
		write(t, dir, key, []byte(content))
	}
	o := connectors.Options{
		"url": dir, "csv_null": "NA",
		"tables.texts.path": "in/2024-*/x-*.txt", "tables.texts.format": "csv", "tables.texts.csv_header": "false", "tables.texts.csv_delimiter": ";",
		"tables.plain.types": "text",
		"tables.again.path":  "plain.csv",
		"tables.raw.path":    "plain.csv", "tables.raw.csv_header": "false",
		"tables.moved.path": "elsewhere/deep/", "tables.moved.format": "csv", "tables.moved.csv_null": "",
		"tables.logs.partition_types": "Month text",
		"tables.days.path":            "logs/**/*.csv", "tables.days.partition_types": "day date",
		"tables.weeks.path": "logs/**", "tables.weeks.partition_types": "week integer",
		"tables.none.path": "in/*.csv",
		"tables.gone.path": "in/gone",
	}
	src := open(t, o)
	want := []string{"again", "days", "elsewhere", "gone", "in", "logs", "moved", "none", "plain", "raw", "texts", "weeks"}
	if got := names(t, src, connectors.ListOptions{}); !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	for name, want := range map[string]struct {
		columns, location string
		rows              []string
		err               sqlerr.Code
		text              string // of the error
	}{
		"texts":     {columns: "column0 bigint, column1 longtext", location: "/in/2024-*/x-*.txt", rows: []string{"1 a", "2 (null)"}},
		"plain":     {columns: "id longtext", location: "/plain.csv", rows: []string{"7"}},
		"again":     {columns: "id bigint", location: "/plain.csv", rows: []string{"7"}},
		"raw":       {columns: "column0 longtext", location: "/plain.csv", rows: []string{"7", "id"}},
		"moved":     {columns: "id bigint, v longtext", location: "/elsewhere/deep", rows: []string{"1 NA"}},
		"logs":      {columns: "id bigint, month longtext, day longtext", location: "/logs", rows: []string{"1 01 1", "2 02 x"}},
		"days":      {err: sqlerr.BadValue, text: "/logs/month=01/day=1: 1 is no date, which option partition_types says that day is"},
		"weeks":     {err: sqlerr.BadOption, text: "is not partitioned by week"},
		"none":      {err: sqlerr.UnknownTable, text: "no data files at file://" + dir + "/in/*.csv"},
		"gone":      {err: sqlerr.UnknownTable, text: "/in/gone/ or file://"},
		"elsewhere": {err: sqlerr.Corrupt, text: "1.parquet"},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := src.Table(t.Context(), plan.TableName{Name: name}, connectors.AsOf{})
			if want.text != "" {
				if !sqlerr.Is(err, want.err) || !strings.Contains(err.Error(), want.text) {
					t.Errorf("error %v, want %q", err, want.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			columns := make([]string, len(table.Columns))
			for i, c := range table.Columns {
				columns[i] = c.Name + " " + c.Type.String()
			}
			if got := strings.Join(columns, ", "); got != want.columns || table.Location != "file://"+dir+want.location {
				t.Errorf("columns %s at %s, want %s", got, table.Location, want.columns)
			}
			r, err := query{}.over(t, src, table)
			if slices.Sort(r.rows); err != nil || !slices.Equal(r.rows, want.rows) {
				t.Errorf("rows %q, error %v; want %q", r.rows, err, want.rows)
			}
		})
	}
}

func TestDeclaredTablesOfSchemas(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "sales/orders.csv", []byte("id\n1\n"))
	write(t, dir, "dump/2024.csv", []byte("id\n2\n"))
	src := open(t, connectors.Options{"url": dir, "layout": "schema/table", "tables.hr.people.path": "dump/*.csv", "tables.sales.orders.types": "text"})
	if got, want := names(t, src, connectors.ListOptions{Namespaces: true}), []string{"dump", "hr", "sales"}; !slices.Equal(got, want) {
		t.Errorf("namespaces %q, want %q", got, want)
	}
	if got, want := names(t, src, connectors.ListOptions{}), []string{"dump.2024", "hr.people", "sales.orders"}; !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	for name, want := range map[plan.TableName]string{{Namespace: "hr", Name: "people"}: "2", {Namespace: "sales", Name: "orders"}: "1"} {
		if r, err := (query{table: name}).run(t, src); err != nil || !slices.Equal(r.rows, []string{want}) {
			t.Errorf("%s: rows %q, error %v", name, r.rows, err)
		}
	}
}

// A pattern over partitions of a large table lists those that it leads to.
func TestPatternOfALargeTable(t *testing.T) {
	content := days(60, 40, parquetOf(t, 10, ids, idRows(0, 1)))
	src, b := newBucket(t, content)
	at, err := parseTable(orders(), connectors.Options{"path": "orders/day=2022-0[12]-*/part-000[0-2]*.parquet"})
	if err != nil {
		t.Fatal(err)
	}
	at.share(src.(*source).formats)
	src.(*source).settings.declared = []declared{at}
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	if days := table.Columns[1].Stats.Distinct; days != 31+28 {
		t.Errorf("%v partitions, want those of two months", days)
	}
	b.asked()
	r, err := query{where: onDay(t, expr.Ge, "2022-02-27")}.over(t, src, table)
	if err != nil || len(r.rows) != 2*30 {
		t.Errorf("%d rows, error %v, want 30 of each day", len(r.rows), err)
	}
	if lists, _, _ := b.asked(); len(lists) != 1 {
		t.Errorf("listed %+v", lists)
	}
}

// A path does not lead past what says that files are those of a table format.
func TestPathsIntoTablesOfOtherFormats(t *testing.T) {
	for path, c := range map[string]struct{ marker, at string }{
		"orders/day=1/":           {"orders/_delta_log/0.json", "/orders"},
		"orders/part-*.csv":       {"orders/_delta_log/0.json", "/orders"},
		"orders/day=*/part-*.csv": {"orders/metadata/v1.metadata.json", "/orders"},
		"orders/day=1/part-1.csv": {".hoodie/hoodie.properties", ""},
		"**/part-*.csv":           {"orders/day=1/_delta_log/0.json", "/orders/day=1"},
	} {
		dir := t.TempDir()
		write(t, dir, "orders/day=1/part-1.csv", []byte("id\n1\n"))
		write(t, dir, "orders/part-1.csv", []byte("id\n1\n"))
		write(t, dir, "orders/metadata/notes.json", []byte("{}"))
		o := connectors.Options{"url": dir, "tables.orders.path": path}
		if path != "**/part-*.csv" {
			if r, err := (query{table: orders()}).run(t, open(t, o)); err != nil || len(r.rows) != 1 {
				t.Errorf("%s: rows %q, error %v", path, r.rows, err)
			}
		}
		write(t, dir, c.marker, []byte("{}"))
		_, err := open(t, o).Table(t.Context(), orders(), connectors.AsOf{})
		if want := "file://" + dir + c.at + " is a table of "; !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

func TestOptionsOfTables(t *testing.T) {
	for _, c := range []struct {
		layout, key, value, want string
	}{
		{"table", "tables.orders.frmat", "csv", "unknown option tables.orders.frmat (known of a table: path, partition_types, format, "},
		{"table", "tables.orders.url", "/y", "unknown option tables.orders.url"},
		{"table", "tables.orders", "csv", "unknown option tables.orders: options of tables are tables.<table>.<option>"},
		{"table", "tables.sales.orders.format", "csv", "options of tables are tables.<table>.<option>"},
		{"schema/table", "tables.orders.format", "csv", "options of tables are tables.<schema>.<table>.<option>"},
		{"table", "tables..format", "csv", "unknown option tables..format"},
		{"table", "tables.orders.format", "xls", "tables.orders.format must be auto, parquet"},
		{"table", "tables.orders.csv_delimiter", "ab", "tables.orders.csv_delimiter must be one ASCII character"},
		{"schema/table", "tables.sales.orders.nonfinite", "zero", "tables.sales.orders.nonfinite must be null or error"},
		{"table", "tables.orders.path", "", "tables.orders.path must be that of a folder or of files below the source's url"},
		{"table", "tables.orders.path", "/etc/passwd", "below the source's url"},
		{"table", "tables.orders.path", "a/../../b.csv", "below the source's url"},
		{"table", "tables.orders.path", "../b.csv", "below the source's url"},
		{"table", "tables.orders.path", "a/*/", "tables.orders.path must name files where it has globs"},
		{"table", "tables.orders.path", "a/[x.csv", "tables.orders.path has a malformed glob, [x.csv"},
		{"table", "tables.orders.partition_types", "day", "day is none"},
		{"table", "tables.orders.partition_types", "day date, n float", "tables.orders.partition_types must be names of partition columns with a type each, integer, date or text: n float is none"},
	} {
		o := connectors.Options{"url": t.TempDir(), "layout": c.layout, c.key: c.value}
		_, err := Open(context.Background(), connectors.Config{Name: "lake", Options: o, Log: slog.New(slog.DiscardHandler)})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s %q: error %v, want %q", c.key, c.value, err, c.want)
		}
	}
}
