package iceberg

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	format "github.com/apache/iceberg-go"
)

// Defaults have the form that the specification gives values in JSON.
func TestDefaultsInJSON(t *testing.T) {
	for _, c := range []struct{ typ, text, want, json string }{
		{"boolean", `true`, "1", `true`},
		{"int", `-7`, "-7", `-7`},
		{"long", `9007199254740992`, "9007199254740992", `9007199254740992`},
		{"long", `9223372036854775807`, "none", ``},
		{"int", `1.5`, "none", ``},
		{"float", `0.5`, "0.5", `0.5`},
		{"double", `-2.25`, "-2.25", `-2.25`},
		{"decimal(9, 2)", `"-14.20"`, "-14.20", `-14.20`},
		{"date", `"2017-11-16"`, "2017-11-16", `"2017-11-16"`},
		{"date", `17486`, "2017-11-16", `"2017-11-16"`},
		{"time", `"22:31:08.123456"`, "22:31:08.123456", `"22:31:08.123456"`},
		{"timestamp", `"2017-11-16T22:31:08.123456"`, "2017-11-16 22:31:08.123456", `"2017-11-16 22:31:08.123456"`},
		{"timestamptz", `"2017-11-16T22:31:08.123456+00:00"`, "2017-11-16 22:31:08.123456", `"2017-11-16 22:31:08.123456Z"`},
		{"string", `"Grüße"`, "Grüße", `"Grüße"`},
		{"uuid", `"f79c3e09-677c-4bbd-a479-3f349cb785e7"`, "f79c3e09-677c-4bbd-a479-3f349cb785e7", `"f79c3e09-677c-4bbd-a479-3f349cb785e7"`},
		{"binary", `"000102ff"`, "\x00\x01\x02\xff", `"AAEC/w=="`},
		{"fixed[2]", `"0102"`, "\x01\x02", `"AQI="`},
		{"date", `"yesterday"`, "none", ``},
		{"binary", `"x"`, "none", ``},
	} {
		var f format.NestedField
		text := fmt.Sprintf(`{"id": 1, "name": "c", "required": false, "type": %q, "initial-default": %s}`, c.typ, c.text)
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatal(err)
		}
		typ, _, err := mysqlType(f.Type)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if v, ok := defaultOf(f, typ); ok {
			got = v.Format(typ, time.UTC)
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.typ, c.text, got, c.want)
		}
		if within, err := fieldOf(f, format.MappedField{}); within.Missing != c.json && c.json != "" || (err == nil) != (c.json != "") {
			t.Errorf("%s %s of a field of a struct: %s, want %s, error %v", c.typ, c.text, within.Missing, c.json, err)
		}
	}
}
