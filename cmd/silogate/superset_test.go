//go:build integration

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
)

// superset is a session of a user of Apache Superset.
type superset struct {
	*testing.T
	testserver.BI
	client       *http.Client
	bearer, csrf string
}

// logIn begins a session as a browser does: a token for the API, and one against requests that are forged.
func logIn(t *testing.T, server testserver.BI) *superset {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &superset{T: t, BI: server, client: &http.Client{Jar: jar, Timeout: 5 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}}
	s.bearer = s.post("security/login", members{"username": s.User, "password": s.Password, "provider": "db"}).in("access_token")
	s.csrf = s.get("security/csrf_token/").in("result")
	return s
}

func (s *superset) get(path string) members { return s.call(http.MethodGet, path, nil, http.StatusOK) }

func (s *superset) post(path string, body members) members {
	s.Helper()
	return s.call(http.MethodPost, path, body, http.StatusOK, http.StatusCreated)
}

// call calls an endpoint and returns what it answers, which has one of the statuses.
func (s *superset) call(method, path string, body members, statuses ...int) (out members) {
	s.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.URL+"/api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.bearer)
	r.Header.Set("X-CSRFToken", s.csrf)
	answer, err := s.client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(said))
	decoder.UseNumber() // a total has more digits than a double
	if err := decoder.Decode(&out); err != nil || !slices.Contains(statuses, answer.StatusCode) {
		s.Fatalf("%s %s: %s %s", method, path, answer.Status, said)
	}
	return out
}

// rison is an argument in the notation of that name, which Superset's lists take.
func rison(text string) string { return "?q=" + url.QueryEscape(text) }

// grains are the starts of the spans of time that Superset groups by, under the names that it has for them.
var grains = map[string]func(time.Time) time.Time{
	"PT1S":                     func(t time.Time) time.Time { return t.Truncate(time.Second) },
	"PT1M":                     func(t time.Time) time.Time { return t.Truncate(time.Minute) },
	"PT1H":                     func(t time.Time) time.Time { return t.Truncate(time.Hour) },
	"P1D":                      startOfDay,
	"P1W":                      func(t time.Time) time.Time { return startOfDay(t).AddDate(0, 0, -int(t.Weekday())) },
	"1969-12-29T00:00:00Z/P1W": func(t time.Time) time.Time { return startOfDay(t).AddDate(0, 0, -int(t.Weekday()+6)%7) },
	"P1M":                      func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) },
	"P3M":                      func(t time.Time) time.Time { return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC) },
	"P1Y":                      func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) },
}

