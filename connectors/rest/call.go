package rest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// call is a list that an endpoint is asked for: one request, and one more for each further page.
type call struct {
	table    *table
	endpoint *Endpoint
	given    map[int][]types.Value // by filter
	order    []string              // name and value of a parameter; nil: none
	at       position
	marks    marks
	checks   []check // of its rows
	sparse   bool    // a page may have fewer rows than items

	most  int64 // rows that are wanted from here on; < 0: all
	size  int   // that the last page was asked for; 0: there was none
	bytes int   // of the last page
}

// check keeps the rows that have one of some values in a column.
type check struct {
	column int
	values map[types.Value]bool
}

// arguments collects the parameters of a request, wherever they belong.
type arguments struct {
	query url.Values
	body  map[string]any // nil: there is none
}

func (a *arguments) set(name string, values ...string) {
	switch {
	case a.body == nil:
		a.query[name] = append(a.query[name], values...)
	case len(values) == 1:
		a.body[name] = values[0]
	default:
		a.body[name] = values
	}
}

func (a *arguments) number(name string, n int64) {
	if a.body != nil {
		a.body[name] = n
		return
	}
	a.set(name, types.IntValue(n).Format(types.Of(types.Int64), nil))
}

// request makes the request of the page at the call's position.
func (l *call) request(version *version) (*request, error) {
	e := l.endpoint
	r := &request{method: e.method(), path: e.Path, shown: e.Path, class: e.Class, header: make(http.Header)}
	if r.class == "" {
		r.class = r.where()
	}
	a := &arguments{query: make(url.Values)}
	if r.method == http.MethodPost {
		a.body = maps.Clone(e.Body)
		if a.body == nil {
			a.body = make(map[string]any)
		}
	}
	for name, value := range e.Query {
		a.query.Set(name, value)
	}
	for i, values := range l.given {
		l.give(r, a, &l.table.Filters[i], values)
	}
	if l.order != nil {
		a.set(l.order[0], l.order[1])
	}
	if e.Paging != nil {
		r.number = l.at.number + 1
		l.size = l.nextSize()
		e.Paging.ask(a, l.at, l.size)
	}
	version.send(r, a)
	r.query = a.query
	r.next = l.at.link
	if a.body != nil {
		var err error
		if r.body, err = json.Marshal(a.body); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// largestGrown is how large the pages become that grow.
const largestGrown = 8 << 20

// nextSize is how many rows the next page is asked for: no more than are wanted, and if all are, more each time.
func (l *call) nextSize() int {
	first, most := l.endpoint.Paging.pageSize()
	switch {
	case first == 0:
		return 0
	case l.most < 0 && l.size == 0:
		return first
	case l.most < 0 && l.bytes > largestGrown/2:
		return l.size
	case l.most < 0:
		return min(2*l.size, most)
	}
	wanted := int(min(max(l.most, 1), int64(most)))
	if l.size == 0 {
		return min(wanted, first)
	}
	if l.sparse { // else it may take as many requests as there are items without rows
		wanted = max(wanted, 2*l.size)
	}
	return min(wanted, most)
}

// give adds the values of a filter.
func (l *call) give(r *request, a *arguments, f *Filter, values []types.Value) {
	column := &l.table.Columns[l.table.columns[f.Column]]
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = textOf(v, column)
	}
	if f.inPath(l.endpoint) {
		r.path = strings.ReplaceAll(r.path, "{"+f.Name+"}", url.PathEscape(strings.Join(texts, f.Separator)))
		return
	}
	switch {
	case f.Separator != "":
		a.set(f.Name, strings.Join(texts, f.Separator))
	case a.body != nil:
		list := make([]any, len(texts))
		for i, v := range values {
			list[i] = texts[i]
			if column.Type.IsInteger() && !column.Type.IsUnsigned() {
				list[i] = v.Int
			}
		}
		a.body[f.Name] = list
		if f.Most <= 1 {
			a.body[f.Name] = list[0]
		}
	default:
		a.set(f.Name, texts...)
	}
}

// fetch asks for the page at the call's position. A page of a state that is not the statement's is sqlerr.SourceChanged. That
// there is nothing says a lookup only: of a list, and behind its first page, something must be there.
func (l *call) fetch(ctx context.Context, c *connector, version *version, b budget) (*page, error) {
	r, err := l.request(version)
	if err != nil {
		return nil, c.about(l.table, err)
	}
	answer, err := c.do(ctx, r, b)
	switch {
	case err != nil && l.endpoint.Gone && l.at.number == 0 && len(l.given) > 0 && gone(err):
		return &page{gone: true}, nil
	case err != nil:
		return nil, c.about(l.table, err)
	}
	p, err := newPage(answer, l.endpoint)
	if err == nil {
		p.number = r.number
		err = version.check(p)
	}
	if err != nil {
		b.release(answer.held)
		return nil, c.about(l.table, c.failed(ctx, r, err))
	}
	return p, nil
}

// advance moves the call behind a page; false: there are no more.
func (l *call) advance(p *page) (bool, error) {
	if l.endpoint.Paging == nil || p.gone {
		return false, nil
	}
	l.bytes = len(p.doc.Raw)
	at, more, err := l.endpoint.Paging.next(l.at, p)
	if err != nil || !more {
		return false, err
	}
	at.number = l.at.number + 1
	l.at = at
	mark := at.mark()
	if mark == "" && l.table.Key != nil && l.endpoint == &l.table.Rows && p.count() > 0 {
		mark = p.list.Raw // a server that knows no more pages may give its last one; without a key, rows may be equal
	}
	if mark != "" && !l.marks.add(mark) {
		return false, sqlerr.New(sqlerr.SourceError, "a page is one that came before: the list has no end")
	}
	return true, nil
}

// keeps reports that a row has the values that were asked for.
func (l *call) keeps(row []types.Value) bool {
	for _, c := range l.checks {
		if v := row[c.column]; v.Null || !c.values[v] {
			return false
		}
	}
	return true
}

// about adds the source and table to an error of theirs.
func (c *connector) about(t *table, err error) error {
	return &located{table: t.Name, source: c.name, error: err}
}

// located is an error of a table.
type located struct {
	source, table string
	error
}

func (e *located) Unwrap() error { return e.error }

func (e *located) Error() string {
	prefix := "source " + e.source
	rest := strings.TrimPrefix(e.error.Error(), prefix+": ")
	return prefix + ", table " + e.table + ": " + rest
}
