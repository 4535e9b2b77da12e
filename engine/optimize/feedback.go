package optimize

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Feedback remembers how many rows parts of plans had when they ran, so that a misjudged condition is judged right from
// then on. A part is a table with the conditions on it, values included; what a later run has of it counts. It is safe for
// concurrent use and shared by all statements.
type Feedback struct {
	mu   sync.Mutex
	rows map[Part]float64
}

// NewFeedback returns one that has seen nothing.
func NewFeedback() *Feedback { return &Feedback{rows: make(map[Part]float64)} }

// mostParts bounds the memory. A full one starts over, as statistics do.
const mostParts = 4096

// Part names a part of a plan in whatever statement it stands.
type Part string

// Learn notes that a part had so many rows.
func (f *Feedback) Learn(part Part, rows int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.rows[part]; !ok && len(f.rows) >= mostParts {
		clear(f.rows)
	}
	f.rows[part] = float64(rows)
}

// of returns how many rows a plan had, if it is a part that has been seen.
func (f *Feedback) of(n plan.Node) (rows float64, ok bool) {
	if f == nil {
		return 0, false
	}
	part, ok := partOf(n)
	if !ok {
		return 0, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rows, ok = f.rows[part]
	return rows, ok
}

// longestPart is the longest name of a part in bytes: a list of thousands of values is not worth its memory.
const longestPart = 4 << 10

// partOf names a plan that is a part: a scan under filters and projections, whose conditions are the same whenever they
// run.
func partOf(n plan.Node) (Part, bool) {
	var conds []expr.Expr
	for {
		switch m := n.(type) {
		case *plan.Project:
			n = m.Input
			continue
		case *plan.Filter:
			conds = append(conds, m.Conds...)
			n = m.Input
			continue
		}
		break
	}
	scan, ok := n.(*plan.Scan)
	if !ok {
		return "", false
	}
	texts := []string{fmt.Sprintf("%v %s %s", scan.Site, scan.Table.Name, scan.Table.Version)}
	for _, c := range conds {
		text, ok := condition(scan, c)
		if !ok {
			return "", false
		}
		texts = append(texts, text)
	}
	slices.Sort(texts[1:])
	part := strings.Join(slices.Compact(texts), "\x00")
	return Part(part), len(part) <= longestPart
}

// condition is a condition on a table as text, with its columns by their names.
func condition(scan *plan.Scan, c expr.Expr) (string, bool) {
	ok := true
	named := expr.Transform(c, func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Column:
			i := scan.Cols.Index(e.ID)
			if i < 0 {
				ok = false
				return e
			}
			return &expr.Column{ID: expr.ColumnID(scan.Pos[i] + 1), Name: scan.Table.Columns[scan.Pos[i]].Name, Typ: e.Typ}
		case *expr.Param:
			ok = false
		}
		return e
	})
	return fmt.Sprint(named), ok && !expr.Volatile(c)
}
