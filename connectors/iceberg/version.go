package iceberg

import (
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
	pinned   bool // it is not the current one, and has the columns that it had then
}

// id tells versions of the same metadata apart.
func (v version) id() string {
	if !v.pinned {
		return ""
	}
	return "@" + strconv.FormatInt(v.snapshot.SnapshotID, 10)
}

// scan are the options of a scan of the version.
func (v version) scan(where format.BooleanExpression) []table.ScanOption {
	options := []table.ScanOption{table.WithRowFilter(where)}
	if v.pinned {
		options = append(options, table.WithSnapshotID(v.snapshot.SnapshotID))
	}
	return options
}

// versionOf finds the current version, that of a snapshot's id, a tag or a branch, or the one that was current at a moment.
func versionOf(m table.Metadata, at connectors.AsOf) (version, error) {
	var s *table.Snapshot
	switch {
	case at == (connectors.AsOf{}):
		return version{snapshot: m.CurrentSnapshot(), schema: m.CurrentSchema()}, nil
	case at.Version != "":
		s = m.SnapshotByName(at.Version)
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
