package delta

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// logFolder is where a table keeps its log, below its own folder, and sidecarFolder where that keeps the files of checkpoints.
const (
	logFolder     = "_delta_log/"
	sidecarFolder = "_sidecars/"
)

// The names of commits and of checkpoints: of one file, of one part of several, or with a name of their own. Others, such as log compactions
// and checksums, are not needed.
var (
	commitName     = regexp.MustCompile(`^(\d{20})\.json$`)
	checkpointName = regexp.MustCompile(`^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$`)
	uniqueName     = regexp.MustCompile(`^(\d{20})\.checkpoint\.([^.]+)\.(?:parquet|json)$`)
)

// commit is a file of the log with the actions of one version.
type commit struct {
	blob.Object
	version  int64
	modified time.Time
}

// checkpoint is one with all that holds at a version.
type checkpoint struct {
	version int64
	files   []blob.Object // by part
	parts   int           // that there must be
}

func (c *checkpoint) complete() bool { return len(c.files) > 0 && len(c.files) == c.parts }

// logFiles is the log of a table, or its end.
type logFiles struct {
	commits     map[int64]commit
	checkpoints []*checkpoint // complete, ascending by version
}

// newest is the newest version there is; -1: there is none.
func (l *logFiles) newest() int64 {
	newest := int64(-1)
	for v := range l.commits {
		newest = max(newest, v)
	}
	if n := len(l.checkpoints); n > 0 {
		newest = max(newest, l.checkpoints[n-1].version)
	}
	return newest
}

// oldest is the oldest version that can be read; -1: there is none.
func (l *logFiles) oldest() int64 {
	if _, ok := l.commits[0]; ok {
		return 0
	}
	if len(l.checkpoints) > 0 {
		return l.checkpoints[0].version
	}
	return -1
}

// versionPrefix is what the names of files of a version begin with.
func versionPrefix(version int64) string { return fmt.Sprintf("%020d.", version) }

// listLog lists the log in a folder, from a version on.
func listLog(ctx context.Context, store blob.Store, folder string, from int64) (*logFiles, error) {
	l := &logFiles{commits: make(map[int64]commit)}
	options := blob.ListOptions{Prefix: folder + logFolder}
	if from > 0 {
		options.After = options.Prefix + versionPrefix(from)
	}
	parts := make(map[string]*checkpoint) // by version and number of parts
	for e, err := range store.List(ctx, options) {
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(e.Key, options.Prefix)
		if name > "9" && !strings.HasPrefix(name, "9") {
			break // the folders of sidecars and of staged commits come after all versions
		}
		l.add(name, e, parts)
	}
	for _, c := range parts {
		if c.complete() {
			l.checkpoints = append(l.checkpoints, c)
		}
	}
	slices.SortStableFunc(l.checkpoints, func(a, b *checkpoint) int {
		return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(b.parts, a.parts), cmp.Compare(b.files[0].Key, a.files[0].Key))
	})
	return l, nil
}

// add notes a file by its name. A part that has the number of another one is none.
func (l *logFiles) add(name string, e blob.Entry, parts map[string]*checkpoint) {
	if m := commitName.FindStringSubmatch(name); m != nil {
		if v, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			l.commits[v] = commit{e.Object, v, e.Modified}
		}
		return
	}
	if m := uniqueName.FindStringSubmatch(name); m != nil {
		if v, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			l.checkpoints = append(l.checkpoints, &checkpoint{v, []blob.Object{e.Object}, 1})
		}
		return
	}
	m := checkpointName.FindStringSubmatch(name)
	if m == nil {
		return
	}
	v, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return
	}
	part, count := 1, 1
	if m[2] != "" {
		part, _ = strconv.Atoi(m[2]) // ten digits
		count, _ = strconv.Atoi(m[3])
	}
	key := m[1] + m[3]
	if parts[key] == nil {
		parts[key] = &checkpoint{version: v, parts: count}
	}
	if c := parts[key]; part == len(c.files)+1 {
		c.files = append(c.files, e.Object)
	}
}

// segment is what a version is made of.
type segment struct {
	version    int64
	checkpoint *checkpoint // nil: the commits begin with the first one
	commits    []commit    // ascending
}

// segmentOf finds the newest checkpoint up to a version, and the commits after it.
func (l *logFiles) segmentOf(version int64) (segment, error) {
	s := segment{version: version}
	from := int64(0)
	for _, c := range l.checkpoints {
		if c.version <= version {
			s.checkpoint, from = c, c.version+1
		}
	}
	if s.checkpoint == nil && l.oldest() != 0 {
		return s, l.gone(version)
	}
	var err error
	s.commits, err = l.between(from, version)
	return s, err
}

// between returns the commits of versions, which must all be there.
func (l *logFiles) between(from, to int64) ([]commit, error) {
	var out []commit
	for v := from; v <= to; v++ {
		c, ok := l.commits[v]
		if !ok {
			return nil, sqlerr.New(sqlerr.Corrupt, "the log lacks version %d, and has version %d", v, l.newest())
		}
		out = append(out, c)
	}
	return out, nil
}

// gone says why a version can't be read.
func (l *logFiles) gone(version int64) error {
	if oldest := l.oldest(); oldest >= 0 {
		return sqlerr.New(sqlerr.BadValue, "version %d is gone: the oldest one is %d", version, oldest)
	}
	first := slices.Min(slices.Collect(maps.Keys(l.commits)))
	return sqlerr.New(sqlerr.Corrupt, "the log begins with version %d, without a checkpoint", first)
}
