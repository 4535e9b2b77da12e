package conntest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Run runs the whole suite.
func Run(t *testing.T, cfg Config) {
	s := &suite{Config: cfg, tables: fixtures(cfg.Reads)}
	connector := cfg.Open(t, s.tables)
	t.Cleanup(func() {
		if err := connector.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s.source = connector.Bind(connectors.Principal{User: "conntest"})
	s.run(t, "listing", s.listing)
	s.run(t, "metadata", s.metadata)
	s.run(t, "types", s.roundTrip)
	s.run(t, "scan", s.scans)
	s.run(t, "run", s.executions)
	s.run(t, "pushdown", s.pushdown)
	s.run(t, "errors", s.failures)
}

// suite is one run.
type suite struct {
	Config
	tables []Table
	source connectors.Source
}

// run runs a subtest unless the connector is exempt from it, and checks that the server has forgotten it.
func (s *suite) run(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		path := t.Name()[strings.Index(t.Name(), "/")+1:]
		for exempt, reason := range s.Exempt {
			if path == strings.ReplaceAll(exempt, " ", "_") {
				t.Skipf("exempt: %s", reason)
			}
		}
		t.Cleanup(func() { s.idle(t) }) // after the cleanups of the test, which end its statements
		test(t)
	})
}

// idle waits until the server runs nothing any more for the connector.
func (s *suite) idle(t *testing.T) {
	t.Helper()
	if s.Sessions == nil {
		return
	}
	eventually(t, "the server still has sessions", func() bool { return s.Sessions(t) == 0 })
}

// patience is how long a cancelled statement may live.
const patience = time.Second

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Errorf("after %s: %s", patience, what)
			return
		}
		<-tick.C
	}
}

func (s *suite) name(table string) connectors.TableName {
	return connectors.TableName{Namespace: s.Namespace, Name: table}
}

func (s *suite) fixture(name string) *Table {
	for i := range s.tables {
		if s.tables[i].Name == name {
			return &s.tables[i]
		}
	}
	return nil
}

// describe returns the source's own description of a fixture.
func (s *suite) describe(t *testing.T, name string) *plan.Table {
	t.Helper()
	table, err := s.source.Table(t.Context(), s.name(name), connectors.AsOf{})
	if err != nil {
		t.Fatalf("table %s: %v", name, err)
	}
	return table
}

// site is where the suite's scans run.
func (s *suite) site() plan.Site { return plan.Site{Source: s.Source, Principal: "conntest"} }

// push asks the source to take a plan and verifies the answer.
func (s *suite) push(t *testing.T, offered plan.Node) plan.Node {
	t.Helper()
	answer, err := s.source.Pushdown(t.Context(), offered)
	if err != nil {
		t.Fatalf("pushdown: %v\n%s", err, plan.Format(offered, plan.FormatOptions{}))
	}
	if err := verifyAnswer(offered, answer); err != nil {
		t.Fatalf("pushdown: %v\noffered\n%sanswer\n%s", err,
			plan.Format(offered, plan.FormatOptions{}), plan.Format(answer, plan.FormatOptions{}))
	}
	inJSON, err := plan.EncodeJSON(plan.Describe(answer, plan.FormatOptions{}))
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Format(answer, plan.FormatOptions{}))
	}
	s.checkSecrets(t, plan.Format(answer, plan.FormatOptions{})+inJSON)
	return answer
}

// verifyAnswer checks what the engine demands of an answer to Pushdown.
func verifyAnswer(offered, answer plan.Node) error {
	want, got := offered.Schema(), answer.Schema()
	if len(want) != len(got) {
		return fmt.Errorf("%d columns, offered %d", len(got), len(want))
	}
	for i := range want {
		if want[i].ID != got[i].ID || want[i].Type != got[i].Type {
			return fmt.Errorf("column %d is %s %s, offered %s %s", i, got[i].Ref(), got[i].Type, want[i].Ref(), want[i].Type)
		}
	}
	if err := plan.Verify(answer); err != nil {
		return err
	}
	return verifyLeaves(answer)
}

// verifyLeaves checks that no scan is left and that each leaf can run.
func verifyLeaves(n plan.Node) error {
	switch n := n.(type) {
	case *plan.Scan:
		return fmt.Errorf("the scan of %s was not taken", n.Table.Name)
	case *plan.Remote:
		if _, ok := n.Fragment.(connectors.Fragment); !ok {
			return fmt.Errorf("%T is not a connectors.Fragment", n.Fragment)
		}
	}
	for _, c := range n.Children() {
		if err := verifyLeaves(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) checkSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range s.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is printed: %s", text)
		}
	}
}

// checkError checks that err has the code and names the source, and the table unless it is "".
func (s *suite) checkError(t *testing.T, err error, code sqlerr.Code, table string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want code %d", code)
		return
	}
	s.checkSecrets(t, err.Error())
	if got := sqlerr.CodeOf(err); got != code {
		t.Errorf("code %d, want %d: %v", got, code, err)
	}
	for _, word := range []string{s.Source, table} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error does not name %s: %v", word, err)
		}
	}
}

// checked returns an allocator that must be empty when the test ends.
func checked(t *testing.T) memory.Allocator {
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// env is a session in a zone with summer time.
func env(t *testing.T) *expr.Env {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return &expr.Env{Location: zone, Now: time.Date(2024, 3, 10, 7, 30, 0, 0, time.UTC)}
}

// cancelled reports an error that a cancelled context explains.
func cancelled(err error) bool {
	return errors.Is(err, context.Canceled) || sqlerr.Is(err, sqlerr.Cancelled)
}
