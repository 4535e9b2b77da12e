package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// sized is a source of tables that say how many bytes they have, by table, and are never read.
type sized struct {
	*source
	bytes map[string]func() (float64, error)
}

func (s sized) Source(plan.Site) (connectors.Source, error) { return s, nil }

func (s sized) Pushdown(ctx context.Context, n plan.Node) (plan.Node, error) {
	if scan, ok := n.(*plan.Scan); ok {
		return &plan.Remote{Site: scan.Site, Fragment: sizedFragment{fragment{s.source}, scan.Cols, s.bytes[scan.Table.Name.Name]},
			Tables: []plan.TableName{scan.Table.Name}, Cols: scan.Cols}, nil
	}
	children := make([]plan.Node, len(n.Children()))
	for i, c := range n.Children() {
		var err error
		if children[i], err = s.Pushdown(ctx, c); err != nil {
			return nil, err
		}
	}
	return n.WithChildren(children), nil
}

type sizedFragment struct {
	fragment
	schema plan.Schema
	bytes  func() (float64, error)
}

func (f sizedFragment) Schema() plan.Schema { return f.schema }

func (f sizedFragment) Estimate(context.Context) (connectors.Estimate, error) {
	e := connectors.UnknownEstimate()
	var err error
	e.Bytes, err = f.bytes()
	return e, err
}

func (s sized) table(name string, id expr.ColumnID) plan.Node {
	scan := *s.scan().(*plan.Scan)
	scan.Table = &plan.Table{Name: plan.TableName{Name: name}, Columns: scan.Table.Columns}
	scan.Cols = plan.Schema{{ID: id, Name: "n", Type: number.Type}}
	return &scan
}

func TestScanLimit(t *testing.T) {
	known := func(bytes float64) func() (float64, error) {
		return func() (float64, error) { return bytes, nil }
	}
	s := sized{&source{next: func(context.Context, int) error { return io.EOF }}, map[string]func() (float64, error){
		"small": known(100), "big": known(1000), "unknown": known(math.NaN()),
		"gone": func() (float64, error) { return math.NaN(), errors.New("it is down") },
	}}
	e := New(Config{Sources: s, Log: slog.New(slog.DiscardHandler), Verify: true})
	for _, c := range []struct {
		tables string
		most   uint64
		says   []string // of the refusal; nil: it runs
	}{
		{"small", 0, nil},
		{"small", 100, nil},
		{"small", 99, []string{"source mem", "table small", "read 100 bytes", "silogate_max_scan_bytes (99)"}},
		{"small big", 1100, nil},
		{"small big", 1099, []string{"source mem", "table big", "read 1100 bytes, 1000 of them here", "silogate_max_scan_bytes (1099)"}},
		{"unknown", 1, nil},
		{"gone", 1, nil},
		{"unknown small gone", 100, nil},
		{"unknown small gone", 50, []string{"table small", "read 100 bytes"}},
	} {
		var root plan.Node
		for i, name := range strings.Fields(c.tables) {
			if right := s.table(name, expr.ColumnID(i+1)); root == nil {
				root = right
			} else {
				root = &plan.Join{Kind: plan.Inner, Left: root, Right: right}
			}
		}
		p, err := e.Prepare(t.Context(), root, Settings{MaxScanBytes: c.most})
		if err != nil {
			t.Fatal(err)
		}
		env := &expr.Env{Location: time.UTC}
		_, analyzed := p.Analyze(t.Context(), env)
		r, err := p.Run(env)
		if err == nil {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if sqlerr.Is(err, sqlerr.ScanTooBig) != (c.says != nil) || sqlerr.Is(analyzed, sqlerr.ScanTooBig) != (c.says != nil) {
			t.Errorf("%s, at most %d: run %v, analyzed %v", c.tables, c.most, err, analyzed)
			continue
		}
		shown := p.Explain().Text()
		inJSON, jsonErr := p.Explain().JSON()
		if jsonErr != nil || strings.Contains(inJSON, `"refused": "`) != strings.Contains(shown, "refused: ") {
			t.Errorf("%d bytes: the JSON says otherwise than the text: %s, %v", c.most, inJSON, jsonErr)
		}
		if strings.Contains(shown, "refused:") != (c.says != nil) {
			t.Errorf("%s, at most %d: EXPLAIN says\n%s", c.tables, c.most, shown)
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) || !strings.Contains(shown, says) {
				t.Errorf("%s, at most %d: %v lacks %q, or EXPLAIN does:\n%s", c.tables, c.most, err, says, shown)
			}
		}
	}
}
