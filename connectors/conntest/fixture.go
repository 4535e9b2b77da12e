package conntest

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// Sizes of the fixtures in rows.
const (
	orderRows    = 500
	customerRows = 60
	bigRows      = 100_000
)

// fixtures returns the tables of the suite without the columns that the store has no type for.
func fixtures(reads func(types.Type) (types.Type, bool)) []Table {
	tables := append(kindTables(), orders(), customers(), emptyTable(), bigTable())
	var out []Table
	for _, t := range tables {
		if t = t.only(reads); len(t.Columns) > 1 {
			out = append(out, t)
		}
	}
	return out
}

// only drops the columns that reads does not know.
func (t Table) only(reads func(types.Type) (types.Type, bool)) Table {
	out := Table{Name: t.Name, Key: t.Key, Rows: make([][]types.Value, len(t.Rows))}
	for i, c := range t.Columns {
		if _, ok := reads(c.Type); !ok {
			continue
		}
		out.Columns = append(out.Columns, c)
		for r, row := range t.Rows {
			out.Rows[r] = append(out.Rows[r], row[i])
		}
	}
	return out
}

// kindTables are one table for each type: id, v.
func kindTables() []Table {
	id := Column{Name: "id", Type: types.Of(types.Int64)}
	var tables []Table
	for _, k := range kindValues() {
		t := Table{Name: k.name, Columns: []Column{id, {"v", k.typ, true}}, Key: []int{0}}
		for i, v := range append(k.values, types.NullValue) {
			t.Rows = append(t.Rows, []types.Value{types.IntValue(int64(i)), v})
		}
		tables = append(tables, t)
	}
	return tables
}

type kindValue struct {
	name   string
	typ    types.Type
	values []types.Value
}

func kindValues() []kindValue {
	return []kindValue{
		{"k_tinyint", types.Of(types.Int8), signed(math.MinInt8, -1, 0, 1, math.MaxInt8)},
		{"k_smallint", types.Of(types.Int16), signed(math.MinInt16, 0, math.MaxInt16)},
		{"k_int", types.Of(types.Int32), signed(math.MinInt32, 0, math.MaxInt32)},
		{"k_bigint", types.Of(types.Int64), signed(math.MinInt64, -1, 0, 1, math.MaxInt64)},
		{"k_utinyint", types.Of(types.Uint8), unsigned(0, math.MaxUint8)},
		{"k_usmallint", types.Of(types.Uint16), unsigned(0, math.MaxUint16)},
		{"k_uint", types.Of(types.Uint32), unsigned(0, math.MaxUint32)},
		{"k_ubigint", types.Of(types.Uint64), unsigned(0, math.MaxInt64, math.MaxUint64)},
		{"k_float", types.Of(types.Float32), floats(0, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32)},
		{"k_double", types.Of(types.Float64), floats(0, 0.1, -1e-300, math.MaxFloat64, math.SmallestNonzeroFloat64)},
		{"k_decimal", types.NewDecimal(15, 2), decimals("0", "1", "-1", "999999999999999", "-999999999999999", "110")},
		{"k_decimal38", types.NewDecimal(38, 10), decimals("0", "-1", "99999999999999999999999999999999999999")},
		{"k_decimal65", types.NewDecimal(65, 30), decimals("5", "-99999999999999999999999999999999999999999999999999999999999999999")},
		{"k_date", types.Of(types.Date), days("1000-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31")},
		{"k_datetime", types.NewTemporal(types.Datetime, 6), moments()},
		{"k_timestamp", types.NewTemporal(types.Timestamp, 6), moments()},
		{"k_time", types.NewTemporal(types.Time, 6), signed(0, 1, -1, 86399999999, 45296_500000)},
		{"k_char", types.NewText(types.Char, 8, types.Utf8mb4Bin0900), texts("", "a", "ab c", "Zürich")},
		{"k_varchar", types.NewText(types.Varchar, 40, types.Utf8mb4Bin0900), awkward()},
		{"k_text", types.Of(types.Text), awkward()},
		{"k_blob", types.Of(types.Blob), texts("", "\x00", "\xff\xfe\x00abc", "plain")},
		{"k_json", types.Of(types.JSON), texts(`{"a": 1}`, `[1, 2, "drei"]`, `"text"`, `null`, `12`)},
	}
}

// awkward are texts that a careless path changes.
func awkward() []types.Value {
	return texts("", " ", "a", "A", "trailing ", " leading", "O'Neil", `back\slash`, "tab\tline\nend\r", "Grüße", "日本語",
		"emoji 😀", "100%", "under_score", "NULL", "\"quoted\"", "a,b;c|d", "\u0301combining")
}

func signed(list ...int64) []types.Value {
	out := make([]types.Value, len(list))
	for i, v := range list {
		out[i] = types.IntValue(v)
	}
	return out
}

func unsigned(list ...uint64) []types.Value {
	out := make([]types.Value, len(list))
	for i, v := range list {
		out[i] = types.UintValue(v)
	}
	return out
}

func floats(list ...float64) []types.Value {
	out := make([]types.Value, len(list))
	for i, v := range list {
		out[i] = types.FloatValue(v)
	}
	return out
}

