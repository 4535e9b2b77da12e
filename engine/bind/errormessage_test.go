package bind

import (
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
)

// TestSyntaxMessage checks what of a text is shown as what can't be read.
func TestSyntaxMessage(t *testing.T) {
	for query, want := range map[string]string{
		"SELEC 1":                            "near 'SELEC 1' at line 1",
		"SELECT 1 FROM n WHERE":              "near '' at line 1",
		"SELECT 1\nFROM n\nWHERE ":           "near '' at line 3",
		"SELECT 1 FROM FROM":                 "near 'FROM' at line 1",
		"SELECT 1 FROM n LIMIT -1":           "near '-1' at line 1",
		"SELECT (1":                          "near '' at line 1",
		"SELECT 1)":                          "near ')' at line 1",
		"SELECT 1 FROM a b c":                "near 'c' at line 1",
		"SELECT `a` `b` `c`":                 "near '`c`' at line 1",
		"SELECT * FRM\nt":                    "near 'FRM\nt' at line 1",
		"SELECT 1 FROM n WHERE @'a b' = = 1": "near '= 1' at line 1",
	} {
		_, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple(query)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}
