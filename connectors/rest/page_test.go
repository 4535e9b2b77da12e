package rest

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// tokens is a list of things in pages of ten by tokens.
func tokens() Table {
	declared := things()
	declared.Rows = pagings()["token"]
	return declared
}

// TestMissingPages has pages that are not there, or are no pages: the list never ends with them.
func TestMissingPages(t *testing.T) {
	refused := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { refuse(w, status, "no such page") }
	}
	says := func(body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) }
	}
	for _, q := range []struct {
		name  string
		page  func(http.ResponseWriter)
		omits bool
		says  string // "": the list ends
	}{
		{"gone", refused(http.StatusGone), true, "410 Gone: no such page"},
		{"not found", refused(http.StatusNotFound), true, "404 Not Found: no such page"},
		{"without a list", says(`{}`), false, `no list at "items"`},
		{"with another list", says(`{"things": []}`), true, `no list at "items"`},
		{"an error", says(`{"error_code": "BUSY"}`), true, `no list at "items"`},
		{"a text", says(`"none"`), true, `no list at "items"`},
		{"null", says(`{"items": null}`), false, ""},
		{"an empty list", says(`{"items": []}`), false, ""},
		{"an empty list that is left out", says(`{}`), true, ""},
		{"an empty page that is not the last", says(`{"next_page_token": "11"}`), true, ""},
	} {
		for _, at := range []int{1, 2} {
			t.Run(fmt.Sprint(q.name, " ", at), func(t *testing.T) {
				server := newAPI(t)
				server.put("things", numbers(12)...)
				asked := atomic.Int64{}
				server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
					if int(asked.Add(1)) != at {
						return false
					}
					q.page(w)
					return true
				})
				declared := tokens()
				declared.Rows.Omits = q.omits
				declared.Filters = []Filter{{Column: "id", Name: "id", Most: 20}}
				c := server.open(nil, declared)
				scan := scanOf(t, c, "things")
				got, err := rows(t, pushed(t, c, scan), run{})
				if q.says == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if sqlerr.CodeOf(err) != sqlerr.SourceError {
					t.Errorf("%v %v", got, err)
				}
				mention(t, err, "source api", "table things", fmt.Sprintf("GET token/things, page %d: ", at), q.says)
			})
		}
	}
}

// TestGoneLookups reads by a key, of which there may be none; but that its second page is gone is no end.
func TestGoneLookups(t *testing.T) {
	server := newAPI(t)
	server.put("things", numbers(12)...)
	declared := tokens()
	declared.Rows.Gone = true
	declared.Filters = []Filter{{Column: "id", Name: "id__min", Op: expr.Ge}, {Column: "id", Name: "id", Most: 20}}
	declared.Required = [][]string{{"id"}}
	c := server.open(nil, declared)
	scan := scanOf(t, c, "things")
	at := atomic.Int64{}
	server.faults(func(w http.ResponseWriter, r *http.Request) bool {
		if (r.URL.Query().Get("page_token") != "") != (at.Load() == 2) {
			return false
		}
		refuse(w, http.StatusNotFound, "no such thing")
		return true
	})
	lookup := pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{&expr.In{Arg: scan.Cols[0].Ref(), List: integers64(12)}}})
	at.Store(1)
	if got := mustRows(t, lookup, run{}); len(got) != 0 {
		t.Errorf("%q", got)
	}
	at.Store(2)
	_, err := rows(t, lookup, run{})
	mention(t, err, "source api", "table things", "page 2: 404 Not Found: no such thing")
}

