package mlflow

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// TestTables lists and describes the declared tables, for which no server is needed. What they hold is tested with a real
// server in cmd/silogate.
func TestTables(t *testing.T) {
	c, err := Open(t.Context(), connectors.Config{Name: "ml", Options: connectors.Options{"url": "http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	source := c.Bind(connectors.Principal{})
	var names []string
	for entry, err := range source.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, entry.Name.Name)
		table, err := source.Table(t.Context(), entry.Name, connectors.AsOf{})
		if err != nil || len(table.Columns) == 0 || table.Comment == "" {
			t.Errorf("%s: %v", entry.Name, err)
		}
	}
	want := []string{"experiments", "logged_models", "metric_history", "model_aliases", "model_versions", "registered_models", "run_inputs",
		"run_metrics", "run_params", "run_tags", "runs"}
	if !slices.Equal(names, want) {
		t.Errorf("tables %v", names)
	}
	if _, err := source.Table(t.Context(), plan.TableName{Name: "none"}, connectors.AsOf{}); sqlerr.CodeOf(err) != sqlerr.UnknownTable {
		t.Error(err)
	}
	if _, err := Open(t.Context(), connectors.Config{Name: "ml"}); sqlerr.CodeOf(err) != sqlerr.BadOption {
		t.Errorf("without a URL: %v", err)
	}
}
