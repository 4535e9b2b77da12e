package rest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/silogate/silogate/connectors"
)

// api is an HTTP API over tables in memory, with what APIs have: pages by offset, token, number and Link header, filters,
// orders, counts, credentials, an ETag of each table's state, and faults where a test wants them.
type api struct {
	*httptest.Server
	testing.TB
	running atomic.Int64 // requests

	mu       sync.Mutex
	tables   map[string][]record
	versions map[string]int
	states   map[string][]record // by table and version
	log      []string            // method and URI of each request
	// before is asked before each request is answered; true: it has answered. It runs without the lock.
	before func(http.ResponseWriter, *http.Request) bool
	// replies answers paths of a test's own; false: it has none. It is set before the first request.
	replies func(path string) (any, bool)
}

type record map[string]any

const secretToken = "s3cr3t-token"

// mostItems is the largest page that the server gives, whatever it is asked for.
const mostItems = 5000

func newAPI(tb testing.TB) *api {
	a := &api{TB: tb, tables: make(map[string][]record), versions: make(map[string]int),
		states: make(map[string][]record)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/{table}", a.offset)
	mux.HandleFunc("GET /v1/{table}/{id}", a.one)
	mux.HandleFunc("GET /token/{table}", a.token)
	mux.HandleFunc("GET /page/{table}", a.numbered)
	mux.HandleFunc("GET /link/{table}", a.link)
	mux.HandleFunc("POST /search/{table}", a.search)
	mux.HandleFunc("GET /counts/{table}/{by}", a.counts)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.running.Add(1)
		defer a.running.Add(-1)
		a.mu.Lock()
		a.log = append(a.log, r.Method+" "+r.URL.RequestURI())
		before := a.before
		a.mu.Unlock()
		if before != nil && before(w, r) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+secretToken {
			refuse(w, http.StatusUnauthorized, "the credentials "+r.Header.Get("Authorization")+" are not known")
			return
		}
		if a.replies != nil {
			if document, ok := a.replies(r.URL.Path); ok {
				answer(w, document)
				return
			}
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(a.Close)
	return a
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(record{"error_code": "REFUSED", "message": message})
}

// answer sends a document.
func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}

// put replaces a table.
func (a *api) put(table string, rows ...record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tables[table] = rows
	a.versions[table]++
	a.states[state(table, a.versions[table])] = rows
}

func state(table string, version int) string { return fmt.Sprintf("%s@%d", table, version) }

// faults sets what is asked before each request.
func (a *api) faults(before func(http.ResponseWriter, *http.Request) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before = before
}

// requests returns what was asked since the last call.
func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	log := a.log
	a.log = nil
	return log
}

// rows returns the rows that a request's filters keep, unless it names a state that is gone.
func (a *api) rows(w http.ResponseWriter, r *http.Request) ([]record, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := r.PathValue("table")
	all, ok := a.tables[name]
	if !ok {
		refuse(w, http.StatusNotFound, "no table "+name)
		return nil, false
	}
	tag := fmt.Sprintf(`"%d"`, a.versions[name])
	w.Header().Set("ETag", tag)
	if want := r.Header.Get("If-Match"); want != "" && want != tag {
		refuse(w, http.StatusPreconditionFailed, "the table is another by now")
		return nil, false
	}
	query := r.URL.Query()
	w.Header().Set("X-State", state(name, a.versions[name]))
	if of := query.Get("state"); of != "" { // a state that is no more the table's
		all = a.states[of]
		w.Header().Set("X-State", of)
	}
	var kept []record
	for _, row := range all {
		if keeps(query, row) {
			kept = append(kept, row)
		}
	}
	if order := query.Get("order"); order != "" {
		column, descending := strings.CutPrefix(order, "-")
		slices.SortStableFunc(kept, func(x, y record) int {
			c := cmp.Compare(x[column].(int64), y[column].(int64))
			if descending {
				return -c
			}
			return c
		})
	}
	return kept, true
}

