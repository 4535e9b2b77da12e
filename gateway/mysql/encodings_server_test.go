//go:build integration

package mysql

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// TestEncodingsBesideMariaDB converts the characters of the basic plane, there and back: what MariaDB's character set has is the same here.
func TestEncodingsBesideMariaDB(t *testing.T) {
	db, err := sql.Open("mysql", testserver.MariaDB(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const page = 1024
	for id := range foreign {
		encoder, compared := encoderOf(id), 0
		for first := rune(0); first < 1<<16; first += page {
			if first == 0xd800 || first == 0xdc00 { // surrogates
				continue
			}
			var converted []string
			for r := first; r < first+page; r++ {
				converted = append(converted, fmt.Sprintf("HEX(CONVERT(_utf32 x'%08x' USING %s))", r, id.Name()))
			}
			var all string
			if err := db.QueryRow("SELECT CONCAT_WS(','," + strings.Join(converted, ",") + ")").Scan(&all); err != nil {
				t.Fatalf("%s: %v", id.Name(), err)
			}
			for i, digits := range strings.Split(all, ",") {
				r := first + rune(i)
				want, err := hex.DecodeString(digits)
				if err != nil {
					t.Fatal(err)
				}
				if control := r >= 0x80 && r < 0xa0; control || r == '\ufffd' || string(want) == "?" && r != '?' {
					continue
				}
				compared++
				if got := encoder.EncodeReplaceUnknown([]byte(string(r))); !bytes.Equal(got, want) {
					t.Errorf("%s: %U is %x, there %x", id.Name(), r, got, want)
				}
				if back, ok := encoder.Decode(want); !ok || string(back) != string(r) {
					t.Errorf("%s: %x is %q, there %U", id.Name(), want, back, r)
				}
			}
		}
		if compared < 200 {
			t.Errorf("%s has %d characters", id.Name(), compared)
		}
	}
}
