package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/silogate/silogate/engine/plan"
)

// wishes are tables whose descriptions are waited for. Those that are wished for while the connection for metadata is busy,
// or being made, are asked for together.
type wishes struct {
	mu   sync.Mutex
	open []*wish
}

type wish struct {
	name    plan.TableName
	granted bool
	table   *plan.Table // nil: there is none
}

// add opens a wish.
func (q *wishes) add(name plan.TableName) *wish {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &wish{name: name}
	q.open = append(q.open, w)
	return w
}

// take returns open wishes, w among them and no two for one table, which are then not open any more; none if w was granted.
func (q *wishes) take(w *wish) []*wish {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.granted {
		return nil
	}
	list := []*wish{w}
	q.open = slices.DeleteFunc(q.open, func(o *wish) bool {
		if o != w && !slices.ContainsFunc(list, func(l *wish) bool { return l.name == o.name }) {
			list = append(list, o)
			return true
		}
		return o == w
	})
	return list
}

// grant answers wishes.
func (q *wishes) grant(list []*wish, tables map[plan.TableName]*plan.Table) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range list {
		w.granted, w.table = true, tables[w.name]
	}
}

// reopen opens wishes again that were asked for in vain.
func (q *wishes) reopen(list []*wish) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = append(q.open, list...)
}

// end returns the answer to a wish, which is not open any more.
func (q *wishes) end(w *wish) *plan.Table {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = slices.DeleteFunc(q.open, func(o *wish) bool { return o == w })
	return w.table
}

// wished returns the description of a table, nil if there is none.
func (s *source) wished(ctx context.Context, name plan.TableName) (*plan.Table, error) {
	w := s.wishes.add(name)
	err := s.inMetadata(ctx, "describe table "+name.String(), func(conn *pgx.Conn) error {
		list := s.wishes.take(w)
		if len(list) == 0 {
			return nil
		}
		tables, err := s.describeNamed(ctx, conn, list)
		if err != nil && len(list) > 1 && !conn.IsClosed() { // it may be another's table that can't be described
			s.wishes.reopen(list[1:])
			list = list[:1]
			tables, err = s.describeNamed(ctx, conn, list)
		}
		if err != nil {
			s.wishes.reopen(list)
			return err
		}
		s.wishes.grant(list, tables)
		return nil
	})
	return s.wishes.end(w), err
}

// describeNamed describes tables that are wished for. Statistics that are not at hand come along: most who want to know a
// table are about to plan a query of it.
func (s *source) describeNamed(ctx context.Context, conn *pgx.Conn, list []*wish) (map[plan.TableName]*plan.Table, error) {
	var schemas, names []string
	counted := true
	for _, w := range list {
		schemas, names = append(schemas, w.name.Namespace), append(names, w.name.Name)
		_, known := s.counted.get(w.name.String())
		counted = counted && known
	}
	tables := make(map[plan.TableName]*plan.Table)
	questions := []question{s.describe(conn, func(t *plan.Table) bool {
		tables[t.Name] = t
		return true
	}, "n.nspname = ANY ($1) AND c.relname = ANY ($2)", schemas, names)}
	if counted {
		return tables, ask(ctx, conn, questions...)
	}
	found := make(map[plan.TableName][]analyzed)
	err := ask(ctx, conn, append(questions, askStatistics(schemas, names, found))...)
	if _, refused := errors.AsType[*pgconn.PgError](err); refused { // the statistics, perhaps
		for _, w := range list {
			s.counted.put(w.name.String(), true)
		}
		clear(tables)
		return tables, ask(ctx, conn, questions...)
	}
	if err != nil {
		return nil, err
	}
	for name, t := range tables {
		s.keepStatistics(t, found[name])
	}
	return tables, nil
}
