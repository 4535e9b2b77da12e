package delta

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// version returns the newest version of the table in a folder, or the one that is asked for; nil: the folder has no log.
func (s *source) version(ctx context.Context, folder string, at connectors.AsOf) (*snapshot, error) {
	if at == (connectors.AsOf{}) {
		return s.current(ctx, folder)
	}
	l, err := listLog(ctx, s.store, folder, 0)
	if err != nil || l.newest() < 0 {
		return nil, err
	}
	var version int64
	if at.Version == "" {
		if version, err = s.versionAt(ctx, folder, l, at.UnixMicro); err != nil {
			return nil, err
		}
	} else if version, err = integer(at.Version); err != nil || version < 0 || version > l.newest() {
		return nil, sqlerr.New(sqlerr.BadValue, "there is no version %s: the newest one is %d", at.Version, l.newest())
	}
	key := folder + strconv.FormatInt(version, 10)
	if kept := s.snapshots.get(key); kept != nil && kept.last.Object == l.commits[version].Object {
		return kept, nil
	}
	snap, err := s.loadFrom(ctx, folder, l, version)
	if err == nil {
		s.snapshots.put(key, snap)
	}
	return snap, err
}

// current returns the newest version. To see whether one that is known still is it takes one request, which lists what the log has since.
func (s *source) current(ctx context.Context, folder string) (*snapshot, error) {
	known, since := s.snapshots.get(folder), (*logFiles)(nil)
	if known != nil {
		var err error
		if since, err = listLog(ctx, s.store, folder, known.version); err != nil {
			return nil, err
		}
		if known.last.Object != since.commits[known.version].Object {
			known = nil // the table was made anew
		} else if since.newest() == known.version {
			return known, nil
		}
	}
	snap, err := s.newest(ctx, folder, known, since)
	if snap != nil {
		s.snapshots.put(folder, snap)
	}
	return snap, err
}

// newest loads the newest version: from the one that is known and what the log has since, if that is all there; nil: there is none.
func (s *source) newest(ctx context.Context, folder string, known *snapshot, since *logFiles) (*snapshot, error) {
	if known != nil {
		if commits, err := since.between(known.version+1, since.newest()); err == nil {
			return s.replay(ctx, folder, known, segment{version: since.newest(), commits: commits})
		}
	}
	l, err := s.recent(ctx, folder)
	if err != nil || l.newest() < 0 {
		return nil, err
	}
	return s.loadFrom(ctx, folder, l, l.newest())
}

// loadFrom loads a version from a log.
func (s *source) loadFrom(ctx context.Context, folder string, l *logFiles, version int64) (*snapshot, error) {
	of, err := l.segmentOf(version)
	if err != nil {
		return nil, err
	}
	return s.replay(ctx, folder, nil, of)
}

// recent lists the log from its last checkpoint on, or all of it where that is not there.
func (s *source) recent(ctx context.Context, folder string) (*logFiles, error) {
	from, err := s.lastCheckpoint(ctx, folder)
	if err != nil {
		return nil, err
	}
	l, err := listLog(ctx, s.store, folder, from)
	if err != nil || from == 0 || len(l.checkpoints) > 0 {
		return l, err
	}
	return listLog(ctx, s.store, folder, 0)
}

// versionAt finds the version that was the newest one at a moment.
func (s *source) versionAt(ctx context.Context, folder string, l *logFiles, micros int64) (int64, error) {
	commits := l.dated()
	current, err := s.current(ctx, folder)
	if err != nil {
		return 0, err
	}
	if current == nil || len(commits) == 0 {
		return 0, sqlerr.New(sqlerr.BadValue, "the log does not say when its versions were written")
	}
	inCommit, since, from := current.metadata.inCommitTimestamps()
	first := slices.IndexFunc(commits, func(c commit) bool { return c.version >= from })
	var at int // among commits: the last one that was written by then
	switch {
	case inCommit && micros >= since && first >= 0:
		at, err = s.lastInCommit(ctx, commits, first, micros)
	case inCommit && first >= 0:
		commits = commits[:first]
		fallthrough
	default:
		at = lastModified(commits, micros)
	}
	if err != nil {
		return 0, err
	}
	if at < 0 {
		return 0, sqlerr.New(sqlerr.BadValue, "there was no version then: the oldest one that the log has is %d", l.oldest())
	}
	if version := commits[at].version; version >= l.oldest() {
		return version, nil
	}
	return 0, l.gone(commits[at].version)
}

// dated returns the commits that are there, ascending. As far as their files were not written in the order of their versions, each is taken
// for written a millisecond after the one before.
func (l *logFiles) dated() []commit {
	out := make([]commit, 0, len(l.commits))
	for _, c := range l.commits {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b commit) int { return int(min(max(a.version-b.version, -1), 1)) })
	for i := 1; i < len(out); i++ {
		if !out[i].modified.After(out[i-1].modified) {
			out[i].modified = out[i-1].modified.Add(time.Millisecond)
		}
	}
	return out
}

// lastModified is the position of the last commit whose file was written by a moment; -1: there is none.
func lastModified(commits []commit, micros int64) int {
	after := slices.IndexFunc(commits, func(c commit) bool { return c.modified.UnixMicro() > micros })
	if after < 0 {
		after = len(commits)
	}
	return after - 1
}

// inCommitTimestamps says whether commits have the moments at which they were made, from which moment and which version on.
func (m *metadata) inCommitTimestamps() (enabled bool, micros, version int64) {
	if m.Configuration["delta.enableInCommitTimestamps"] != "true" {
		return false, 0, 0
	}
	version, errVersion := integer(m.Configuration["delta.inCommitTimestampEnablementVersion"])
	millis, errMillis := integer(m.Configuration["delta.inCommitTimestampEnablementTimestamp"])
	if errVersion != nil || errMillis != nil {
		return true, minMicros, 0 // since the table was made
	}
	return true, millis * 1000, version
}

// minMicros is before all moments.
const minMicros = -1 << 63

// lastInCommit is the position of the last commit, from one on, that says that it was made by a moment; -1: there is none. Commits are in that order.
func (s *source) lastInCommit(ctx context.Context, commits []commit, first int, micros int64) (int, error) {
	low, high := first, len(commits)
	for low < high {
		middle := (low + high) / 2
		info, err := s.commitInfo(ctx, commits[middle], &connectors.Usage{})
		if err != nil {
			return 0, err
		}
		if info.InCommitTimestamp == nil {
			return 0, s.within(sqlerr.New(sqlerr.Corrupt, "it does not say when it was made"), commits[middle].Key)
		}
		if *info.InCommitTimestamp*1000 <= micros {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == first {
		return -1, nil
	}
	return low - 1, nil
}
