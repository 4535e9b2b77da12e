package mlflow

import (
	"context"
	"net/http"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/rest"
	"github.com/silogate/silogate/engine/types"
)

// Open makes the connector of a server, without I/O. Its options are those of every HTTP source.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	return rest.Open(cfg, "mlflow", tables())
}

// The types of columns. MLflow's identifiers are texts, also where they are numbers.
var (
	text   = types.Of(types.Text)
	json   = types.Of(types.JSON)
	number = types.Of(types.Float64)
	count  = types.Of(types.Int64)
	moment = types.NewTemporal(types.Timestamp, types.MaxFSP)
)

func column(name, path string, t types.Type) rest.Column {
	return rest.Column{Name: name, Path: path, Type: t}
}

// id is a column that each row has.
func id(name, path string) rest.Column {
	return rest.Column{Name: name, Path: path, Type: text, NotNull: true}
}

// at is a moment in milliseconds.
func at(name, path string) rest.Column {
	return rest.Column{Name: name, Path: path, Type: moment, Epoch: rest.Milliseconds}
}

// outer is a column of the item around a row.
func outer(c rest.Column) rest.Column {
	c.Outer = true
	return c
}

// asked is a column that is asked for and not repeated.
func asked(c rest.Column) rest.Column {
	c.Asked = true
	return c
}

// The largest pages that the server allows, and a first one of what may be large: a run may have many metrics.
const (
	someRows        = 1_000
	mostExperiments = 50_000
	mostRuns        = 50_000
	mostPoints      = 25_000
	mostModels      = 1_000
	mostLogged      = 50
	mostVersions    = 200_000
)

// list is an endpoint that lists, by pages of so many rows at first, and then of more. The server leaves empty lists out, as it
// writes Protocol Buffers.
func list(path, items string, first, most int) rest.Endpoint {
	paging := rest.Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: first, Most: most}
	return rest.Endpoint{Path: "api/2.0/mlflow/" + path, Items: items, Paging: paging, Omits: true}
}

// search is an endpoint that takes what it lists by in a body.
func search(path, items string, first, most int) rest.Endpoint {
	e := list(path, items, first, most)
	e.Method = http.MethodPost
	return e
}

// tables are all tables of a server.
func tables() []rest.Table {
	experiments := list("experiments/search", "experiments", someRows, mostExperiments)
	experiments.Query = map[string]string{"view_type": "ALL"}
	return append(registry(),
		rest.Table{
			Name: "experiments", Key: []string{"experiment_id"}, Comment: "Experiments, deleted ones too",
			Columns: []rest.Column{
				id("experiment_id", "experiment_id"), column("name", "name", text), column("artifact_location", "artifact_location", text),
				column("lifecycle_stage", "lifecycle_stage", text), at("created_at", "creation_time"), at("updated_at", "last_update_time"),
				column("tags", "tags", json),
			},
			Rows: experiments,
		},
		ofRuns("runs", "Runs of experiments, deleted ones too", "", []string{"run_id"},
			column("name", "info.run_name", text), column("user_name", "info.user_id", text), column("status", "info.status", text),
			at("started_at", "info.start_time"), at("ended_at", "info.end_time"), column("artifact_uri", "info.artifact_uri", text),
			column("lifecycle_stage", "info.lifecycle_stage", text), column("model_inputs", "inputs.model_inputs", json),
			column("model_outputs", "outputs.model_outputs", json)),
		ofRuns("run_params", "Parameters of runs", "data.params", []string{"run_id", "name"}, id("name", "key"), column("value", "value", text)),
		ofRuns("run_tags", "Tags of runs", "data.tags", []string{"run_id", "name"}, id("name", "key"), column("value", "value", text)),
		ofRuns("run_metrics", "The last value of each metric of a run", "data.metrics", []string{"run_id", "name"},
			id("name", "key"), column("value", "value", number), column("step", "step", count), at("logged_at", "timestamp")),
		ofRuns("run_inputs", "Datasets that runs have read", "inputs.dataset_inputs", nil,
			column("name", "dataset.name", text), column("digest", "dataset.digest", text), column("source_type", "dataset.source_type", text),
			column("source", "dataset.source", text), column("schema", "dataset.schema", text), column("profile", "dataset.profile", text),
			column("tags", "tags", json)),
		rest.Table{
			Name: "metric_history", Comment: "All values of a metric of a run",
			Columns: []rest.Column{
				asked(id("run_id", "")), asked(id("name", "")), column("value", "value", number), column("step", "step", count),
				at("logged_at", "timestamp"),
			},
			Rows:     list("metrics/get-history", "metrics", mostPoints, mostPoints),
			Filters:  []rest.Filter{{Column: "run_id", Name: "run_id"}, {Column: "name", Name: "metric_key"}},
			Required: [][]string{{"run_id", "name"}},
		},
	)
}

