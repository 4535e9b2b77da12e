package parse

import "testing"

func TestExecutionTime(t *testing.T) {
	for sql, want := range map[string]int64{
		"SELECT 1": 0,
		"SELECT /*+ MAX_EXECUTION_TIME(500) */ 1":                                                      500,
		"select/*+max_execution_time( 7 )*/ 1":                                                         7,
		"((SELECT /*+ NO_ICP(t) MAX_EXECUTION_TIME(20) MAX_EXECUTION_TIME(30) */ 1) UNION (SELECT 2))": 20,
		"EXPLAIN ANALYZE SELECT /*+ MAX_EXECUTION_TIME(8) */ 1":                                        8,
		"WITH c AS (SELECT /*+ MAX_EXECUTION_TIME(5) */ 1) SELECT * FROM c":                            0,
		"WITH c AS (SELECT 1) SELECT /*+ MAX_EXECUTION_TIME(6) */ * FROM c":                            6,
		"SELECT 1 UNION SELECT /*+ MAX_EXECUTION_TIME(5) */ 2":                                         0,
		"SELECT 1 /*+ MAX_EXECUTION_TIME(5) */":                                                        0,
		"SELECT /* MAX_EXECUTION_TIME(5) */ 1":                                                         0,
		"SELECT '/*+ MAX_EXECUTION_TIME(5) */'":                                                        0,
		"SELECT /*+ MAX_EXECUTION_TIME(5000000000) */ 1":                                               0,
		"SELECT /*+ MAX_EXECUTION_TIME(-1) */ 1":                                                       0,
		"INSERT INTO t SELECT 'x":                                                                      0,
	} {
		if got := ExecutionTime(sql); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}
