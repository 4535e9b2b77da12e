package lake

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// Folder is the files of a table that share their partition values.
type Folder struct {
	Prefix string        // of their keys
	Values []types.Value // of Spec.Partitions
	Files  []blob.Object // nil: it is not listed yet
}

// File is one data file of a table.
type File struct {
	Object   blob.Object
	Values   []types.Value // of Spec.Partitions
	Format   files.Format  // nil: the table's
	Metadata Metadata      // of a declared table
	Deletes  Deletes       // nil: none of its rows is deleted
}

// Listing is the files of a table, folder by folder. A folder is listed when its files are first asked for, and has the same
// files from then on. It is safe for concurrent use.
type Listing struct {
	folders []Folder
	lister  Lister // of folders without Files
	whole   bool   // there are none
	begun   atomic.Pointer[time.Time]

	mu     sync.Mutex
	listed map[int][]blob.Object // what was found in these
}

// Lister lists folders.
type Lister struct {
	Store blob.Store
	// Data says whether an object of a folder is a file of the table.
	Data func(blob.Object) (bool, error)
	// Neighbours is how many folders one answer of the store lists, about.
	Neighbours int
}

// Listed is the listing of folders that are all listed, in the order in which they are read.
func Listed(folders []Folder) *Listing { return &Listing{folders: folders, whole: true} }

// Unlisted is the listing of folders, ascending by prefix, none of which is the prefix of another. Those that have files are
// listed.
func Unlisted(folders []Folder, lister Lister) *Listing {
	return &Listing{folders: folders, lister: lister, listed: make(map[int][]blob.Object)}
}

// Begin says when the store was asked for the listing that turned out as this one.
func (l *Listing) Begin(at time.Time) { l.begun.Store(&at) }

// since reports whether the store was asked at a time or later.
func (l *Listing) since(at time.Time) bool {
	begun := l.begun.Load()
	return begun != nil && !at.IsZero() && !begun.Before(at)
}

// all returns the positions of all folders.
func (l *Listing) all() []int {
	out := make([]int, len(l.folders))
	for i := range out {
		out[i] = i
	}
	return out
}

// known returns the files of a folder; false: it is not listed.
func (l *Listing) known(folder int) ([]blob.Object, bool) {
	if files := l.folders[folder].Files; l.whole || files != nil {
		return files, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	files, ok := l.listed[folder]
	return files, ok
}

// sample returns those of some folders, at least one of which that has files if one is known, that stand for all: all if nothing
// needs to be listed for that.
func (l *Listing) sample(folders []int) []int {
	out := spread(folders, sampledFolders)
	if l.whole || len(out) == len(folders) {
		return folders
	}
	full := slices.IndexFunc(folders, func(i int) bool { files, _ := l.known(i); return len(files) > 0 })
	if full >= 0 && !slices.Contains(out, folders[full]) { // else the sample might have no file
		out = append(out, folders[full])
		slices.Sort(out)
	}
	return out
}

// Version is a token for the files: it changes when one is added, removed or replaced. It is "" while not all of them are listed.
func (l *Listing) Version() string {
	if !l.whole {
		return ""
	}
	h := xxh3.New()
	for _, f := range l.folders {
		for _, o := range f.Files {
			_, _ = fmt.Fprintf(h, "%s\x00%s\x00", o.Key, o.ETag) // a hash takes everything
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// files yields the files of folders, given by ascending positions, and lists those that are not listed yet.
func (l *Listing) files(ctx context.Context, folders []int, usage *connectors.Usage) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		list := func(ctx context.Context, run []int) ([]int, error) { return run, l.list(ctx, run, usage) }
		most := 1
		if !l.whole {
			most = AtOnce(l.lister.Store)
		}
		for run, err := range InOrder(ctx, most, l.runs(folders), list) {
			if err != nil {
				yield(File{}, err)
				return
			}
			for _, i := range run {
				objects, _ := l.known(i)
				for _, o := range objects {
					if !yield(File{Object: o, Values: l.folders[i].Values}, nil) {
						return
					}
				}
			}
		}
	}
}

// runs cuts folders into those that are listed by one request: neighbours of which the store's answer has all, about.
func (l *Listing) runs(folders []int) iter.Seq2[[]int, error] {
	return func(yield func([]int, error) bool) {
		for len(folders) > 0 {
			n := 1
			for _, listed := l.known(folders[0]); n < len(folders) && folders[n] == folders[n-1]+1; n++ {
				if _, next := l.known(folders[n]); next != listed || !listed && n >= l.lister.Neighbours {
					break
				}
			}
			if !yield(folders[:n], nil) {
				return
			}
			folders = folders[n:]
		}
	}
}

// list lists a run of neighbouring folders, unless they are listed.
func (l *Listing) list(ctx context.Context, run []int, usage *connectors.Usage) error {
	if _, ok := l.known(run[0]); ok {
		return nil
	}
	first, last := l.folders[run[0]].Prefix, l.folders[run[len(run)-1]].Prefix
	options := blob.ListOptions{Prefix: first}
	if first != last {
		options = blob.ListOptions{Prefix: common(first, last), After: first}
	}
	usage.AddRequest()
	found, at := make([][]blob.Object, len(run)), 0
	for e, err := range l.lister.Store.List(ctx, options) {
		if err != nil {
			return err
		}
		for at < len(run) && l.folders[run[at]].Prefix < e.Key && !strings.HasPrefix(e.Key, l.folders[run[at]].Prefix) {
			at++
		}
		if at == len(run) {
			break
		}
		if !strings.HasPrefix(e.Key, l.folders[run[at]].Prefix) {
			continue
		}
		ok, err := l.lister.Data(e.Object)
		if err != nil {
			return err
		}
		if ok {
			found[at] = append(found[at], e.Object)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, folder := range run {
		if _, ok := l.listed[folder]; !ok { // else another run was faster, and its files may be in use
			l.listed[folder] = found[i]
		}
	}
	return nil
}

// common returns the prefix that two keys share.
func common(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
