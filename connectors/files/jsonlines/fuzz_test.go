package jsonlines

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/connectors/files/text"
	"github.com/silogate/silogate/engine/sqlerr"
)

var seeds = []string{
	`{"a":1,"b":"x"}` + "\n" + `{"b":"\u00e9","a":null}`,
	`{"a":{"b":[1,{"c":"}"}]},"d":[]}`,
	`{"a":1.50}` + "\r\n\n" + `{"a":"2024-02-29T12:00:00Z"}`,
	`{ "a" : true , "a" : false }` + "\n[1]\n{",
	`{"\u0061\"":-0.0e-5}`,
}

// FuzzRead reads files of any content: rows or an error of theirs, the same however they are cut.
func FuzzRead(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), byte(i))
	}
	f.Fuzz(func(t *testing.T, content []byte, options byte) {
		o := Options{BadRows: files.BadRows(options % 3), Texts: options&4 != 0}
		_, _, err := filestest.Read(t, New(o), "x.jsonl", content)
		if err != nil && !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.BadValue) && !sqlerr.Is(err, sqlerr.Unsupported) {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzMembers compares the members of an object with those that encoding/json finds.
func FuzzMembers(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		line, _ := lineAt(content, 0)
		if len(line) == 0 || check(line) != "" {
			return
		}
		if !json.Valid(line) {
			t.Fatalf("%q is not JSON", line)
		}
		x := &syntax{}
		got := make(map[string]string)
		members(line, func(key []byte, _ bool, c text.Cell) {
			raw := line[c.From:c.To]
			switch c.Kind {
			case text.Null:
				raw = []byte("null")
			case text.String, text.EscapedString:
				raw = line[c.From-1 : c.To+1]
			}
			got[string(x.Unescape(nil, key))] = string(raw)
		})
		var want map[string]json.RawMessage
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		for key, raw := range want {
			if text, ok := got[key]; !bytes.ContainsRune([]byte(key), '�') && (!ok || text != string(raw)) {
				t.Errorf("%q: member %q is %q, want %q", line, key, text, raw)
			}
		}
		if len(got) < len(want) {
			t.Errorf("%q: %d members, want %d", line, len(got), len(want))
		}
	})
}
