package mysql

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/parse"
)

func TestHelp(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, e := range []struct {
		query   string
		columns string
		rows    []string // among them
		count   int      // 0: several
	}{
		{"HELP 'select'", "name|description|example", nil, 1},
		{"help 'sel%';", "name|description|example", nil, 1},
		{"HELP upper", "name|description|example", nil, 1},
		{"HELP 'trim'", "name|description|example", nil, 1},
		{"HELP 'sum'", "name|description|example", nil, 1},
		{"HELP 'json_merge'", "name|description|example", nil, 1},
		{"HELP 'create%'", "name|is_it_category", []string{"CREATE TABLE|N", "CREATE VIEW|N"}, 0},
		{"HELP '%s'", "name|is_it_category", []string{"ABS|N", "Transactions|Y", "Contents|Y"}, 0},
		{"HELP 'contents'", "source_category_name|name|is_it_category", []string{"Contents|Data Manipulation|Y", "Contents|Functions|Y"}, 0},
		{"HELP 'Data Manipulation'", "source_category_name|name|is_it_category", []string{"Data Manipulation|SELECT|N"}, 0},
		{"HELP 'functions'", "source_category_name|name|is_it_category", []string{"Functions|CONCAT|N", "Functions|JSON_EXTRACT|N"}, 0},
		{"HELP 'no such thing'", "name|is_it_category", nil, -1},
	} {
		columns, rows := columnsAndRows(t, c, e.query)
		if columns != e.columns || e.count > 0 && len(rows) != e.count || e.count == 0 && len(rows) < 2 || e.count < 0 && len(rows) > 0 {
			t.Errorf("%s: %s, %q", e.query, columns, rows)
		}
		for _, want := range e.rows {
			if !strings.Contains("\n"+strings.Join(rows, "\n")+"\n", "\n"+want+"\n") {
				t.Errorf("%s: there is no %q in %q", e.query, want, rows)
			}
		}
	}
	_, rows := columnsAndRows(t, c, "HELP 'upper'")
	if want := "UPPER|Syntax:\nUPPER(string)\n\n"; !strings.HasPrefix(rows[0], want) || !strings.Contains(rows[0], "\n\nURL: https://dev.mysql.com/doc/refman/8.0/en/functions.html\n|") {
		t.Errorf("%q, want %q", rows, want)
	}
	for _, query := range []string{"HELP", "HELP 1", "HELP 'a' 'b'"} {
		_, err := texts(c, query)
		wantErrno(t, query, err, 1064, "42000")
	}
}

// TestHelpIsTrue checks that each example is a statement here, each function one that is called by its name, and no topic there twice.
func TestHelpIsTrue(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE desk")
	seen := make(map[string]bool)
	for _, topic := range helpTopics() {
		if seen[topic.name] || topic.description == "" {
			t.Errorf("%+v", topic)
		}
		seen[topic.name] = true
		if topic.category == functionTopic {
			_, err := texts(c, "SELECT "+strings.TrimSuffix(topic.name, " FUNCTION")+"()")
			if err != nil && strings.Contains(err.Error(), "does not exist") {
				t.Errorf("%s: %v", topic.name, err)
			}
		}
		if topic.example == "" {
			continue
		}
		example := strings.TrimSuffix(topic.example, ";")
		if own, rest, err := parse.Statement(example, parse.Mode{}); own != nil && rest == "" && err == nil {
			continue
		}
		if _, err := g.gms.Parser.ParseSimple(example); err != nil {
			t.Errorf("%s: %s: %v", topic.name, example, err)
		}
	}
}

func columnsAndRows(t *testing.T, c *sql.Conn, query string) (columns string, rows []string) {
	t.Helper()
	r, err := c.QueryContext(background, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	names, err := r.Columns()
	if closeErr := r.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	table, err := texts(c, query)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table {
		rows = append(rows, strings.Join(row, "|"))
	}
	return strings.Join(names, "|"), rows
}

// TestHelpTables reads the tables that MySQL's server has its help in. They are empty: HELP needs none.
func TestHelpTables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, table := range []string{"help_topic", "help_category", "help_keyword", "help_relation"} {
		wantTable(t, c, "SELECT * FROM mysql."+table)
		wantTable(t, c, "SELECT COUNT(*) FROM mysql."+table, "0")
	}
	wantTable(t, c, "SELECT t.name FROM mysql.help_topic t JOIN mysql.help_category c USING (help_category_id)")
}
