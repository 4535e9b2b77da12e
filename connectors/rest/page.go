package rest

import (
	"iter"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/engine/sqlerr"
)

// newPage reads an answer of an endpoint.
func newPage(answer *response, e *Endpoint) (*page, error) {
	if !gjson.Valid(answer.body) {
		return nil, sqlerr.New(sqlerr.SourceError, "the answer is not JSON")
	}
	p := &page{response: *answer, doc: gjson.Parse(answer.body)}
	p.list = find(p.doc, e.Items)
	switch {
	case p.list.IsArray(), p.list.IsObject(), p.list.Exists() && p.list.Type == gjson.Null, e.Omits && e.says(p.doc):
		return p, nil
	}
	return nil, sqlerr.New(sqlerr.SourceError, "the answer has no list at %q", e.Items)
}

// says reports an answer that has nothing but what every page of the endpoint may have besides its items: an error, or the
// answer of somebody else, is no empty list.
func (e *Endpoint) says(doc gjson.Result) bool {
	if !doc.IsObject() || find(doc, e.Items).Exists() {
		return false
	}
	known := []string{e.Snapshot.Path}
	if e.Paging != nil {
		known = append(known, e.Paging.path())
	}
	only := true
	doc.ForEach(func(name, _ gjson.Result) bool {
		only = false
		for _, path := range known {
			first, _, _ := strings.Cut(path, ".")
			only = only || path != "" && name.Str == first
		}
		return only
	})
	return only
}

// count returns how many items the page has.
func (p *page) count() int64 {
	n := int64(0)
	elements(p.list)(func(gjson.Result) bool {
		n++
		return true
	})
	return n
}

// elements yields those of an array, an object as the only one, and nothing of null.
func elements(list gjson.Result) iter.Seq[gjson.Result] {
	return func(yield func(gjson.Result) bool) {
		switch {
		case list.IsArray():
			list.ForEach(func(_, element gjson.Result) bool { return yield(element) })
		case list.IsObject():
			yield(list)
		}
	}
}

// row is the JSON of a row, with the item that it is in.
type row struct{ element, item gjson.Result }

// rows yields the items of the page, or with a path the elements of the arrays there. They are found as the loop advances: to
// know where each is takes several times the memory of a page of short ones.
func (p *page) rows(each string) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for item := range elements(p.list) {
			if each == "" {
				if !yield(row{item, item}, nil) {
					return
				}
				continue
			}
			list := find(item, each)
			if list.Type != gjson.Null && !list.IsArray() {
				yield(row{}, sqlerr.New(sqlerr.SourceError, "an item has no list at %q", each))
				return
			}
			for element := range elements(list) {
				if !yield(row{element, item}, nil) {
					return
				}
			}
		}
	}
}
