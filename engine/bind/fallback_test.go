package bind

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// kindsRows are the rows of kinds.v, as GMS's INSERT takes them.
const kindsRows = `(1, 42, 18446744073709551615, -12.3450, 1.5, 'Hello, World', 'Résumé', x'00ff41', '2024-02-29', '2024-02-29 13:45:10.123456',
	'-12:34:56.5', '{"a": [1, 2, {"b": null}], "c": "x"}', 'green', 'x,z', 2024),
	(2, -7, 0, 0.0001, -2.25e10, '10.0.5.9', 'abc', 'text', '1999-12-31', '1970-01-01 00:00:00', '838:59:59', '[1, "two", true]', 'red', '', 1901),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`

// rowwise are expressions that no kernel computes, over the columns of kinds.v.
var rowwise = []string{
	"md5(s)", "sha1(s)", "sha2(s, 256)", "crc32(s)", "soundex(s)", "regexp_like(s, 'world')", "regexp_like(s, '^h', 'i')",
	"regexp_replace(s, '[aeiou]', '*')", "regexp_instr(s, 'o')", "regexp_substr(s, '[A-Z]+')", "s regexp 'o, W'",
	"format(n, 2)", "format(f, 1)", "conv(i, 10, 16)", "bin(i)", "oct(i)", "bit_count(u)", "bit_length(s)", "unhex(hex(s))",
	"hex(b)", "to_base64(b)", "from_base64(to_base64(s))", "quote(s)", "elt(i - 40, s, c, 'x')", "field(s, 'a', c, s)",
	"find_in_set('b', c)", "make_set(5, s, c, 'z')", "export_set(5, 'Y', 'N', ',', 4)", "insert(s, 2, 3, c)", "strcmp(s, c)",
	"ord(c)", "inet_aton(s)", "inet_ntoa(i)", "inet6_aton(s)", "is_ipv4(s)", "is_ipv6(s)", "is_uuid(s)",
	"json_extract(j, '$.a')", "json_extract(j, '$[1]')", "j->>'$.c'", "json_length(j)", "json_keys(j)", "json_type(j)",
	"json_contains(j, '1')", "json_object('k', s, 'n', i)", "json_array(i, s, day)", "json_set(j, '$.z', i)",
	"json_unquote(json_extract(j, '$.c'))", "json_valid(s)", "json_pretty(j)", "json_depth(j)",
	"str_to_date('2024-05-06', '%Y-%m-%d')", "time_format(tm, '%H-%i')", "timediff(at, '2024-01-01 00:00:00')",
	"convert_tz(at, '+00:00', '+05:30')", "extract(year_month from day)",
	"weekofyear(day)", "get_format(date, 'EUR')", "c = 'RESUME'", "c like 'R%'", "c between 'a' and 'b'",
	"c < s", "e = 'green'", "e + 0", "st + 0", "concat(e, '/', st)", "upper(c)", "greatest(s, c)", "json_value(j, '$.c')",
	"uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db')", "convert(s using latin1)", "charset(c)", "case c when 'ABC' then 1 else 2 end",
	"pi() * i", "truncate(n, 1)", "compress(s)", "time(at)", "from_unixtime(i, '%Y')", "json_quote(s)", "substring_index(c, 's', 1)",
}

