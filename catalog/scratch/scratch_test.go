package scratch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// typeOf knows the types that the tests use.
func typeOf(sqlType string) (types.Type, error) {
	t, ok := map[string]types.Type{
		"int": types.Of(types.Int32), "bigint unsigned": types.Of(types.Uint64), "double": types.Of(types.Float64),
		"decimal(20,2)": types.NewDecimal(20, 2), "text ci": types.NewText(types.Varchar, 50, types.Utf8mb4AI0900), "blob": types.Of(types.Blob),
		"enum": {Kind: types.Enum, Members: "z\x00a", Collation: types.Utf8mb4AI0900},
	}[sqlType]
	if !ok {
		return types.Type{}, fmt.Errorf("no type %s", sqlType)
	}
	return t, nil
}

// define makes a definition of columns "name type", all nullable but those of the primary key.
func define(table string, primary []int, columns ...string) *Definition {
	def := &Definition{Name: table}
	for _, c := range columns {
		name, sqlType, _ := strings.Cut(c, " ")
		t, err := typeOf(sqlType)
		if err != nil {
			panic(err)
		}
		def.Columns = append(def.Columns, Column{Name: name, SQLType: sqlType, Type: t, Nullable: true})
	}
	for _, i := range primary {
		def.Primary = append(def.Primary, Part{Column: i})
		def.Columns[i].Nullable = false
	}
	return def
}

