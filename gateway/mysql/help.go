package mysql

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql/expression/function"

	"github.com/silogate/silogate/engine/expr"
)

// help answers HELP as MySQL's server does from its help tables: one topic in full, a list of several, or what is in a category. A text
// matches names of topics as LIKE does, and those of categories where there is no such topic.
func (s *statement) help(text string) error {
	s.ctx.ClearWarnings()
	matches := matcher(&text)
	var topics []helpTopic
	for _, t := range helpTopics() {
		if matches(t.name) {
			topics = append(topics, t)
		}
	}
	if len(topics) == 1 {
		t := topics[0]
		return s.texts(textColumns("name", "description", "example"), [][]string{{t.name, t.description + "\n\nURL: " + manual + t.page + "\n", t.example}})
	}
	var categories []string
	if matches(helpContents) {
		categories = append(categories, helpContents)
	}
	for _, c := range helpCategories() {
		if matches(c) {
			categories = append(categories, c)
		}
	}
	if len(topics) == 0 && len(categories) == 1 {
		return s.helpCategory(categories[0])
	}
	var table [][]string
	for _, t := range topics {
		table = append(table, []string{t.name, "N"})
	}
	for _, c := range categories {
		table = append(table, []string{c, "Y"})
	}
	return s.texts(textColumns("name", "is_it_category"), table)
}

func (s *statement) helpCategory(category string) error {
	var table [][]string
	if category == helpContents {
		for _, c := range helpCategories() {
			table = append(table, []string{category, c, "Y"})
		}
	}
	for _, t := range helpTopics() {
		if t.category == category {
			table = append(table, []string{category, t.name, "N"})
		}
	}
	return s.texts(textColumns("source_category_name", "name", "is_it_category"), table)
}

const (
	helpContents  = "Contents"
	functionTopic = "Functions"

	manual = "https://dev.mysql.com/doc/refman/8.0/en/"
)

// helpTopic is what HELP says of a statement or function.
type helpTopic struct {
	name, category, description, example string
	page                                 string // of MySQL's manual
}

// helpTopics are the topics by name: the statements of the table, and the functions of the engine that statements call by name, and the others.
var helpTopics = sync.OnceValue(func() []helpTopic {
	topics := slices.Clone(statementTopics)
	natives, builtIn := expr.Natives(), function.NewRegistry()
	for _, f := range expr.Functions() {
		name := string(f.Name)
		if _, native := natives[name]; !native {
			if _, known := builtIn.Function(nil, "", name); !known {
				continue // an operator, or a syntax of its own
			}
		}
		upper := strings.ToUpper(name)
		called := upper
		if slices.ContainsFunc(statementTopics, func(t helpTopic) bool { return t.name == upper }) {
			called += " FUNCTION"
		}
		topics = append(topics, helpTopic{name: called, category: functionTopic, description: "Syntax:\n" + upper + "(" + f.Args + ")\n\n" + f.Doc, page: "functions.html"})
	}
	for name, native := range natives {
		if name != string(native.Func) {
			upper := strings.ToUpper(name)
			topics = append(topics, helpTopic{name: upper, category: functionTopic, description: "The same as " + strings.ToUpper(string(native.Func)) + ".", page: "functions.html"})
		}
	}
	for _, f := range syntaxTopics {
		topics = append(topics, helpTopic{name: f.name, category: functionTopic, description: "Syntax:\n" + f.syntax + "\n\n" + f.doc, example: f.example, page: "functions.html"})
	}
	slices.SortFunc(topics, func(a, b helpTopic) int { return cmp.Compare(a.name, b.name) })
	return topics
})

var helpCategories = sync.OnceValue(func() []string {
	var all []string
	for _, t := range helpTopics() {
		all = append(all, t.category)
	}
	slices.Sort(all)
	return slices.Compact(all)
})
