package arrowjson

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/variant"
	"github.com/google/uuid"

	"github.com/silogate/silogate/connectors/files"
)

// build makes a variant of what is appended.
func build(t testing.TB, values ...func(*variant.Builder) error) variant.Value {
	t.Helper()
	var b variant.Builder
	for _, appendTo := range values {
		if err := appendTo(&b); err != nil {
			t.Fatal(err)
		}
	}
	v, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVariants(t *testing.T) {
	one := func(v any, options ...variant.AppendOpt) variant.Value {
		return build(t, func(b *variant.Builder) error { return b.Append(v, options...) })
	}
	for want, v := range map[string]variant.Value{
		`""`: one(""), "null": one(nil), "true": one(true), "false": one(false), "-1": one(int8(-1)), "-300": one(int16(-300)), "70000": one(int32(70000)), "9223372036854775807": one(int64(1<<63 - 1)),
		"0.1": one(float32(0.1)), "1e300": one(1e300), `"text \""`: one(`text "`), `"AAH/"`: one([]byte{0, 1, 255}),
		`"12345678-1234-5678-1234-567812345678"`: one(uuid.MustParse("12345678-1234-5678-1234-567812345678")),
		"12.30":                                  one(variant.DecimalValue[decimal.Decimal32]{Scale: 2, Value: decimal.Decimal32(1230)}),
		"-0.000000000000001":                     one(variant.DecimalValue[decimal.Decimal64]{Scale: 15, Value: decimal.Decimal64(-1)}),
		"12345678901234567890.5":                 one(variant.DecimalValue[decimal.Decimal128]{Scale: 1, Value: decimal128.New(6, 12776324570088369209)}),
		`"2024-02-29"`:                           one(arrow.Date32(19782)),
		`"00:00:01.000000"`:                      one(arrow.Time64(1_000_000)),
		`"1970-01-01 00:00:00.000001Z"`:          one(arrow.Timestamp(1), variant.OptTimestampUTC),
		`"1970-01-01 00:00:00.000001"`:           one(arrow.Timestamp(1)),
		`"1970-01-01 00:00:00.000000001"`:        one(arrow.Timestamp(1), variant.OptTimestampNano),
		`{"a": [1, null, "x"], "b": {}}`:         one(map[string]any{"b": map[string]any{}, "a": []any{int8(1), nil, "x"}}),
	} {
		got, err := appendVariant([]byte("before "), v.Metadata().Bytes(), v.Bytes())
		if err != nil || string(got) != "before "+want {
			t.Errorf("%s, want %s; %v", got, want, err)
		}
	}
}

// What is malformed, or nested so deep that nobody means it, is an error, and null in the text.
func TestMalformedVariants(t *testing.T) {
	v := build(t, func(b *variant.Builder) error { return b.Append(map[string]any{"a": []any{int64(1), "text"}}) })
	names, value := v.Metadata().Bytes(), v.Bytes()
	deep := []byte{0x00}
	for range 2 * deepestVariant {
		size := len(deep)
		deep = append([]byte{0x0f, 1, 0, 0, 0, byte(size), byte(size >> 8), byte(size >> 16)}, deep...)
	}
	cases := map[string][2][]byte{
		"nothing": {names, nil}, "no names": {nil, value}, "cut off": {names, value[:len(value)-1]}, "more": {names, append(value[:len(value):len(value)], 0)}, "names cut off": {names[:3], value},
		"a decimal of 65 digits after its point": {names, {0x20, 0x41, 0, 0, 0, 0}},
		"large":                                  {names, make([]byte, mostVariant+1)}, "deep": {names, deep},
	}
	typ := arrow.StructOf(arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary}, arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary})
	for name, parts := range cases {
		b := array.NewStructBuilder(memory.DefaultAllocator, typ)
		b.Append(true)
		b.FieldBuilder(0).(*array.BinaryBuilder).Append(parts[1])
		b.FieldBuilder(1).(*array.BinaryBuilder).Append(parts[0])
		failed := error(nil)
		write, err := Shaped(typ, &files.Shape{Form: files.Variant}, false, func(err error) { failed = err })
		if err != nil {
			t.Fatal(err)
		}
		if got := write([]byte("["), b.NewArray(), 0); failed == nil || string(got) != "[null" {
			t.Errorf("%s: %s, %v", name, got, failed)
		}
	}
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.Binary, arrow.StructOf(arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary}),
		extensions.NewShreddedVariantType(arrow.PrimitiveTypes.Int64)} {
		if _, err := Shaped(typ, &files.Shape{Form: files.Variant}, false, nil); err == nil || !strings.Contains(err.Error(), "a variant is") {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

func FuzzVariant(f *testing.F) {
	v := build(f, func(b *variant.Builder) error { return b.Append(map[string]any{"a": []any{int64(1), "text", nil}}) })
	f.Add(v.Metadata().Bytes(), v.Bytes())
	f.Fuzz(func(t *testing.T, names, value []byte) {
		if text, err := appendVariant(nil, names, value); err == nil && len(text) == 0 {
			t.Error("no text")
		}
	})
}