func mustOpen(t *testing.T, dir string, quota int64) *Store {
	t.Helper()
	s, err := Open(context.Background(), Config{Path: filepath.Join(dir, "scratch.db"), Quota: Quota{User: quota, Total: 2 * quota}, Type: typeOf})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newStore returns an empty store with the database d.
func newStore(t *testing.T) *Store {
	s := mustOpen(t, t.TempDir(), 1<<30)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	session := s.Session()
	must(t, session.CreateDatabase(t.Context(), Database{Name: "d", Owner: "anna"}))
	must(t, session.Commit(t.Context()))
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writable(t *testing.T, s *Session, table string) *Table {
	t.Helper()
	v, err := s.Write(t.Context(), "d", table)
	must(t, err)
	return v
}

// contents renders the rows of a version, in its order.
func contents(t *testing.T, v *Table) []string {
	t.Helper()
	var pos []int
	for i := range v.Definition().Columns {
		pos = append(pos, i)
	}
	cursor, row := v.Read(pos), make([]types.Value, len(pos))
	var all []string
	for {
		ok, err := cursor.Next(row)
		must(t, err)
		if !ok {
			return all
		}
		var cells []string
		for i, c := range row {
			if c.Null {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, c.Format(v.Definition().Columns[i].Type, nil))
			}
		}
		all = append(all, strings.Join(cells, "|"))
	}
}

func number(n int64) types.Value { return types.IntValue(n) }

func text(s string) types.Value { return types.TextValue(s) }

func TestRowsKeepTheOrderOfTheirKeys(t *testing.T) {
	session := newStore(t).Session()
	defer session.Close()
	decimal := func(s string) types.Value {
		v, _, err := types.ParseDecimal(s)
		must(t, err)
		return v
	}
	for name, c := range map[string]struct {
		columns []string
		ordered [][]types.Value
	}{
		"numbers": {[]string{"a int", "b double"}, [][]types.Value{
			{number(-5), types.FloatValue(1)}, {number(-1), types.FloatValue(-1e300)}, {number(-1), types.FloatValue(-0.5)}, {number(-1), types.FloatValue(0)},
			{number(-1), types.FloatValue(1e-300)}, {number(0), types.FloatValue(2)}, {number(7), types.FloatValue(-2)},
		}},
		"unsigned": {[]string{"a bigint unsigned"}, [][]types.Value{{number(0)}, {number(1 << 62)}, {types.UintValue(1 << 63)}, {types.UintValue(1<<64 - 1)}}},
		"decimals": {[]string{"a decimal(20,2)"}, [][]types.Value{{decimal("-123456789012345678.90")}, {decimal("-0.01")}, {decimal("0.00")}, {decimal("0.02")}, {decimal("123456789012345678.90")}}},
		"texts":    {[]string{"a text ci", "b blob"}, [][]types.Value{{text(""), text("x")}, {text("a"), text("")}, {text("A"), text("\x00")}, {text("a"), text("\x00\x00")}, {text("a"), text("\x00\x01")}, {text("a"), text("\x01")}, {text("á b"), text("")}, {text("b"), text("")}}},
		"enums":    {[]string{"a enum"}, [][]types.Value{{text("z")}, {text("a")}}},
	} {
		var primary []int
		for i := range c.columns {
			primary = append(primary, i)
		}
		v, err := session.Create(t.Context(), "d", define(name, primary, c.columns...), "anna", false)
		must(t, err)
		want := make([]string, len(c.ordered))
		for i := range c.ordered {
			must(t, v.Insert(c.ordered[(i*11+3)%len(c.ordered)]))
		}
		reference := newTable(1, define(name, nil, c.columns...), "anna")
		for i, row := range c.ordered {
			must(t, reference.Insert(row))
			want[i] = contents(t, reference)[i]
		}
		if got := contents(t, v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%q, want\n%q", name, got, want)
		}
	}
}

func TestUniqueKeys(t *testing.T) {
	def := define("t", []int{0}, "id int", "name text ci", "n int")
	def.Keys = []Key{{Name: "byname", Parts: []Part{{Column: 1}}, Unique: true}, {Name: "begin", Parts: []Part{{Column: 1, Prefix: 2}, {Column: 2}}, Unique: true},
		{Name: "plain", Parts: []Part{{Column: 2}}}}
	v := newTable(1, def, "anna")
	row := func(id int64, name string, n int64) []types.Value {
		return []types.Value{number(id), text(name), number(n)}
	}
	must(t, v.Insert(row(1, "Anna", 1)))
	must(t, v.Insert([]types.Value{number(2), types.NullValue, number(1)}))
	must(t, v.Insert([]types.Value{number(3), types.NullValue, number(1)})) // NULL is equal to nothing
	for _, c := range []struct {
		row []types.Value
		key string
	}{{row(1, "x", 9), "PRIMARY"}, {row(4, "aNNá", 9), "byname"}, {row(4, "anton", 1), "begin"}} {
		var duplicate *DuplicateError
		if err := v.Insert(c.row); !errors.As(err, &duplicate) || duplicate.Key != c.key || duplicate.Existing[1].Str != "Anna" {
			t.Errorf("insert of %v: %v", c.row, err)
		}
	}
	size := v.Bytes()
	if ok, err := v.Update(row(1, "Anna", 1), row(1, "ANNA", 1)); !ok || err != nil {
		t.Errorf("a row does not clash with itself: %v, %v", ok, err)
	}
	must(t, v.Insert(row(5, "bert", 5)))
	if _, err := v.Update(row(5, "bert", 5), row(1, "bert", 5)); err == nil {
		t.Error("an update took the key of another row")
	}
	if _, err := v.Update(row(5, "bert", 5), row(5, "Anna", 5)); err == nil {
		t.Error("an update took the unique key of another row")
	}
	if ok, err := v.Delete(row(5, "whatever", 0)); !ok || err != nil {
		t.Errorf("delete: %v, %v", ok, err)
	}
	if v.Bytes() != size {
		t.Errorf("%d bytes, were %d before a row came and went", v.Bytes(), size)
	}
	if got, want := contents(t, v), []string{"1|ANNA|1", "2|NULL|1", "3|NULL|1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if found, ok, err := v.Find("byname", row(0, "anna", 0), []int{0}); !ok || err != nil || found[0].Int != 1 {
		t.Errorf("found %v, %v, %v", found, ok, err)
	}
}

func TestRowsWithoutAKey(t *testing.T) {
	v := newTable(1, define("t", nil, "a int", "b text ci"), "anna")
	one := []types.Value{number(1), text("x")}
	for range 3 {
		must(t, v.Insert(one))
	}
	must(t, v.Insert([]types.Value{number(1), text("X")}))
	if ok, err := v.Delete(one); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := v.Update(one, []types.Value{number(2), types.NullValue}); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := v.Delete([]types.Value{number(9), text("x")}); ok || err != nil {
		t.Error(ok, err)
	}
	if got := contents(t, v); len(got) != 3 || !strings.Contains(strings.Join(got, " "), "2|NULL") || got[2] != "1|X" {
		t.Errorf("%q", got)
	}
}

// TestRandomTransactions compares sessions with a model that copies everything, also after the store was closed and opened.
func TestRandomTransactions(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	s := mustOpen(t, dir, 1<<30)
	session := s.Session()
	must(t, session.CreateDatabase(t.Context(), Database{Name: "d", Owner: "anna"}))
	def := define("t", []int{0}, "id int", "name text ci")
	def.Keys = []Key{{Name: "u", Parts: []Part{{Column: 1}}, Unique: true}}
	_, err := session.Create(t.Context(), "d", def, "anna", false)
	must(t, err)
	must(t, session.Commit(t.Context()))

	type model map[int64]string
	copied := func(m model) model {
		c := model{}
		for k, v := range m {
			c[k] = v
		}
		return c
	}
	committed, current := model{}, model{}
	saved := map[string]model{}
	order := []string{}
	for step := range 3000 {
		id, name := rnd.Int64N(40), fmt.Sprint("n", rnd.IntN(40))
		row := []types.Value{number(id), text(name)}
		old := []types.Value{number(id), text(current[id])}
		_, exists := current[id]
		taken := false
		for k, v := range current {
			taken = taken || v == name && k != id
		}
		if rnd.IntN(3) == 0 {
			session.Statement(false)
		}
		before := copied(current)
		switch op := rnd.IntN(12); op {
		case 0, 1, 2, 3:
			err := writable(t, session, "t").Insert(row)
			if (err != nil) != (exists || taken) {
				t.Fatalf("seed %d, step %d: insert: %v", seed, step, err)
			}
			if err == nil {
				current[id] = name
			}
		case 4, 5:
			ok, err := writable(t, session, "t").Delete(old)
			if ok != exists || err != nil {
				t.Fatalf("seed %d, step %d: delete: %v, %v", seed, step, ok, err)
			}
			delete(current, id)
		case 6:
			ok, err := writable(t, session, "t").Update(old, row)
			if ok != exists || exists && (err != nil) != taken {
				t.Fatalf("seed %d, step %d: update: %v, %v", seed, step, ok, err)
			}
			if exists && !taken {
				current[id] = name
			}
		case 7:
			must(t, session.Commit(t.Context()))
			committed, saved, order = copied(current), map[string]model{}, nil
		case 8:
			if rnd.IntN(4) == 0 {
				session.Rollback()
				current, saved, order = copied(committed), map[string]model{}, nil
			}
		case 9:
			session.Statement(false)
			must(t, func() error { _, err := writable(t, session, "t").Delete(old); return err }())
			session.Undo()
			current = before
		case 10:
			name := fmt.Sprint("s", rnd.IntN(3))
			session.Savepoint(name)
			order = append(remove(order, name), name)
			saved[name] = copied(current)
		case 11:
			name := fmt.Sprint("s", rnd.IntN(3))
			err := session.RollbackTo(name)
			at := -1
			for i, n := range order {
				if n == name {
					at = i
				}
			}
			if (err != nil) != (at < 0) {
				t.Fatalf("seed %d, step %d: rollback to %s: %v", seed, step, name, err)
			}
			if at >= 0 {
				current, order = copied(saved[name]), order[:at+1]
			}
		}
		v, _ := session.Table("d", "t")
		if got := len(contents(t, v)); got != len(current) {
			t.Fatalf("seed %d, step %d: %d rows, want %d", seed, step, got, len(current))
		}
	}
	held := s.ledger.total
	v, _ := session.Table("d", "t")
	if held < v.Bytes() {
		t.Errorf("seed %d: %d bytes are booked for a table of %d", seed, held, v.Bytes())
	}
	session.Close()
	must(t, s.Close())
	s = mustOpen(t, dir, 1<<30)
	defer s.Close()
	v, _ = s.Session().Table("d", "t")
	got := model{}
	for _, line := range contents(t, v) {
		var id int64
		var name string
		if _, err := fmt.Sscanf(strings.Replace(line, "|", " ", 1), "%d %s", &id, &name); err != nil {
			t.Fatal(err)
		}
		got[id] = name
	}
	if !reflect.DeepEqual(got, committed) {
		t.Errorf("seed %d: after opening\n%v, want\n%v", seed, got, committed)
	}
	if s.ledger.total != v.Bytes() {
		t.Errorf("seed %d: after opening %d bytes are booked for a table of %d", seed, s.ledger.total, v.Bytes())
	}
}

func remove(names []string, name string) []string {
	var kept []string
	for _, n := range names {
		if n != name {
			kept = append(kept, n)
		}
	}
	return kept
}

func TestDefinitionsAreKept(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, 1<<30)
	session := s.Session()
	zero := "0"
	must(t, session.CreateDatabase(t.Context(), Database{Name: "Mixed", Owner: "anna", Collation: 255}))
	must(t, session.CreateDatabase(t.Context(), Database{Name: "gone"}))
	def := define("T", []int{1, 0}, "a int", "b text ci")
	def.Columns[0].Default, def.Columns[0].AutoIncrement, def.Comment = &zero, true, "it's"
	def.Keys = []Key{{Name: "k", Parts: []Part{{Column: 1, Prefix: 3}}}}
	def.Checks = []Check{{Name: "c", SQL: "(a > 0)", Enforced: true}}
	def.ForeignKeys = []ForeignKey{{Name: "f", Columns: []string{"a"}, ParentTable: "p", ParentColumns: []string{"x"}, OnDelete: "CASCADE"}}
	v, err := session.Create(t.Context(), "mixed", def, "bert", false)
	must(t, err)
	must(t, v.Insert([]types.Value{number(41), text("x")}))
	_, err = session.Create(t.Context(), "gone", define("x", nil, "a int"), "bert", false)
	must(t, err)
	must(t, session.Commit(t.Context()))
	must(t, session.DropDatabase(t.Context(), "GONE"))
	must(t, session.Rename(t.Context(), "mixed", "t", "MIXED", "renamed"))
	must(t, session.Commit(t.Context()))
	must(t, s.Close())

	s = mustOpen(t, dir, 1<<30)
	defer s.Close()
	if all := s.Databases(); len(all) != 1 || all[0].Name != "Mixed" || all[0].Collation != 255 || all[0].Owner != "anna" {
		t.Errorf("databases %v", all)
	}
	v, ok := s.Session().Table("mixed", "RENAMED")
	if !ok {
		t.Fatal("the table is gone")
	}
	def.Name = "renamed"
	if !reflect.DeepEqual(v.Definition(), def) || v.NextAutoIncrement() != 42 || v.owner != "bert" {
		t.Errorf("%+v, next %d, owner %s", v.Definition(), v.NextAutoIncrement(), v.owner)
	}
}

