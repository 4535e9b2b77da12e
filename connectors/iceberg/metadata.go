package iceberg

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// metadataTables are the tables that tell of another one, by what its name has behind a $.
var metadataTables = map[string]struct {
	columns []plan.TableColumn
	rows    func(context.Context, *planner, *connectors.Usage) ([][]types.Value, error)
}{
	"snapshots": {
		[]plan.TableColumn{moment("committed_at"), number("snapshot_id"), optional(number("parent_id")), optional(text("operation")), text("manifest_list"), jsonColumn("summary", "map<string, string>")},
		snapshotRows,
	},
	"history": {
		[]plan.TableColumn{moment("made_current_at"), number("snapshot_id"), optional(number("parent_id")), {Name: "is_current_ancestor", Type: types.Of(types.Bool), Native: "boolean"}},
		historyRows,
	},
	"refs": {
		[]plan.TableColumn{text("name"), text("type"), number("snapshot_id")},
		refRows,
	},
	"files": {
		[]plan.TableColumn{text("file_path"), text("file_format"), number("spec_id"), number("record_count"), number("file_size_in_bytes"), number("delete_files")},
		fileRows,
	},
	"partitions": {partitionColumns, partitionRows},
	"manifests":  {manifestColumns, manifestRows},
}

func moment(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.NewTemporal(types.Timestamp, 3), Native: "timestamptz"}
}

func number(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.Int64), Native: "long"}
}

func text(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.Text), Native: "string"}
}

func jsonColumn(name, native string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.JSON), Nullable: true, Native: native, Warning: "shown as JSON"}
}

func optional(c plan.TableColumn) plan.TableColumn {
	c.Nullable = true
	return c
}

// metadataName splits the name of a metadata table into that of the table and what it tells of it.
func metadataName(name string) (of, kind string, ok bool) {
	at := strings.LastIndexByte(name, '$')
	if at < 0 {
		return "", "", false
	}
	_, ok = metadataTables[name[at+1:]]
	return name[:at], name[at+1:], ok
}

// metadataTable is what plan.Table.Handle holds of a table of metadata.
type metadataTable struct {
	*planner
	name plan.TableName
	kind string
}

// metadataTable describes one that tells of a version of a table.
func (s *source) metadataTable(name plan.TableName, kind string, p *planner) *plan.Table {
	return &plan.Table{
		Name: name, Columns: metadataTables[kind].columns, Snapshot: true, Version: p.location + p.version.id(), Location: p.metadata.Location() + "$" + kind,
		Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}, Handle: &metadataTable{p, name, kind},
	}
}

// takeMetadata makes leaves of the scans of metadata tables, which package lake does not know. Nothing above them is pushed down.
func takeMetadata(n plan.Node) plan.Node {
	if scan, ok := n.(*plan.Scan); ok {
		if t, ok := scan.Table.Handle.(*metadataTable); ok {
			return &plan.Remote{Site: scan.Site, Fragment: &metadataScan{t, scan}, Tables: []plan.TableName{t.name}, Cols: scan.Schema()}
		}
		return n
	}
	children := slices.Clone(n.Children())
	changed := false
	for i, c := range children {
		children[i] = takeMetadata(c)
		changed = changed || children[i] != c
	}
	if !changed {
		return n
	}
	return n.WithChildren(children)
}

// metadataScan is the fragment of a metadata table.
type metadataScan struct {
	table *metadataTable
	scan  *plan.Scan
}

// Schema implements plan.Fragment.
func (s *metadataScan) Schema() plan.Schema { return s.scan.Schema() }

// String implements plan.Fragment.
func (s *metadataScan) String() string { return "metadata " + s.scan.Table.Location }

// Estimate implements connectors.Fragment.
func (s *metadataScan) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

// Admit implements connectors.Admitter.
func (s *metadataScan) Admit(ctx context.Context, tx *connectors.Tx) error {
	return s.table.turns.Admit(ctx, tx)
}

// Start implements connectors.Fragment.
func (s *metadataScan) Start(_ context.Context, run connectors.Scan) (connectors.Execution, error) {
	return &metadataExecution{metadataScan: s, run: run}, nil
}

// metadataExecution is one run: one split, which is read when it is opened.
type metadataExecution struct {
	*metadataScan
	run    connectors.Scan
	closed atomic.Bool
}

// Splits implements connectors.Execution.
func (x *metadataExecution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(x.table.kind, nil) }
}

// Open implements connectors.Execution.
func (x *metadataExecution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	if x.closed.Load() {
		return nil, x.table.fail(context.Canceled)
	}
	rows, err := metadataTables[x.table.kind].rows(ctx, x.table.planner, x.run.Usage)
	if err != nil {
		return nil, x.table.fail(err)
	}
	return &metadataReader{metadataExecution: x, rows: rows}, nil
}

