package objectstore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// firstEntries is how many entries of a folder are listed before it is thought of as large: one answer of S3.
const firstEntries = 1000

// listsAtOnce is how many folders are listed at the same time.
const listsAtOnce = 16

// folder is a folder that may be a table. A small one is listed whole. Of a large one that is partitioned the folders of the
// partitions are looked up, which takes far fewer answers of the store, and their files are listed when they are needed.
type folder struct {
	place
	store  blob.Store
	prefix string        // empty or ends in a slash
	kind   *kind         // of its files; nil: there are none
	files  []blob.Object // data, ascending: all, or the first ones

	partitions []partition // ascending; nil: files are all
	neighbours int         // how many of these one answer of the store has the files of, about
}

// partition is a folder below that of a table.
type partition struct {
	prefix string
	values []string // of the keys on the way to it
}

// list finds the data files, or the first ones and the partitions. A folder of a table format is an error.
func (f *folder) list(ctx context.Context) error {
	prefix, entries := f.prefix, 0
	if f.pattern != nil {
		prefix += f.pattern.literal()
	}
	for e, err := range f.store.List(ctx, blob.ListOptions{Prefix: prefix}) {
		if err != nil {
			return err
		}
		data, err := f.data(e.Object)
		if err != nil {
			return err
		}
		if data {
			f.files = append(f.files, e.Object)
		}
		if entries++; entries == firstEntries {
			if err := f.walk(ctx); err != nil || f.partitions != nil {
				return err
			}
		}
	}
	return nil
}

// data says whether an object is a data file. One of another format than the first is an error.
func (f *folder) data(o blob.Object) (bool, error) {
	relative := strings.TrimPrefix(o.Key, f.prefix)
	if err := refuseTable(f.store, f.prefix, o.Key); err != nil {
		return false, err
	}
	k := f.kindOf(relative)
	if o.Size == 0 || k == nil {
		return false, nil
	}
	if f.kind == nil {
		f.kind = k
	}
	if k != f.kind {
		return false, sqlerr.New(sqlerr.Corrupt, "%s is %s and %s is %s: option format says which files are data",
			f.store.Location(f.files[0].Key), f.formats[f.kind].Name(), f.store.Location(o.Key), f.formats[k].Name())
	}
	return true, nil
}

// errIrregular says that the folders of a table are not those of partitions alone.
var errIrregular = errors.New("there is more than folders of partitions")

// walk looks up the folders of the partitions level by level. It leaves none where files lie beside them, where a folder is
// that of no partition, or where listing the files takes as few answers.
func (f *folder) walk(ctx context.Context) error {
	if len(f.files) == 0 {
		return nil
	}
	keys, _, _ := f.path(f.files[0])
	parents, leaves := make(map[string]bool), make(map[string]bool)
	for _, o := range f.files {
		others, _, leaf := f.path(o)
		if !slices.Equal(others, keys) {
			return nil
		}
		leaves[leaf] = true
		parents[strings.TrimSuffix(leaf, blob.Base(leaf)+"/")] = true
	}
	if len(keys) == 0 || 2*len(leaves) > firstEntries || len(parents) > listsAtOnce {
		return nil
	}
	level := []partition{{prefix: f.prefix}}
	for _, key := range keys {
		below := make([][]partition, len(level))
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(listsAtOnce)
		for i, p := range level {
			group.Go(sqlerr.Guarded(func() (err error) {
				below[i], err = f.below(groupCtx, p, key)
				return err
			}))
		}
		if err := group.Wait(); errors.Is(err, errIrregular) {
			return nil
		} else if err != nil {
			return err
		}
		level = slices.Concat(below...)
	}
	f.partitions, f.neighbours = level, len(leaves)
	return nil
}

// path is lake.HivePath of a file.
func (f *folder) path(o blob.Object) (keys, values []string, folder string) {
	return lake.HivePath(strings.TrimPrefix(o.Key, f.prefix))
}

// below lists the folders `key=value` of a folder.
func (f *folder) below(ctx context.Context, above partition, key string) ([]partition, error) {
	var out []partition
	for e, err := range f.store.List(ctx, blob.ListOptions{Prefix: above.prefix, Folders: true}) {
		if err != nil {
			return nil, err
		}
		name, relative := blob.Base(e.Key), strings.TrimPrefix(e.Key, f.prefix)
		keys, values, _ := lake.HivePath(name + "/")
		if err := refuseTable(f.store, f.prefix, e.Key); err != nil {
			return nil, err
		}
		switch {
		case hidden(name) && !isPartition(name), !e.Folder && e.Size == 0:
		case !e.Folder && f.kindOf(relative) == nil, e.Folder && f.pattern != nil && !f.pattern.leads(relative):
		case !e.Folder || !slices.Equal(keys, []string{key}):
			return nil, errIrregular
		default:
			out = append(out, partition{e.Key, append(slices.Clip(above.values), values...)})
		}
	}
	return out, nil
}

// listing returns the partition columns and the files, of which there is at least one.
func (f *folder) listing() ([]plan.TableColumn, *lake.Listing, error) {
	if f.partitions == nil {
		columns, folders, err := lake.HivePartitions(f.store, f.prefix, f.files, f.partitionTypes)
		return columns, lake.Listed(folders), err
	}
	known := make(map[string][]blob.Object) // by prefix: those that the first entries have whole
	for _, o := range f.files {
		_, _, folder := f.path(o)
		known[f.prefix+folder] = append(known[f.prefix+folder], o)
	}
	_, _, last := f.path(f.files[len(f.files)-1])
	delete(known, f.prefix+last)
	keys, _, _ := f.path(f.files[0])
	folders, texts := make([]lake.Folder, len(f.partitions)), make([][]string, len(f.partitions))
	for i, p := range f.partitions {
		folders[i] = lake.Folder{Prefix: p.prefix, Files: known[p.prefix]}
		texts[i] = p.values
	}
	columns, err := lake.HiveColumns(f.store, keys, texts, folders, f.partitionTypes)
	data := func(o blob.Object) (bool, error) {
		if ok, err := f.data(o); !ok || err != nil {
			return false, err
		}
		return true, lake.SamePartitions(f.store, f.prefix, f.files[0].Key, o.Key)
	}
	return columns, lake.Unlisted(folders, lake.Lister{Store: f.store, Data: data, Neighbours: f.neighbours}), err
}
