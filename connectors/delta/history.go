package delta

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// metadataTables are the tables that tell of a version of another one, by what their names have behind a $.
var metadataTables = map[string]struct {
	columns []plan.TableColumn
	rows    func(context.Context, *source, *snapshot, *connectors.Usage) ([][]types.Value, error)
}{
	"history": {
		[]plan.TableColumn{
			known(number("version")), moment("timestamp"), text("operation"), jsonColumn("operation_parameters"), jsonColumn("operation_metrics"),
			text("user_name"), text("engine_info"), {Name: "is_blind_append", Type: types.Of(types.Bool), Nullable: true, Native: "boolean"},
		},
		historyRows,
	},
	"files": {
		[]plan.TableColumn{
			known(text("file_path")), jsonColumn("partition"), number("record_count"), known(number("file_size_in_bytes")), number("deleted_record_count"),
			moment("modification_time"),
		},
		fileRows,
	},
}

func moment(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.NewTemporal(types.Timestamp, 3), Nullable: true, Native: "timestamp"}
}

func number(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.Int64), Nullable: true, Native: "long"}
}

func text(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.Text), Nullable: true, Native: "string"}
}

func jsonColumn(name string) plan.TableColumn {
	return plan.TableColumn{Name: name, Type: types.Of(types.JSON), Nullable: true, Native: "map<string,string>", Warning: "shown as JSON"}
}

// known is a column that is never NULL.
func known(c plan.TableColumn) plan.TableColumn {
	c.Nullable = false
	return c
}

// metadataName splits the name of a table of metadata into that of the table and what it tells of it.
func metadataName(name string) (of, kind string, ok bool) {
	at := strings.LastIndexByte(name, '$')
	if at < 0 {
		return "", "", false
	}
	_, ok = metadataTables[name[at+1:]]
	return name[:at], name[at+1:], ok
}

// metadataTable describes what is known of a version.
func (s *source) metadataTable(spec lake.Spec, kind string, snap *snapshot) *plan.Table {
	t := metadataTables[kind]
	spec.Location, spec.Comment = spec.Location+"$"+kind, ""
	return lake.DescribeRows(spec, lake.Rows{
		Columns: t.columns,
		Read: func(ctx context.Context, usage *connectors.Usage) ([][]types.Value, error) {
			return t.rows(ctx, s, snap, usage)
		},
	})
}

// commitInfo is what a commit says of itself. Engines write what they like there: what has another type than it mostly has is none.
type commitInfo struct {
	InCommitTimestamp *int64
	fields            map[string]json.RawMessage
}

// commitInfo reads what a commit says of itself.
func (s *source) commitInfo(ctx context.Context, c commit, usage *connectors.Usage) (commitInfo, error) {
	var out commitInfo
	content, err := s.read(ctx, c.Object, usage)
	if err != nil {
		return out, err
	}
	for a, err := range actions(content) {
		if err != nil {
			return out, s.within(err, c.Key)
		}
		if a.Info == nil {
			continue
		}
		if json.Unmarshal(a.Info, &out.fields) == nil {
			_ = json.Unmarshal(out.fields["inCommitTimestamp"], &out.InCommitTimestamp) // else it has none
		}
		break
	}
	return out, nil
}

// text is a field that is a text.
func (i *commitInfo) text(name string) types.Value {
	var value *string
	if json.Unmarshal(i.fields[name], &value) != nil || value == nil {
		return types.NullValue
	}
	return types.TextValue(*value)
}

// json is a field as it is.
func (i *commitInfo) json(name string) types.Value {
	if value := i.fields[name]; value != nil && string(value) != "null" {
		return types.TextValue(string(value))
	}
	return types.NullValue
}

func (i *commitInfo) bool(name string) types.Value {
	var value *bool
	if json.Unmarshal(i.fields[name], &value) != nil || value == nil {
		return types.NullValue
	}
	return types.BoolValue(*value)
}

// historyRows are the versions whose commits the log still has, from the newest to the oldest.
func historyRows(ctx context.Context, s *source, snap *snapshot, usage *connectors.Usage) ([][]types.Value, error) {
	l, err := listLog(ctx, s.store, snap.folder, 0)
	if err != nil {
		return nil, err
	}
	commits := slices.DeleteFunc(l.dated(), func(c commit) bool { return c.version > snap.version })
	slices.Reverse(commits)
	read := func(ctx context.Context, c commit) (commitInfo, error) { return s.commitInfo(ctx, c, usage) }
	var rows [][]types.Value
	for info, err := range lake.InOrder(ctx, lake.AtOnce(s.store), each(commits), read) {
		if err != nil {
			return nil, err
		}
		c := commits[len(rows)]
		written := types.NullValue
		switch {
		case info.InCommitTimestamp != nil:
			written = types.IntValue(*info.InCommitTimestamp * 1000)
		case !c.modified.IsZero():
			written = types.IntValue(c.modified.UnixMilli() * 1000)
		}
		rows = append(rows, []types.Value{
			types.IntValue(c.version), written, info.text("operation"), info.json("operationParameters"), info.json("operationMetrics"),
			info.text("userName"), info.text("engineInfo"), info.bool("isBlindAppend"),
		})
	}
	return rows, nil
}

// fileRows are the data files of a version.
func fileRows(_ context.Context, s *source, snap *snapshot, _ *connectors.Usage) ([][]types.Value, error) {
	rows := make([][]types.Value, len(snap.files))
	for i, f := range snap.files {
		key, err := s.key(snap.folder, f.path)
		if err != nil {
			return nil, err
		}
		partition, err := json.Marshal(f.partitions)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.Internal, err, "the partition of %s", f.path)
		}
		records, deleted := types.NullValue, types.IntValue(0)
		if f.records >= 0 {
			records = types.IntValue(f.records)
		}
		if f.vector != nil {
			deleted = types.IntValue(f.vector.Cardinality)
		}
		rows[i] = []types.Value{
			types.TextValue(s.store.Location(key)), types.TextValue(string(partition)), records, types.IntValue(f.size), deleted,
			types.IntValue(f.modified * 1000),
		}
	}
	return rows, nil
}
