package delta

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/sqlerr"
)

// snapshot is a table in one of its versions. It is safe for concurrent use.
type snapshot struct {
	folder   string // of the table: a prefix of keys
	last     commit // of the version; the zero value if only its checkpoint is there
	version  int64
	protocol *protocol
	metadata *metadata
	schema   *schema
	files    []*dataFile // ascending by path

	plan    sync.Once // for the first query
	planned []lake.File
	failed  error
}

// dataFile is a file of a table.
type dataFile struct {
	path       string // decoded
	partitions map[string]*string
	size       int64
	modified   int64 // milliseconds
	records    int64 // in the file, also those that are deleted; -1: unknown
	stats      string
	vector     *vectorDescriptor // nil: none of its rows is deleted
}

// rows is how many rows of the file the table has; false: nobody knows.
func (f *dataFile) rows() (int64, bool) {
	if f.vector != nil {
		return f.records - f.vector.Cardinality, f.records >= f.vector.Cardinality
	}
	return f.records, f.records >= 0
}

// fileKey is what an add and a remove are about.
type fileKey struct{ path, vector string }

// replay makes a version of another one by actions, given from the oldest to the newest.
type replay struct {
	protocol *protocol
	metadata *metadata
	files    map[fileKey]*dataFile
	sidecars []sidecarAction
}

func newReplay(base *snapshot) *replay {
	r := &replay{files: make(map[fileKey]*dataFile)}
	if base != nil {
		r.protocol, r.metadata = base.protocol, base.metadata
		for _, f := range base.files {
			r.files[fileKey{f.path, f.vector.id()}] = f
		}
	}
	return r
}

// apply applies one action.
func (r *replay) apply(a action) error {
	switch {
	case a.Protocol != nil:
		r.protocol = a.Protocol
	case a.MetaData != nil:
		r.metadata = a.MetaData
	case a.Sidecar != nil:
		r.sidecars = append(r.sidecars, *a.Sidecar)
	case a.Add != nil:
		f, err := a.Add.file()
		if err != nil {
			return err
		}
		r.files[fileKey{f.path, f.vector.id()}] = f
	case a.Remove != nil:
		name, err := decodePath(a.Remove.Path)
		if err != nil {
			return err
		}
		delete(r.files, fileKey{name, a.Remove.DeletionVector.id()})
	}
	return nil
}

// file is the data file that was added.
func (a *addAction) file() (*dataFile, error) {
	name, err := decodePath(a.Path)
	if err != nil {
		return nil, err
	}
	if a.Size < 0 {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has %d bytes", name, a.Size)
	}
	f := &dataFile{
		path: name, partitions: a.PartitionValues, size: a.Size, modified: a.ModificationTime, records: -1, vector: a.DeletionVector,
	}
	switch {
	case a.Stats != nil && gjson.Valid(*a.Stats):
		f.stats = *a.Stats
	case len(a.StatsParsed) > 0 && string(a.StatsParsed) != "null":
		f.stats = string(a.StatsParsed)
	}
	if n := gjson.Get(f.stats, "numRecords"); n.Type == gjson.Number {
		if records, err := integer(n.Raw); err == nil && records >= 0 {
			f.records = records
		}
	}
	return f, f.vector.check()
}

// applyLines applies the actions of a file of lines; its errors say where in the file they are.
func (r *replay) applyLines(content []byte) error {
	for a, err := range actions(content) {
		if err == nil {
			err = r.apply(a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// snapshot returns what was made.
func (r *replay) snapshot(folder string, s segment) (*snapshot, error) {
	out := &snapshot{folder: folder, version: s.version, protocol: r.protocol, metadata: r.metadata}
	if n := len(s.commits); n > 0 {
		out.last = s.commits[n-1]
	}
	if r.protocol == nil {
		return nil, sqlerr.New(sqlerr.Corrupt, "version %d has no protocol", s.version)
	}
	if err := r.protocol.check(); err != nil {
		return nil, err
	}
	switch {
	case r.metadata == nil:
		return nil, sqlerr.New(sqlerr.Corrupt, "version %d has no metadata", s.version)
	case r.metadata.Format.Provider != "parquet":
		return nil, sqlerr.New(sqlerr.Unsupported, "the table's files are of format %q", r.metadata.Format.Provider)
	}
	var err error
	if out.schema, err = schemaOf(r.protocol, r.metadata); err != nil {
		return nil, err
	}
	out.files = slices.SortedFunc(maps.Values(r.files), func(a, b *dataFile) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.vector.id(), b.vector.id()))
	})
	return out, nil
}

// replay makes a version of a table by what its log has of it; base is an older one that the log goes on from, or nil.
func (s *source) replay(ctx context.Context, folder string, base *snapshot, of segment) (*snapshot, error) {
	r := newReplay(base)
	if of.checkpoint != nil && base == nil {
		if err := s.readCheckpoint(ctx, folder, of.checkpoint, r); err != nil {
			return nil, err
		}
	}
	read := func(ctx context.Context, c commit) ([]byte, error) { return s.read(ctx, c.Object, &connectors.Usage{}) }
	at := 0
	for content, err := range lake.InOrder(ctx, lake.AtOnce(s.store), each(of.commits), read) {
		if err != nil {
			return nil, err
		}
		if err := r.applyLines(content); err != nil {
			return nil, s.within(err, of.commits[at].Key)
		}
		at++
	}
	return r.snapshot(folder, of)
}

// mostLog is the size of the largest file of a log that is read as a whole; no honest one is larger.
const mostLog = 512 << 20

// read returns the content of a file of a log.
func (s *source) read(ctx context.Context, o blob.Object, usage *connectors.Usage) ([]byte, error) {
	if o.Size > mostLog {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has %d bytes", s.store.Location(o.Key), o.Size)
	}
	content := make([]byte, o.Size)
	if o.Size == 0 {
		return content, nil
	}
	return content, blob.ReadMetered(ctx, s.store, o, 0, content, usage)
}

// within adds to an error which file it is about; its code stays.
func (s *source) within(err error, key string) error {
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "%s", s.store.Location(key))
}

// lastCheckpoint returns the version of a checkpoint that the log says is a recent one; 0: the log must be listed from its start. It is a hint:
// one that can't be read is none.
func (s *source) lastCheckpoint(ctx context.Context, folder string) (int64, error) {
	key := folder + logFolder + "_last_checkpoint"
	o, err := s.store.Stat(ctx, key)
	if isMissing(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	content, err := s.read(ctx, o, &connectors.Usage{})
	if sqlerr.Is(err, sqlerr.SourceChanged) { // a checkpoint was just written
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var hint struct {
		Version int64 `json:"version"`
	}
	if json.Unmarshal(content, &hint) != nil {
		return 0, nil
	}
	return max(hint.Version, 0), nil
}
