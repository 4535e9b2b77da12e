package delta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestLog replays logs that testdata/log makes file by file, and prints what versions have.
//
//	new                    begins a table
//	file name              writes a file of its log; a line `schema id long, ...` is a metaData action, `protocol` the oldest one
//	checkpoint name        writes one in Parquet of such lines; SIZE(name) is that of a sidecar
//	remove name            removes a file
//	time name moment       says when a file was written
//	show [version=] [at=]  prints a version, by a source that has seen the ones shown before; fresh: by a new one
//	history                prints what is known of the versions
func TestLog(t *testing.T) {
	datadriven.Walk(t, "testdata/log", func(t *testing.T, path string) {
		l := logMaker{T: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return l.run(d)
		})
	})
}

// logMaker makes the log of a table named t.
type logMaker struct {
	*testing.T
	root string
	src  *source
}

func (l *logMaker) run(d *datadriven.TestData) string {
	name := ""
	if len(d.CmdArgs) > 0 {
		name = filepath.Join(l.root, "t", "_delta_log", d.CmdArgs[0].Key)
	}
	switch d.Cmd {
	case "new":
		l.root = l.TempDir()
		l.src = open(l, l.root)
	case "file":
		l.write(name, []byte(l.sizes(expand(d.Input))))
	case "checkpoint":
		l.write(name, checkpointOf(l, l.sizes(expand(d.Input))))
	case "remove":
		if err := os.Remove(name); err != nil {
			l.Fatal(err)
		}
	case "time":
		at := l.moment(d.CmdArgs[1].Key)
		if err := os.Chtimes(name, at, at); err != nil {
			l.Fatal(err)
		}
	case "show":
		return l.show(d)
	case "history":
		r, err := query{table: "t$history", columns: []string{"version", "timestamp", "operation", "is_blind_append"}}.run(l, l.src)
		return strings.Join(r.rows, "\n") + l.text(err)
	default:
		l.Fatalf("unknown command %s", d.Cmd)
	}
	return ""
}

func (l *logMaker) write(name string, content []byte) {
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, content, 0o600)); err != nil {
		l.Fatal(err)
	}
}

// sizes writes out SIZE(name).
func (l *logMaker) sizes(text string) string {
	return regexp.MustCompile(`SIZE\(([^)]*)\)`).ReplaceAllStringFunc(text, func(s string) string {
		info, err := os.Stat(filepath.Join(l.root, "t", "_delta_log", "_sidecars", s[len("SIZE("):len(s)-1]))
		if err != nil {
			l.Fatal(err)
		}
		return strconv.FormatInt(info.Size(), 10)
	})
}

func (l *logMaker) moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		l.Fatal(err)
	}
	return at
}

// text is an error without the folder of the test.
func (l *logMaker) text(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("error %d: %s", sqlerr.CodeOf(err).Identity().Errno, strings.ReplaceAll(err.Error(), l.root, ""))
}

func (l *logMaker) show(d *datadriven.TestData) string {
	var at connectors.AsOf
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "version":
			at.Version = arg.Vals[0]
		case "at":
			at.UnixMicro = l.moment(arg.Vals[0]).UnixMicro()
		case "fresh":
			l.src = open(l, l.root)
		}
	}
	snap, _, err := l.src.find(l.Context(), plan.TableName{Name: "t"}, at)
	if err != nil {
		return l.text(err)
	}
	if snap == nil {
		return "no table"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "version %d\n", snap.version)
	for i, c := range snap.schema.columns {
		fmt.Fprintf(&out, "%s %s", c.Name, c.Type)
		if !c.Nullable {
			out.WriteString(" NOT NULL")
		}
		if snap.schema.sources[i].partition >= 0 {
			out.WriteString(" partition")
		}
		if c.Comment != "" {
			fmt.Fprintf(&out, " %q", c.Comment)
		}
		if c.Warning != "" {
			fmt.Fprintf(&out, " (%s: %s)", c.Native, c.Warning)
		}
		out.WriteString("\n")
	}
	planned, err := l.src.plan(snap)
	if err != nil {
		return out.String() + l.text(err)
	}
	for i, f := range snap.files {
		fmt.Fprintf(&out, "file %s %d", planned[i].Object.Key, f.size)
		if n, ok := f.rows(); ok {
			fmt.Fprintf(&out, " rows=%d", n)
		}
		for pos, c := range snap.schema.columns {
			b, ok := planned[i].Metadata.Bounds(pos)
			if !ok {
				continue
			}
			fmt.Fprintf(&out, " %s[%s %s nulls=%d]", c.Name, bound(b.Min, b.HasMin, b.Type), bound(b.Max, b.HasMax, b.Type), b.Nulls)
		}
		if f.vector != nil {
			fmt.Fprintf(&out, " without %s", f.vector.id())
		}
		out.WriteString("\n")
	}
	return out.String()
}