// TestEndlessLists come round to a page that was there before.
func TestEndlessLists(t *testing.T) {
	for name, next := range map[string]func(w http.ResponseWriter, n int64) string{
		"token": func(_ http.ResponseWriter, n int64) string { return fmt.Sprintf(`, "next_page_token": "t%d"`, n%3) },
		"link": func(w http.ResponseWriter, n int64) string {
			w.Header().Set("Link", fmt.Sprintf(`</link/things?cursor=%d>; rel="next"`, n%3))
			return ""
		},
		"the first page": func(w http.ResponseWriter, _ int64) string {
			w.Header().Set("Link", `<?limit=10>; rel="next"`)
			return ""
		},
		"numbered": func(http.ResponseWriter, int64) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPI(t)
			asked := atomic.Int64{}
			server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
				n := asked.Add(1)
				if n > 50 {
					refuse(w, http.StatusBadRequest, "enough")
					return true
				}
				more := next(w, n)
				_, _ = fmt.Fprintf(w, `{"items": [{"id": %d}]%s}`, min(n, 3), more) // the last page is the third
				return true
			})
			declared := tokens()
			switch name {
			case "numbered":
				declared.Rows = Endpoint{Path: "page/things", Items: "items", Paging: Numbered{Name: "page", First: 1}}
			case "link", "the first page":
				declared.Rows = Endpoint{Path: "link/things", Items: "items", Paging: Link{SizeName: "limit", Size: 10}}
			}
			err := readErr(t, server.open(nil, declared), "things")
			if sqlerr.CodeOf(err) != sqlerr.SourceError || asked.Load() > 4 {
				t.Errorf("after %d requests: %v", asked.Load(), err)
			}
			mention(t, err, "source api", "table things", "/things, page ", "one that came before")
		})
	}
}

// TestMarks forget what is long ago, and notice what comes round all the same.
func TestMarks(t *testing.T) {
	var m marks
	for i := range mostMarks + 10 {
		if !m.add(fmt.Sprint(i)) || len(m.seen) > mostMarks {
			t.Fatalf("page %d of %d", i, len(m.seen))
		}
	}
	for i := range 2 * mostMarks {
		if !m.add(fmt.Sprint("round ", i%(mostMarks/2))) {
			return
		}
	}
	t.Error("an endless list is not noticed")
}

// TestPageSizes asks for no more than is wanted, and for more each time if everything is.
func TestPageSizes(t *testing.T) {
	server := newAPI(t)
	server.put("things", numbers(100)...)
	var nested []record
	for i := range 64 {
		r := record{"id": int64(i)}
		if i == 50 {
			r["parts"] = []record{{"name": "x"}, {"name": "y"}}
		}
		nested = append(nested, r)
	}
	server.put("nested", nested...)
	paging := Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 10, Most: 35}
	declared := things()
	declared.Rows = Endpoint{Path: "token/things", Items: "items", Paging: paging}
	parts := Table{Name: "parts", Columns: []Column{{Name: "name", Type: text, Path: "name"}},
		Rows: Endpoint{Path: "token/nested", Items: "items", Each: "parts", Paging: paging}}
	c := server.open(nil, declared, parts)
	limit := func(table string, n int64) plan.Node { return &plan.Limit{Input: scanOf(t, c, table), Count: n} }
	for _, q := range []struct {
		name  string
		of    plan.Node
		rows  int
		sizes string
	}{
		{"all", scanOf(t, c, "things"), 100, "10 20 35 35"},
		{"one", limit("things", 1), 1, "1"},
		{"some", limit("things", 25), 25, "10 15"},
		{"with an offset", &plan.Limit{Input: scanOf(t, c, "things"), Count: 5, Offset: 9}, 5, "10 4"},
		{"most", limit("things", 90), 90, "10 35 35 10"},
		{"nested", limit("parts", 1), 1, "1 2 4 8 16 32"},
	} {
		server.requests()
		got := mustRows(t, pushed(t, c, q.of), run{})
		var sizes []string
		for _, r := range server.requests() {
			_, size, _ := strings.Cut(r, "max_results=")
			size, _, _ = strings.Cut(size, "&")
			sizes = append(sizes, size)
		}
		if len(got) != q.rows || strings.Join(sizes, " ") != q.sizes {
			t.Errorf("%s: %d rows by %s", q.name, len(got), sizes)
		}
	}
}

