package rest

import (
	"math"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// affordable returns the choices that are asked for, and how the rows of the others are picked here. Left out are those that
// would take more requests than are allowed, or longer than to read what there is without them, as far as it can be.
func (x *execution) affordable(choices []choice) (asked []choice, checks []check, err error) {
	fixed := x.fixed(choices)
	total := x.requestsOf(choices)
	leave := func(i int) {
		if c := choices[i]; c.kind == ofQuery {
			values := make([]types.Value, len(c.tuples))
			for j, tuple := range c.tuples {
				values[j] = tuple[0]
			}
			checks = append(checks, checkOf(x.table.columns[x.table.Filters[c.filters[0]].Column], values))
		}
		choices, fixed = slices.Delete(choices, i, i+1), slices.Delete(fixed, i, i+1)
		total = x.requestsOf(choices)
	}
	for total > float64(x.settings.keys) || x.listed(choices, fixed) < x.asking(total) {
		most, at := 1, -1
		for i, c := range choices {
			if n := x.parts(c); !fixed[i] && n > most {
				most, at = n, i
			}
		}
		if at < 0 {
			break
		}
		leave(at)
	}
	if total > float64(x.settings.keys) {
		return nil, nil, sqlerr.New(sqlerr.ScanTooBig, "source %s, table %s: the keys would take %.0f requests, and %d are allowed (option key_requests)",
			x.name, x.table.Name, total, x.settings.keys)
	}
	return choices, checks, nil
}

// parts is how many requests a choice takes.
func (f *fragment) parts(c choice) int {
	size := f.together(c)
	return (len(c.tuples) + size - 1) / size
}

func (f *fragment) requestsOf(choices []choice) float64 {
	total := 1.0
	for _, c := range choices {
		total *= float64(f.parts(c))
	}
	return total
}

// fixed reports of each choice that it must be asked for: it stands in the path, the table is read by it, or its rows cannot be
// picked here.
func (x *execution) fixed(choices []choice) []bool {
	out := make([]bool, len(choices))
	required := x.readBy(choices)
	for i, c := range choices {
		out[i] = slices.ContainsFunc(c.filters, func(at int) bool {
			f := &x.table.Filters[at]
			counted := x.count != nil && !slices.Contains(x.count.By, f.Column)
			return f.op() != expr.Eq || f.inPath(x.endpoint) || counted || slices.Contains(required, f.Column)
		})
	}
	return out
}

// readBy returns the required columns that take the fewest requests; nil: there are none.
func (x *execution) readBy(choices []choice) []string {
	var best []string
	least := math.Inf(1)
	for _, set := range x.table.Required {
		given := make(map[string]bool)
		total := 1.0
		for _, c := range choices {
			part := false
			for _, at := range c.filters {
				if f := &x.table.Filters[at]; f.op() == expr.Eq && slices.Contains(set, f.Column) {
					given[f.Column], part = true, true
				}
			}
			if part {
				total *= float64(x.parts(c))
			}
		}
		if within(set, given) && total < least {
			best, least = set, total
		}
	}
	return best
}

// What requests cost, in seconds, besides the way: a guess of what a server does for each, and what both sides do for a row.
const (
	costOfRequest = 0.001
	costOfRow     = 0.00002
)

// asking is how long requests take of which several run at the same time.
func (x *execution) asking(total float64) float64 {
	return total / math.Min(total, float64(x.requests)) * x.costOfRequest()
}

// listed is how long it takes to read the table without the choices that need not be asked for; infinite: it cannot be, or
// nobody knows how large it is.
func (x *execution) listed(choices []choice, fixed []bool) float64 {
	if x.table.Size <= 0 || x.count != nil || x.limit >= 0 || slices.Contains(fixed, true) {
		return math.Inf(1)
	}
	pages := 1.0
	if size := perPage(x.endpoint.Paging); size > 0 {
		pages = math.Ceil(x.table.Size / float64(size))
	}
	cost := pages * x.costOfRequest() // one page tells of the next
	if o, ok := x.endpoint.Paging.(Offset); ok && o.Total != "" {
		cost = x.asking(pages)
	}
	cost += x.table.Size * costOfRow
	if pace := x.link.Link().Bandwidth; pace > 0 {
		cost += x.table.Size * guessedWidth * float64(len(x.table.Columns)) / pace
	}
	return cost
}

func (x *execution) costOfRequest() float64 { return costOfRequest + x.link.Link().RoundTrip.Seconds() }

// perPage is how many rows a page has at most; 0: nobody knows.
func perPage(p Paging) int {
	switch p := p.(type) {
	case nil:
		return 0
	case Numbered:
		return p.Size
	}
	_, most := p.pageSize()
	return most
}
