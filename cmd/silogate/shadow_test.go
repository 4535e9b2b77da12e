package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
)

// randomSeeds is how many queries the tests of this file ask.
func randomSeeds() uint64 {
	if nightly {
		return 20_000
	}
	return 200
}

var localHomes = []map[string]string{
	allIn("lite"), allIn("lake"), {"t0": "lake", "t1": "lite", "t2": "lake", "t3": "lite", "t4": "lake"},
}

// TestNobodyIsAccused checks all statements of a session over sources that tell the truth.
func TestNobodyIsAccused(t *testing.T) {
	results := accusations(t, localSilos(t, testdb.Tables()), func(seed uint64) map[string]string { return localHomes[seed%3] })
	if results["changed"] > 0 {
		t.Errorf("nothing has changed: %v", results)
	}
}

// accusations asks random queries of sources that tell the truth, all of which are checked, and fails if that finds anything
// wrong. It returns the results of the checks.
func accusations(t *testing.T, sources string, home func(seed uint64) map[string]string) map[string]int {
	t.Helper()
	mem := bufpooltest.New()
	cfg, err := config.Parse([]byte("listen: 127.0.0.1:0\nweb: 127.0.0.1:0\nshadow_rate: 1\ndata: " + t.TempDir() +
		"\nusers: [{name: root, password: \"\"}]\n" + sources))
	if err != nil {
		t.Fatal(err)
	}
	g, err := open(t.Context(), cfg, quiet, func(c *engine.Config) { c.Allocator, c.Verify = mem, true })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.serve(ctx, quiet) }()
	conn := session(t, connect(t, "root@tcp("+g.mysql.Addr().String()+")/"), "SET NAMES utf8mb4 COLLATE utf8mb4_0900_bin")
	for seed := range randomSeeds() {
		rows, err := conn.QueryContext(t.Context(), placed(randsql.New(seed).SQL, home(seed)))
		if err != nil {
			continue
		}
		for rows.Next() {
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		for g.shadow.Waiting() > 4 { // more than some are not checked
			time.Sleep(time.Millisecond)
		}
	}
	results := shadowResults(t, "http://"+g.webAt.Addr().String()+"/metrics")
	t.Log(results)
	for _, q := range g.shadow.Quarantines() {
		t.Errorf("%s of %q: %s", q.What, q.Source, q.Statement)
	}
	if results["wrong"] > 0 || results["failed"] > 0 || results["agreed"] < int(randomSeeds()/10) {
		t.Errorf("%v", results)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	mem.AssertSize(t, 0)
	return results
}

var shadowMetric = regexp.MustCompile(`silogate_shadow_runs_total\{result="(\w+)"\} (\d+)`)

// shadowResults reads the metric of checks.
func shadowResults(t *testing.T, url string) map[string]int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	results := make(map[string]int)
	for _, m := range shadowMetric.FindAllStringSubmatch(string(text), -1) {
		results[m[1]], _ = strconv.Atoi(m[2])
	}
	return results
}

// labelled are the fields of a node of EXPLAIN FORMAT=JSON that labels are about.
type labelled struct {
	Operator   string
	Properties struct {
		Expressions  []string
		Pushed, Kept []struct{ What, Why, Label string }
	}
	Inputs []*labelled
}

// TestLabels checks that EXPLAIN gives every part of a query that its source does a label, and a reason for the first node above
// each leaf that the source does not do.
func TestLabels(t *testing.T) {
	conn := session(t, serving(t, localSilos(t, testdb.Tables())))
	leaves := 0
	for seed := range randomSeeds() {
		query := placed(randsql.New(seed).SQL, localHomes[seed%3])
		var text string
		if conn.QueryRowContext(t.Context(), "EXPLAIN FORMAT=JSON "+query).Scan(&text) != nil {
			continue
		}
		var plan struct {
			Root *labelled `json:"query_plan"`
		}
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			t.Fatal(err)
		}
		if n := unlabelled(plan.Root, &leaves); n != nil {
			t.Errorf("%s\na %s above a leaf has no reason:\n%s", query, n.Operator, text)
		}
	}
	if leaves < 100 {
		t.Errorf("only %d leaves were seen", leaves)
	}
}

// unlabelled finds a node right above a leaf that does not say why it is not pushed, or has a label that there is not.
func unlabelled(n *labelled, leaves *int) *labelled {
	for _, in := range n.Inputs {
		if found := unlabelled(in, leaves); found != nil {
			return found
		}
		below := in
		for below.passesOn() {
			below = below.Inputs[0]
		}
		if below.Operator == "remote" && !n.passesOn() && len(below.Properties.Kept) == 0 {
			return n
		}
	}
	if n.Operator != "remote" {
		return nil
	}
	*leaves++
	for _, p := range n.Properties.Pushed {
		if p.Label != "exact" || p.What == "" {
			return n
		}
	}
	for _, k := range n.Properties.Kept {
		if k.Label != "superset" && k.Label != "local" || k.What == "" || k.Why == "" {
			return n
		}
	}
	return nil
}

// passesOn reports a projection that computes nothing.
func (n *labelled) passesOn() bool {
	return n.Operator == "project" && !strings.Contains(strings.Join(n.Properties.Expressions, " "), " = ")
}
