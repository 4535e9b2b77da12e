package iceberg

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// glueServer answers requests of Glue by their operation; it records these, with what they ask for.
type glueServer struct {
	answers map[string]func(request map[string]any) (status int, body string)
	asked   []string
}

func (s *glueServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSGlue.")
	var request map[string]any
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || !strings.Contains(r.Header.Get("Authorization"), "Credential=key/") ||
		!strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/glue/aws4_request") {
		http.Error(w, `{"__type": "IncompleteSignatureException"}`, http.StatusBadRequest)
		return
	}
	s.asked = append(s.asked, fmt.Sprint(operation, request))
	status, body := s.answers[operation](request)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// glueAt opens a warehouse whose catalog is a server's.
func glueAt(t *testing.T, s *glueServer) connectors.Source {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return openWith(t, connectors.Options{
		"warehouse": "/data", "catalog": "glue", "catalog_url": server.URL, "catalog_id": "123456789012", "region": "eu-central-1", "access_key": "key", "secret_key": "hunter2",
	})
}

// Lists are followed page by page, and tables of other formats and views are none of Iceberg's.
func TestGlueLists(t *testing.T) {
	s := &glueServer{answers: map[string]func(map[string]any) (int, string){
		"GetDatabases": func(request map[string]any) (int, string) {
			if request["NextToken"] == "more" {
				return http.StatusOK, `{"DatabaseList": [{"Name": "shop"}]}`
			}
			return http.StatusOK, `{"DatabaseList": [{"Name": "eu"}], "NextToken": "more"}`
		},
		"GetTables": func(request map[string]any) (int, string) {
			if request["DatabaseName"] == "eu" {
				return http.StatusBadRequest, `{"__type": "com.amazonaws#EntityNotFoundException", "Message": "Database eu not found."}`
			}
			if request["NextToken"] == "more" {
				return http.StatusOK, `{"TableList": [{"Name": "orders", "Parameters": {"table_type": "iceberg", "metadata_location": "/data/orders/v1.metadata.json"}}]}`
			}
			return http.StatusOK, `{"TableList": [{"Name": "hive", "Parameters": {"EXTERNAL": "TRUE"}}, {"Name": "bare"}, {"Name": "view", "Parameters": {"table_type": "ICEBERG"}}], "NextToken": "more"}`
		},
		"GetTable": func(request map[string]any) (int, string) {
			if request["Name"] == "hive" {
				return http.StatusOK, `{"Table": {"Name": "hive", "Parameters": {"EXTERNAL": "TRUE"}}}`
			}
			return http.StatusBadRequest, `{"__type": "EntityNotFoundException"}`
		},
	}}
	src := glueAt(t, s)
	var names []string
	for l, err := range src.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, l.Name.String())
	}
	if !slices.Equal(names, []string{"shop.orders"}) {
		t.Errorf("tables %q", names)
	}
	if !slices.Contains(s.asked, "GetTablesmap[CatalogId:123456789012 DatabaseName:shop NextToken:more]") {
		t.Errorf("asked %q", s.asked)
	}
	for _, name := range []string{"hive", "missing"} {
		if _, err := src.Table(t.Context(), plan.TableName{Namespace: "shop", Name: name}, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Glue refuses is an error with a code of its own that does not show the key; where it is too busy it is asked again.
func TestGlueFails(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		times  int // that it is answered before it succeeds
		want   sqlerr.Code
		says   string
	}{
		"access denied":  {http.StatusBadRequest, `{"__type": "AccessDeniedException", "Message": "no glue:GetDatabases"}`, 9, sqlerr.SourceAuth, "AccessDeniedException: no glue:GetDatabases"},
		"throttled":      {http.StatusBadRequest, `{"__type": "ThrottlingException", "message": "Rate exceeded"}`, 2, 0, ""},
		"throttled long": {http.StatusBadRequest, `{"__type": "ThrottlingException", "message": "Rate exceeded"}`, 9, sqlerr.SourceDown, "ThrottlingException: Rate exceeded"},
		"broken":         {http.StatusInternalServerError, `oops`, 9, sqlerr.SourceDown, "status 500"},
		"invalid":        {http.StatusBadRequest, `{"__type": "InvalidInputException"}`, 9, sqlerr.SourceError, "GetDatabases: InvalidInputException"},
		"no JSON":        {http.StatusOK, `oops`, 9, sqlerr.SourceError, "invalid character"},
	} {
		times := 0
		s := &glueServer{answers: map[string]func(map[string]any) (int, string){"GetDatabases": func(map[string]any) (int, string) {
			if times++; times > c.times {
				return http.StatusOK, `{}`
			}
			return c.status, c.body
		}}}
		src := glueAt(t, s)
		for _, err := range src.List(t.Context(), connectors.ListOptions{Namespaces: true}) {
			if c.says == "" || !sqlerr.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.says == "" && times != c.times+1 {
			t.Errorf("%s: asked %d times", name, times)
		}
	}
}