func TestQuota(t *testing.T) {
	const quota = 10_000
	s := mustOpen(t, t.TempDir(), quota)
	defer s.Close()
	session := s.Session()
	must(t, session.CreateDatabase(t.Context(), Database{Name: "d"}))
	_, err := session.Create(t.Context(), "d", define("t", []int{0}, "id int", "b blob"), "anna", false)
	must(t, err)
	must(t, session.Commit(t.Context()))
	fill := func(session *Session, table string, from, n int64) (err error) {
		v := writable(t, session, table)
		for i := from; i < from+n && err == nil; i++ {
			err = v.Insert([]types.Value{number(i), text(strings.Repeat("x", 900))})
		}
		return err
	}
	must(t, fill(session, "t", 0, 9))
	if err := fill(session, "t", 100, 9); !sqlerr.Is(err, sqlerr.TableFull) || !strings.Contains(err.Error(), "'anna'") {
		t.Errorf("over the quota: %v", err)
	}
	session.Rollback()
	if s.ledger.total != 0 {
		t.Errorf("%d bytes are booked after a rollback", s.ledger.total)
	}
	must(t, fill(session, "t", 0, 9))
	must(t, session.Commit(t.Context()))

	other := s.Session() // a temporary table counts as its user's until its session ends
	_, err = other.Create(t.Context(), "d", define("mine", []int{0}, "id int", "b blob"), "anna", true)
	must(t, err)
	if err := fill(other, "mine", 0, 9); !sqlerr.Is(err, sqlerr.TableFull) {
		t.Errorf("a temporary table over the quota: %v", err)
	}
	other.Close()
	if want := s.ledger.held["anna"]; want != s.ledger.total || want < 9*900 || want > quota {
		t.Errorf("%d bytes are booked", want)
	}
	third := s.Session()
	_, err = third.Create(t.Context(), "d", define("bert", []int{0}, "id int", "b blob"), "bert", true)
	must(t, err)
	must(t, fill(third, "bert", 0, 9))
	_, err = third.Create(t.Context(), "d", define("cleo", []int{0}, "id int", "b blob"), "cleo", true)
	must(t, err)
	if err := fill(third, "cleo", 0, 9); !sqlerr.Is(err, sqlerr.TableFull) || !strings.Contains(err.Error(), "all users") {
		t.Errorf("over the quota of all: %v", err)
	}
	third.Close()
	_, err = session.Truncate(t.Context(), "d", "t")
	must(t, err)
	must(t, fill(session, "t", 0, 9))
	must(t, session.Drop(t.Context(), "d", "t"))
	must(t, session.Commit(t.Context()))
	if s.ledger.total != 0 || len(s.ledger.held) != 0 {
		t.Errorf("%d bytes are booked after all is dropped", s.ledger.total)
	}
}
