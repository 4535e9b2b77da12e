//go:build integration

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files of text answer through the wire: exact amounts, joins with each other, errors with their errno, warnings that count.
func TestFilesOfText(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("orders/year=2023/a.csv", "id,customer,amount,placed\n1,7,0.10,2023-05-01 10:00:00\n2,8,0.20,2023-06-01 11:00:00\n")
	write("orders/year=2024/a.csv", "id;customer;amount;placed\n3;7;1234567890123.45;2024-05-01 10:00:00\n4;9;;\n")
	write("customers.jsonl", `{"id":7,"name":"Ada","tags":["a","b"]}`+"\n"+`{"id":8,"name":"Grace"}`+"\n")
	good := strings.Repeat("1,x,"+strings.Repeat("-", 300)+"\n", 1000)
	write("bad.csv", "id,name,pad\n"+good+"two,y,\n3,z,\n")
	i := host(t, fmt.Sprintf("sources:\n  lake: {type: objectstore, url: %s}\n  lax: {type: objectstore, url: %s, bad_rows: skip}\n", dir, dir))
	c := i.conn()
	i.answers(c, "SELECT CONCAT_WS(',', SUM(amount), SUM(amount) = 1234567890123.75, COUNT(*), COUNT(placed)) FROM lake.orders", "1234567890123.75,1,4,3")
	i.answers(c, "SELECT GROUP_CONCAT(name, ' ', amount ORDER BY o.id) FROM lake.orders o JOIN lake.customers c ON c.id = o.customer WHERE tags IS NULL OR year = 2024",
		"Grace 0.20,Ada 1234567890123.45")
	i.answers(c, "SELECT id FROM lake.orders WHERE year = 2024 AND placed >= '2024-01-01'", "3")
	i.answers(c, "SELECT JSON_EXTRACT(tags, '$[1]') FROM lake.customers WHERE id = 7", `"b"`)
	i.answers(c, "SELECT id FROM lake.bad LIMIT 1", "1")
	i.fails(c, "SELECT COUNT(id) FROM lake.bad", 1366, "bad.csv, line 1002, column id: \"two\" is no bigint")
	i.answers(c, "SELECT CONCAT_WS(',', COUNT(*), SUM(id)) FROM lax.bad", "1001,1003")
	warnings, err := queryTexts(i.Context(), c, "SHOW WARNINGS")
	want := "source lax, table bad: 1 bad rows are left out, such as in file://" + dir + "/bad.csv, line 1002, column id: \"two\" is no bigint"
	if err != nil || len(warnings) != 1 || !strings.Contains(fmt.Sprint(warnings[0]), want) {
		t.Errorf("warnings %q, error %v; want %q", warnings, err, want)
	}
}

// Files of Avro and ORC of one table answer alike through the wire, in joins with each other, and nested values are JSON.
func TestFilesOfAvroAndORC(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"avro_rows.avro": "testdata/fastavro_snappy.avro", "orc_rows.orc": "testdata/pyarrow_zstd.orc", "avro_types.avro": "avro/testdata/types.avro",
		"orc_types.orc": "orc/testdata/types.orc", "many/one.orc": "orc/testdata/java_zlib.orc", "many/two.orc": "orc/testdata/many_zstd.orc",
	} {
		content, err := os.ReadFile(filepath.Join("../../connectors/files", path))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i := host(t, fmt.Sprintf("sources:\n  lake: {type: objectstore, url: %s}\n", dir))
	c := i.conn()
	const all = "CONCAT_WS(',', COUNT(*), SUM(price), SUM(ratio), MIN(name), MAX(day), MIN(at), SUM(flag))"
	i.answers(c, "SELECT (SELECT "+all+" FROM lake.avro_rows) = (SELECT "+all+" FROM lake.orc_rows)", "1")
	i.answers(c, "SELECT COUNT(*) FROM lake.avro_rows a JOIN lake.orc_rows o ON o.id = a.id AND o.at <=> a.at AND o.price <=> a.price", "60")
	i.answers(c, "SELECT CONCAT_WS(',', SUM(JSON_EXTRACT(rec, '$.x')), COUNT(rec), MIN(us)) FROM lake.orc_types", "4,3,1900-01-01 00:00:00.000000")
	i.answers(c, "SELECT CONCAT_WS(',', SUM(JSON_EXTRACT(rec, '$.x')), MAX(dec38), MAX(suit)) FROM (SELECT rec, dec38, e AS suit FROM lake.avro_types) t",
		"6,9999999999999999999999999999.9999999999,SPADES")
	i.answers(c, "SELECT CONCAT_WS(',', COUNT(*), SUM(id), COUNT(few), MAX(note)) FROM lake.many WHERE id BETWEEN 4000 AND 4002", "6,24006,2,note 16016004--")
	i.answers(c, "SELECT CONCAT_WS(',', word, COUNT(*), SUM(money)) FROM lake.many GROUP BY word ORDER BY word LIMIT 1", "word 0,480,-252883080.00")
}
