package iceberg

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// restServer serves the metadata of a table as lake.eu.orders by the REST API, in the prefix p, to who has the token.
func restServer(t *testing.T, w *folderWriter) *httptest.Server {
	t.Helper()
	answer := func(w http.ResponseWriter, status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	fail := func(w http.ResponseWriter, status int, kind string) {
		answer(w, status, map[string]any{"error": map[string]any{"message": "no", "type": kind, "code": status}})
	}
	s := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer open-sesame" {
			fail(out, http.StatusUnauthorized, "NotAuthorizedException")
			return
		}
		switch r.URL.Path {
		case "/v1/config":
			answer(out, http.StatusOK, map[string]any{"defaults": map[string]string{}, "overrides": map[string]string{"prefix": "p"}})
		case "/v1/p/namespaces":
			switch r.URL.Query().Get("parent") {
			case "":
				answer(out, http.StatusOK, map[string]any{"namespaces": [][]string{{"lake"}}})
			case "lake":
				answer(out, http.StatusOK, map[string]any{"namespaces": [][]string{{"lake", "eu"}}})
			default:
				answer(out, http.StatusOK, map[string]any{"namespaces": [][]string{}})
			}
		case "/v1/p/namespaces/lake/tables":
			answer(out, http.StatusOK, map[string]any{"identifiers": []any{}})
		case "/v1/p/namespaces/lake\x1feu/tables":
			answer(out, http.StatusOK, map[string]any{"identifiers": []any{map[string]any{"namespace": []string{"lake", "eu"}, "name": "orders"}}})
		case "/v1/p/namespaces/lake\x1feu/tables/orders":
			text, err := os.ReadFile(w.current.MetadataLocation())
			if err != nil {
				t.Error(err)
			}
			answer(out, http.StatusOK, map[string]any{"metadata-location": w.current.MetadataLocation(), "metadata": json.RawMessage(text), "config": map[string]string{}})
		default:
			fail(out, http.StatusNotFound, "NoSuchTableException")
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// openREST opens a warehouse behind a REST catalog.
func openREST(t *testing.T, dir, url, token string) connectors.Source {
	t.Helper()
	return openWith(t, connectors.Options{"warehouse": dir, "catalog": "rest", "catalog_url": url, "token": token})
}

func TestRESTCatalog(t *testing.T) {
	dir := t.TempDir()
	server := restServer(t, version3(t, filepath.Join(dir, "somewhere")))
	src := openREST(t, dir, server.URL, "open-sesame")
	for _, c := range []struct {
		options connectors.ListOptions
		want    string
	}{
		{connectors.ListOptions{Namespaces: true}, "lake. lake.eu."},
		{connectors.ListOptions{}, "lake.eu.orders"},
		{connectors.ListOptions{In: new("lake")}, ""},
	} {
		var names []string
		for l, err := range src.List(t.Context(), c.options) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, l.Name.Namespace+"."+l.Name.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.options, got, c.want)
		}
	}
	found, err := src.Table(t.Context(), plan.TableName{Namespace: "lake.eu", Name: "orders"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	if ids := textsOf(t, src, found, 0); len(ids) != 200 || !slices.Contains(ids, "199") {
		t.Errorf("rows %q", ids)
	}
	if _, err := src.Table(t.Context(), plan.TableName{Namespace: "lake.eu", Name: "none"}, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
		t.Errorf("a table that is not there: %v", err)
	}
}

// What a catalog refuses, and one that does not answer, are errors with a code of their own that do not show the token.
func TestRESTCatalogFails(t *testing.T) {
	dir := t.TempDir()
	server := restServer(t, version3(t, filepath.Join(dir, "somewhere")))
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for _, c := range []struct {
		url, token string
		want       sqlerr.Code
	}{
		{server.URL, "wrong-token", sqlerr.SourceAuth},
		{down.URL, "open-sesame", sqlerr.SourceDown},
	} {
		for _, err := range openREST(t, dir, c.url, c.token).List(t.Context(), connectors.ListOptions{}) {
			if !sqlerr.Is(err, c.want) || !strings.Contains(err.Error(), "source lake") || strings.Contains(fmt.Sprintf("%+v", err), c.token) {
				t.Errorf("%v, want code %v", err, c.want)
			}
		}
	}
}

// A table whose files lie outside the warehouse is not read, whatever its metadata say.
func TestFilesOutsideTheWarehouse(t *testing.T) {
	outside := t.TempDir()
	server := restServer(t, version3(t, outside))
	src := openREST(t, t.TempDir(), server.URL, "open-sesame")
	found, err := src.Table(t.Context(), plan.TableName{Namespace: "lake.eu", Name: "orders"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := src.Pushdown(t.Context(), &plan.Scan{Table: found})
	if err != nil {
		t.Fatal(err)
	}
	_, err = answer.(*plan.Remote).Fragment.(connectors.Fragment).Estimate(t.Context())
	if !sqlerr.Is(err, sqlerr.SourceError) || !strings.Contains(err.Error(), "lies outside the warehouse") {
		t.Errorf("error %v", err)
	}
}