// ofRuns is a table of runs, or with each of what a run has there, by the experiments of the runs.
func ofRuns(name, comment, each string, key []string, columns ...rest.Column) rest.Table {
	rows := search("runs/search", "runs", someRows, mostRuns)
	rows.Body, rows.Each = map[string]any{"run_view_type": "ALL"}, each
	experiment, run := id("experiment_id", "info.experiment_id"), id("run_id", "info.run_id")
	if each != "" {
		experiment, run = outer(experiment), outer(run)
	}
	return rest.Table{
		Name: name, Comment: comment, Key: key, Columns: append([]rest.Column{experiment, run}, columns...),
		Rows:     rows,
		Filters:  []rest.Filter{{Column: "experiment_id", Name: "experiment_ids", Most: 100}},
		Required: [][]string{{"experiment_id"}},
	}
}

// registry are the tables of models.
func registry() []rest.Table {
	models := list("registered-models/search", "registered_models", mostModels, mostModels)
	aliases := models
	aliases.Each = "aliases"
	logged := search("logged-models/search", "models", mostLogged, mostLogged)
	logged.Gone = true
	return []rest.Table{
		{
			Name: "registered_models", Key: []string{"name"}, Comment: "Registered models", Rows: models,
			Columns: []rest.Column{
				id("name", "name"), column("description", "description", text), at("created_at", "creation_timestamp"),
				at("updated_at", "last_updated_timestamp"), column("tags", "tags", json),
			},
		},
		{
			Name: "model_aliases", Key: []string{"name", "alias"}, Comment: "Aliases of versions of registered models", Rows: aliases,
			Columns: []rest.Column{outer(id("name", "name")), id("alias", "alias"), column("version", "version", text)},
		},
		{
			Name: "model_versions", Key: []string{"name", "version"}, Comment: "Versions of registered models",
			Rows: list("model-versions/search", "model_versions", someRows, mostVersions),
			Columns: []rest.Column{
				id("name", "name"), id("version", "version"), column("stage", "current_stage", text), column("status", "status", text),
				column("description", "description", text), column("user_name", "user_id", text), column("source", "source", text),
				column("run_id", "run_id", text), at("created_at", "creation_timestamp"), at("updated_at", "last_updated_timestamp"),
				column("tags", "tags", json),
			},
		},
		{
			Name: "logged_models", Key: []string{"model_id"}, Comment: "Models that runs have logged (MLflow 3)",
			Rows: logged,
			Columns: []rest.Column{
				id("experiment_id", "info.experiment_id"), id("model_id", "info.model_id"), column("name", "info.name", text),
				column("status", "info.status", text), column("model_type", "info.model_type", text), column("run_id", "info.source_run_id", text),
				column("artifact_uri", "info.artifact_uri", text), at("created_at", "info.creation_timestamp_ms"),
				at("updated_at", "info.last_updated_timestamp_ms"), column("tags", "info.tags", json), column("params", "data.params", json),
				column("metrics", "data.metrics", json),
			},
			Filters:  []rest.Filter{{Column: "experiment_id", Name: "experiment_ids", Most: 10}},
			Required: [][]string{{"experiment_id"}},
		},
	}
}
