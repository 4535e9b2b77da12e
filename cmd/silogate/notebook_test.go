//go:build integration

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// notebook is a document of Jupyter, as nbclient leaves it.
type notebook struct {
	Cells []struct {
		ID      string
		Kind    string `json:"cell_type"`
		Source  parts
		Outputs []struct {
			Kind string `json:"output_type"`
			Name string // of a stream
			Text parts
			Data struct {
				PNG string `json:"image/png"`
			}
			Error   string `json:"ename"`
			Message string `json:"evalue"`
		}
	}
}

// parts are a text that a document may have in parts.
type parts string

func (l *parts) UnmarshalJSON(text []byte) error {
	var whole string
	if json.Unmarshal(text, &whole) == nil {
		*l = parts(whole)
		return nil
	}
	var list []string
	err := json.Unmarshal(text, &list)
	*l = parts(strings.Join(list, ""))
	return err
}

// TestNotebook executes docs/clients/notebook.ipynb over the demo's silos.
func TestNotebook(t *testing.T) {
	if !nightly {
		t.Skip("the clients of other projects are a part of make nightly")
	}
	_, sources := demoSilos(t)
	address := servingAt(t, sources)
	c := newClients(t, address)
	dir := t.TempDir()
	document, err := os.ReadFile(filepath.Join(repository, "docs/clients/notebook.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notebook.ipynb"), document, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"DATABASE_URL=mysql+pymysql://root@" + address + "/shop", "JUPYTER_RUNTIME_DIR=" + dir, "IPYTHONDIR=" + dir, "MPLCONFIGDIR=" + dir}
	if out, err := c.run(dir, env, filepath.Join(c.dir, "notebook/bin/jupyter-execute"), "--inplace", "notebook.ipynb"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	document, err = os.ReadFile(filepath.Join(dir, "notebook.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	var executed notebook
	if err := json.Unmarshal(document, &executed); err != nil {
		t.Fatal(err)
	}
	printed, source, pictures := map[string]string{}, map[string]string{}, map[string]int{}
	for _, cell := range executed.Cells {
		source[cell.ID] = string(cell.Source)
		for _, o := range cell.Outputs {
			switch {
			case o.Kind == "error":
				t.Errorf("%s: %s: %s", cell.ID, o.Error, o.Message)
			case o.Name == "stderr": // magics say there what is wrong
				t.Errorf("%s: %s", cell.ID, o.Text)
			case o.Data.PNG != "":
				pictures[cell.ID]++
				drawn(t, cell.ID, o.Data.PNG)
			default:
				printed[cell.ID] += string(o.Text)
			}
		}
	}
	for _, id := range []string{"plot", "histogram", "bar"} {
		if pictures[id] != 1 {
			t.Errorf("%s has %d pictures", id, pictures[id])
		}
	}
	conn := session(t, connect(t, "root@tcp("+address+")/shop"), "SET silogate_pushdown = OFF")
	for _, frame := range []struct{ rows, of, head, says string }{
		{"rows", "join", "category,reviews,negative,stars", "pandas\n"},
		{"polars-rows", "polars", "name,reviews,stars", "polars Schema([('name', String), ('reviews', Int64), ('stars', Decimal(precision=38, scale=4))])\n"},
	} {
		_, statement, _ := strings.Cut(source[frame.of], "SELECT")
		rows, err := queryTexts(t.Context(), conn, "SELECT"+strings.ReplaceAll(statement, "{{category}}", "books"))
		if err != nil || len(rows) < 6 {
			t.Fatalf("%q: %v", rows, err)
		}
		var want bytes.Buffer
		want.WriteString(frame.says + frame.head + "\n")
		if err := csv.NewWriter(&want).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(printed[frame.rows]); got != strings.TrimSpace(want.String()) {
			t.Errorf("%s:\n%s\nwant\n%s", frame.rows, got, want.String())
		}
	}
}

// drawn checks that a picture is one, and not empty.
func drawn(t *testing.T, id, text string) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	colours := map[any]bool{}
	for x := range picture.Bounds().Dx() {
		for y := range picture.Bounds().Dy() {
			colours[picture.At(x, y)] = true
		}
	}
	if len(colours) < 10 {
		t.Errorf("%s: a picture of %d colours", id, len(colours))
	}
}
