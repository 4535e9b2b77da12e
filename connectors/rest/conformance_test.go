package rest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

func TestConformance(t *testing.T) {
	var server *api
	conntest.Run(t, conntest.Config{
		Source: sourceName,
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			server = newAPI(tb)
			declared := make([]Table, len(tables))
			for i, table := range tables {
				server.put(table.Name, records(table)...)
				declared[i] = declare(table)
			}
			return server.open(connectors.Options{"timeout": "5s"}, declared...)
		},
		Reads: func(t types.Type) (types.Type, bool) {
			if t.Kind == types.Char {
				return types.Of(types.Text), true
			}
			return t, true
		},
		Evaluate: testengine.Evaluate,
		Secrets:  []string{secretToken},
		Sessions: func(testing.TB) int { return int(server.running.Load()) },
		Exempt:   map[string]string{"types/json": "null is NULL, as APIs mean it: there is no JSON document null (TestValues)"},
	})
}

// records are the rows of a fixture as an API has them.
func records(table conntest.Table) []record {
	out := make([]record, len(table.Rows))
	for i, row := range table.Rows {
		out[i] = record{}
		for j, v := range row {
			out[i][table.Columns[j].Name] = inJSON(v, table.Columns[j].Type)
		}
	}
	return out
}

// inJSON is a value as APIs write it: large numbers as text.
func inJSON(v types.Value, t types.Type) any {
	switch {
	case v.Null:
		return nil
	case t.Kind == types.Uint64:
		return v.Format(t, time.UTC)
	case t.IsInteger():
		return v.Int
	case t.Kind == types.Float32:
		return float32(v.Float)
	case t.IsFloat():
		return v.Float
	case t.Kind == types.Decimal:
		return json.Number(v.Format(t, time.UTC))
	case t.Kind == types.JSON:
		return json.RawMessage(v.Str)
	case t.IsBinary():
		return base64.StdEncoding.EncodeToString([]byte(v.Str))
	case t.Kind == types.Timestamp:
		return time.UnixMicro(v.Int).UTC().Format(time.RFC3339Nano)
	}
	return v.Format(t, time.UTC)
}

// declare is how the table of a fixture is read.
func declare(table conntest.Table) Table {
	d := Table{
		Name: table.Name, Size: float64(len(table.Rows)),
		Rows: Endpoint{
			Path: "v1/" + table.Name, Items: "items",
			Paging:   Offset{Name: "offset", SizeName: "limit", Size: 5000, Total: "total"},
			Snapshot: Snapshot{Header: "ETag", Send: "If-Match"},
		},
	}
	for i, c := range table.Columns {
		typ := c.Type
		if typ.Kind == types.Char {
			typ = types.Of(types.Text)
		}
		d.Columns = append(d.Columns, Column{Name: c.Name, Type: typ, Path: c.Name, NotNull: !c.Nullable})
		if len(table.Key) == 1 && table.Key[0] == i {
			d.Key = []string{c.Name}
		}
		switch c.Name {
		case "id":
			d.Filters = append(d.Filters, Filter{Column: "id", Name: "id", Most: 50}, Filter{Column: "id", Name: "id__min", Op: expr.Ge})
			if !c.Nullable {
				d.Orders = append(d.Orders, Order{Column: "id", Name: "order", Asc: "id", Desc: "-id"})
			}
		case "customer":
			d.Filters = append(d.Filters, Filter{Column: "customer", Name: "customer__list", Most: 2, Separator: ","})
		case "status":
			d.Filters = append(d.Filters, Filter{Column: "status", Name: "status__nocase", Loose: true})
			d.Counts = append(d.Counts, Count{By: []string{"status"}, Rows: "rows", Parts: true,
				Endpoint: Endpoint{Path: "counts/" + table.Name + "/status", Items: "groups"}})
		}
	}
	return d
}

// TestRefused reads with wrong credentials, which the server repeats.
func TestRefused(t *testing.T) {
	server := newAPI(t)
	server.put("things", record{"id": int64(1)})
	c := server.open(connectors.Options{"token": "wrong-secret"}, things())
	err := readErr(t, c, "things")
	if sqlerr.CodeOf(err) != sqlerr.SourceAuth {
		t.Errorf("code %d: %v", sqlerr.CodeOf(err), err)
	}
	mention(t, err, "source api", "table things", "GET v1/things", "401", "the credentials *** are not known")
	if check := c.Check(t.Context()); check == nil || check.Error() != err.Error() {
		t.Errorf("checked: %v", check)
	}
	unmentioned(t, err, "wrong-secret")
	if n := len(server.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, http.StatusBadRequest, "max_results is too large")
		return true
	})
	err = readErr(t, c, "things")
	mention(t, err, "source api", "table things", "400 Bad Request: max_results is too large")
}
