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

// HivePartitions reads the `key=value` folders between root, a key prefix ending in a slash, and each object. The keys
// become columns: BIGINT if every value is an integer, DATE if every one is a date, else text. Files with different keys
// are an error that names two.
func HivePartitions(store blob.Store, root string, objects []blob.Object) ([]plan.TableColumn, []File, error) {
	files := make([]File, len(objects))
	texts := make([][]string, len(objects)) // by file, then key
	var keys []string
	for i, o := range objects {
		files[i].Object = o
		var found []string
		path := strings.Split(strings.TrimPrefix(o.Key, root), "/")
		for _, folder := range path[:len(path)-1] {
			if key, value, ok := strings.Cut(folder, "="); ok {
				found = append(found, unescape(key))
				texts[i] = append(texts[i], unescape(value))
			}
		}
		if i == 0 {
			keys = found
			if key := duplicate(keys); key != "" {
				return nil, nil, sqlerr.New(sqlerr.Corrupt, "%s is partitioned by %s twice", store.Location(o.Key), key)
			}
		} else if !slices.Equal(keys, found) {
			return nil, nil, sqlerr.New(sqlerr.Corrupt, "%s and %s are partitioned by different columns (%s; %s)",
				store.Location(objects[0].Key), store.Location(o.Key), strings.Join(keys, ", "), strings.Join(found, ", "))
		}
	}
	columns := make([]plan.TableColumn, len(keys))
	for k, key := range keys {
		values := make([]string, len(files))
		for i := range files {
			values[i] = texts[i][k]
		}
		var parsed []types.Value
		columns[k] = plan.TableColumn{Name: key, Native: "partition"}
		columns[k].Type, parsed = typed(values)
		for i := range files {
			files[i].Values = append(files[i].Values, parsed[i])
			columns[k].Nullable = columns[k].Nullable || parsed[i].Null
		}
		columns[k].Stats = partitionStatistics(columns[k].Type, parsed)
	}
	return columns, files, nil
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

// typed gives the values of a partition column the narrowest type that fits all.
func typed(texts []string) (types.Type, []types.Value) {
	for _, try := range []struct {
		typ   types.Type
		parse func(string) (types.Value, bool)
	}{
		{types.Of(types.Int64), parseInt},
		{types.Of(types.Date), parseDate},
		{types.Of(types.Text), func(s string) (types.Value, bool) { return types.TextValue(s), true }},
	} {
		values, null := make([]types.Value, len(texts)), 0
		ok := true
		for i, s := range texts {
			if s == hiveNull {
				values[i] = types.NullValue
				null++
			} else if values[i], ok = try.parse(s); !ok {
				break
			}
		}
		if ok && (null < len(texts) || try.typ.IsText()) {
			return try.typ, values
		}
	}
	return types.Type{}, nil
}

func parseInt(s string) (types.Value, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return types.IntValue(n), err == nil && !strings.HasPrefix(s, "+")
}

func parseDate(s string) (types.Value, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return types.IntValue(t.Unix() / 86400), err == nil // midnight: the division is exact
}

// partitionStatistics counts the values of files as if these had equally many rows.
func partitionStatistics(typ types.Type, values []types.Value) plan.ColumnStatistics {
	s := plan.ColumnStatistics{Known: true, Width: 8}
	distinct := make(map[types.Value]bool)
	nulls := 0
	for _, v := range values {
		if v.Null {
			nulls++
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
	s.NullFrac = float64(nulls) / float64(max(len(values), 1))
	return s
}
