package bind

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func TestTypesThereAndBack(t *testing.T) {
	for _, typ := range []types.Type{
		{}, types.Of(types.Int8), types.Of(types.Int16), types.Of(types.Int32), types.Of(types.Int64),
		types.Of(types.Uint8), types.Of(types.Uint16), types.Of(types.Uint32), types.Of(types.Uint64),
		types.Of(types.Float32), types.Of(types.Float64), types.NewDecimal(15, 2), types.NewDecimal(65, 30), types.NewDecimal(5, 0),
		types.Of(types.Date), types.NewTemporal(types.Datetime, 0), types.NewTemporal(types.Datetime, 6),
		types.NewTemporal(types.Timestamp, 3), types.NewTemporal(types.Time, 6), types.Of(types.Year),
		types.NewText(types.Char, 10, types.Utf8mb4Bin0900), types.NewText(types.Varchar, 300, types.Utf8mb4AI0900),
		types.NewText(types.Text, 0, types.Utf8mb4General), {Kind: types.Binary, Length: 16}, {Kind: types.Varbinary, Length: 255},
		types.Of(types.Blob), types.NewText(types.JSON, 0, types.Utf8mb4Bin), {Kind: types.Bit, Length: 7},
		{Kind: types.Enum, Collation: types.Utf8mb4AI0900, Members: "a\x00b,c"},
		{Kind: types.Set, Collation: types.Utf8mb4Bin0900, Members: "x\x00y"},
	} {
		back, err := FromGMS(ToGMS(typ))
		if err != nil || back != typ {
			t.Errorf("%s came back as %s: %v", typ, back, err)
		}
	}
}

func TestTypesThatGMSLacks(t *testing.T) {
	for _, c := range []struct {
		typ  types.Type
		want string
	}{
		{types.Of(types.Bool), "bigint"},
		{types.NewText(types.Char, 1000, types.Utf8mb4Bin0900), "text"},
		{types.NewText(types.Varchar, 20000, types.Utf8mb4Bin0900), "mediumtext"},
		{types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), "varchar(16383)"},
		{types.NewText(types.Varchar, 20, types.Collation(9999)), "varchar(20)"},
		{types.Type{Kind: types.Varbinary}, "longblob"},
		{types.Type{Kind: types.Binary, Length: 70000}, "mediumblob"},
		{types.Type{Kind: types.Bit, Length: 100}, "bit(64)"},
	} {
		if got := ToGMS(c.typ).String(); got != c.want {
			t.Errorf("%s is %s, want %s", c.typ, got, c.want)
		}
	}
	if _, err := FromGMS(gmstypes.PointType{}); !sqlerr.Is(err, sqlerr.Unsupported) {
		t.Errorf("a point: %v", err)
	}
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		err   error
		errno uint16
	}{
		{sql.ErrColumnNotFound.New("c"), 1054},
		{sql.ErrAmbiguousColumnName.New("c", []string{"a"}), 1052},
		{sql.ErrSyntaxError.New("x"), 1064},
		{sql.ErrTableNotFound.New("t"), 1146},
		{sql.ErrDatabaseNotFound.New("d"), 1049},
		{sql.ErrFunctionNotFound.New("f"), 1305},
		{analyzererrors.ErrValidationGroupBy.New(1, "c"), 1055},
		{sql.ErrInvalidOperandColumns.New(1, 2), 1241},
		{sql.ErrExpectedSingleRow.New(), 1242},
		{sql.ErrCollationIllegalMix.New("a", "b"), 1267},
		{sql.ErrNoDatabaseSelected.New(), 1046},
		{fmt.Errorf("binding: %w", sqlerr.New(sqlerr.SourceDown, "shop")), 1429},
		{gmsplan.ErrInsertIntoNotSupported.New(), 1036},
		{sql.ErrDuplicateEntry.New("k"), 1062},
		{errors.New("boom"), 1105},
	} {
		if got := sqlerr.CodeOf(Translate(c.err)).Identity().Errno; got != c.errno {
			t.Errorf("%v is errno %d, want %d", c.err, got, c.errno)
		}
	}
	if Translate(nil) != nil {
		t.Error("nil is an error")
	}
}

func TestWeights(t *testing.T) {
	ci, ok := Weights(types.Utf8mb4AI0900)
	if !ok {
		t.Fatal("no weights for utf8mb4_0900_ai_ci")
	}
	padded, _ := Weights(types.Utf8mb4General)
	latin, _ := Weights(8) // latin1_swedish_ci
	plain, _ := Weights(types.Utf8mb4Bin0900)
	for _, c := range []struct {
		key  func(dst, text []byte) []byte
		a, b string
		want int
	}{
		{ci, "RÉSUMÉ", "resume", 0}, {ci, "a", "B", -1}, {ci, "ab", "a", 1}, {ci, "a ", "a", 1}, {ci, "", "a", -1},
		{ci, "ß", "ss", 0}, {latin, "é ", "E", 0}, {latin, "ö", "z", 1}, {padded, "Abc  ", "abc", 0}, {padded, " abc", "abc", -1},
		{plain, "A", "a", -1}, {plain, "é", "z", 1}, {plain, "x", "x", 0},
	} {
		if got := bytes.Compare(c.key(nil, []byte(c.a)), c.key(nil, []byte(c.b))); got != c.want {
			t.Errorf("%q against %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if got := ci([]byte("x"), []byte("a")); got[0] != 'x' || len(got) < 2 {
		t.Errorf("the key does not follow what dst held: %v", got)
	}
	for _, c := range []types.Collation{9999, 256, 225, 31} { // tailored: utf8mb4_de_pb_0900_ai_ci, utf8mb4_icelandic_ci, latin1_german2_ci
		if _, ok := Weights(c); ok {
			t.Errorf("weights for %s", c)
		}
	}
}

// TestPrivateFields fails if GMS renames what private.go reads.
func TestPrivateFields(t *testing.T) {
	one := expression.NewLiteral(int64(1), gmstypes.Int64)
	if !isFalseTest(expression.NewIsFalse(one)) || isFalseTest(expression.NewIsTrue(one)) {
		t.Error("IS FALSE")
	}
	if got := castLength(expression.NewConvertWithLengthAndScale(one, "char", 7, 0)); got != 7 {
		t.Errorf("CHAR(%d)", got)
	}
	if got := collationOf(expression.NewCollatedExpression(one, sql.Collation_utf8mb4_bin)); got != types.Utf8mb4Bin {
		t.Errorf("collation %d", got)
	}
	trim := function.NewTrim(one, one, sqlparser.Trailing).(*function.Trim)
	if got := trimSides(trim); got != sqlparser.Trailing {
		t.Errorf("trim %q", got)
	}
	order := sql.SortConditions{{Expr: one, Order: sql.Descending}}
	var agg plan.Agg
	keys, args := groupConcat(aggregation.NewGroupConcat("distinct", order, "; ", []sql.Expression{one, one}, 10), &agg)
	if len(keys) != 1 || len(args) != 2 || !agg.Distinct || agg.Separator != "; " || agg.Longest != 10 || !agg.OrderBy[0].Desc {
		t.Errorf("GROUP_CONCAT %+v of %v by %v", agg, args, keys)
	}
}
