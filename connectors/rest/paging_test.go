package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// pagings are the ways in which the server divides its lists, none of which makes a difference.
func pagings() map[string]Endpoint {
	return map[string]Endpoint{
		"offset and total": {Path: "v1/things", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 10, Total: "total"}},
		"offset":           {Path: "v1/things", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 10}},
		"token":            {Path: "token/things", Items: "items", Paging: Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 10}},
		"numbered":         {Path: "page/things", Paging: Numbered{Name: "page", SizeName: "size", First: 1, Size: 10}},
		"link":             {Path: "link/things", Paging: Link{SizeName: "limit", Size: 10}},
		"token in a body": {Method: http.MethodPost, Path: "search/things", Items: "items",
			Paging: Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 10}},
	}
}

func TestPaging(t *testing.T) {
	for name, endpoint := range pagings() {
		t.Run(name, func(t *testing.T) {
			server := newAPI(t)
			declared := things()
			declared.Rows = endpoint
			c := server.open(nil, declared)
			for _, n := range []int{0, 1, 9, 10, 11, 35, 40} {
				server.put("things", numbers(n)...)
				var want []string
				for i := range n {
					want = append(want, fmt.Sprint(i))
				}
				slices.Sort(want)
				for _, parallel := range []int{1, 3} {
					usage := &connectors.Usage{}
					got := mustRows(t, pushed(t, c, scanOf(t, c, "things")), run{parallel: parallel, usage: usage})
					if !slices.Equal(got, want) {
						t.Errorf("%d rows, %d readers: %v", n, parallel, got)
					}
					requests := server.requests()
					used := usage.Totals()
					if used.Requests != int64(len(requests)) || used.Rows != int64(n) || used.Bytes == 0 || used.Remote == 0 {
						t.Errorf("usage %+v of %d rows by %d requests", used, n, len(requests))
					}
					if most := n/10 + 2; len(requests) > most {
						t.Errorf("%d rows took %d requests, most %d:\n%s", n, len(requests), most, strings.Join(requests, "\n"))
					}
				}
			}
		})
	}
}

// TestShortPages reads from a server whose pages are shorter than they were asked for.
func TestShortPages(t *testing.T) {
	for _, total := range []string{"", "total"} {
		server := newAPI(t)
		server.put("things", numbers(2*mostItems+1)...)
		declared := things()
		declared.Rows.Paging = Offset{Name: "offset", SizeName: "limit", Size: 2 * mostItems, Total: total}
		c := server.open(nil, declared)
		for _, parallel := range []int{1, 4} {
			if got := mustRows(t, pushed(t, c, scanOf(t, c, "things")), run{parallel: parallel}); len(got) != 2*mostItems+1 {
				t.Errorf("%d rows", len(got))
			}
		}
	}
}

// TestEndedEarly reads lists that end before they are complete, which is never a short answer.
func TestEndedEarly(t *testing.T) {
	for _, c := range []struct {
		name, body string
		code       sqlerr.Code
		says       string
	}{
		{"fewer rows than there are", `{"total": 7, "items": []}`, sqlerr.SourceError, "the list ended after 0 rows of 7"},
		{"no total", `{"items": [{"id": 1}]}`, sqlerr.SourceError, "no number at total"},
		{"half a document", `{"total": 1, "items": [{"id": 1}`, sqlerr.SourceError, "not JSON"},
		{"no list", `{"total": 1, "items": "none"}`, sqlerr.SourceError, `no list at "items"`},
		{"no value", `{"total": 1, "items": [{"name": "x"}]}`, sqlerr.Corrupt, "column id: a row has no value"},
		{"another type", `{"total": 1, "items": [{"id": "x"}]}`, sqlerr.BadValue, "column id: a JSON string is not a value of bigint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newAPI(t)
			server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
				_, _ = w.Write([]byte(c.body))
				return true
			})
			source := server.open(nil, things())
			for _, parallel := range []int{1, 3} {
				_, err := rows(t, pushed(t, source, scanOf(t, source, "things")), run{parallel: parallel})
				if sqlerr.CodeOf(err) != c.code {
					t.Errorf("code %d: %v", sqlerr.CodeOf(err), err)
				}
				mention(t, err, "source api", "table things", c.says)
			}
		})
	}
}

// TestNextLink finds the next page among links.
func TestNextLink(t *testing.T) {
	for header, want := range map[string]string{
		``:                     "",
		`</a>; rel="next"`:     "/a",
		`</a>; rel=next`:       "/a",
		`</a>; rel="prev"`:     "",
		`</a;b,c>; rel="next"`: "/a;b,c",
		`</a>;rel="first",</b>; title="x"; rel="next"`: "/b",
		`</a>; rel="last Next"`:                        "/a",
		`</a`:                                          "",
	} {
		if got := nextLink(http.Header{"Link": {header}}); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// TestForeignLink does not follow a server to another one, where the credentials would be shown.
func TestForeignLink(t *testing.T) {
	other := newAPI(t)
	server := newAPI(t)
	declared := things()
	declared.Rows = pagings()["link"]
	c := server.open(nil, declared)
	server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Link", "<"+other.URL+`/link/things>; rel="next"`)
		_, _ = w.Write([]byte(`[{"id": 1}]`))
		return true
	})
	mention(t, readErr(t, c, "things"), "source api", "table things", "on another server")
	server.faults(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL+"/link/things", http.StatusFound)
		return true
	})
	mention(t, readErr(t, c, "things"), "source api", "table things", "redirects to")
	if n := other.requests(); n != nil {
		t.Errorf("the other server was asked: %v", n)
	}
}
