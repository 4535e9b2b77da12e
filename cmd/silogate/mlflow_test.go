//go:build integration

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// tracker writes to a real MLflow server.
type tracker struct {
	testing.TB
	url string
}

type members map[string]any

// post calls an endpoint and returns what it answers.
func (m tracker) post(path string, body members) (out members) {
	m.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(m.url+"/api/2.0/mlflow/"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		m.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != http.StatusOK {
		m.Fatalf("%s: %s %v %v", path, answer.Status, out, err)
	}
	return out
}

// in returns a text in an answer.
func (m members) in(path ...string) string {
	for _, name := range path[:len(path)-1] {
		m = m[name].(map[string]any)
	}
	return m[path[len(path)-1]].(string)
}

func keyValue(key string, value any) members { return members{"key": key, "value": value} }

// run logs a run of an experiment: its learning rate and as many losses as it has steps.
func (m tracker) run(experiment, name string, rate float64, steps int) string {
	m.Helper()
	id := m.post("runs/create", members{"experiment_id": experiment, "run_name": name, "start_time": 1709202600123}).in("run", "info", "run_id")
	metrics := []members{{"key": "odd", "value": "NaN", "timestamp": 1709202601000, "step": 0}}
	for step := range steps {
		metrics = append(metrics, members{"key": "loss", "value": 1 / float64(step+1), "timestamp": 1709202600000 + 1000*step, "step": step})
	}
	m.post("runs/log-batch", members{"run_id": id, "metrics": metrics, "params": []members{keyValue("rate", fmt.Sprint(rate))},
		"tags": []members{keyValue("team", "growth")}})
	m.post("runs/log-inputs", members{"run_id": id, "datasets": []members{{
		"tags":    []members{keyValue("mlflow.data.context", "training")},
		"dataset": members{"name": "orders", "digest": "0a1b2c3d", "source_type": "s3", "source": `{"uri": "s3://shop/orders"}`, "schema": "{}"},
	}}})
	m.post("runs/update", members{"run_id": id, "status": "FINISHED", "end_time": 1709202660123})
	return id
}

// TestMLflow reads real servers through the gateway, and joins them with Postgres.
func TestMLflow(t *testing.T) {
	for _, major := range []int{2, 3} {
		t.Run(fmt.Sprint(major), func(t *testing.T) { readMLflow(t, major) })
	}
}

func readMLflow(t *testing.T, major int) {
	server := tracker{t, testserver.MLflow(t, major)}
	id := server.post("experiments/create", members{"name": "churn", "tags": []members{keyValue("team", "growth")}}).in("experiment_id")
	first, second := server.run(id, "first", 0.1, 3), server.run(id, "second", 0.01, 5)
	deleted := server.run(id, "mistake", 9, 1)
	server.post("runs/delete", members{"run_id": deleted})
	server.post("registered-models/create", members{"name": "churn-model", "description": "who leaves"})
	for _, run := range []string{first, second} {
		server.post("model-versions/create", members{"name": "churn-model", "source": "mlflow-artifacts:/" + id + "/" + run + "/artifacts/model", "run_id": run})
	}
	server.post("registered-models/alias", members{"name": "churn-model", "alias": "champion", "version": "2"})
	logged := []string(nil)
	if major > 2 {
		model := server.post("logged-models", members{"experiment_id": id, "name": "tree", "source_run_id": second, "params": []members{keyValue("depth", "3")}}).in("model", "info", "model_id")
		logged = []string{model + "|tree|" + second}
	}
	empty := server.post("experiments/create", members{"name": "without runs"}).in("experiment_id")

	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE TABLE deployed (model text, version text, place text)",
		"INSERT INTO deployed VALUES ('churn-model', '2', 'eu'), ('churn-model', '1', 'us'), ('other', '1', 'eu')",
		"CREATE TABLE watched (run text, metric text)", fmt.Sprintf("INSERT INTO watched VALUES ('%s', 'loss'), ('%s', 'odd')", second, first))
	db := serving(t, "sources:\n  ml: {type: mlflow, url: \""+server.url+"\"}\n"+postgresSource("pg", pg))
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SET time_zone = '+00:00'"); err != nil {
		t.Fatal(err)
	}
	of := "experiment_id = '" + id + "'"
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"SELECT name, lifecycle_stage, tags->>'$[0].value' FROM ml.experiments WHERE name = 'churn'", []string{"churn|active|growth"}},
		{"SELECT name, status, started_at, TIMESTAMPDIFF(SECOND, started_at, ended_at), lifecycle_stage FROM ml.runs WHERE " + of + " ORDER BY name",
			[]string{"first|FINISHED|2024-02-29 10:30:00.123000|60|active", "mistake|FINISHED|2024-02-29 10:30:00.123000|60|deleted", "second|FINISHED|2024-02-29 10:30:00.123000|60|active"}},
		{"SELECT r.name, p.value FROM ml.experiments e JOIN ml.runs r ON r.experiment_id = e.experiment_id JOIN ml.run_params p ON p.experiment_id = e.experiment_id AND p.run_id = r.run_id WHERE e.name = 'churn' AND r.lifecycle_stage = 'active' ORDER BY 1",
			[]string{"first|0.1", "second|0.01"}},
		{"SELECT m.name, m.value, m.step FROM ml.run_metrics m WHERE " + of + " AND m.run_id = '" + second + "' ORDER BY 1", []string{"loss|0.2|4", "odd||0"}},
		{"SELECT DISTINCT i.name, i.digest, i.source->>'$.uri', i.tags->>'$[0].value' FROM ml.run_inputs i WHERE " + of, []string{"orders|0a1b2c3d|s3://shop/orders|training"}},
		{"SELECT COUNT(*), MIN(value), MAX(step) FROM ml.metric_history WHERE run_id = '" + second + "' AND name = 'loss'", []string{"5|0.2|4"}},
		{"SELECT w.metric, COUNT(h.step), COUNT(h.value) FROM pg.watched w JOIN ml.metric_history h ON h.run_id = w.run AND h.name = w.metric GROUP BY 1 ORDER BY 1",
			[]string{"loss|5|5", "odd|1|0"}},
		{"SELECT a.alias, v.version, v.status, r.name FROM ml.model_aliases a JOIN ml.model_versions v ON v.name = a.name AND v.version = a.version JOIN ml.runs r ON r.run_id = v.run_id AND r." + of,
			[]string{"champion|2|READY|second"}},
		{"SELECT d.place, v.run_id = '" + second + "' FROM pg.deployed d JOIN ml.model_versions v ON v.name = d.model AND v.version = d.version ORDER BY 1",
			[]string{"eu|1", "us|0"}},
		{"SELECT name, description FROM ml.registered_models", []string{"churn-model|who leaves"}},
		{"SELECT model_id, name, run_id FROM ml.logged_models WHERE " + of, logged},
		{"SELECT COUNT(*) FROM ml.runs WHERE experiment_id = '" + empty + "'", []string{"0"}},
		{"SELECT COUNT(*) FROM ml.runs WHERE experiment_id IN ('" + empty + "', '" + id + "', '123456')", []string{"3"}},
		{"SELECT COUNT(*) FROM (SELECT run_id FROM ml.runs WHERE " + of + " LIMIT 2) few", []string{"2"}},
		{"SELECT COUNT(*) FROM (SELECT name FROM ml.run_metrics WHERE " + of + " LIMIT 3 OFFSET 1) few", []string{"3"}},
		{"SELECT COUNT(*) FROM ml.metric_history WHERE run_id = 'none' AND name = 'loss'", []string{"0"}},
		{"SELECT COUNT(*) FROM ml.run_tags WHERE name = 'team' AND " + of, []string{"3"}},
		{"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'ml'", []string{"11"}},
	} {
		rows, err := queryTexts(t.Context(), conn, c.query)
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join(row, "|"))
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s\n%s\n%v", c.query, strings.Join(got, "\n"), err)
		}
	}
	if _, err := queryTexts(t.Context(), conn, "SELECT value FROM ml.run_metrics WHERE "+of); err != nil {
		t.Fatal(err)
	}
	warnings, err := queryTexts(t.Context(), conn, "SHOW WARNINGS")
	if err != nil || len(warnings) != 1 || !strings.Contains(strings.Join(warnings[0], " "), "source ml: table run_metrics: column value: a value that double does not have") {
		t.Errorf("warnings %q: %v", warnings, err)
	}
	documented := 0
	p := newTester(t, db, t.TempDir())
	for _, b := range blocks(t, filepath.Join(repository, "docs/sources/mlflow.md")) {
		if b.info == "sql on-mlflow" {
			documented++
			p.statements(t, b)
		}
	}
	if documented == 0 {
		t.Error("the page has no statements")
	}
	errors := map[string]string{
		"SELECT COUNT(*) FROM ml.runs":                       "source ml, table runs is read by its keys only: experiment_id",
		"SELECT * FROM ml.metric_history WHERE run_id = 'x'": "source ml, table metric_history is read by its keys only: run_id and name",
	}
	if major > 2 {
		errors["SELECT * FROM ml.runs WHERE experiment_id = 'churn'"] = "POST api/2.0/mlflow/runs/search, page 1: 400 Bad Request: Invalid experiment ID 'churn'"
	}
	for query, says := range errors {
		if _, err := queryTexts(t.Context(), conn, query); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