// TestFallbackEqualsGMS evaluates each expression by its RowFunc, by several goroutines at once, and by GMS over the same
// rows.
func TestFallbackEqualsGMS(t *testing.T) {
	b, ctx, _ := newBinder(t)
	mustRun(t, ctx, b, `create table scratch.v (id bigint primary key, i bigint, u bigint unsigned, n decimal(20,4), f double,
		s varchar(100) collate utf8mb4_0900_bin, c varchar(100) collate utf8mb4_0900_ai_ci, b longblob, day date, at datetime(6), tm time(6), j json,
		e enum('red', 'green', 'blue'), st set('x', 'y', 'z'), y year)`)
	mustRun(t, ctx, b, "insert into scratch.v values "+kindsRows)
	columns, table := readKinds(t, ctx, b)
	if len(rowwise) < 40 {
		t.Fatalf("%d expressions", len(rowwise))
	}
	for _, text := range rowwise {
		t.Run(text, func(t *testing.T) {
			ctx.SetCurrentDatabase("kinds")
			leaf := mustBind(t, ctx, b, "select "+text+" as x from v order by id")
			e, typ := computedBy(t, leaf)
			want, wantType := gmsRows(t, ctx, b, "select "+text+" from scratch.v order by id")
			env := &expr.Env{Location: time.UTC, Now: ctx.QueryTime(), Warn: func(int, string) {}}
			var workers sync.WaitGroup
			for range 3 {
				workers.Go(func() {
					worker := clone(e)
					for range 20 {
						for r := range table {
							got, err := evaluate(env, worker, columns, table[r])
							if err != nil {
								t.Errorf("row %d: %v", r+1, err)
								return
							}
							expected, err := fromGMS(ctx, want[r], wantType, typ, time.UTC)
							if err != nil {
								t.Errorf("row %d: %v", r+1, err)
								return
							}
							if got != expected {
								t.Errorf("row %d: %s, GMS has %s", r+1, got.Format(typ, time.UTC), expected.Format(typ, time.UTC))
								return
							}
						}
					}
				})
			}
			workers.Wait()
		})
	}
}

// readKinds returns the rows of scratch.v as values of the columns of kinds.v.
func readKinds(t *testing.T, ctx *sql.Context, b *Binder) (plan.Schema, [][]types.Value) {
	ctx.SetCurrentDatabase("kinds")
	leaf := mustBind(t, ctx, b, "select * from v")
	schema := leaf.Plan.Schema()
	rows, _ := gmsTable(t, ctx, b, "select * from scratch.v order by id")
	table := make([][]types.Value, len(rows))
	for r, row := range rows {
		for i, x := range row {
			v, err := fromGMS(ctx, x, leaf.Columns[i].Type, schema[i].Type, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			back, err := toGMS(ctx, v, schema[i].Type, leaf.Columns[i].Type, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			again, err := fromGMS(ctx, back, leaf.Columns[i].Type, schema[i].Type, time.UTC)
			if err != nil || again != v {
				t.Errorf("%s: %v came back as %v: %v", schema[i].Name, v, again, err)
			}
			table[r] = append(table[r], v)
		}
	}
	return schema, table
}

func gmsTable(t *testing.T, ctx *sql.Context, b *Binder, query string) ([]sql.Row, sql.Schema) {
	schema, iter, _, err := b.Engine().Query(ctx, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	rows, err := sql.RowIterToRows(ctx, iter)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows, schema
}

func gmsRows(t *testing.T, ctx *sql.Context, b *Binder, query string) ([]any, sql.Type) {
	rows, schema := gmsTable(t, ctx, b, query)
	list := make([]any, len(rows))
	for i, r := range rows {
		list[i] = r[0]
	}
	return list, schema[0].Type
}

// computedBy returns the expression of the column x.
func computedBy(t *testing.T, leaf *Leaf) (expr.Expr, types.Type) {
	x := leaf.Plan.Schema()[0]
	var found expr.Expr
	walk(leaf.Plan, func(n plan.Node) {
		if p, ok := n.(*plan.Project); ok {
			for _, e := range p.Exprs {
				if e.Col.ID == x.ID && !e.PassThrough() {
					found = e.Expr
				}
			}
		}
	})
	if found == nil {
		t.Fatal(format(leaf))
	}
	return found, x.Type
}

// clone gives a goroutine its own evaluators.
func clone(e expr.Expr) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		if f, ok := e.(*expr.Fallback); ok {
			c := *f
			c.Row = f.Row.Clone()
			return &c
		}
		return e
	})
}

// evaluate computes an expression of fallbacks, columns and literals over a row.
func evaluate(env *expr.Env, e expr.Expr, schema plan.Schema, row []types.Value) (types.Value, error) {
	switch e := e.(type) {
	case *expr.Column:
		for i, c := range schema {
			if c.Name == e.Name {
				return row[i], nil
			}
		}
		return types.Value{}, fmt.Errorf("no column %s", e)
	case *expr.Literal:
		return e.Value, nil
	case *expr.Fallback:
		args := make([]types.Value, len(e.Args))
		for i, a := range e.Args {
			v, err := evaluate(env, a, schema, row)
			if err != nil {
				return types.Value{}, err
			}
			args[i] = v
		}
		return e.Row.Eval(env, args)
	}
	return evaluateKernel(env, e, schema, row)
}

