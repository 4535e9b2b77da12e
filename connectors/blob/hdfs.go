package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/colinmarc/hdfs/v2"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// HDFSConfig says how to reach a folder of a Hadoop file system.
type HDFSConfig struct {
	Namenodes         []string // host:port; of several, one is active
	User              string   // whom the cluster, which does not ask for a proof, is told
	Dir               string   // absolute, of the keys
	DatanodeHostnames bool     // data nodes are reached by their names, not by the addresses that the cluster knows them by

	Log *slog.Logger // hears at level debug what errors hold besides; nil: nobody does
}

// HDFS is a folder of a Hadoop file system. A file's version is its inode, which a replaced one does not have, its length and when it was
// changed.
type HDFS struct {
	config   HDFSConfig
	meter    meter
	breaker  *connectors.Breaker
	patience time.Duration // of idle sessions

	mu     sync.Mutex
	idle   []*hdfsSession
	closed bool
}

// NewHDFS returns the store of a folder, without I/O.
func NewHDFS(config HDFSConfig) *HDFS {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &HDFS{config: config, breaker: connectors.NewBreaker(time.Now), patience: sessionIdle}
}

// Unreachable implements connectors.Reachability.
func (h *HDFS) Unreachable() error { return h.breaker.Err() }

// Location returns the hdfs:// URL of a key.
func (h *HDFS) Location(key string) string {
	return "hdfs://" + h.config.Namenodes[0] + strings.TrimSuffix(h.config.Dir, "/") + "/" + key
}

// path is where a key's file lies.
func (h *HDFS) path(key string) string { return path.Join(h.config.Dir, key) }

// mostHDFSRequests are few, since each has a session of its own with the namenode.
const mostHDFSRequests = 16

// Profile follows from how far away the namenode has been so far, which is asked three times for each request.
func (h *HDFS) Profile() Profile {
	return Profile{Gap: h.meter.gap(), Request: 16 << 20, ReadAhead: 32 << 20, Parallel: min(h.meter.parallel(), mostHDFSRequests)}
}

// Close ends idle sessions; those in use end after it.
func (h *HDFS) Close() error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.endIdle()
	return nil
}

// List walks folders. As in a bucket, there is no folder without a file at some depth.
func (h *HDFS) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		fail := func(err error, key string) error { return h.fail(ctx, err, "list", key) }
		w := walk{location: h.Location, fail: fail, object: hdfsObject, root: hdfsTree{ctx, h}, options: o, yield: yield}
		folder, _ := path.Split(o.Prefix)
		w.folder(ctx, folder, 0)
	}
}

// hdfsObject is the version of a file.
func hdfsObject(key string, info fs.FileInfo) Object {
	var inode uint64
	if status, ok := info.Sys().(*hdfs.FileStatus); ok {
		inode = status.GetFileId()
	}
	return Object{Key: key, Size: info.Size(), ETag: fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixMilli(), inode)}
}

// Stat describes a file.
func (h *HDFS) Stat(ctx context.Context, key string) (o Object, err error) {
	err = h.run(ctx, func(c *hdfs.Client) error {
		info, err := c.Stat(h.path(key))
		if err == nil && info.IsDir() {
			err = fs.ErrNotExist
		}
		if err == nil {
			o = hdfsObject(key, info)
		}
		return err
	})
	if err != nil {
		return Object{}, h.fail(ctx, err, "read", key)
	}
	return o, nil
}

// errReplaced is that of a file that is not the version that is read.
var errReplaced = errors.New("replaced")

// Read reads from the file if it still is that version before and after. A data node that fails is replaced by another one.
func (h *HDFS) Read(ctx context.Context, o Object, off int64, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	answer, done := h.meter.request(time.Now())
	n := 0
	defer func() { done(time.Now(), n) }()
	err := h.run(ctx, func(c *hdfs.Client) error {
		f, err := c.Open(h.path(o.Key))
		if err != nil {
			return err
		}
		defer f.Close()
		answer(time.Now())
		if !o.is(hdfsObject(o.Key, f.Stat())) {
			return errReplaced
		}
		n, err = f.ReadAt(p, off)
		info, after := c.Stat(h.path(o.Key))
		switch {
		case after != nil:
			return after
		case !o.is(hdfsObject(o.Key, info)):
			return errReplaced
		}
		return err
	})
	switch {
	case errors.Is(err, errReplaced):
		return changed(nil, h.Location(o.Key))
	case errors.Is(err, fs.ErrNotExist):
		return changed(err, h.Location(o.Key))
	case err != nil:
		return h.fail(ctx, err, "read", o.Key)
	}
	return nil
}

// answered reports that an error is what the cluster has said, as opposed to one of the connection to it.
func answered(err error) bool {
	var said hdfs.Error
	return errors.As(err, &said) || slices.ContainsFunc([]error{errReplaced, fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid, fs.ErrExist},
		func(known error) bool { return errors.Is(err, known) })
}

// run does something in a session of its own, again in a new one where the connection failed.
func (h *HDFS) run(ctx context.Context, do func(*hdfs.Client) error) error {
	for attempt := 1; ; attempt++ {
		s, err := h.session(ctx)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, s.end)
		err = do(s.client)
		if !stop() {
			s.close()
			return ctx.Err()
		}
		if err == nil || answered(err) {
			h.keep(s)
			return err
		}
		s.close()
		h.endIdle() // what ended one has ended the others
		if attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause << attempt):
		}
	}
}

// Names of Java's classes that say what an error is.
const (
	fileNotFound  = "java.io.FileNotFoundException"
	accessControl = "org.apache.hadoop.security.AccessControlException"
)

// fail says why something could not be done to a key.
func (h *HDFS) fail(ctx context.Context, err error, doing, key string) error {
	location := h.Location(key)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", location, ctx.Err())
	}
	if refused := refusal(err); refused != nil {
		return sqlerr.Wrap(sqlerr.SourceDown, refused, "%s %s", doing, location)
	}
	h.config.Log.Debug("a request to HDFS failed", "doing", doing, "location", location, "error", err)
	var said hdfs.Error
	ok := errors.As(err, &said)
	switch {
	case errors.Is(err, fs.ErrNotExist), ok && said.Exception() == fileNotFound:
		return sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", location)
	case errors.Is(err, fs.ErrPermission), ok && said.Exception() == accessControl:
		return sqlerr.New(sqlerr.SourceAuth, "%s %s: the cluster refuses access to user %s", doing, location, h.config.User)
	case ok:
		first, _, _ := strings.Cut(said.Message(), "\n") // the others are a trace of calls
		return sqlerr.New(sqlerr.SourceError, "%s %s: the cluster answers %s: %s", doing, location, said.Exception(), first)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "%s %s: no answer", doing, location)
}
