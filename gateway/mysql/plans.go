package mysql

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

const (
	mostPlans   = 512
	longestPlan = 16 << 10 // bytes of text and arguments: what is longer takes long to run, too
	// idlePlan is how long a plan is kept that nobody asks for: by then the catalog has described its tables anew.
	idlePlan = 15 * time.Second
)

// plans are those of statements that came before. A plan is good for another run as long as the statement would bind to
// the same (plans.find) and its runs have taught nothing. Since the catalog describes a table anew every few seconds, no
// plan is older than that: new statistics, and what else decides of a plan, do not wait longer for their effect.
type plans struct {
	kept    *lru.TwoQueueCache[planKey, *keptPlan] // one-off statements don't drive out those that come again
	swept   atomic.Int64                           // Unix nanoseconds
	origins *prometheus.CounterVec
}

// planKey is what a statement's meaning depends on, but for what its names stand for and the types of user variables.
type planKey struct {
	text, arguments      string
	parsed, bound        settings // those of the session when the text was parsed, and now
	user, host, database string
	grants               uint64 // the version of all rights
}

// keptPlan is a plan that any session may run, several at the same time.
type keptPlan struct {
	leaf     *bind.Leaf
	names    *bind.Names
	prepared *engine.Prepared
	asked    atomic.Int64 // for it, last; Unix nanoseconds
}

func newPlans(origins *prometheus.CounterVec) (*plans, error) {
	kept, err := lru.New2Q[planKey, *keptPlan](mostPlans)
	return &plans{kept: kept, origins: origins}, err
}

// find returns a plan that still is what planning would yield; nil: there is none.
func (p *plans) find(ctx *sql.Context, key planKey) *keptPlan {
	plan, ok := p.kept.Get(key)
	if !ok || plan.prepared.Outdated() || !plan.leaf.Fits(ctx) || !plan.names.Same(ctx) {
		return nil
	}
	plan.asked.Store(time.Now().UnixNano())
	p.origins.WithLabelValues("kept").Inc()
	return plan
}

func (p *plans) keep(key planKey, plan *keptPlan) {
	now := time.Now().UnixNano()
	plan.asked.Store(now)
	p.kept.Add(key, plan)
	p.origins.WithLabelValues("new").Inc()
	if last := p.swept.Load(); now-last > int64(idlePlan) && p.swept.CompareAndSwap(last, now) {
		p.sweep(now)
	}
}

// sweep drops idle plans, which may hold on to large descriptions of tables.
func (p *plans) sweep(now int64) {
	for _, key := range p.kept.Keys() {
		if plan, ok := p.kept.Peek(key); ok && now-plan.asked.Load() > int64(idlePlan) {
			p.kept.Remove(key)
		}
	}
}

// planKey returns the key of a statement's plan; ok is false if none is kept. under are the settings that it was parsed
// under, nil: those of now.
func (s *statement) planKey(text, arguments string, under *settings) (key planKey, ok bool) {
	session := s.conn.session
	if len(text)+len(arguments) > longestPlan || session.scratch.HasTemporary() { // which may hide what a plan reads
		return planKey{}, false
	}
	parsed := session.settings()
	if under != nil {
		parsed = *under
	}
	if !s.server.gms.Analyzer.Catalog.MySQLDb.UserActivePrivilegeSet(s.ctx).HasPrivileges() {
		return planKey{}, false // of an account that was dropped the session knows no newer version
	}
	_, grants := session.GetPrivilegeSet()
	client := session.Client()
	return planKey{
		text: text, arguments: arguments, parsed: parsed, bound: session.settings(),
		user: client.User, host: client.Address, database: session.GetCurrentDatabase(), grants: grants,
	}, true
}

// again runs a statement by the plan that it had before. known is false if it has to be planned: also where the plan
// turned out to be of other tables than there are, and the client has heard nothing of it yet.
func (s *statement) again(text, arguments string, under *settings) (known bool, err error) {
	key, ok := s.planKey(text, arguments, under)
	if !ok {
		return false, nil
	}
	s.key = &key
	plan := s.server.plans.find(s.ctx, key)
	if plan == nil {
		return false, nil
	}
	s.ctx.ClearWarnings()
	s.kind, s.text = federated, text
	err = s.federated(plan.leaf, plan.prepared)
	if s.begun || !stale(err) {
		return true, err
	}
	s.kind, s.retried = local, true
	return false, nil
}

// keepPlan keeps the plan of a statement for the next of its kind, if all of it is what the key and the names of tables
// decide.
func (s *statement) keepPlan(leaf *bind.Leaf, prepared *engine.Prepared) {
	if s.key == nil || !leaf.Shared() || !s.names.Known() || s.ctx.WarningCount() > 0 {
		s.server.plans.origins.WithLabelValues("once").Inc()
		return
	}
	s.server.plans.keep(*s.key, &keptPlan{leaf: leaf, names: s.names, prepared: prepared})
}

// argumentsText are the parameters of a prepared statement, types and values, as a text.
func argumentsText(params []wire.Param) string {
	var b strings.Builder
	for _, p := range params {
		fmt.Fprintf(&b, "%d %t %t %d %s\n", p.Type, p.Unsigned, p.Null, len(p.Text), p.Text)
	}
	return b.String()
}