// TestExplicitCollation compares a text with another in both orders, each with a COLLATE clause that its column does not
// have.
func TestExplicitCollation(t *testing.T) {
	b, ctx, _ := newBinder(t)
	ctx.SetCurrentDatabase("kinds")
	const ci, bin = "utf8mb4_general_ci", "utf8mb4_0900_bin"
	row := map[string]types.Value{"s": types.TextValue("abc"), "c": types.TextValue("abc")}
	for _, c := range []struct {
		cond string // of s, whose collation is bin, and c, whose collation is not
		want int64
	}{
		{"s = 'ABC' collate " + ci, 1}, {"'ABC' collate " + ci + " = s", 1}, {"s collate " + ci + " = 'ABC'", 1},
		{"'ABC' = s collate " + ci, 1}, {"s = 'ABC'", 0}, {"'ABC' = s", 0},
		{"c = 'ABC' collate " + bin, 0}, {"'ABC' collate " + bin + " = c", 0}, {"c = 'ABC' collate utf8mb4_bin", 0},
		{"'ABC' collate utf8mb4_bin = c", 0}, {"c = 'ABC'", 1}, {"'ABC' = c", 1},
		{"s <> 'ABC' collate " + ci, 0}, {"'ABC' collate " + ci + " <> s", 0},
		{"s <=> 'ABC' collate " + ci, 1}, {"'ABC' collate " + ci + " <=> s", 1}, {"c <=> nullif(c, c)", 0}, {"nullif(c, c) <=> c", 0},
		{"nullif(c, c) <=> nullif(c, 'ABC')", 1},
		{"s < 'ABD' collate " + ci, 1}, {"'ABD' collate " + ci + " < s", 0},
		{"s <= 'ABC' collate " + ci, 1}, {"'ABC' collate " + ci + " <= s", 1},
		{"s > 'ABC' collate " + ci, 0}, {"'ABD' collate " + ci + " > s", 1},
		{"s >= 'ABD' collate " + ci, 0}, {"'ABD' collate " + ci + " >= s", 1},
		{"s between 'ABC' collate " + ci + " and 'ABD' collate " + ci, 1},
		{"s like 'A%' collate " + ci, 1}, {"'ABC' collate " + ci + " like s", 1}, {"s collate " + ci + " like 'A%'", 1},
		{"s like 'A|%' collate " + ci + " escape '|'", 0}, {"s like 'A%' collate " + ci + " escape '|'", 1}, {"s like 'A%'", 0},
		{"c like 'A%' collate utf8mb4_bin", 0}, {"s not like 'A%' collate " + ci, 0},
		{"s in ('x', 'ABC' collate " + ci + ")", 1}, {"s not in ('x', 'ABC' collate " + ci + ")", 0},
		{"s in ('ABC', 'x' collate " + ci + ")", 1}, {"'ABC' collate " + ci + " in ('x', s)", 1},
		{"'ABC' in (s collate " + ci + ")", 1}, {"c in ('ABC' collate " + bin + ")", 0}, {"c in ('ABC' collate utf8mb4_bin)", 0},
		{"s in ('x', 'ABC')", 0}, {"c in ('x', 'ABC')", 1}, {"c in ('ABC', null)", 1},
		{"(s, 1) = ('ABC' collate " + ci + ", 1)", 1}, {"case s when 'ABC' collate " + ci + " then 1 else 0 end", 1},
	} {
		e, typ := computedBy(t, mustBind(t, ctx, b, "select "+c.cond+" as x from v"))
		var schema plan.Schema
		var values []types.Value
		for name, v := range row {
			schema, values = append(schema, plan.Column{Name: name}), append(values, v)
		}
		env := &expr.Env{Location: time.UTC}
		got, err := evaluate(env, e, schema, values)
		if err != nil {
			t.Errorf("%s: %v", c.cond, err)
		} else if got.Null || got.Int != c.want {
			t.Errorf("%s is %s, want %d (%s)", c.cond, got.Format(typ, time.UTC), c.want, e)
		}
	}
}
