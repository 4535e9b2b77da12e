package lake

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// hiveNull is the folder name that stands for NULL.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// HivePath returns the `key=value` folders on a file's path inside its table, and the path through the last of them, which is
// "" or ends in a slash.
func HivePath(relative string) (keys, values []string, folder string) {
	for rest := relative; ; {
		name, below, isFolder := strings.Cut(rest, "/")
		if !isFolder {
			return keys, values, folder
		}
		rest = below
		if key, value, ok := strings.Cut(name, "="); ok && key != "" {
			keys, values = append(keys, unescape(key)), append(values, unescape(value))
			folder = relative[:len(relative)-len(rest)]
		}
	}
}

// HivePartitions reads the `key=value` folders between root, a key prefix ending in a slash, and objects in ascending order,
// at least one. The keys become columns, as HiveColumns has it. Files with different keys are an error that names two.
func HivePartitions(store blob.Store, root string, objects []blob.Object, given map[string]types.Type) ([]plan.TableColumn, []Folder, error) {
	var folders []Folder
	var texts [][]string // by folder, then key
	keys, _, _ := HivePath(strings.TrimPrefix(objects[0].Key, root))
	for i, o := range objects {
		found, values, folder := HivePath(strings.TrimPrefix(o.Key, root))
		if !slices.Equal(keys, found) {
			return nil, nil, differentKeys(store, objects[0].Key, o.Key, keys, found)
		}
		if i == 0 || folders[len(folders)-1].Prefix != root+folder {
			folders = append(folders, Folder{Prefix: root + folder})
			texts = append(texts, values)
		}
		last := &folders[len(folders)-1]
		last.Files = append(last.Files, o)
	}
	columns, err := HiveColumns(store, keys, texts, folders, given)
	return columns, folders, err
}

func differentKeys(store blob.Store, a, b string, keysOfA, keysOfB []string) error {
	return sqlerr.New(sqlerr.Corrupt, "%s and %s are partitioned by different columns (%s; %s)",
		store.Location(a), store.Location(b), strings.Join(keysOfA, ", "), strings.Join(keysOfB, ", "))
}

// SamePartitions returns an error that names both files, given by their keys, where their folders below root have different keys.
func SamePartitions(store blob.Store, root, a, b string) error {
	keysOfA, _, _ := HivePath(strings.TrimPrefix(a, root))
	keysOfB, _, _ := HivePath(strings.TrimPrefix(b, root))
	if !slices.Equal(keysOfA, keysOfB) {
		return differentKeys(store, a, b, keysOfA, keysOfB)
	}
	return nil
}

// HiveColumns makes columns of the keys of folders, at least one, and gives the folders their values: of the type that is given
// for a key in lower case, or else BIGINT if every value is an integer, DATE if every one is a date, and text. Texts are the
// values of each folder.
func HiveColumns(store blob.Store, keys []string, texts [][]string, folders []Folder, given map[string]types.Type) ([]plan.TableColumn, error) {
	if key := duplicate(keys); key != "" {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s is partitioned by %s twice", store.Location(folders[0].Prefix), key)
	}
	weights := make([]float64, len(folders)) // how much of the table a folder is
	for i, f := range folders {
		weights[i] = float64(len(f.Files))
	}
	if slices.ContainsFunc(folders, func(f Folder) bool { return f.Files == nil }) {
		for i := range weights {
			weights[i] = 1
		}
	}
	for key := range given {
		if !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			return nil, sqlerr.New(sqlerr.BadOption, "%s is not partitioned by %s, which option partition_types has", store.Location(folders[0].Prefix), key)
		}
	}
	columns := make([]plan.TableColumn, len(keys))
	for k, key := range keys {
		values := make([]string, len(folders))
		for i := range folders {
			values[i] = texts[i][k]
		}
		typ, parsed := typed(values)
		if want, ok := given[strings.ToLower(key)]; ok {
			if typ, parsed = want, parse(values, want); len(parsed) < len(values) {
				return nil, sqlerr.New(sqlerr.BadValue, "%s: %s is no %s, which option partition_types says that %s is",
					store.Location(folders[len(parsed)].Prefix), values[len(parsed)], want, key)
			}
		}
		columns[k] = plan.TableColumn{Name: key, Native: "partition", Type: typ, Stats: partitionStatistics(typ, parsed, weights)}
		for i := range folders {
			folders[i].Values = append(folders[i].Values, parsed[i])
			columns[k].Nullable = columns[k].Nullable || parsed[i].Null
		}
	}
	return columns, nil
}

// duplicate returns a key that an earlier one equals, letters' case aside, or "".
func duplicate(keys []string) string {
	for i, k := range keys {
		if slices.ContainsFunc(keys[:i], func(earlier string) bool { return strings.EqualFold(k, earlier) }) {
			return k
		}
	}
	return ""
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// partitionTypes are those of partition columns, the narrowest one first, with their names in options.
var partitionTypes = []struct {
	name  string
	typ   types.Type
	parse func(string) (types.Value, bool)
}{
	{"integer", types.Of(types.Int64), parseInt},
	{"date", types.Of(types.Date), parseDate},
	{"text", types.Of(types.Text), func(s string) (types.Value, bool) { return types.TextValue(s), true }},
}

// PartitionType returns the type of partition columns of that name in options.
func PartitionType(name string) (types.Type, bool) {
	for _, t := range partitionTypes {
		if t.name == name {
			return t.typ, true
		}
	}
	return types.Type{}, false
}

// typed gives the values of a partition column the narrowest type that fits all.
func typed(texts []string) (types.Type, []types.Value) {
	for _, t := range partitionTypes[:len(partitionTypes)-1] {
		values := parse(texts, t.typ)
		if len(values) == len(texts) && slices.ContainsFunc(values, func(v types.Value) bool { return !v.Null }) {
			return t.typ, values
		}
	}
	return types.Of(types.Text), parse(texts, types.Of(types.Text))
}

// parse returns the values of a partition column up to the first that is not of a type.
func parse(texts []string, typ types.Type) []types.Value {
	at := 0
	for partitionTypes[at].typ != typ {
		at++
	}
	values := make([]types.Value, 0, len(texts))
	for _, s := range texts {
		v, ok := types.NullValue, true
		if s != hiveNull {
			v, ok = partitionTypes[at].parse(s)
		}
		if !ok {
			break
		}
		values = append(values, v)
	}
	return values
}

func parseInt(s string) (types.Value, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return types.IntValue(n), err == nil && !strings.HasPrefix(s, "+")
}

func parseDate(s string) (types.Value, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return types.IntValue(t.Unix() / 86400), err == nil // midnight: the division is exact
}

// partitionStatistics counts the values of folders by how much of the table these are.
func partitionStatistics(typ types.Type, values []types.Value, weights []float64) plan.ColumnStatistics {
	s := plan.ColumnStatistics{Known: true, Width: 8}
	distinct := make(map[types.Value]bool)
	nulls, all := float64(0), float64(0)
	for i, v := range values {
		all += weights[i]
		if v.Null {
			nulls += weights[i]
			continue
		}
		distinct[v] = true
		if order, _ := compare(v, typ, s.Min, typ); !s.HasRange || order < 0 {
			s.Min = v
		}
		if order, _ := compare(v, typ, s.Max, typ); !s.HasRange || order > 0 {
			s.Max = v
		}
		s.HasRange = true
	}
	s.Distinct = float64(len(distinct))
	s.NullFrac = nulls / all
	return s
}
