package optimize

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Feedback remembers how many rows parts of plans had when they ran, so that a misjudged condition is judged right from
// then on. A part is a table with the conditions on it, values included; what a later run has of it counts. What was learnt
// of a table is forgotten when a part of another version of it is learnt; of a table without versions it is not believed
// once the table has twice the rows, or half. It is safe for concurrent use and shared by all statements.
type Feedback struct {
	keeper Keeper // nil: what was learnt ends with the process
	log    *slog.Logger

	mu       sync.Mutex
	parts    *simplelru.LRU[partKey, learnt]
	versions *simplelru.LRU[string, string] // of the tables of parts
	saving   *time.Timer                    // nil: nothing was learnt since the last time

	writing sync.Mutex
	saves   sync.WaitGroup // that are due or under way
}

// mostParts bounds the memory; those used last stay.
const mostParts = 4096

// saveAfter is how long what was learnt may be lost when the process dies.
const saveAfter = 10 * time.Second

// Part names a part of a plan in whatever statement it stands.
type Part struct {
	partKey
	rows float64 // that the whole table is thought to have
}

// partKey tells parts apart. The conditions are a hash: their values are nobody's to read, and may be long.
type partKey struct {
	table, version string
	conditions     xxh3.Uint128
}

// learnt is how many rows a part had, and the whole table was thought to have then.
type learnt struct{ part, table float64 }

// NewFeedback returns one that has seen what a keeper has kept, which may be nil.
func NewFeedback(keeper Keeper, log *slog.Logger) *Feedback {
	f := &Feedback{keeper: keeper, log: log}
	f.parts, _ = simplelru.NewLRU[partKey, learnt](mostParts, nil) // fails for a size below 1 alone
	f.versions, _ = simplelru.NewLRU[string, string](mostParts, nil)
	if keeper == nil {
		return f
	}
	data, err := keeper.Get(learntKey)
	if err == nil && data != nil {
		err = f.restore(data)
	}
	if err != nil {
		log.Warn("what earlier queries taught can't be read, it is learnt again", "error", err)
	}
	return f
}

// Learn notes that a part had so many rows, which guessed was thought to be. It reports whether that is news to plans that
// were made before: much more or less than was known, or than was guessed where nothing was. It does not wait for a disk.
func (f *Feedback) Learn(part Part, rows int64, guessed float64) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := learnt{float64(rows), part.rows}
	if before, ok := f.parts.Get(part.partKey); ok && near(before.table, now.table) {
		if before.part == now.part {
			return false
		}
		guessed = before.part
	}
	f.put(part.partKey, now)
	if f.keeper != nil && f.saving == nil {
		f.saves.Add(1)
		f.saving = time.AfterFunc(saveAfter, func() { defer f.saves.Done(); f.save() })
	}
	return !alike(guessed, now.part)
}

// muchMore is how many times as many rows may make another plan the better one.
const muchMore = 2

// alike reports whether two numbers of rows, NaN if unknown, are much the same to a plan.
func alike(a, b float64) bool { return max(a, b) <= muchMore*max(min(a, b), 1) }

// put remembers a part and forgets those of other versions of its table. The caller holds mu.
func (f *Feedback) put(key partKey, had learnt) {
	if version, ok := f.versions.Get(key.table); ok && version != key.version {
		for _, k := range f.parts.Keys() {
			if k.table == key.table && k.version != key.version {
				f.parts.Remove(k)
			}
		}
	}
	f.versions.Add(key.table, key.version)
	f.parts.Add(key, had)
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
	had, ok := f.parts.Get(part.partKey)
	return had.part, ok && near(had.table, part.rows)
}

// near reports whether a table with so many rows may be taken for the one that had so many before.
func near(before, now float64) bool {
	return !(now > 2*before || now < before/2) // of unknown numbers nothing is known to have changed
}

// keptPart is the form in which a part is kept.
type keptPart struct {
	Table, Version string
	Hi, Lo         uint64 // the hash of the conditions
	Rows           float64
	Of             *float64 `json:",omitempty"` // the table's rows; nil: unknown
}

// save keeps what was learnt. It waits for the disk.
func (f *Feedback) save() {
	f.writing.Lock()
	defer f.writing.Unlock()
	data, err := json.Marshal(f.list())
	if err == nil {
		err = f.keeper.Put(learntKey, data)
	}
	if err != nil {
		f.log.Error("what queries taught is lost when the gateway ends", "error", err)
	}
}

// list returns all parts, those used last at the end, for save, which is due again with what is learnt from then on.
func (f *Feedback) list() []keptPart {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saving = nil
	list := make([]keptPart, 0, f.parts.Len())
	for _, key := range f.parts.Keys() {
		had, _ := f.parts.Peek(key)
		k := keptPart{Table: key.table, Version: key.version, Hi: key.conditions.Hi, Lo: key.conditions.Lo, Rows: had.part}
		if !math.IsNaN(had.table) {
			k.Of = &had.table
		}
		list = append(list, k)
	}
	return list
}

func (f *Feedback) restore(data []byte) error {
	var list []keptPart
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for _, k := range list {
		had := learnt{k.Rows, math.NaN()}
		if k.Of != nil {
			had.table = *k.Of
		}
		f.put(partKey{k.Table, k.Version, xxh3.Uint128{Hi: k.Hi, Lo: k.Lo}}, had)
	}
	return nil
}

// Close keeps what is not kept yet. Nothing may be learnt at the same time.
func (f *Feedback) Close() {
	f.mu.Lock()
	saving := f.saving
	f.mu.Unlock()
	if saving != nil && saving.Stop() {
		f.save()
		f.saves.Done()
	}
	f.saves.Wait()
}

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
		return Part{}, false
	}
	texts := make([]string, 0, len(conds))
	for _, c := range conds {
		text, ok := condition(scan, c)
		if !ok {
			return Part{}, false
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	t := scan.Table
	return Part{
		partKey: partKey{
			table:      strings.Join([]string{scan.Site.Source, scan.Site.Principal, t.Location, t.Name.Namespace, t.Name.Name}, "\x00"),
			version:    t.Version,
			conditions: xxh3.HashString128(strings.Join(slices.Compact(texts), "\x00")),
		},
		rows: t.Stats.Rows,
	}, true
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
	return fmt.Sprintf("%s %x", named, expr.Fingerprint(named)), ok && !expr.Volatile(c) // the text is cut short
}
