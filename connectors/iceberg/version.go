package iceberg

import (
	"context"
	"slices"
	"strconv"

	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// version is a table in one of its states.
type version struct {
	snapshot *table.Snapshot // nil: it has no rows yet
	schema   *format.Schema
	pinned   bool   // it is a snapshot that was named, and has the columns of then
	branch   string // it is the newest of a branch, which has the table's columns
}

// id tells versions of the same metadata apart.
func (v version) id() string {
	if !v.pinned && v.branch == "" {
		return ""
	}
	return "@" + strconv.FormatInt(v.snapshot.SnapshotID, 10)
}

// plan plans a scan of the version.
func (v version) plan(ctx context.Context, t *table.Table, where format.BooleanExpression) ([]table.FileScanTask, error) {
	options := []table.ScanOption{table.WithRowFilter(where)}
	if v.pinned {
		options = append(options, table.WithSnapshotID(v.snapshot.SnapshotID))
	}
	scan := t.Scan(options...)
	if v.branch != "" {
		var err error
		if scan, err = scan.UseRef(v.branch); err != nil {
			return nil, err
		}
	}
	return scan.PlanFiles(ctx)
}

// versionOf finds the current version, that of a snapshot's id, a tag or a branch, or the one that was current at a moment.
func versionOf(m table.Metadata, at connectors.AsOf) (version, error) {
	var s *table.Snapshot
	switch {
	case at == (connectors.AsOf{}):
		return version{snapshot: m.CurrentSnapshot(), schema: m.CurrentSchema()}, nil
	case at.Version != "":
		s = m.SnapshotByName(at.Version)
		if s != nil && isBranch(m, at.Version) {
			return version{snapshot: s, schema: m.CurrentSchema(), branch: at.Version}, nil
		}
		if id, err := strconv.ParseInt(at.Version, 10, 64); s == nil && err == nil {
			s = m.SnapshotByID(id)
		}
		if s == nil {
			return version{}, sqlerr.New(sqlerr.BadValue, "there is no snapshot, tag or branch %s", at.Version)
		}
	default:
		if s = currentAt(m, at.UnixMicro); s == nil {
			return version{}, sqlerr.New(sqlerr.BadValue, "there is no snapshot so old any more, or there was none yet")
		}
	}
	out := version{snapshot: s, schema: m.CurrentSchema(), pinned: true}
	if s.SchemaID != nil {
		schemas := m.Schemas()
		known := slices.IndexFunc(schemas, func(c *format.Schema) bool { return c.ID == *s.SchemaID })
		if known < 0 {
			return version{}, sqlerr.New(sqlerr.Corrupt, "snapshot %d has schema %d, which the table does not have", s.SnapshotID, *s.SchemaID)
		}
		out.schema = schemas[known]
	}
	return out, nil
}

// isBranch tells branches from tags.
func isBranch(m table.Metadata, name string) bool {
	for of, ref := range m.Refs() {
		if of == name {
			return ref.SnapshotRefType == table.BranchRef
		}
	}
	return false
}

// currentAt returns the snapshot that was current at a moment; nil if it is not known any more. The log is not always in order.
func currentAt(m table.Metadata, micros int64) *table.Snapshot {
	var last *table.SnapshotLogEntry
	for e := range m.SnapshotLogs() {
		if e.TimestampMs*1000 <= micros && (last == nil || e.TimestampMs >= last.TimestampMs) {
			last = &e
		}
	}
	if last == nil {
		return nil
	}
	return m.SnapshotByID(last.SnapshotID)
}
