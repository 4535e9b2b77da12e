package kernel

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/types"
)

// warnJSONValue is ER_INVALID_JSON_VALUE_FOR_CAST.
const warnJSONValue = 3156

// castFromJSON converts documents to numbers and moments. A number is itself, a truth value 1 or 0, a string what it reads as. All
// else is 0, or NULL as a moment, with a warning.
func castFromJSON(to types.Type, where fmt.Stringer) Func {
	text := types.Of(types.Text)
	switch {
	case to.Kind == types.Bool:
		return nil
	case to.IsInteger():
		return then(scalarTexts("INTEGER", jsonInteger), castToInteger(text, to, where))
	case to.IsFloat():
		return then(scalarTexts("DOUBLE", jsonNumber), castToDouble(text, to, where))
	case to.Kind == types.Decimal:
		return then(scalarTexts("DECIMAL", jsonNumber), castToDecimal(text, to, where))
	case to.IsTemporal():
		return then(scalarTexts("DATE/TIME/DATETIME/TIMESTAMP", jsonMoment), castToTemporal(text, to))
	}
	return nil
}

// scalar is a document as the text that another cast reads; whole is false where it is, in part or all of it, no such value.
type scalar struct {
	text  string
	whole bool
	null  bool
}

// scalarTexts makes such texts of documents.
func scalarTexts(what string, read func(v *jsondoc.Value) scalar) Func {
	return TextRows(types.Of(types.Text), "cast", Strict, func(r *Row, dst []byte) ([]byte, bool) {
		doc := string(r.Text(0))
		w := jsondoc.Work{Interrupted: r.Interruption}
		v, err := w.Outline(doc, true)
		if w.Err() != nil {
			r.Fail(w.Err())
			return dst, false
		}
		if err != nil { // a source may hold such a text
			v = jsondoc.OfText(doc)
		}
		s := read(&v)
		if !s.whole {
			r.Warn(warnJSONValue, fmt.Sprintf("Invalid JSON value for CAST to %s: '%s'", what, doc))
		}
		return append(dst, s.text...), !s.null
	})
}

func jsonNumber(v *jsondoc.Value) scalar {
	switch v.Kind {
	case jsondoc.Integer, jsondoc.Unsigned, jsondoc.Double, jsondoc.Decimal:
		return scalar{text: v.Text, whole: true}
	case jsondoc.Bool:
		return scalar{text: strconv.Itoa(int(b2u(v.Bool))), whole: true}
	case jsondoc.String:
		s := strings.TrimLeft(v.Text, " \t\n\r\f\v")
		if run := numberRun(s); run > 0 {
			return scalar{text: s[:run], whole: strings.TrimRight(s[run:], " ") == ""}
		}
	}
	return scalar{text: "0"}
}

// jsonInteger is jsonNumber for an integer: halves of a double are even, of a string the digits at its start count.
func jsonInteger(v *jsondoc.Value) scalar {
	s := jsonNumber(v)
	run := len(s.text) - len(strings.TrimLeft(s.text, "+-"))
	run += digitRun(s.text[run:])
	switch {
	case run == len(s.text):
	case v.Kind == jsondoc.String:
		s.text, s.whole = s.text[:run], false
	default:
		f, _ := strconv.ParseFloat(s.text, 64)
		s.text = strconv.FormatFloat(math.RoundToEven(f), 'f', 0, 64)
	}
	return s
}

func jsonMoment(v *jsondoc.Value) scalar {
	if v.Kind != jsondoc.String {
		return scalar{null: true}
	}
	return scalar{text: v.Text, whole: true}
}
