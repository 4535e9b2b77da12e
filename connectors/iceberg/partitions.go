package iceberg

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	format "github.com/apache/iceberg-go"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// The columns of the tables that tell what manifests say, as Iceberg's own have them.
var (
	partitionColumns = []plan.TableColumn{
		jsonColumn("partition", "struct"), number("spec_id"), number("record_count"), number("file_count"), number("total_data_file_size_in_bytes"),
		number("position_delete_record_count"), number("position_delete_file_count"), number("equality_delete_record_count"), number("equality_delete_file_count"),
		optional(moment("last_updated_at")), optional(number("last_updated_snapshot_id")),
	}
	manifestColumns = []plan.TableColumn{
		number("content"), text("path"), number("length"), number("partition_spec_id"), number("added_snapshot_id"),
		number("added_data_files_count"), number("existing_data_files_count"), number("deleted_data_files_count"),
		number("added_delete_files_count"), number("existing_delete_files_count"), number("deleted_delete_files_count"),
		jsonColumn("partition_summaries", "list"),
	}
)

// manifests are those of the version.
func (p *planner) manifests(ctx context.Context, usage *connectors.Usage) ([]format.ManifestFile, error) {
	if p.version.snapshot == nil {
		return nil, nil
	}
	list, err := p.version.snapshot.Manifests(fileIO{p.warehouse, ctx, usage})
	if err != nil {
		return nil, corrupt(err, p.location)
	}
	return list, nil
}

// partition is what the live files of one partition are together.
type partition struct {
	values                         string // as JSON
	spec                           int32
	records, files, bytes          int64
	positionRecords, positionFiles int64
	equalityRecords, equalityFiles int64
	updated, snapshot              int64
	updateKnown                    bool
}

// partitionRows adds up the files of each partition that has any.
func partitionRows(ctx context.Context, p *planner, usage *connectors.Usage) ([][]types.Value, error) {
	manifests, err := p.manifests(ctx, usage)
	if err != nil {
		return nil, err
	}
	type key struct {
		spec   int32
		values string
	}
	known := make(map[key]*partition)
	fields := p.partitionFields()
	for _, m := range manifests {
		for e, err := range m.Entries(fileIO{p.warehouse, ctx, usage}, true) {
			if err != nil {
				return nil, corrupt(err, m.FilePath())
			}
			k := key{m.PartitionSpecID(), string(fields.appendJSON(nil, e.DataFile().Partition()))}
			if known[k] == nil {
				known[k] = &partition{values: k.values, spec: k.spec}
			}
			known[k].add(e, p)
		}
	}
	var rows [][]types.Value
	for _, at := range known {
		rows = append(rows, at.row())
	}
	return rows, nil
}

// add counts one more file.
func (a *partition) add(e format.ManifestEntry, p *planner) {
	file := e.DataFile()
	switch file.ContentType() {
	case format.EntryContentPosDeletes:
		a.positionRecords += file.Count()
		a.positionFiles++
	case format.EntryContentEqDeletes:
		a.equalityRecords += file.Count()
		a.equalityFiles++
	default:
		a.records += file.Count()
		a.files++
		a.bytes += file.FileSizeBytes()
	}
	if s := p.metadata.SnapshotByID(e.SnapshotID()); s != nil && (!a.updateKnown || s.TimestampMs > a.updated) {
		a.updated, a.snapshot, a.updateKnown = s.TimestampMs, s.SnapshotID, true
	}
}

func (a *partition) row() []types.Value {
	row := []types.Value{types.TextValue(a.values)}
	for _, n := range []int64{int64(a.spec), a.records, a.files, a.bytes, a.positionRecords, a.positionFiles, a.equalityRecords, a.equalityFiles} {
		row = append(row, types.IntValue(n))
	}
	if !a.updateKnown {
		return append(row, types.NullValue, types.NullValue)
	}
	return append(row, millis(a.updated), types.IntValue(a.snapshot))
}

// partitionFields are the fields that a table is or was partitioned by, by their ids; a partition has NULL in those of other specifications.
type partitionFields []partitionField

type partitionField struct {
	id   int
	name string
	typ  format.Type
}