func texts(list ...string) []types.Value {
	out := make([]types.Value, len(list))
	for i, v := range list {
		out[i] = types.TextValue(v)
	}
	return out
}

// decimals are unscaled values.
func decimals(list ...string) []types.Value {
	out := make([]types.Value, len(list))
	for i, s := range list {
		n, ok := new(big.Int).SetString(s, 10)
		if !ok {
			panic("conntest: " + s)
		}
		out[i] = types.Value{Dec: decimal256.FromBigInt(n)}
	}
	return out
}

func days(list ...string) []types.Value {
	out := make([]types.Value, len(list))
	for i, s := range list {
		out[i] = types.IntValue(at(time.DateOnly, s).Unix() / 86400)
	}
	return out
}

func moments() []types.Value {
	var out []types.Value
	for _, s := range []string{"1970-01-01 00:00:01.000000", "1999-12-31 23:59:59.999999", "2024-03-10 02:30:00.000000",
		"2037-12-31 23:59:59.000001"} {
		out = append(out, types.IntValue(at("2006-01-02 15:04:05.000000", s).UnixMicro()))
	}
	return out
}

func at(layout, s string) time.Time {
	t, err := time.Parse(layout, s)
	if err != nil {
		panic("conntest: " + err.Error())
	}
	return t
}

// random is the same in every run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// sometimes is v, or NULL for one row in n.
func sometimes(r *rand.Rand, n int, v types.Value) types.Value {
	if r.IntN(n) == 0 {
		return types.NullValue
	}
	return v
}

func pick(r *rand.Rand, list ...string) types.Value { return types.TextValue(list[r.IntN(len(list))]) }

func orders() Table {
	text := func(n int) types.Type { return types.NewText(types.Varchar, n, types.Utf8mb4Bin0900) }
	t := Table{Name: "orders", Key: []int{0}, Columns: []Column{
		{"id", types.Of(types.Int64), false},
		{"customer", types.Of(types.Int64), true},
		{"status", text(10), false},
		{"amount", types.NewDecimal(12, 2), true},
		{"placed", types.Of(types.Date), true},
		{"shipped", types.NewTemporal(types.Datetime, 6), true},
		{"note", text(40), true},
		{"weight", types.Of(types.Float64), true},
	}}
	r := random()
	start := at(time.DateOnly, "2023-01-01")
	for i := range orderRows {
		placed := start.AddDate(0, 0, r.IntN(500))
		shipped := placed.Add(time.Duration(r.Int64N(96*3600)) * time.Second)
		t.Rows = append(t.Rows, []types.Value{
			types.IntValue(int64(i)),
			sometimes(r, 10, types.IntValue(r.Int64N(customerRows+10))),
			pick(r, "new", "NEW", "paid", "shipped", "returned"),
			sometimes(r, 12, types.Value{Dec: decimal256.FromI64(r.Int64N(200_000) - 50_000)}),
			sometimes(r, 15, types.IntValue(placed.Unix()/86400)),
			sometimes(r, 4, types.IntValue(shipped.UnixMicro())),
			sometimes(r, 6, pick(r, "", "a", "A", "ab", "abc", "a%c", "a_c", `a\c`, "abc ", "xabc", "zebra", "Ä", "ä", "äb", "日本", "😀", "O'Neil")),
			sometimes(r, 8, types.FloatValue(float64(r.IntN(2000)-1000)/8)),
		})
	}
	return t
}

func customers() Table {
	text := func(n int) types.Type { return types.NewText(types.Varchar, n, types.Utf8mb4Bin0900) }
	t := Table{Name: "customers", Key: []int{0}, Columns: []Column{
		{"id", types.Of(types.Int64), false},
		{"name", text(30), false},
		{"region", text(10), true},
		{"credit", types.Of(types.Int32), true},
		{"since", types.Of(types.Date), true},
	}}
	r := random()
	start := at(time.DateOnly, "2010-06-15")
	for i := range customerRows {
		t.Rows = append(t.Rows, []types.Value{
			types.IntValue(int64(i)),
			types.TextValue(fmt.Sprintf("Customer#%03d", i)),
			sometimes(r, 7, pick(r, "north", "South", "östlich", "west")),
			sometimes(r, 5, types.IntValue(r.Int64N(9)-4)),
			sometimes(r, 9, types.IntValue(start.AddDate(0, r.IntN(120), 0).Unix()/86400)),
		})
	}
	return t
}

// emptyTable has columns and no rows.
func emptyTable() Table {
	return Table{Name: "nothing", Columns: []Column{
		{"id", types.Of(types.Int64), true},
		{"v", types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900), true},
	}}
}

// bigTable is large enough to be cancelled in mid-scan and to have splits.
func bigTable() Table {
	t := Table{Name: "big", Key: []int{0}, Columns: []Column{
		{"id", types.Of(types.Int64), false},
		{"v", types.NewText(types.Varchar, 100, types.Utf8mb4Bin0900), true},
	}}
	for i := range bigRows {
		t.Rows = append(t.Rows, []types.Value{
			types.IntValue(int64(i)),
			types.TextValue(fmt.Sprintf("row %d of a table that takes a while to read to its end", i)),
		})
	}
	return t
}
