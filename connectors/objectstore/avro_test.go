package objectstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/klauspost/compress/zstd"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

func TestConformanceOfAvro(t *testing.T) {
	conntest.Run(t, conntest.Config{
		Source: "lake",
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			dir := tb.TempDir()
			for _, table := range tables {
				write(tb, dir, table.Name+".avro", avroOf(tb, table, 1000))
			}
			return connect(tb, dir)
		},
		Reads: func(t types.Type) (types.Type, bool) {
			switch {
			case t.Kind == types.Char || t.Kind == types.Varchar:
				return types.Of(types.Text), true
			case t.Kind == types.JSON, t.IsUnsigned(), t.Kind == types.Int8, t.Kind == types.Int16: // which Avro does not have
				return t, false
			}
			return t, true
		},
		Evaluate: testengine.Evaluate,
	})
}

// avroType is the schema of a type.
func avroType(t types.Type) string {
	logical := func(kind, name string) string { return fmt.Sprintf(`{"type": %q, "logicalType": %q}`, kind, name) }
	switch t.Kind {
	case types.Int32:
		return `"int"`
	case types.Int64:
		return `"long"`
	case types.Float32:
		return `"float"`
	case types.Float64:
		return `"double"`
	case types.Decimal:
		return fmt.Sprintf(`{"type": "bytes", "logicalType": "decimal", "precision": %d, "scale": %d}`, t.Precision, t.Scale)
	case types.Date:
		return logical("int", "date")
	case types.Datetime:
		return logical("long", "local-timestamp-micros")
	case types.Timestamp:
		return logical("long", "timestamp-micros")
	case types.Time:
		return logical("long", "time-micros")
	case types.Blob:
		return `"bytes"`
	}
	return `"string"`
}

// avroOf returns a table as Avro, compressed by zstandard, in blocks of so many rows.
func avroOf(tb testing.TB, table conntest.Table, rows int) []byte {
	tb.Helper()
	const marker = "sixteen letters!"
	var fields []string
	for _, c := range table.Columns {
		typ := avroType(c.Type)
		if c.Nullable {
			typ = `["null", ` + typ + "]"
		}
		fields = append(fields, fmt.Sprintf(`{"name": %q, "type": %s}`, c.Name, typ))
	}
	schema := `{"type": "record", "name": "row", "fields": [` + strings.Join(fields, ", ") + "]}"
	if !json.Valid([]byte(schema)) {
		tb.Fatal(schema)
	}
	text := func(out []byte, s string) []byte { return append(binary.AppendVarint(out, int64(len(s))), s...) }
	out := binary.AppendVarint([]byte("Obj\x01"), 2)
	out = text(text(text(text(out, "avro.schema"), schema), "avro.codec"), "zstandard")
	out = append(append(out, 0), marker...)
	z, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	for list := range slices.Chunk(table.Rows, rows) {
		var data []byte
		for _, row := range list {
			for i, v := range row {
				c := table.Columns[i]
				if c.Nullable && v.Null {
					data = append(data, 0)
					continue
				}
				if c.Nullable {
					data = append(data, 2)
				}
				switch {
				case c.Type.Kind == types.Float32:
					data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v.Float)))
				case c.Type.Kind == types.Float64:
					data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v.Float))
				case c.Type.Kind == types.Decimal:
					data = text(data, string(bigEndian(v.Dec)))
				case c.Type.IsInteger() || c.Type.IsTemporal():
					data = binary.AppendVarint(data, v.Int)
				default:
					data = text(data, v.Str)
				}
			}
		}
		out = binary.AppendVarint(out, int64(len(list)))
		out = append(text(out, string(z.EncodeAll(data, nil))), marker...)
	}
	return out
}

// bigEndian is a decimal in 32 bytes of two's complement.
func bigEndian(d decimal256.Num) []byte {
	words := d.Array()
	var out []byte
	for _, w := range slices.Backward(words[:]) {
		out = binary.BigEndian.AppendUint64(out, w)
	}
	return out
}

// A large file is decoded by several readers at the same time, and is the same read by one.
func TestAvroBlocks(t *testing.T) {
	table := conntest.Table{Columns: []conntest.Column{{Name: "id", Type: types.Of(types.Int64)}, {Name: "note", Type: types.Of(types.Text), Nullable: true}}}
	var want []string
	for i := range 60_000 {
		note, shown := types.NullValue, "(null)"
		if i%3 > 0 {
			shown = fmt.Sprintf("%d%s", i*7919, strings.Repeat("-", i%100))
			note = types.TextValue(shown)
		}
		table.Rows = append(table.Rows, []types.Value{types.IntValue(int64(i)), note})
		want = append(want, fmt.Sprintf("%d %s", i, shown))
	}
	slices.Sort(want)
	dir := t.TempDir()
	content := avroOf(t, table, 500)
	for len(content) < 8<<20 { // for it to be divided: blocks may be repeated
		start := bytes.Index(content, []byte("sixteen letters!")) + 16
		content = append(content, content[start:]...)
	}
	times := 0
	write(t, dir, "orders.avro", content)
	src := open(t, connectors.Options{"url": dir, "format": "avro"})
	for _, readers := range []int{1, 3} {
		mem, usage := bufpooltest.New(), &connectors.Usage{}
		q := query{table: plan.TableName{Name: "orders"}}
		rows, splits := q.parallel(t, src, readers, mem, usage, 0)
		slices.Sort(rows)
		times = len(rows) / len(want)
		if distinct := slices.Compact(slices.Clone(rows)); len(rows) != times*len(want) || !slices.Equal(distinct, want) {
			t.Errorf("%d readers: %d rows, %d different ones", readers, len(rows), len(distinct))
		}
		if most := int64(len(content)) + 64<<10; usage.Totals().Bytes > most || readers > 1 && splits < 4 {
			t.Errorf("%d readers: %d splits, %+v of a file of %d", readers, splits, usage.Totals(), len(content))
		}
		mem.AssertSize(t, 0)
	}
	for _, most := range []int{1, 2} { // a query that ends early frees what was cut and not read
		mem := bufpooltest.New()
		query{table: plan.TableName{Name: "orders"}}.parallel(t, src, 2, mem, &connectors.Usage{}, most)
		mem.AssertSize(t, 0)
	}
	if r, err := (query{table: plan.TableName{Name: "orders"}, limit: &plan.Limit{Count: 3}}).run(t, src); err != nil || len(r.rows) != 3 {
		t.Errorf("%d rows, error %v", len(r.rows), err)
	}
	if r, err := (query{table: plan.TableName{Name: "orders"}, columns: []string{}}).run(t, src); err != nil || len(r.rows) != times*len(want) {
		t.Errorf("without columns: %d rows, error %v", len(r.rows), err)
	}
}