// Close implements connectors.Execution.
func (x *metadataExecution) Close() error {
	x.closed.Store(true)
	return nil
}

type metadataReader struct {
	*metadataExecution
	rows [][]types.Value
}

// Next implements connectors.Reader.
func (r *metadataReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.closed.Load() {
		return nil, r.table.fail(context.Canceled)
	}
	n := min(len(r.rows), r.run.BatchRows)
	if n == 0 {
		return nil, io.EOF
	}
	fields := make([]arrow.Field, len(r.scan.Cols))
	for i, c := range r.scan.Cols {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Nullable}
	}
	b := array.NewRecordBuilder(r.run.Memory, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, pos := range r.scan.Pos {
		for _, row := range r.rows[:n] {
			appendTo(b.Field(i), row[pos])
		}
	}
	r.rows = r.rows[n:]
	r.run.Usage.AddRows(int64(n))
	columns := make([]arrow.Array, len(fields))
	for i := range columns {
		columns[i] = b.Field(i).NewArray()
		defer columns[i].Release()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(n)), nil
}

// Close implements connectors.Reader.
func (r *metadataReader) Close() error { return nil }

// appendTo appends a value of one of the types of metadata tables.
func appendTo(b array.Builder, v types.Value) {
	if v.Null {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(v.Int)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int))
	case *array.BooleanBuilder:
		b.Append(v.Int != 0)
	case *array.StringBuilder:
		b.Append(v.Str)
	}
}

func millis(ms int64) types.Value { return types.IntValue(ms * 1000) }

// orNull is NULL for what a snapshot does not have.
func orNull(id *int64) types.Value {
	if id == nil {
		return types.NullValue
	}
	return types.IntValue(*id)
}

func snapshotRows(_ context.Context, p *planner, _ *connectors.Usage) ([][]types.Value, error) {
	var rows [][]types.Value
	for _, s := range p.metadata.Snapshots() {
		operation, summary := types.NullValue, types.NullValue
		if s.Summary != nil {
			text, err := json.Marshal(s.Summary.Properties)
			if err != nil {
				return nil, err
			}
			operation, summary = types.TextValue(string(s.Summary.Operation)), types.TextValue(string(text))
		}
		rows = append(rows, []types.Value{millis(s.TimestampMs), types.IntValue(s.SnapshotID), orNull(s.ParentSnapshotID), operation, types.TextValue(s.ManifestList), summary})
	}
	return rows, nil
}

func historyRows(_ context.Context, p *planner, _ *connectors.Usage) ([][]types.Value, error) {
	ancestors := make(map[int64]bool)
	for s := p.metadata.CurrentSnapshot(); s != nil && !ancestors[s.SnapshotID]; {
		ancestors[s.SnapshotID] = true
		if s.ParentSnapshotID == nil {
			break
		}
		s = p.metadata.SnapshotByID(*s.ParentSnapshotID)
	}
	var rows [][]types.Value
	for e := range p.metadata.SnapshotLogs() {
		parent := types.NullValue
		if s := p.metadata.SnapshotByID(e.SnapshotID); s != nil {
			parent = orNull(s.ParentSnapshotID)
		}
		rows = append(rows, []types.Value{millis(e.TimestampMs), types.IntValue(e.SnapshotID), parent, types.BoolValue(ancestors[e.SnapshotID])})
	}
	return rows, nil
}

func refRows(_ context.Context, p *planner, _ *connectors.Usage) ([][]types.Value, error) {
	var rows [][]types.Value
	for name, ref := range p.metadata.Refs() {
		rows = append(rows, []types.Value{types.TextValue(name), types.TextValue(string(ref.SnapshotRefType)), types.IntValue(ref.SnapshotID)})
	}
	return rows, nil
}

func fileRows(ctx context.Context, p *planner, usage *connectors.Usage) ([][]types.Value, error) {
	t := table.New(table.Identifier{""}, p.metadata, p.location, p.io(usage), nil)
	tasks, err := p.version.plan(ctx, t, format.AlwaysTrue{})
	if err != nil {
		return nil, corrupt(err, p.location)
	}
	rows := make([][]types.Value, len(tasks))
	for i, task := range tasks {
		deletes := len(task.DeleteFiles) + len(task.EqualityDeleteFiles) + len(task.DeletionVectorFiles)
		rows[i] = []types.Value{
			types.TextValue(task.File.FilePath()), types.TextValue(string(task.File.FileFormat())), types.IntValue(int64(task.File.SpecID())),
			types.IntValue(task.File.Count()), types.IntValue(task.File.FileSizeBytes()), types.IntValue(int64(deletes)),
		}
	}
	return rows, nil
}
