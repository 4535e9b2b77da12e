package iceberg

import (
	"context"
	"encoding/json"
	"strings"

	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/lake"
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

// metadataTable describes one that tells of a version of a table.
func (s *source) metadataTable(name plan.TableName, kind string, p *planner) *plan.Table {
	t := metadataTables[kind]
	spec := s.spec(name)
	spec.Location = p.metadata.Location() + "$" + kind
	return lake.DescribeRows(spec, lake.Rows{
		Columns: t.columns, Version: p.location + p.version.id(),
		Read: func(ctx context.Context, usage *connectors.Usage) ([][]types.Value, error) {
			return t.rows(ctx, p, usage)
		},
	})
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
