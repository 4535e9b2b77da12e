package arrowjson

import (
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/files"
)

// Writer appends value i of an array as JSON text.
type Writer func(dst []byte, values arrow.Array, i int) []byte

// Shaped returns the writer of values of a type in a shape; identified says that the file has ids of fields. What is malformed is null, and fail
// is told why.
func Shaped(t arrow.DataType, s *files.Shape, identified bool, fail func(error)) (Writer, error) {
	return shaping{identified, fail}.writer(t, s)
}

// shaping makes writers of the values of one column.
type shaping struct {
	identified bool
	fail       func(error)
}

// writer returns the writer of values that may be NULL.
func (w shaping) writer(t arrow.DataType, s *files.Shape) (Writer, error) {
	write, err := w.present(t, s)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, values arrow.Array, i int) []byte {
		if values.IsNull(i) {
			return append(dst, "null"...)
		}
		return write(dst, values, i)
	}, nil
}

// present returns the writer of values that are not NULL.
func (w shaping) present(t arrow.DataType, s *files.Shape) (Writer, error) {
	if s.Form == files.Variant {
		return variantWriter(t, w.fail)
	}
	switch t := t.(type) {
	case *arrow.StructType:
		if s.Form == files.Struct {
			return w.structs(t, s)
		}
	case *arrow.MapType:
		if s.Form == files.Map {
			return w.maps(t, s)
		}
	case arrow.ListLikeType:
		if s.Form == files.List {
			return w.lists(t, s)
		}
	default:
		if s.Form == files.Scalar {
			return Promoted(s.As), nil
		}
	}
	return nil, files.Misshapen(t.String())
}

func (w shaping) structs(t *arrow.StructType, s *files.Shape) (Writer, error) {
	at, err := s.Find(w.identified, t.NumFields(), func(i int) int { return fieldID(t.Field(i)) }, func(i int) string { return t.Field(i).Name })
	if err != nil {
		return nil, err
	}
	names, fields := make([][]byte, len(at)), make([]Writer, len(at))
	for i, f := range s.Fields {
		names[i] = append(AppendText(nil, f.Name), ": "...)
		if at[i] < 0 {
			continue
		}
		if fields[i], err = w.writer(t.Field(at[i]).Type, &f.Shape); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return func(dst []byte, values arrow.Array, i int) []byte {
		a := values.(*array.Struct)
		dst = append(dst, '{')
		for f, write := range fields {
			if f > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(dst, names[f]...)
			if write == nil {
				dst = append(dst, s.Fields[f].Missing...)
			} else {
				dst = write(dst, a.Field(at[f]), i)
			}
		}
		return append(dst, '}')
	}, nil
}

// fieldID is the id that a Parquet file has of a field; 0: none.
func fieldID(f arrow.Field) int {
	text, _ := f.Metadata.GetValue("PARQUET:field_id")
	id, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return max(id, 0)
}

func (w shaping) lists(t arrow.ListLikeType, s *files.Shape) (Writer, error) {
	element, err := w.writer(t.Elem(), &s.Items[0])
	if err != nil {
		return nil, err
	}
	return func(dst []byte, values arrow.Array, i int) []byte {
		return appendList(dst, values.(array.ListLike), i, element)
	}, nil
}

func (w shaping) maps(t *arrow.MapType, s *files.Shape) (Writer, error) {
	key, err := w.writer(t.KeyType(), &s.Items[0])
	if err != nil {
		return nil, err
	}
	item, err := w.writer(t.ItemType(), &s.Items[1])
	if err != nil {
		return nil, err
	}
	return func(dst []byte, values arrow.Array, i int) []byte {
		return appendMap(dst, values.(*array.Map), i, key, item)
	}, nil
}

// Promoted writes values that are not nested as those of the table's type.
func Promoted(as files.Promotion) Writer {
	if as == files.AsStored {
		return Append
	}
	return func(dst []byte, values arrow.Array, i int) []byte {
		switch a := values.(type) {
		case *array.Float32:
			if as == files.AsDouble {
				return AppendFloat(dst, float64(a.Value(i)), 64)
			}
		case *array.Date32:
			if as == files.AsMicros || as == files.AsNanos {
				return AppendDay(dst, a.Value(i), as)
			}
		case *array.Timestamp:
			if as == files.AsInstant {
				moment := a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit)
				return AppendMoment(dst, arrow.Timestamp(moment.UnixMicro()), arrow.Microsecond, true)
			}
		}
		return Append(dst, values, i)
	}
}

// AppendDay appends the moment at which a day begins.
func AppendDay(dst []byte, day arrow.Date32, as files.Promotion) []byte {
	layout := "2006-01-02 15:04:05.000000"
	if as == files.AsNanos {
		layout = "2006-01-02 15:04:05.000000000"
	}
	return AppendText(dst, time.Unix(int64(day)*24*60*60, 0).UTC().Format(layout))
}
