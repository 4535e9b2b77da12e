package lake

import (
	"fmt"
	"testing"
)

func TestHivePath(t *testing.T) {
	for path, want := range map[string]string{
		"a.parquet":                       "[] [] ",
		"x/y/a.parquet":                   "[] [] ",
		"day=1/a.parquet":                 "[day] [1] day=1/",
		"year=2024/x/m%3D=a%2Fb=c/y/a=b":  "[year m=] [2024 a/b=c] year=2024/x/m%3D=a%2Fb=c/",
		"k=/a.parquet":                    "[k] [] k=/",
		"k=100%/a.parquet":                "[k] [100%] k=100%/",
		"=x/a.parquet":                    "[] [] ",
		"k=" + hiveNull + "/part=0/a.orc": "[k part] [" + hiveNull + " 0] k=" + hiveNull + "/part=0/",
	} {
		keys, values, folder := HivePath(path)
		if got := fmt.Sprint(keys, values, " ", folder); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