func bound(v types.Value, has bool, t types.Type) string {
	if !has {
		return "-"
	}
	return strings.ReplaceAll(fmt.Sprintf("%q", v.Format(t, time.UTC)), `"`, "")
}

// expand writes out what is short in tests.
func expand(input string) string {
	var out []string
	for line := range strings.SplitSeq(input, "\n") {
		if line == "protocol" {
			line = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`
		}
		if declared, ok := strings.CutPrefix(line, "schema "); ok {
			line = schemaLine(declared)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// schemaLine is the action of `name type, ... by partition`.
func schemaLine(declared string) string {
	declared, partition, partitioned := strings.Cut(declared, " by ")
	m := map[string]any{"id": "1", "format": map[string]any{"provider": "parquet"}, "partitionColumns": []string{}, "configuration": map[string]any{}}
	if partitioned {
		m["partitionColumns"] = strings.Split(partition, " ")
	}
	var fields []map[string]any
	for c := range strings.SplitSeq(declared, ", ") {
		name, of, _ := strings.Cut(c, " ")
		fields = append(fields, map[string]any{"name": name, "type": of, "nullable": true, "metadata": map[string]any{}})
	}
	schema, _ := json.Marshal(map[string]any{"type": "struct", "fields": fields})
	m["schemaString"] = string(schema)
	line, _ := json.Marshal(map[string]any{"metaData": m})
	return string(line)
}

// checkpointOf writes actions as Parquet.
func checkpointOf(tb testing.TB, lines string) []byte {
	tb.Helper()
	text, long, integer := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32
	texts := arrow.MapOf(text, text)
	nullable := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	values := arrow.StructOf(nullable("id", long), nullable("at", arrow.FixedWidthTypes.Timestamp_us), nullable("n", &arrow.Decimal128Type{Precision: 9, Scale: 2}))
	schema := arrow.NewSchema([]arrow.Field{
		nullable("txn", arrow.StructOf(nullable("appId", text), nullable("version", long))),
		nullable("add", arrow.StructOf(nullable("path", text), nullable("partitionValues", texts), nullable("size", long), nullable("modificationTime", long),
			nullable("stats", text), nullable("deletionVector", arrow.StructOf(nullable("storageType", text), nullable("pathOrInlineDv", text), nullable("offset", integer),
				nullable("sizeInBytes", integer), nullable("cardinality", long))),
			nullable("stats_parsed", arrow.StructOf(nullable("numRecords", long), nullable("minValues", values), nullable("maxValues", values))))),
		nullable("remove", arrow.StructOf(nullable("path", text))),
		nullable("metaData", arrow.StructOf(nullable("id", text), nullable("format", arrow.StructOf(nullable("provider", text))), nullable("schemaString", text),
			nullable("partitionColumns", arrow.ListOf(text)), nullable("configuration", texts))),
		nullable("protocol", arrow.StructOf(nullable("minReaderVersion", integer), nullable("readerFeatures", arrow.ListOf(text)))),
		nullable("sidecar", arrow.StructOf(nullable("path", text), nullable("sizeInBytes", long))),
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader("["+strings.ReplaceAll(mapsAsLists(tb, lines), "\n", ",")+"]"))
	if err != nil {
		tb.Fatal(err)
	}
	defer batch.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(), pqarrow.NewArrowWriterProperties())
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// mapsAsLists writes the maps of actions as Arrow reads them from JSON.
func mapsAsLists(tb testing.TB, lines string) string {
	tb.Helper()
	var out []string
	for line := range strings.SplitSeq(lines, "\n") {
		var a map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			tb.Fatal(err)
		}
		for _, fields := range a {
			for _, name := range []string{"partitionValues", "configuration"} {
				m, ok := fields[name].(map[string]any)
				if !ok {
					continue
				}
				entries := []map[string]any{}
				for key, value := range m {
					entries = append(entries, map[string]any{"key": key, "value": value})
				}
				slices.SortFunc(entries, func(a, b map[string]any) int { return strings.Compare(a["key"].(string), b["key"].(string)) })
				fields[name] = entries
			}
		}
		text, err := json.Marshal(a)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, string(text))
	}
	return strings.Join(out, "\n")
}
