package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// maxDepth bounds the walk of a folder, which symbolic links may have made endless.
const maxDepth = 64

// Local is a folder of the machine's file system. Symbolic links are followed inside it only.
type Local struct {
	dir string
}

// NewLocal returns the store of the folder dir. It fails if dir does not lie under one of roots; nil roots allow any. The
// folder need not exist yet.
func NewLocal(dir string, roots []string) (*Local, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "folder %s", dir)
	}
	if roots != nil && !slices.ContainsFunc(roots, func(root string) bool { return within(abs, root) }) {
		return nil, sqlerr.New(sqlerr.BadOption, "folder %s is outside the directories that sources may read", dir)
	}
	return &Local{dir: abs}, nil
}

// within reports whether dir is root or below it, by name and after resolving the symbolic links of what exists.
func within(dir, root string) bool {
	root, err := filepath.Abs(root)
	if err != nil {
		return false
	}
	return below(dir, root) && below(resolve(dir), resolve(root))
}

func below(dir, root string) bool {
	rel, err := filepath.Rel(root, dir)
	return err == nil && filepath.IsLocal(rel)
}

// resolve follows the symbolic links of the part of dir that exists.
func resolve(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return dir
	}
	return filepath.Join(resolve(parent), filepath.Base(dir))
}

// Location returns the file's path as a URL.
func (l *Local) Location(key string) string {
	return "file://" + filepath.ToSlash(filepath.Join(l.dir, filepath.FromSlash(key)))
}

// Profile reads small gaps over and nothing ahead: the operating system does.
func (l *Local) Profile() Profile {
	return Profile{Gap: 32 << 10, Request: 64 << 20, Parallel: 1}
}

// Close has nothing to do.
func (l *Local) Close() error { return nil }

// List yields files and, with Folders, directories. As in a bucket, there is no folder without a file at some depth.
func (l *Local) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		root, err := os.OpenRoot(l.dir)
		if err != nil {
			yield(Entry{}, l.fail(err, ""))
			return
		}
		defer root.Close()
		w := walk{location: l.Location, fail: l.fail, object: object, root: root.FS(), options: o, yield: yield}
		folder, _ := path.Split(o.Prefix)
		w.folder(ctx, folder, 0)
	}
}

// walk is one listing of a store of folders.
type walk struct {
	location func(key string) string
	fail     func(err error, key string) error
	object   func(key string, info fs.FileInfo) Object
	root     fs.FS
	options  ListOptions
	yield    func(Entry, error) bool
	count    int
}

// folder yields the entries below a directory, whose key is empty or ends in a slash; false ends the walk.
func (w *walk) folder(ctx context.Context, dir string, depth int) bool {
	if err := ctx.Err(); err != nil {
		return w.stop(err)
	}
	if depth > maxDepth {
		return w.stop(sqlerr.New(sqlerr.SourceError, "%s: folders are nested too deep", w.location(dir)))
	}
	name := path.Clean(dir)
	list, err := fs.ReadDir(w.root, name)
	if errors.Is(err, fs.ErrNotExist) && name != "." {
		return true
	}
	if err != nil {
		return w.stop(w.fail(err, dir))
	}
	entries := make([]Entry, 0, len(list))
	for _, e := range list {
		key := dir + e.Name()
		if e.IsDir() {
			key += "/"
		}
		if !strings.HasPrefix(key, w.options.Prefix) && !strings.HasPrefix(w.options.Prefix, key) || w.passed(key) {
			continue
		}
		info, err := e.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			info, err = fs.Stat(w.root, dir+e.Name())
		}
		if errors.Is(err, fs.ErrNotExist) && e.Type()&fs.ModeSymlink == 0 {
			continue // deleted since ReadDir
		}
		if err != nil {
			return w.stop(w.fail(err, key))
		}
		switch {
		case info.IsDir():
			entries = append(entries, Entry{Object: Object{Key: strings.TrimSuffix(key, "/") + "/"}, Folder: true})
		case info.Mode().IsRegular():
			entries = append(entries, Entry{Object: w.object(key, info), Modified: info.ModTime()})
		}
	}
	// Keys sort as S3 sorts them: a folder's with its slash.
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	for _, e := range entries {
		if e.Folder && !(w.options.Folders && strings.HasPrefix(e.Key, w.options.Prefix)) {
			if !w.folder(ctx, e.Key, depth+1) {
				return false
			}
			continue
		}
		if !strings.HasPrefix(e.Key, w.options.Prefix) || !e.Folder && e.Key <= w.options.After || e.Folder && !w.holdsFile(e.Key, depth+1) {
			continue
		}
		w.count++
		if !w.yield(e, nil) || w.count == w.options.Limit {
			return false
		}
	}
	return true
}

// passed reports that neither a key nor one that it begins comes after ListOptions.After.
func (w *walk) passed(key string) bool {
	return key <= w.options.After && !strings.HasPrefix(w.options.After, key)
}

// holdsFile reports whether a file lies below a directory. It ends at the first; what can't be read may hold one.
func (w *walk) holdsFile(dir string, depth int) bool {
	const some = 64 // entries that are read at once
	if depth > maxDepth {
		return true
	}
	f, err := w.root.Open(path.Clean(dir))
	if err != nil {
		return true
	}
	defer f.Close() //nolint:errcheck // it was only read
	list, ok := f.(fs.ReadDirFile)
	if !ok {
		return true
	}
	var below []string
	for {
		entries, err := list.ReadDir(some)
		for _, e := range entries {
			if !e.IsDir() {
				return true
			}
			below = append(below, dir+e.Name()+"/")
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return true
		}
	}
	return slices.ContainsFunc(below, func(d string) bool { return w.holdsFile(d, depth+1) })
}

func (w *walk) stop(err error) bool {
	w.yield(Entry{}, err)
	return false
}

// Stat describes a file.
func (l *Local) Stat(_ context.Context, key string) (Object, error) {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return Object{}, l.fail(err, key)
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(key))
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "stat", Path: key, Err: fs.ErrNotExist}
	}
	if err != nil {
		return Object{}, l.fail(err, key)
	}
	return object(key, info), nil
}

// Read reads from the file if it still is that version before and after.
func (l *Local) Read(ctx context.Context, o Object, off int64, p []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return l.fail(err, o.Key)
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(o.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return changed(err, l.Location(o.Key))
	}
	if err != nil {
		return l.fail(err, o.Key)
	}
	defer f.Close()
	_, err = f.ReadAt(p, off)
	info, statErr := f.Stat()
	if statErr != nil {
		return l.fail(statErr, o.Key)
	}
	if !o.is(object(o.Key, info)) {
		return changed(nil, l.Location(o.Key))
	}
	if err != nil {
		return l.fail(err, o.Key)
	}
	return nil
}

func (l *Local) fail(err error, key string) error {
	code := sqlerr.SourceError
	switch {
	case errors.Is(err, fs.ErrPermission):
		code = sqlerr.SourceAuth
	case errors.Is(err, fs.ErrNotExist):
		code = sqlerr.SourceDown
	}
	return sqlerr.Wrap(code, err, "%s", l.Location(key))
}

// object is the version of a file: its size, time of change and identity.
func object(key string, info fs.FileInfo) Object {
	tag := fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), identity(info))
	return Object{Key: key, Size: info.Size(), ETag: tag}
}

// changed is the error of an object that is not the version that was listed.
func changed(cause error, location string) error {
	if cause != nil {
		return sqlerr.Wrap(sqlerr.SourceChanged, cause, "%s was removed while the query ran", location)
	}
	return sqlerr.New(sqlerr.SourceChanged, "%s was replaced while the query ran", location)
}
