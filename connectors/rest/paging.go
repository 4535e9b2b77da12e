package rest

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Paging is how an endpoint divides an answer into pages: Token, Offset, Numbered or Link.
type Paging interface {
	// ask adds the parameters of the page at a position, of at most size rows; 0: as many as the paging's own size.
	ask(p params, at position, size int)
	// next returns the position behind a page; false: it was the last one.
	next(at position, page *page) (position, bool, error)
	// pageSize is how many rows the first page is asked for, and any page at most; 0: the server decides.
	pageSize() (first, most int)
	// path leads to what an answer says of its pages; "": nothing does.
	path() string
}

// Token is paging by a token that an answer has for the next page. Cursors are tokens.
type Token struct {
	Name     string // of the parameter
	Path     string // of the next token in the answer; none, or an empty one, ends the list
	SizeName string // of the parameter for the rows of a page; "": there is none
	Size     int    // of the first page
	Most     int    // that the server gives: later pages grow up to it; 0: they do not grow
}

// Offset is paging by the number of rows before a page. The end is the total that the server tells, or else an empty page:
// a page that is shorter than it was asked for may only be as long as the server likes.
type Offset struct {
	Name, SizeName string
	Size           int
	Total          string // path of the number of all rows in an answer; with it splits are read at the same time
}

// Numbered is paging by numbers of pages of a size. Its end is an empty page: of a table without a key nobody notices a server that
// ignores the number and sends one page for ever, which only a LIMIT or max_execution_time ends.
type Numbered struct {
	Name, SizeName string
	First          int // the number of the first page
	Size           int
}

// Link is paging by the header Link: <url>; rel="next" (RFC 8288).
type Link struct {
	SizeName string
	Size     int
}

// position is where a page begins.
type position struct {
	token  string
	offset int64    // rows before it, or pages
	end    int64    // of the part that is read, in rows; 0: of all
	link   *url.URL // of the page
	number int      // of the pages before it in the list
}

// mark names the page of a position; "": it is the first, or one that has a number.
func (at position) mark() string {
	if at.link != nil {
		return at.link.String()
	}
	return at.token
}

// marks are the pages that a list was read by, so that one without an end is noticed. They are forgotten when they are many:
// what comes round is then noticed a round later.
type marks struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

const mostMarks = 1 << 16

// add notes a page, and reports that it was not there before.
func (m *marks) add(mark string) bool {
	if m.seen == nil {
		m.seed = maphash.MakeSeed()
	}
	if m.seen == nil || len(m.seen) >= mostMarks {
		m.seen = make(map[uint64]struct{})
	}
	hash := maphash.String(m.seed, mark)
	if _, again := m.seen[hash]; again {
		return false
	}
	m.seen[hash] = struct{}{}
	return true
}

// params takes the parameters of a request.
type params interface {
	set(name string, values ...string)
	number(name string, n int64)
}

// page is a page as it came.
type page struct {
	response
	doc    gjson.Result
	list   gjson.Result // of the items, or the only one; null: there are none
	number int          // of the page, from 1
	gone   bool         // there is nothing
}

func sized(p params, name string, of, size int) {
	if size == 0 {
		size = of
	}
	if name != "" && size > 0 {
		p.number(name, int64(size))
	}
}

func (t Token) ask(p params, at position, size int) {
	sized(p, t.SizeName, t.Size, size)
	if at.token != "" {
		p.set(t.Name, at.token)
	}
}

func (t Token) next(_ position, page *page) (position, bool, error) {
	token := find(page.doc, t.Path)
	text := token.String()
	if text == "" || token.Type == gjson.Null {
		return position{}, false, nil
	}
	return position{token: text}, true, nil
}

func (t Token) pageSize() (first, most int) { return t.Size, max(t.Size, t.Most) }

func (t Token) path() string { return t.Path }

func (o Offset) ask(p params, at position, size int) {
	if size == 0 {
		size = o.Size
	}
	if at.end > 0 {
		size = int(min(int64(size), at.end-at.offset))
	}
	sized(p, o.SizeName, o.Size, size)
	p.number(o.Name, at.offset)
}

func (o Offset) next(at position, page *page) (position, bool, error) {
	rows := page.count()
	end := at.end
	if end == 0 && o.Total != "" {
		total, err := totalOf(page, o.Total)
		if err != nil {
			return position{}, false, err
		}
		end = total
	}
	after := position{offset: at.offset + rows, end: at.end}
	switch {
	case o.Total == "" && at.end == 0:
		return after, rows > 0, nil
	case after.offset > end:
		return position{}, false, sqlerr.New(sqlerr.SourceChanged, "the server gave more rows than there are")
	case rows == 0 && after.offset < end:
		return position{}, false, sqlerr.New(sqlerr.SourceError, "the list ended after %d rows of %d", after.offset, end)
	}
	return after, after.offset < end, nil
}

func (o Offset) pageSize() (first, most int) { return o.Size, o.Size }

func (o Offset) path() string { return o.Total }

// totalOf reads the number of all rows.
func totalOf(page *page, path string) (int64, error) {
	total := find(page.doc, path)
	n, err := strconv.ParseInt(total.String(), 10, 64)
	if err != nil || n < 0 {
		return 0, sqlerr.New(sqlerr.SourceError, "the answer has no number at %s", path)
	}
	return n, nil
}

func (n Numbered) ask(p params, at position, _ int) {
	sized(p, n.SizeName, n.Size, 0) // another size would be other pages
	p.number(n.Name, at.offset+int64(n.First))
}

func (n Numbered) next(at position, page *page) (position, bool, error) {
	return position{offset: at.offset + 1}, page.count() > 0, nil
}

func (n Numbered) pageSize() (first, most int) { return 0, 0 }

func (n Numbered) path() string { return "" }

func (l Link) ask(p params, _ position, size int) { sized(p, l.SizeName, l.Size, size) }

func (l Link) next(_ position, page *page) (position, bool, error) {
	target := nextLink(page.header)
	if target == "" {
		return position{}, false, nil
	}
	u, err := page.url.Parse(target)
	if err != nil || u.Host != page.url.Host || u.Scheme != page.url.Scheme {
		return position{}, false, sqlerr.New(sqlerr.SourceError, "the next page is on another server")
	}
	return position{link: u}, true, nil
}

func (l Link) pageSize() (first, most int) { return l.Size, l.Size }

func (l Link) path() string { return "" }

// nextLink finds the target of rel="next". Targets may hold commas and semicolons.
func nextLink(h http.Header) string {
	for _, field := range h.Values("Link") {
		for {
			_, rest, ok := strings.Cut(field, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			attributes, _, _ := strings.Cut(rest, "<")
			for attribute := range strings.SplitSeq(attributes, ";") {
				name, value, _ := strings.Cut(strings.Trim(attribute, " ,"), "=")
				kinds := strings.Fields(strings.ToLower(strings.Trim(value, `" `))) // a list (RFC 8288, 3.3)
				if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.Contains(kinds, "next") {
					return target
				}
			}
			field = rest
		}
	}
	return ""
}

// find returns the value at a path of members, which are looked up as they are.
func find(v gjson.Result, path string) gjson.Result {
	if path == "" {
		return v
	}
	for name := range strings.SplitSeq(path, ".") {
		if !v.IsObject() {
			return gjson.Result{}
		}
		v = v.Get(literal(name))
	}
	return v
}

// literal is a member's name in the query language of gjson.
func literal(name string) string {
	if !strings.ContainsAny(name, `.*?|#@\!{}[]()=<>%"`) {
		return name
	}
	return gjson.Escape(name)
}