func keeps(query map[string][]string, row record) bool {
	for name, values := range query {
		column, op, _ := strings.Cut(name, "__")
		if v, ok := row[column]; ok {
			switch text := fmt.Sprint(v); op {
			case "min":
				if least, _ := strconv.ParseInt(values[0], 10, 64); v == nil || v.(int64) < least {
					return false
				}
			case "nocase":
				if v == nil || !strings.EqualFold(text, values[0]) {
					return false
				}
			case "list":
				if v == nil || !slices.Contains(strings.Split(values[0], ","), text) {
					return false
				}
			default:
				if v == nil || !slices.Contains(values, text) {
					return false
				}
			}
		}
	}
	return true
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

// window cuts a page out.
func window(rows []record, from, size int) []record {
	from = min(from, len(rows))
	return rows[from:min(from+min(size, mostItems), len(rows))]
}

func (a *api) offset(w http.ResponseWriter, r *http.Request) {
	if rows, ok := a.rows(w, r); ok {
		page := window(rows, number(r, "offset", 0), number(r, "limit", 100))
		answer(w, record{"total": len(rows), "items": page})
	}
}

func (a *api) one(w http.ResponseWriter, r *http.Request) {
	rows, ok := a.rows(w, r)
	if !ok {
		return
	}
	for _, row := range rows {
		if fmt.Sprint(row["id"]) == r.PathValue("id") {
			answer(w, record{"item": row})
			return
		}
	}
	refuse(w, http.StatusNotFound, "no such row")
}

func (a *api) token(w http.ResponseWriter, r *http.Request) {
	if rows, ok := a.rows(w, r); ok {
		from := number(r, "page_token", 0)
		page := window(rows, from, number(r, "max_results", 100))
		out := record{"items": page}
		if from+len(page) < len(rows) {
			out["next_page_token"] = strconv.Itoa(from + len(page))
		}
		answer(w, out)
	}
}

func (a *api) numbered(w http.ResponseWriter, r *http.Request) {
	if rows, ok := a.rows(w, r); ok {
		size := min(number(r, "size", 100), mostItems)
		answer(w, window(rows, size*(number(r, "page", 1)-1), size))
	}
}

func (a *api) link(w http.ResponseWriter, r *http.Request) {
	rows, ok := a.rows(w, r)
	if !ok {
		return
	}
	from, size := number(r, "cursor", 0), number(r, "limit", 100)
	page := window(rows, from, size)
	if next := from + len(page); next < len(rows) {
		w.Header().Set("Link", fmt.Sprintf(`</first>; rel="first", <%s?limit=%d&cursor=%d>; rel="next"`, r.URL.Path, size, next))
	}
	answer(w, page)
}

func (a *api) search(w http.ResponseWriter, r *http.Request) {
	rows, ok := a.rows(w, r)
	if !ok {
		return
	}
	var asked struct {
		IDs   []int64 `json:"ids"`
		Max   int     `json:"max_results"`
		Token string  `json:"page_token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if asked.IDs != nil {
		rows = slices.DeleteFunc(slices.Clone(rows), func(row record) bool { return !slices.Contains(asked.IDs, row["id"].(int64)) })
	}
	from, _ := strconv.Atoi(asked.Token)
	page := window(rows, from, asked.Max)
	out := record{"items": page}
	if from+len(page) < len(rows) {
		out["next_page_token"] = strconv.Itoa(from + len(page))
	}
	answer(w, out)
}

// shards is into how many parts the server divides what it counts.
const shards = 3

// counts counts each shard for itself.
func (a *api) counts(w http.ResponseWriter, r *http.Request) {
	rows, ok := a.rows(w, r)
	if !ok {
		return
	}
	groups := []record{}
	for shard := range shards {
		of := make(map[any]int)
		for i, row := range rows {
			if i/3%shards == shard {
				of[row[r.PathValue("by")]]++
			}
		}
		for value, n := range of {
			groups = append(groups, record{r.PathValue("by"): value, "rows": n})
		}
	}
	if r.URL.Query().Get("whole") != "" {
		total := make(map[any]int)
		for _, g := range groups {
			total[g[r.PathValue("by")]] += g["rows"].(int)
		}
		groups = nil
		for value, n := range total {
			groups = append(groups, record{r.PathValue("by"): value, "rows": n})
		}
	}
	answer(w, record{"groups": groups})
}

// sourceName is what the tests call their source.
const sourceName = "api"

// open opens the server as a source.
func (a *api) open(options connectors.Options, tables ...Table) *connector {
	a.Helper()
	all := connectors.Options{"url": a.URL, "token": secretToken}
	for k, v := range options {
		all[k] = v
	}
	c, err := Open(connectors.Config{Name: sourceName, Options: all, Log: slog.New(slog.DiscardHandler)}, "rest", tables)
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { _ = c.Close() })
	return c.(*connector)
}
