package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
)

func TestParse(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "s3")
	if err := os.WriteFile(secret, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SILOGATE_TEST_PG", "pa}ss")
	got, err := Parse([]byte(`
listen: 127.0.0.1:3307        # MySQL
web: "127.0.0.1:8080"
data: /var/lib/silogate
memory: {server: 4GiB, query: 64MiB, spill: 1.5TB}
users: [{name: root, password: "${env:SILOGATE_TEST_PG}"}]
sources:
  shop: {type: postgres, url: "postgres://app@127.0.0.1:5432/shop", password: "x${env:SILOGATE_TEST_PG}y", pool: 8, admission: 04}
  lake:
    type: objectstore
    url: s3://bucket/prefix
    secret_key: "${file:` + secret + `}"
    path_style: true
shadow_rate: 0.01
scratch: {user: 8MiB, total: 1GiB}
cache: {disk: 0, path: /var/cache/silogate}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Listen: "127.0.0.1:3307", Web: "127.0.0.1:8080", Data: "/var/lib/silogate", Shadow: 0.01,
		Memory:  Memory{Server: 4 << 30, Query: 64 << 20, Spill: 1.5e12},
		Scratch: Scratch{User: 8 << 20, Total: 1 << 30},
		Cache:   Cache{Path: "/var/cache/silogate"},
		Users:   []User{{"root", "pa}ss"}},
		Sources: []Source{
			{"shop", "postgres", connectors.Options{"url": "postgres://app@127.0.0.1:5432/shop", "password": "xpa}ssy", "pool": "8", "admission": "04"},
				map[string]int{"": 8, "type": 8, "url": 8, "password": 8, "pool": 8, "admission": 8}},
			{"lake", "objectstore", connectors.Options{"url": "s3://bucket/prefix", "secret_key": "sesame", "path_style": "true"},
				map[string]int{"": 9, "type": 10, "url": 11, "secret_key": 12, "path_style": 13}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseEmptyIsDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "sources:\n", "sources: {}\n"} {
		got, err := Parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestSourceAt(t *testing.T) {
	cfg, err := Parse([]byte("sources:\n  url:\n    type: objectstore\n    url: /x\n    pth_style: true\n    Layout: nope\n"))
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		"source url: unknown option pth_style (known: url, layout)": "line 5: ",
		"source url: layout must be table or schema/table":          "line 6: ",
		"source url: there is no connector of type objectstore":     "line 3: ",
		"source url: option region is missing":                      "line 2: ",
	} {
		if got := cfg.Sources[0].At(errors.New(message)).Error(); got != want+message {
			t.Errorf("%s, want %s", got, want+message)
		}
	}
}

func TestOptionsBelowOptions(t *testing.T) {
	cfg, err := Parse([]byte("sources:\n  lake:\n    type: objectstore\n    tables:\n      Orders:\n        format: csv\n        csv_header: nope\n      items: {path: raw/*.csv}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Options{"tables.orders.format": "csv", "tables.orders.csv_header": "nope", "tables.items.path": "raw/*.csv"}
	if got := cfg.Sources[0].Options; !reflect.DeepEqual(got, want) {
		t.Errorf("options %v, want %v", got, want)
	}
	refused := errors.New("source lake: tables.orders.csv_header must be auto, true or false")
	if got := cfg.Sources[0].At(refused).Error(); got != "line 7: "+refused.Error() {
		t.Errorf("%s, want line 7", got)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "line 2"},
		{"\nlissen: 127.0.0.1:1\n", "line 2: lissen: unknown key; known here: cache, data, flight, listen"},
		{"memory:\n  server: 4GiB\n  qurey: 1GiB\n", "line 3: memory.qurey: unknown key; known here: query, server, spill"},
		{"shadow_rate: 2", `line 1: shadow_rate: "2" is not a share from 0 to 1`},
		{"shadow_rate: NaN", "is not a share"},
		{"cache: {disk: lots}", `line 1: cache.disk: "lots" is not a size`},
		{"memory: {server: lots}", `line 1: memory.server: "lots" is not a size`},
		{"memory: {server: 1GiB, query: 2GiB}", "memory.query: 2GiB is more than memory.server, 1GiB"},
		{"listen: here", `listen: "here" is not host:port`},
		{"sources:\n  a: {url: x}\n", "line 2: sources.a: a source needs a type"},
		{"sources:\n  a-b: {type: x}\n", "line 2: sources.a-b: a source's name"},
		{"sources:\n  a: {type: x}\n  A: {type: x}\n", "line 3: sources.A: another source"},
		{"sources:\n  a: {type: x, list: [1, 2]}\n", "line 2: sources.a.list: expected a single value"},
		{"users: [{password: x}]", "users[0]: a user needs a name"},
		{"users: root", "users: expected a list"},
		{"users:\n- name: a\n  password: \"${env:SILOGATE_TEST_UNSET}\"\n", "line 3: users[0].password: the environment variable SILOGATE_TEST_UNSET is not set"},
		{"data: ${vault:x}", "${vault:...} is not known"},
		{"data: \"${env:x\"", "${ without }"},
		{"tls: {cert: a.pem}", "tls: cert and key go together"},
		{"tls: {ca: a.pem}", "tls: ca needs cert and key"},
		{"- a\n- b\n", "expected keys with values"},
		{"listen: [\n", "line"},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.text, err, c.want)
		}
	}
}

func TestErrorsQuoteNoValues(t *testing.T) {
	for _, text := range []string{
		"users: [{name: root, password: hunter2, nickname: x}]",
		"sources:\n  a: {type: x, password: hunter2\n  b: }",
		"users:\n- name: root\n  password: \"hunter2\n",
	} {
		_, err := Parse([]byte(text))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"512": 512, "1kB": 1000, "1 KiB": 1024, "1.5gib": 3 << 29, "2TiB": 2 << 40, "7b": 7} {
		if got, err := ParseSize(text); got != want || err != nil {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1GiB", "0", "1XB", "GiB", "9e30", "NaN"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
	for size, want := range map[Size]string{512: "512B", 1 << 30: "1GiB", 3 << 29: "1.5GiB"} {
		if got := size.String(); got != want {
			t.Errorf("%d: %q, want %q", size, got, want)
		}
	}
}