func (p *planner) partitionFields() partitionFields {
	var out partitionFields
	for _, spec := range p.metadata.PartitionSpecs() {
		for _, f := range spec.Fields() {
			if !slices.ContainsFunc(out, func(known partitionField) bool { return known.id == f.FieldID }) {
				out = append(out, partitionField{f.FieldID, f.Name, f.Transform.ResultType(p.typeOf(f.SourceID()))})
			}
		}
	}
	slices.SortFunc(out, func(a, b partitionField) int { return cmp.Compare(a.id, b.id) })
	return out
}

// typeOf is the type of a field that the table has or had.
func (p *planner) typeOf(field int) format.Type {
	for _, s := range append([]*format.Schema{p.version.schema}, p.metadata.Schemas()...) {
		if t, ok := s.FindTypeByID(field); ok {
			return t
		}
	}
	return format.PrimitiveTypes.String
}

// appendJSON appends the values of a partition, by the ids of fields.
func (f partitionFields) appendJSON(dst []byte, values map[int]any) []byte {
	dst = append(dst, '{')
	for i, of := range f {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(arrowjson.AppendText(dst, of.name), ": "...)
		dst = of.appendJSON(dst, values[of.id])
	}
	return append(dst, '}')
}

func (f partitionField) appendJSON(dst []byte, value any) []byte {
	if t, _, err := mysqlType(f.typ); err == nil {
		if v, ok := valueOf(value, t); ok {
			return appendJSON(dst, v, t)
		}
	}
	return arrowjson.AppendText(dst, fmt.Sprint(value)) // of a type that the field had when it was written
}

func manifestRows(ctx context.Context, p *planner, usage *connectors.Usage) ([][]types.Value, error) {
	manifests, err := p.manifests(ctx, usage)
	if err != nil {
		return nil, err
	}
	var rows [][]types.Value
	for _, m := range manifests {
		row := []types.Value{
			types.IntValue(int64(m.ManifestContent())), types.TextValue(m.FilePath()), types.IntValue(m.Length()), types.IntValue(int64(m.PartitionSpecID())),
			types.IntValue(m.SnapshotID()),
		}
		counts := []int32{m.AddedDataFiles(), m.ExistingDataFiles(), m.DeletedDataFiles(), 0, 0, 0}
		if m.ManifestContent() == format.ManifestContentDeletes {
			counts = append(counts[3:], counts[:3]...)
		}
		for _, n := range counts {
			row = append(row, types.IntValue(int64(n)))
		}
		rows = append(rows, append(row, types.TextValue(string(p.appendSummaries(nil, m)))))
	}
	return rows, nil
}

// appendSummaries appends what a manifest says of the values that its files have in the fields that they are partitioned by.
func (p *planner) appendSummaries(dst []byte, m format.ManifestFile) []byte {
	var fields []format.PartitionField
	for _, spec := range p.metadata.PartitionSpecs() {
		if int32(spec.ID()) == m.PartitionSpecID() {
			for _, f := range spec.Fields() {
				fields = append(fields, f)
			}
		}
	}
	dst = append(dst, '[')
	for i, s := range m.Partitions() {
		if i == len(fields) {
			break
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = fmt.Appendf(dst, `{"contains_null": %t, "contains_nan": `, s.ContainsNull)
		if s.ContainsNaN == nil {
			dst = append(dst, "null"...)
		} else {
			dst = fmt.Append(dst, *s.ContainsNaN)
		}
		of := partitionField{typ: fields[i].Transform.ResultType(p.typeOf(fields[i].SourceID()))}
		dst = of.appendBound(append(dst, `, "lower_bound": `...), s.LowerBound)
		dst = append(of.appendBound(append(dst, `, "upper_bound": `...), s.UpperBound), '}')
	}
	return append(dst, ']')
}

// appendBound appends a bound in the form that manifests have of it; nil: there is none.
func (f partitionField) appendBound(dst []byte, data *[]byte) []byte {
	if data == nil {
		return append(dst, "null"...)
	}
	l, err := format.LiteralFromBytes(writtenAs(f.typ, *data), *data)
	if err != nil {
		return append(dst, "null"...)
	}
	return f.appendJSON(dst, l.Any())
}
