package rest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/types"
)

// call is a list that an endpoint is asked for: one request, and one more for each further page.
type call struct {
	table    *table
	endpoint *Endpoint
	given    map[int][]types.Value // by filter
	order    []string              // name and value of a parameter; nil: none
	at       position
	most     int64 // rows that are wanted; < 0: all
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
	r := &request{method: e.Method, path: e.Path, shown: e.Path, header: make(http.Header)}
	if r.method == "" {
		r.method = http.MethodGet
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
		size := 0
		if of := e.Paging.pageSize(); l.most >= 0 && l.most < int64(of) {
			size = max(int(l.most), 1)
		}
		e.Paging.ask(a, l.at, size)
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

// fetch asks for the page at the call's position. A page of a state that is not the statement's is sqlerr.SourceChanged.
func (l *call) fetch(ctx context.Context, c *connector, version *version, usage *connectors.Usage) (*page, error) {
	r, err := l.request(version)
	if err != nil {
		return nil, c.about(l.table, err)
	}
	answer, err := c.do(ctx, r, usage)
	switch {
	case err != nil && l.endpoint.Gone && gone(err):
		return &page{gone: true}, nil
	case err != nil:
		return nil, c.about(l.table, err)
	}
	p, err := newPage(answer, l.endpoint.Items)
	if err == nil {
		err = version.check(p)
	}
	if err != nil {
		return nil, c.about(l.table, c.failed(ctx, r, err))
	}
	return p, nil
}

// advance moves the call behind a page; false: there are no more.
func (l *call) advance(p *page) (bool, error) {
	if l.endpoint.Paging == nil || p.gone {
		return false, nil
	}
	at, more, err := l.endpoint.Paging.next(l.at, p)
	l.at = at
	return more, err
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
