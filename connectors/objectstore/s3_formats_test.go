//go:build integration

package objectstore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// Files of every format are read ahead from S3, by several readers, once, and freed where a query ends early.
func TestS3Formats(t *testing.T) {
	s := testserver.S3(t)
	content, want := manyLines(60_000)
	put(t, s, "lake/texts.csv", []byte(content))
	put(t, s, "lake/packed.csv.gz", gzipped(t, content))
	numbers := conntest.Table{Columns: []conntest.Column{{Name: "id", Type: types.Of(types.Int64)}}}
	var ids []string
	for i := range 60_000 {
		numbers.Rows = append(numbers.Rows, []types.Value{types.IntValue(int64(i))})
		ids = append(ids, fmt.Sprint(i))
	}
	put(t, s, "lake/numbers.arrow", arrowFixture(t, numbers))
	put(t, s, "lake/objects.jsonl", jsonOf(t, numbers))
	src := open(t, s3Options(s))
	for table, rows := range map[string][]string{"texts": want, "packed": want, "numbers": ids, "objects": ids} {
		rows = slices.Sorted(slices.Values(rows))
		q := query{table: plan.TableName{Name: table}}
		for _, readers := range []int{1, 3} {
			mem, usage := bufpooltest.New(), &connectors.Usage{}
			got, splits := q.parallel(t, src, readers, mem, usage, 0)
			slices.Sort(got)
			if !slices.Equal(got, rows) {
				t.Errorf("%s, %d readers: %d rows, want %d", table, readers, len(got), len(rows))
			}
			t.Logf("%s, %d readers: %d splits, %+v", table, readers, splits, usage.Totals())
			mem.AssertSize(t, 0)
		}
		mem := bufpooltest.New()
		q.parallel(t, src, 2, mem, &connectors.Usage{}, 1)
		mem.AssertSize(t, 0)
		mem = bufpooltest.New()
		q.limit, q.mem = &plan.Limit{Count: 2}, mem
		if r, err := q.run(t, src); err != nil || len(r.rows) != 2 {
			t.Errorf("%s with a limit: rows %q, error %v", table, r.rows, err)
		}
		mem.AssertSize(t, 0)
	}
}
