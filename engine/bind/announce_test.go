package bind

import (
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/plan"
)

func TestNamedTables(t *testing.T) {
	for query, want := range map[string][]plan.TableName{
		"SELECT * FROM a, other.b JOIN A x ON 1 WHERE EXISTS (SELECT 1 FROM c UNION SELECT 1 FROM d)": {
			{Namespace: "shop", Name: "a"}, {Namespace: "other", Name: "b"}, {Namespace: "shop", Name: "A"},
			{Namespace: "shop", Name: "c"}, {Namespace: "shop", Name: "d"},
		},
		"WITH w AS (SELECT 1 FROM a) SELECT * FROM W, a, shop.w": {{Namespace: "shop", Name: "a"}, {Namespace: "shop", Name: "w"}},
		"EXPLAIN SELECT * FROM a, (SELECT * FROM b) d":           {{Namespace: "shop", Name: "a"}, {Namespace: "shop", Name: "b"}},
		"SELECT 1 FROM dual": nil,
		"SET @a = 1":         nil,
	} {
		stmt, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		got := map[plan.TableName]bool{}
		for _, n := range namedTables(stmt, "shop") {
			got[n] = true
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
		for _, n := range want {
			if !got[n] {
				t.Errorf("%s: no %s", query, n)
			}
		}
	}
}
