package postgres

import (
	"math"
	"regexp"
	"strings"

	"github.com/silogate/silogate/engine/plan"
)

// serverPlan is a node of a plan as EXPLAIN (FORMAT JSON) shows it. Below a Gather its rows are those of one process.
type serverPlan struct {
	Node     string       `json:"Node Type"`
	Start    float64      `json:"Startup Cost"`
	Total    float64      `json:"Total Cost"`
	Rows     float64      `json:"Plan Rows"`
	Width    float64      `json:"Plan Width"`
	Workers  float64      `json:"Workers Planned"`
	Relation string       `json:"Relation Name"`
	Cond     string       `json:"Index Cond"`
	Plans    []serverPlan `json:"Plans"`
}

// What the server does for each row of a nested loop's outer input, in seconds of one core with all data in memory: it goes down an
// index, and fetches each row that it finds there from where that lies. It counts pages that are read again for next to nothing,
// and takes a row that it fetches and a filter drops for one of few.
const (
	costDescend = 3e-6
	costFetch   = 1.2e-6
)

// lookups are the rows that a plan fetches by an index for rows of another input, and the seconds that they take beyond the server's
// own estimate, in one of the processes that share the work.
type lookups struct{ rows, more float64 }

// lookupsOf finds those of a plan that so many processes run.
func (f *fragment) lookupsOf(p *serverPlan, processes float64) lookups {
	if p.Workers > 0 {
		processes = p.Workers + math.Max(0, 1-0.3*p.Workers) // the leader helps less the more there are (costsize.c)
	}
	var l lookups
	for i := range p.Plans {
		in := f.lookupsOf(&p.Plans[i], processes)
		l.rows, l.more = l.rows+in.rows, l.more+in.more
	}
	if p.Node != "Nested Loop" || len(p.Plans) != 2 || p.Plans[1].Node != "Index Scan" {
		return l
	}
	loops, inner := p.Plans[0].Rows, &p.Plans[1]
	fetched := math.Max(inner.Rows, f.fetched(inner))
	l.rows += loops * processes * fetched
	l.more += math.Max(0, loops*(costDescend+fetched*costFetch-inner.Total*secondsPerCost))
	return l
}

var indexedColumn = regexp.MustCompile(`^\((?:"((?:[^"]|"")+)"|(\w+)) = `)

// fetched is how many rows a value of an index's first column has, before any filter; 0 if that is not known.
func (f *fragment) fetched(scan *serverPlan) float64 {
	found := indexedColumn.FindStringSubmatch(scan.Cond)
	if found == nil {
		return 0
	}
	column := strings.ReplaceAll(found[1], `""`, `"`) + found[2]
	var only *plan.Table
	for _, t := range f.tables {
		if t.Name.Name == scan.Relation {
			if only != nil && only.Name != t.Name {
				return 0 // the plan does not show the schema
			}
			only = t
		}
	}
	if only == nil {
		return 0
	}
	columns, ok := f.statistics.last(statisticsKey(only))
	for i := range only.Columns {
		if ok && only.Columns[i].Name == column && columns[i].Known && columns[i].Distinct > 0 && only.Stats.Rows > 0 {
			return only.Stats.Rows / columns[i].Distinct
		}
	}
	return 0
}