// TestItemsAreNotGathered reads a page of many short items: what is made of it is smaller than it is.
func TestItemsAreNotGathered(t *testing.T) {
	const items = 200_000
	body := `{"items": [` + strings.Repeat("{},", items) + "{}]}"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := newPage(&response{body: body}, &Endpoint{Items: "items"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range p.rows("") {
		n++
	}
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; n != items+1 || p.count() != items+1 || made > uint64(len(body)) {
		t.Errorf("%d items, %d bytes for %d", n, made, len(body))
	}
}

// TestMemoryIsReservedFirst has answers that the statement has no memory for: they are not read to their end.
func TestMemoryIsReservedFirst(t *testing.T) {
	body := []byte(`{"total": 1, "items": [{"id": 1, "filler": "` + strings.Repeat("x", 4<<20) + `"}]}`)
	for _, announced := range []bool{false, true} {
		server := newAPI(t)
		server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
			if announced {
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			}
			_, _ = w.Write(body)
			return true
		})
		c := server.open(nil, things())
		f := pushed(t, c, scanOf(t, c, "things"))
		a, usage := &account{most: 1 << 20}, &connectors.Usage{}
		_, err := rows(t, f, run{account: a, usage: usage})
		if sqlerr.CodeOf(err) != sqlerr.OutOfMemory || a.used != 0 || a.peak > a.most {
			t.Errorf("%d bytes left, %d at most: %v", a.used, a.peak, err)
		}
		if n := usage.Totals().Bytes; n > 1<<20 || announced && n > 0 {
			t.Errorf("%d bytes were read, announced: %t", n, announced)
		}
		a = &account{most: 1 << 30}
		if got := mustRows(t, f, run{account: a}); !slices.Equal(got, []string{"1"}) || a.used != 0 || a.peak < int64(len(body)) || a.peak > 5*int64(len(body)) {
			t.Errorf("%q, %d bytes left, %d at most", got, a.used, a.peak)
		}
		if announced && a.peak > int64(len(body)) {
			t.Errorf("%d bytes at most for %d", a.peak, len(body))
		}
	}
}

// TestNonFinite reads numbers that MySQL does not have.
func TestNonFinite(t *testing.T) {
	server := newAPI(t)
	server.put("points", record{"id": int64(1), "value": "NaN", "exact": "0.5"}, record{"id": int64(2), "value": "-Infinity", "exact": "Infinity"},
		record{"id": int64(3), "value": 0.25, "exact": nil})
	declared := Table{
		Name: "points",
		Columns: []Column{{Name: "id", Type: bigint, Path: "id", NotNull: true}, {Name: "value", Type: types.Of(types.Float64), Path: "value", NotNull: true},
			{Name: "exact", Type: types.NewDecimal(5, 2), Path: "exact"}},
		Rows: Endpoint{Path: "v1/points", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 1, Total: "total"}},
	}
	c := server.open(nil, declared)
	scan := scanOf(t, c, "points")
	if !scan.Cols[1].Nullable || scan.Cols[0].Nullable {
		t.Errorf("columns %v", scan.Cols)
	}
	var warnings []string
	warn := func(code int, msg string) { warnings = append(warnings, fmt.Sprint(code, " ", msg)) }
	if got := mustRows(t, pushed(t, c, scan), run{warn: warn}); !slices.Equal(got, []string{"1 NULL 0.50", "2 NULL NULL", "3 0.25 NULL"}) {
		t.Errorf("%q", got)
	}
	want := []string{"source api: table points: column value: a value that double does not have (NaN or an infinity) is NULL",
		"source api: table points: column exact: a value that decimal(5,2) does not have (NaN or an infinity) is NULL"}
	if len(warnings) != 2 || !strings.HasSuffix(warnings[0], want[0]) || !strings.HasSuffix(warnings[1], want[1]) {
		t.Errorf("warnings\n%s", strings.Join(warnings, "\n"))
	}
	strict := server.open(connectors.Options{"unrepresentable": "error"}, declared)
	err := readErr(t, strict, "points")
	if sqlerr.CodeOf(err) != sqlerr.BadValue {
		t.Error(err)
	}
	mention(t, err, "source api", "table points", "page 1", "column value", "NaN or an infinity")
}
