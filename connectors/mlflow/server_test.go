//go:build integration

package mlflow

import (
	"bytes"
	encoding "encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// watched is a real server behind a proxy that notes how many rows it is asked for.
type watched struct {
	testing.TB
	url    string
	source connectors.Source

	mu    sync.Mutex
	sizes []string
}

func watch(tb testing.TB, major int) *watched {
	w := &watched{TB: tb, url: testserver.MLflow(tb, major)}
	target, err := url.Parse(w.url)
	if err != nil {
		tb.Fatal(err)
	}
	through := &http.Transport{DisableKeepAlives: true}
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Error(err)
		}
		size := r.URL.Query().Get("max_results")
		if r.Method == http.MethodPost {
			var asked struct {
				Max int `json:"max_results"`
			}
			if err := encoding.Unmarshal(body, &asked); err != nil {
				tb.Error(err)
			}
			size = fmt.Sprint(asked.Max)
		}
		w.mu.Lock()
		w.sizes = append(w.sizes, size)
		w.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, Transport: through}).ServeHTTP(out, r)
	}))
	tb.Cleanup(proxy.Close)
	c, err := Open(tb.Context(), connectors.Config{Name: "ml", Options: connectors.Options{"url": proxy.URL}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	w.source = c.Bind(connectors.Principal{})
	return w
}

// post calls the server itself, and returns what it answers.
func (w *watched) post(path, body string) string {
	w.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(w.url+"/api/2.0/mlflow/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		w.Fatalf("%s: %s %s %v", path, answer.Status, text, err)
	}
	return string(text)
}

// rows reads rows of a table, with a limit unless that is negative, and returns their number and the sizes of the pages.
func (w *watched) rows(name string, limit, offset int64, conds map[string]string) (rows int64, sizes []string) {
	w.Helper()
	table, err := w.source.Table(w.Context(), plan.TableName{Name: name}, connectors.AsOf{})
	if err != nil {
		w.Fatal(err)
	}
	scan := &plan.Scan{Site: plan.Site{Source: "ml"}, Table: table}
	filter := &plan.Filter{Input: scan}
	for i, col := range table.Columns {
		c := plan.Column{ID: expr.ColumnID(i + 1), Name: col.Name, Type: col.Type, Nullable: col.Nullable}
		scan.Cols, scan.Pos = append(scan.Cols, c), append(scan.Pos, i)
		if value, ok := conds[col.Name]; ok {
			filter.Conds = append(filter.Conds, &expr.Call{Func: expr.Eq, Typ: types.Of(types.Bool),
				Args: []expr.Expr{c.Ref(), &expr.Literal{Value: types.TextValue(value), Typ: col.Type}}})
		}
	}
	var root plan.Node = scan
	if conds != nil {
		root = filter
	}
	if limit >= 0 {
		root = &plan.Limit{Input: root, Count: limit, Offset: offset}
	}
	placed, err := w.source.Pushdown(w.Context(), root)
	if err != nil {
		w.Fatal(err)
	}
	w.sizes = nil
	memory := bufpooltest.New()
	defer memory.AssertSize(w, 0)
	batches, err := testengine.Evaluate(w.Context(), placed, conntest.Evaluation{Memory: memory, Env: &expr.Env{Location: time.UTC}, Parallel: 2})
	if err != nil {
		w.Error(err)
	}
	for _, b := range batches {
		rows += b.NumRows()
		b.Release()
	}
	return rows, w.sizes
}

// TestPageSizes asks real servers for no more than a LIMIT needs, and reads on where a page is full.
func TestPageSizes(t *testing.T) {
	for _, major := range []int{2, 3} {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			w := watch(t, major)
			var id struct {
				ID string `json:"experiment_id"`
			}
			for i := range 4 {
				if err := encoding.Unmarshal([]byte(w.post("experiments/create", fmt.Sprintf(`{"name": "pages %d"}`, i))), &id); err != nil {
					t.Fatal(err)
				}
			}
			var run struct {
				Run struct {
					Info struct {
						ID string `json:"run_id"`
					}
				}
			}
			for range 5 { // the newest comes first: the others have no parameters
				if err := encoding.Unmarshal([]byte(w.post("runs/create", `{"experiment_id": "`+id.ID+`", "start_time": 1}`)), &run); err != nil {
					t.Fatal(err)
				}
			}
			w.post("runs/log-parameter", `{"run_id": "`+run.Run.Info.ID+`", "key": "depth", "value": "3"}`)
			points := make([]string, 1000)
			for i := range points {
				points[i] = fmt.Sprintf(`{"key": "loss", "value": %d, "timestamp": %d, "step": %d}`, i, i, i)
			}
			w.post("runs/log-batch", `{"run_id": "`+run.Run.Info.ID+`", "metrics": [`+strings.Join(points, ",")+`]}`)
			of := map[string]string{"experiment_id": id.ID}
			history := map[string]string{"run_id": run.Run.Info.ID, "name": "loss"}
			for _, q := range []struct {
				table         string
				limit, offset int64
				conds         map[string]string
				rows          int64
				sizes         []string
			}{
				{"experiments", 2, 0, nil, 2, []string{"2"}},
				{"experiments", -1, 0, nil, 5, []string{"1000"}},
				{"runs", 3, 1, of, 3, []string{"4"}},
				{"runs", -1, 0, of, 5, []string{"1000"}},
				{"runs", 5000, 0, of, 5, []string{"1000"}},
				{"run_params", 1, 0, of, 1, nil},
				{"metric_history", 7, 0, history, 7, []string{"7"}},
				{"metric_history", -1, 0, history, 1000, []string{"25000"}},
				{"registered_models", 9, 0, nil, 0, []string{"9"}},
				{"model_versions", -1, 0, nil, 0, []string{"1000"}},
			} {
				rows, sizes := w.rows(q.table, q.limit, q.offset, q.conds)
				if rows != q.rows || q.sizes != nil && !slices.Equal(sizes, q.sizes) {
					t.Errorf("%s LIMIT %d OFFSET %d: %d rows by pages of %v", q.table, q.limit, q.offset, rows, sizes)
				}
			}
		})
	}
}