func startOfDay(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// sale is an order of a customer.
type sale struct {
	placed         time.Time
	cents          int64
	priced         bool
	status, region string
}

// sales joins the orders with their customers.
func sales(t *testing.T) (list []sale) {
	t.Helper()
	tables := business()
	for _, order := range tables[1].Rows {
		at := slices.IndexFunc(tables[0].Rows, func(customer []any) bool { return customer[0] == order[1] })
		if at < 0 {
			continue
		}
		placed, err := time.Parse(moment, order[5].(string))
		if err != nil {
			t.Fatal(err)
		}
		s := sale{placed: placed, status: order[4].(string)}
		s.region, _ = tables[0].Rows[at][2].(string) // one has none
		if amount, ok := order[2].(string); ok {
			s.priced = true
			if s.cents, err = strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, s)
	}
	return list
}

// soldIn is what the chart of a grain has to show: the orders from the north of three years, as count and total by the start of their span.
func soldIn(t *testing.T, start func(time.Time) time.Time) []string {
	t.Helper()
	type sum struct {
		count, cents int64
		priced       bool
	}
	sums := map[int64]sum{}
	for _, s := range sales(t) {
		if s.region == "north" && s.placed.Year() >= 2022 && s.placed.Year() < 2025 {
			at := start(s.placed).UnixMilli()
			now := sums[at]
			sums[at] = sum{now.count + 1, now.cents + s.cents, now.priced || s.priced}
		}
	}
	var rows []string
	for _, at := range slices.Sorted(maps.Keys(sums)) {
		total := "<nil>"
		if s := sums[at]; s.priced {
			total = fmt.Sprintf("%d.%02d", s.cents/100, s.cents%100)
		}
		rows = append(rows, fmt.Sprintf("%d|%d|%s", at, sums[at].count, total))
	}
	return rows
}

// rows are the values of columns in an answer's rows.
func (m members) rows(columns ...string) (rows []string) {
	for _, r := range m["data"].([]any) {
		var row []string
		for _, c := range columns {
			row = append(row, strings.TrimSuffix(fmt.Sprint(r.(map[string]any)[c]), ".0")) // moments are doubles
		}
		rows = append(rows, strings.Join(row, "|"))
	}
	return rows
}

// chart asks for the data of a chart over a dataset.
func (s *superset) chart(dataset any, kind string, query members) members {
	s.Helper()
	answer := s.post("chart/data", members{"datasource": members{"id": dataset, "type": "table"}, "force": true, "queries": []members{query},
		"result_format": "json", "result_type": kind})
	return answer["result"].([]any)[0].(map[string]any)
}

func metric(text, label string) members {
	return members{"expressionType": "SQL", "sqlExpression": text, "label": label}
}

// TestSuperset runs Apache Superset over a gateway: it finds the tables, makes datasets of them, and draws charts of two silos.
func TestSuperset(t *testing.T) {
	if !nightly {
		t.Skip("the clients of other projects are a part of make nightly")
	}
	settings := ""
	for _, b := range blocks(t, filepath.Join(repository, "docs/clients/superset.md")) {
		if b.info == "python superset" {
			settings += b.text
		}
	}
	s := logIn(t, testserver.Superset(t, settings))
	address := servingAt(t, businessSilos(t))
	for _, driver := range []string{"mysql+pymysql", "mysql"} {
		t.Run(driver, func(t *testing.T) {
			s.T = t
			s.explore(driver, driver+"://root@"+address+"/shop")
		})
	}
}

const joined = "SELECT o.id, o.amount, o.status, o.placed, c.region, c.joined FROM shop.orders o JOIN lake.customers c ON c.id = o.customer_id"

func (s *superset) explore(name, uri string) {
	connection := members{"database_name": name, "sqlalchemy_uri": uri}
	s.post("database/test_connection/", connection)
	connection["expose_in_sqllab"] = true
	database := s.post("database/", connection)["id"]
	of := fmt.Sprintf("database/%v/", database)
	schemas := fmt.Sprint(s.get(of + "schemas/")["result"])
	if !strings.Contains(schemas, "shop") || !strings.Contains(schemas, "lake") {
		s.Errorf("schemas: %s", schemas)
	}
	tables := s.get(of + "tables/" + rison("(force:!t,schema_name:lake)"))["result"]
	if !strings.Contains(fmt.Sprint(tables), "value:customers") {
		s.Errorf("tables: %v", tables)
	}
	columns := s.get(of + "table_metadata/?name=orders&schema=shop")["columns"]
	if text := fmt.Sprint(columns); !strings.Contains(text, "DECIMAL(12, 2)") || !strings.Contains(text, "DATETIME") {
		s.Errorf("columns: %s", text)
	}
	virtual := s.post("dataset/", members{"database": database, "schema": "shop", "table_name": "sales by " + name, "sql": joined})["id"]
	s.timeSeries(virtual)
	s.others(virtual)
	s.sqlLab(database)
}

// timeSeries draws the sales by every grain that is offered.
func (s *superset) timeSeries(dataset any) {
	s.Helper()
	offered := s.chart(dataset, "timegrains", members{})["data"].([]any)
	if len(offered) < len(grains) {
		s.Errorf("%d grains are offered, of %d", len(offered), len(grains))
	}
	for _, grain := range offered {
		duration := grain.(map[string]any)["duration"].(string)
		start, ok := grains[duration]
		if !ok {
			s.Errorf("nothing says what the grain %s is", duration)
			continue
		}
		answer := s.chart(dataset, "full", members{
			"columns": []members{{"columnType": "BASE_AXIS", "timeGrain": duration, "expressionType": "SQL", "sqlExpression": "placed", "label": "placed"}},
			"metrics": []any{metric("SUM(amount)", "total"), metric("COUNT(*)", "n")},
			"filters": []members{{"col": "placed", "op": "TEMPORAL_RANGE", "val": "2022-01-01 : 2025-01-01"}, {"col": "region", "op": "==", "val": "north"}},
			"orderby": []any{[]any{metric("MIN(placed)", "first"), true}}, "row_limit": 1000,
		})
		got := answer.rows("placed", "n", "total")
		if want := soldIn(s.T, start); !slices.Equal(got, want) {
			s.Errorf("%s: %v\n%q\nwant\n%q", duration, answer["query"], got, want)
		}
	}
	s.Logf("%d time grains", len(offered))
}

// others asks for what is no time series: the largest groups, samples, the values of a filter.
func (s *superset) others(dataset any) {
	s.Helper()
	totals := map[string]int64{}
	for _, o := range sales(s.T) {
		if o.region == "north" || o.region == "Süd" {
			totals[o.status] += o.cents
		}
	}
	largest := slices.SortedFunc(maps.Keys(totals), func(a, b string) int { return cmp.Compare(totals[b], totals[a]) })
	var want []string
	for _, status := range largest[:2] {
		want = append(want, fmt.Sprintf("%s|%d.%02d", status, totals[status]/100, totals[status]%100))
	}
	answer := s.chart(dataset, "full", members{"columns": []string{"status"}, "metrics": []any{metric("SUM(amount)", "total")},
		"filters": []members{{"col": "region", "op": "IN", "val": []string{"north", "Süd"}}},
		"orderby": []any{[]any{metric("SUM(amount)", "total"), false}}, "row_limit": 2})
	if got := answer.rows("status", "total"); !slices.Equal(got, want) {
		s.Errorf("%v\n%q, want %q", answer["query"], got, want)
	}
	if got := s.chart(dataset, "samples", members{"row_limit": 7}).rows("id"); len(got) != 7 {
		s.Errorf("samples: %q", got)
	}
	values := s.get(fmt.Sprintf("datasource/table/%v/column/region/values/", dataset))["result"].([]any)
	if len(values) != 4 || !slices.Contains(values, any("Süd")) {
		s.Errorf("values of a filter: %v", values)
	}
}

// sqlLab runs a query over two silos, and one that fails.
func (s *superset) sqlLab(database any) {
	s.Helper()
	execute := func(id, text string, statuses ...int) members {
		return s.call(http.MethodPost, "sqllab/execute/", members{"database_id": database, "sql": text, "schema": "shop", "runAsync": false,
			"client_id": fmt.Sprint(id, database)}, statuses...)
	}
	counts := map[string]int{}
	for _, o := range sales(s.T) {
		counts[o.region]++
	}
	got := execute("join", `SELECT c.region, COUNT(*) AS n FROM orders o JOIN lake.customers c ON c.id = o.customer_id
		WHERE c.region IS NOT NULL GROUP BY c.region ORDER BY c.region`, http.StatusOK).rows("region", "n")
	want := []string{fmt.Sprint("Süd|", counts["Süd"]), fmt.Sprint("north|", counts["north"]), fmt.Sprint("south|", counts["south"])}
	if !slices.Equal(got, want) {
		s.Errorf("SQL Lab: %q, want %q", got, want)
	}
	failing := []int{http.StatusInternalServerError, http.StatusUnprocessableEntity, http.StatusBadRequest}
	if failure := fmt.Sprint(execute("fail", "SELECT nope FROM orders", failing...)); !strings.Contains(failure, "Unknown column 'nope'") {
		s.Errorf("SQL Lab says of an error: %s", failure)
	}
}
