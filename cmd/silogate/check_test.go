package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/config"
)

func TestCheck(t *testing.T) {
	var out output
	path, _, _ := configure(t, "")
	if err := run(context.Background(), []string{"check", "--config", path}, &out, quiet); err != nil {
		t.Error(err)
	}
	for _, want := range []string{`lake\s+objectstore\s+database lake, 2 tables`, `shop\s+sqlite\s+database shop, 3 tables`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no line like %q in\n%s", want, out.String())
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "data")); err == nil {
		t.Error("check made a data folder")
	}

	path, _, _ = configure(t, "  away: {type: postgres, url: \"postgres://app@127.0.0.1:1/db\", password: hunter2}\n")
	var problems output
	err := run(context.Background(), []string{"check", "--config", path}, &problems, quiet)
	if err == nil || !strings.Contains(err.Error(), "1 of 3 sources") {
		t.Errorf("with a source that is away: %v", err)
	}
	if !regexp.MustCompile(`away\s+postgres\s+WRONG: `).MatchString(problems.String()) || strings.Contains(problems.String(), "hunter2") {
		t.Errorf("printed\n%s", problems.String())
	}
}

// checked runs a check of a configuration and returns what it prints and its error.
func checked(t *testing.T, path string) (string, error) {
	t.Helper()
	var out output
	err := run(context.Background(), []string{"check", "--config", path}, &out, quiet)
	return out.String(), err
}

func TestCheckRefusesWhatServeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ extra, says, sum string }{
		"flight": {"flight: 127.0.0.1:1\n", "flight: Arrow Flight SQL is not part of this version", "the gateway would not start"},
		"tls":    {"tls: {cert: /nope.pem, key: /nope.key}\n", "tls: open /nope.pem: no such file", "the gateway would not start"},
		"option": {"  x:\n    type: sqlite\n    pth: /x\n", `line 11: source x: unknown option "pth"`, "1 of 3 sources have a problem"},
	} {
		t.Run(name, func(t *testing.T) {
			path, _, _ := configure(t, c.extra)
			out, err := checked(t, path)
			if err == nil || err.Error() != c.sum || !strings.Contains(out, "WRONG: "+c.says) {
				t.Errorf("%v\n%s", err, out)
			}
			if !strings.Contains(out, "database shop, 3 tables") {
				t.Errorf("the other sources are not checked:\n%s", out)
			}
			served := run(context.Background(), []string{"serve", "--config", path}, new(output), quiet)
			if served == nil || !strings.Contains(served.Error(), c.says) {
				t.Errorf("serve says %v", served)
			}
		})
	}
}

func TestCheckTellsEveryRefusedSource(t *testing.T) {
	path, _, _ := configure(t, "  x: {type: sqlite, pth: /x}\n  y: {type: nope}\n")
	out, err := checked(t, path)
	if err == nil || err.Error() != "2 of 4 sources have a problem" {
		t.Error(err)
	}
	for _, want := range []string{`line 9: source x: unknown option "pth"`, "line 10: source y: there is no connector of type nope"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

func TestCheckWithoutUsers(t *testing.T) {
	path, _, _ := configure(t, "")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	without := regexp.MustCompile(`(?m)^users:.*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(path, without, 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "warning: users: none"
	if out, err := checked(t, path); err != nil || !strings.Contains(out, want) {
		t.Errorf("before the first start: %v\n%s", err, out)
	}
	cfg, err := config.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	g, err := open(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	if out, err := checked(t, path); err != nil || strings.Contains(out, want) {
		t.Errorf("with kept accounts: %v\n%s", err, out)
	}
}

func TestAnAccountWithoutAPasswordIsWarnedOf(t *testing.T) {
	const warned = "an account needs no password"
	for listen, want := range map[string]int{"127.0.0.1:0": 0, "0.0.0.0:0": 1} {
		data := t.TempDir()
		text := "listen: " + listen + "\ndata: " + data + "\nusers: [{name: root, password: \"\"}, {name: ann, password: sesame}]\n"
		cfg, err := config.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, start := range []string{"first", "second"} { // the second has its accounts from the store
			var log output
			g, err := open(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if err := g.close(); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(log.String(), warned); n != want || n > 0 && !strings.Contains(log.String(), "user=root") {
				t.Errorf("%s, %s start: it logs\n%s", listen, start, log.String())
			}
		}
		path := filepath.Join(data, "silogate.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := checked(t, path)
		if n := strings.Count(out, "warning: users: root needs no password"); err != nil || n != want {
			t.Errorf("%s: check: %v\n%s", listen, err, out)
		}
	}
}

func TestCheckOpensTables(t *testing.T) {
	path, _, _ := configure(t, "")
	lake := filepath.Join(filepath.Dir(path), "lake")
	if err := os.WriteFile(filepath.Join(lake, "torn.parquet"), []byte("PAR1 and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(lake, "notes"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lake, "notes", "a.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := checked(t, path)
	if err == nil || !regexp.MustCompile(`lake +objectstore +WRONG: source lake, table torn: .*torn\.parquet`).MatchString(out) {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "warning: lake.notes is listed but no table") {
		t.Errorf("it is silent on a folder without data:\n%s", out)
	}
}

func TestCheckOfTooManyTables(t *testing.T) {
	path, _, _ := configure(t, "")
	lake := filepath.Join(filepath.Dir(path), "lake")
	for i := range checkTables {
		if err := os.WriteFile(filepath.Join(lake, fmt.Sprintf("a%04d.parquet", i)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := checked(t, path)
	if err == nil || strings.Count(out, "lake ") > checkLines+5 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{"990 more tables can't be opened", "2 of 1002 tables were not opened", "no table can be opened"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

func TestCheckOfASourceWithoutTables(t *testing.T) {
	path, _, _ := configure(t, "  none: {type: objectstore, url: "+t.TempDir()+"}\n")
	out, err := checked(t, path)
	if err == nil || !regexp.MustCompile(`none +objectstore +WRONG: source none serves no table`).MatchString(out) {
		t.Errorf("%v\n%s", err, out)
	}
}
