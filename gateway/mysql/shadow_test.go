package mysql

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/liar"
)

// alarms are lines of a log.
type alarms struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (a *alarms) Write(line []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.text.Write(line)
}

func (a *alarms) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.text.String()
}

// take returns what was logged since it was taken last.
func (a *alarms) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.text.Reset()
	return a.text.String()
}

// TestShadow has a source lie about LIKE to sessions of which all statements are checked.
func TestShadow(t *testing.T) {
	g := start(t)
	words := &plan.Table{Name: plan.TableName{Name: "words"}, Stats: plan.Statistics{Rows: 3, Bytes: 30}, Columns: []plan.TableColumn{
		{Name: "word", Type: types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900)}}}
	text := func(s string) []types.Value { return []types.Value{types.TextValue(s)} }
	g.liar = liar.New(words, text("apple"), text("pear"), text("plum"))
	g.liar.Lie = liar.Lying("like", types.Varchar)
	c, _ := g.conn(g.open(""))
	exec := func(query string) {
		t.Helper()
		if _, err := c.ExecContext(background, query); err != nil {
			t.Fatal(query, err)
		}
	}
	rows := func(query string) string {
		t.Helper()
		list, err := texts(c, query)
		if err != nil {
			t.Fatal(query, err)
		}
		var lines []string
		for _, r := range list {
			lines = append(lines, strings.Join(r, " "))
		}
		return strings.Join(lines, "\n")
	}
	exec("CREATE SERVER liar FOREIGN DATA WRAPPER liar")
	const query = "SELECT word FROM liar.words WHERE word LIKE 'p%' /* why */"
	if got := rows(query); got != "" {
		t.Fatalf("it tells the truth: %s", got)
	}
	if got := rows("SELECT @@silogate_shadow_rate, @@global.silogate_shadow_rate"); got != "0 0" {
		t.Errorf("by default: %s", got)
	}
	for _, value := range []string{"1.5", "-1", "'much'", "NULL"} {
		if _, err := c.ExecContext(background, "SET silogate_shadow_rate = "+value); err == nil {
			t.Errorf("the rate can be %s", value)
		}
	}
	exec("SET silogate_shadow_rate = 1")
	rows(query)
	eventually(t, "the quarantine", func() bool { return rows("SHOW QUARANTINE") != "" })
	if got := rows(query); got != "pear\nplum" {
		t.Errorf("afterwards: %q", got)
	}
	const where = "like of text"
	list, err := texts(c, "SHOW QUARANTINE LIKE 'li%'")
	if err != nil || len(list) != 1 || list[0][0] != "1" || list[0][1] != "liar" || list[0][2] != where ||
		list[0][4] != "SELECT word FROM liar . words WHERE word LIKE ?" || list[0][5] != "statement" {
		t.Errorf("%q, %v", list, err)
	}
	if got := rows("EXPLAIN " + query); !strings.Contains(got, "not pushed: filter: like of text is quarantined: a statement was answered wrongly with it on ") {
		t.Error(got)
	}
	// It is of that statement, whatever its literals and its user, until another one is answered wrongly, too.
	root, _ := g.conn(g.open(""))
	if list, err := texts(root, "select word from liar.words where word like 'pe%'"); err != nil || len(list) != 1 {
		t.Errorf("another session: %q, %v", list, err)
	}
	const other = "SELECT word AS w FROM liar.words WHERE word LIKE 'p%'"
	if got := rows(other); got != "" {
		t.Errorf("another statement is told the truth: %q", got)
	}
	eventually(t, "the other statement's", func() bool { return strings.HasSuffix(rows("SHOW QUARANTINE"), " global") })
	if list, err := texts(root, "SELECT count(*) FROM liar.words WHERE word LIKE 'p%'"); err != nil || len(list) != 1 || list[0][0] != "2" {
		t.Errorf("a third statement: %q, %v", list, err)
	}
	if got := rows("SHOW QUARANTINE LIKE 'x%'"); got != "" {
		t.Error(got)
	}
	kept := explainJSON(t, c, "EXPLAIN FORMAT=JSON "+query).Plan.find("remote").Properties.Kept
	if len(kept) != 1 || kept[0].Label != "local" || !strings.Contains(kept[0].Why, "quarantined") {
		t.Errorf("%+v", kept)
	}
	if log := g.alarms.String(); !strings.Contains(log, where) || strings.Contains(log, "p%") {
		t.Errorf("the alarm: %s", log)
	}

	ann := g.account("ann", "GRANT SELECT ON liar.* TO ann")
	for _, statement := range []string{"SHOW QUARANTINE", "RELEASE QUARANTINE 1"} {
		_, err := texts(ann, statement)
		wantErrno(t, statement, err, 1227, "42000")
	}
	_, err = c.ExecContext(background, "RELEASE QUARANTINE 2")
	wantErrno(t, "no such quarantine", err, 1210, "HY000")
	exec("RELEASE QUARANTINE 1")
	exec("SET silogate_shadow_rate = 0")
	if got := rows(query); got != "" {
		t.Errorf("after the release: %q", got)
	}
	exec("SET GLOBAL silogate_shadow_rate = 0.25")
	fresh, _ := g.conn(g.open(""))
	got, err := texts(fresh, "SELECT @@silogate_shadow_rate")
	if err != nil || !slices.Equal(got[0], []string{"0.25"}) {
		t.Errorf("a session after SET GLOBAL: %v, %v", got, err)
	}
	exec("SET GLOBAL silogate_shadow_rate = DEFAULT")
}
