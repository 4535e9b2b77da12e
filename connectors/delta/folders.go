package delta

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
)

// namespaces yields the namespaces, ascending, or only the one that is asked for: one without a name, or those of layout schema/table.
func (s *source) namespaces(ctx context.Context, only *string) iter.Seq2[string, error] {
	switch {
	case only != nil && ((*only != "") != s.schemas || *only != "" && !validName(*only)):
		return each[string](nil)
	case only != nil:
		return each([]string{*only})
	case !s.schemas:
		return each([]string{""})
	}
	return s.folders(ctx, s.place.Prefix)
}

// tables yields the names of a namespace's tables, ascending.
func (s *source) tables(ctx context.Context, namespace string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		prefix := s.prefixOf(namespace)
		if !s.schemas {
			if single, err := s.hasLog(ctx, prefix); single || err != nil {
				yield(s.only(), err)
				return
			}
		}
		tableOf := func(ctx context.Context, name string) (string, error) {
			if ok, err := s.hasLog(ctx, prefix+name+"/"); !ok {
				return "", err
			}
			return name, nil
		}
		for name, err := range lake.InOrder(ctx, lake.AtOnce(s.store), s.folders(ctx, prefix), tableOf) {
			if err != nil {
				yield("", err)
				return
			}
			if name != "" && !yield(name, nil) {
				return
			}
		}
	}
}

// prefixOf is the prefix of the keys of a namespace.
func (s *source) prefixOf(namespace string) string {
	if namespace == "" {
		return s.place.Prefix
	}
	return s.place.Prefix + namespace + "/"
}

// only is the name of the only table, if the source's address is that of its folder.
func (s *source) only() string { return path.Base(s.store.Location(s.place.Prefix)) }

// candidate is a folder that a name may mean, as a table or as what is known of one.
type candidate struct{ folder, kind string }

// candidates are the folders that a name may mean: the first that has a log is the one.
func (s *source) candidates(name plan.TableName) []candidate {
	if !validName(name.Name) || (name.Namespace != "") != s.schemas || name.Namespace != "" && !validName(name.Namespace) {
		return nil
	}
	of, kind, isMetadata := metadataName(name.Name)
	prefix := s.prefixOf(name.Namespace)
	out := []candidate{{prefix + name.Name + "/", ""}}
	if isMetadata {
		out = append(out, candidate{prefix + of + "/", kind})
	}
	if only := s.only(); !s.schemas && name.Name == only {
		out = append(out, candidate{s.place.Prefix, ""})
	} else if !s.schemas && isMetadata && of == only {
		out = append(out, candidate{s.place.Prefix, kind})
	}
	return out
}

// hasLog reports a folder that has a log.
func (s *source) hasLog(ctx context.Context, folder string) (bool, error) {
	for _, err := range s.store.List(ctx, blob.ListOptions{Prefix: folder + logFolder, Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}

// folders yields the names of the folders below a prefix that tables and namespaces may have, ascending.
func (s *source) folders(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var names []string
		for e, err := range s.store.List(ctx, blob.ListOptions{Prefix: prefix, Folders: true}) {
			if err != nil {
				yield("", err)
				return
			}
			if name := blob.Base(e.Key); e.Folder && validName(name) {
				names = append(names, name)
			}
		}
		slices.Sort(names) // keys are in another order: their folders end in a slash
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

// validName reports a name that a table or namespace can have: hidden folders and partitions are none.
func validName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, "/=")
}
