package expr

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// jsonCall describes a call to its kernel, which has a memory of its own.
func jsonCall(c *Call) *kernel.JSON {
	args := make([]types.Type, len(c.Args))
	for i := range args {
		args[i] = c.arg(i)
	}
	return kernel.NewJSON(strings.TrimPrefix(string(c.Func), "silogate_"), args)
}

// JSONKey is the function of a value whose results compare as MySQL compares JSON.
const JSONKey Func = "json_key"

// keyBytes is the type of its results.
var keyBytes = types.Type{Kind: types.Blob}

// jsonKeys are two operands of which one is JSON, as what compares like them.
func jsonKeys(a, b Expr) (Expr, Expr, error) {
	x, err := New(JSONKey, a)
	if err != nil {
		return nil, nil, err
	}
	y, err := New(JSONKey, b)
	return x, y, err
}

// asKeyed reads a value that is compared with JSON.
func asKeyed(e Expr) (Expr, error) {
	if e.Type().Kind == types.Bit {
		return nil, ErrNoKernel
	}
	return asValue(e)
}

type jsonText func(j *kernel.JSON, r *kernel.Row, dst []byte) ([]byte, bool)

func jsonTexts(nulls kernel.Nulls, f jsonText) factory {
	return func(c *Call) kernel.Func {
		j := jsonCall(c)
		name := string(c.Func)
		if c.Func == JSONKey {
			name = ""
		}
		return kernel.TextRows(c.Typ, name, nulls, func(r *kernel.Row, dst []byte) ([]byte, bool) {
			out, ok := f(j, r, dst)
			return out, !j.Ended(r) && ok
		})
	}
}

func jsonIntegers(f func(j *kernel.JSON, r *kernel.Row) (int64, bool)) factory {
	return func(c *Call) kernel.Func {
		j := jsonCall(c)
		return kernel.IntegerRows(c.Typ, kernel.Strict, func(r *kernel.Row) (int64, bool) {
			v, ok := f(j, r)
			return v, !j.Ended(r) && ok
		})
	}
}

func jsonPut(change jsondoc.Change) factory {
	return jsonTexts(kernel.Lenient, func(j *kernel.JSON, r *kernel.Row, dst []byte) ([]byte, bool) { return j.Put(r, dst, change) })
}

var jsonType = types.Of(types.JSON)

// documentText is the type of a document as text.
var documentText = types.NewText(types.Text, 0, types.Utf8mb4Bin)

func jsonFunctionRows() []row {
	document := func(result types.Type, more ...read) rule {
		return takes(result, append([]read{asDocument}, more...)...)
	}
	return []row{
		{name: "json_valid", args: "value", min: 1, max: 1, native: true, doc: "whether it is JSON", rule: jsonValidRule, kernel: jsonIntegers((*kernel.JSON).Valid)},
		{name: "json_type", args: "document", min: 1, max: 1, native: true, doc: "what it is", rule: document(shown(20)), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Type)},
		{name: "json_depth", args: "document", min: 1, max: 1, native: true, doc: "how deep it nests", rule: document(bigint), kernel: jsonIntegers((*kernel.JSON).Depth)},
		{name: "json_length", args: "document[, path]", min: 1, max: 2, native: true, doc: "items or members", rule: document(bigint, asText), kernel: jsonIntegers((*kernel.JSON).Length)},
		{name: "json_keys", args: "document[, path]", min: 1, max: 2, native: true, doc: "names of the members", rule: document(jsonType, asText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Keys)},
		{name: "json_extract", args: "document, path, ...", min: 2, max: -1, native: true, doc: "what the paths lead to", rule: document(jsonType, asText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Extract)},
		{name: "json_unquote", args: "value", min: 1, max: 1, native: true, doc: "text of a JSON string", rule: takes(types.NewText(types.Text, 0, types.Utf8mb4Bin0900), asDocumentOrText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Unquote)},
		{name: "json_value", args: "document, path", min: 2, max: 2, native: true, doc: "text of the value that a path leads to", rule: document(types.NewText(types.Varchar, 512, types.Utf8mb4Bin0900), asText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Scalar)},
		{name: "json_quote", args: "string", min: 1, max: 1, native: true, doc: "as a JSON string", rule: takes(shown(0), asText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Quote)},
		{name: "json_array", args: "value, ...", min: 1, max: -1, native: true, doc: "array of values", rule: never(takes(jsonType, asValue)), kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).Array), lenient: true},
		{name: "json_object", args: "key, value, ...", min: 2, max: -1, native: true, doc: "object of keys and values", rule: never(jsonObjectRule), kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).Object), lenient: true},
		{name: "json_set", args: "document, path, value, ...", min: 3, max: -1, native: true, doc: "with values put at paths", rule: jsonPairsRule, kernel: jsonPut(jsondoc.Set), lenient: true},
		{name: "json_insert", args: "document, path, value, ...", min: 3, max: -1, native: true, doc: "with values put where there are none", rule: jsonPairsRule, kernel: jsonPut(jsondoc.Insert), lenient: true},
		{name: "json_replace", args: "document, path, value, ...", min: 3, max: -1, native: true, doc: "with values put in place of others", rule: jsonPairsRule, kernel: jsonPut(jsondoc.Replace), lenient: true},
		{name: "json_array_append", args: "document, path, value, ...", min: 3, max: -1, native: true, doc: "with values at the end of arrays", rule: jsonPairsRule, kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).ArrayAppend), lenient: true},
		{name: "json_array_insert", args: "document, path, value, ...", min: 3, max: -1, native: true, doc: "with values put into arrays", rule: jsonPairsRule, kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).ArrayInsert), lenient: true},
		{name: "json_remove", args: "document, path, ...", min: 2, max: -1, native: true, doc: "without what paths lead to", rule: document(jsonType, asText), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Remove)},
		{name: "json_merge_preserve", names: []string{"json_merge"}, args: "document, document, ...", min: 2, max: -1, native: true, doc: "joined", rule: document(jsonType, asDocument), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).MergePreserve)},
		{name: "json_merge_patch", args: "document, document, ...", min: 2, max: -1, native: true, doc: "patched (RFC 7396)", rule: document(jsonType, asDocument), kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).MergePatch), lenient: true},
		{name: "json_contains", args: "document, candidate[, path]", min: 2, max: 3, native: true, doc: "whether a document contains another", rule: document(truth, asDocument, asText), kernel: jsonIntegers((*kernel.JSON).Contains)},
		{name: "json_contains_path", args: "document, 'one' or 'all', path, ...", min: 3, max: -1, native: true, doc: "whether there is something at paths", rule: document(truth, asText), kernel: jsonIntegers((*kernel.JSON).ContainsPath)},
		{name: "json_search", args: "document, 'one' or 'all', pattern[, escape[, path, ...]]", min: 3, max: -1, native: true, doc: "path of a string", rule: document(jsonType, asText), kernel: jsonTexts(kernel.Lenient, (*kernel.JSON).Search), lenient: true},
		{name: "json_overlaps", args: "document, document", min: 2, max: 2, native: true, doc: "whether they have something in common", rule: document(truth, asDocument), kernel: jsonIntegers((*kernel.JSON).Overlaps)},
		{name: "member of", names: []string{"silogate_member_of"}, args: "value, document", min: 2, max: 2, native: true, doc: "whether a value is an item of an array", rule: takes(truth, asValue, asDocument), kernel: jsonIntegers((*kernel.JSON).MemberOf)},
		{name: "json_pretty", args: "document", min: 1, max: 1, native: true, doc: "over several lines", rule: document(types.NewText(types.Text, 0, types.Utf8mb4Bin0900)), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Pretty)},
		{name: "json_truth", args: "document", min: 1, max: 1, doc: "a document as a condition: whether it is not the number 0", rule: document(truth), kernel: jsonIntegers((*kernel.JSON).Truth)},
		{name: JSONKey, args: "value", min: 1, max: 1, doc: "bytes that compare as MySQL compares JSON with JSON, and with anything else", rule: takes(keyBytes, asKeyed), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Key)},
		{name: CastJSON, args: "value", min: 1, max: 1, doc: "CAST AS JSON: the document that a text is, or a value", rule: takes(jsonType, asValue), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Cast)},
		{name: AsJSON, args: "value", min: 1, max: 1, doc: "a value as it stands in JSON_ARRAYAGG and JSON_OBJECTAGG: a text is a string", rule: takes(jsonType, asValue), kernel: jsonTexts(kernel.Strict, (*kernel.JSON).Value)},
	}
}

// asDocument reads JSON, or a text that is it.
func asDocument(e Expr) (Expr, error) {
	switch t := e.Type(); {
	case t.Kind == types.JSON:
		return e, nil
	case t.Kind == types.Null:
		return implicit(e, types.NewText(types.Text, 0, types.Utf8mb4Bin0900)), nil
	case t.IsText():
		return text(e)
	}
	return nil, sqlerr.New(sqlerr.JSONType, "Invalid data type for JSON data; a JSON string or JSON type is required.")
}

// asDocumentOrText is asDocument that takes anything as its text.
func asDocumentOrText(e Expr) (Expr, error) {
	if e.Type().Kind == types.JSON {
		return e, nil
	}
	return text(e)
}

// asValue reads a value to put into a document: a condition becomes true or false, but a column of truth values, or what is chosen from
// values, a number.
func asValue(e Expr) (Expr, error) {
	switch t := e.Type(); t.Kind {
	case types.Bool:
		if !condition(e) {
			return plain(e), nil
		}
	case types.Float32:
		return plain(e), nil
	case types.Enum, types.Set:
		return implicit(e, shown(0)), nil
	case types.Null:
		return implicit(e, bigint), nil
	}
	return e, nil
}

// condition reports an expression that is a truth value by itself.
func condition(e Expr) bool {
	switch e := e.(type) {
	case *Literal, *In, *Fallback:
		return true
	case *Call:
		return !slices.Contains([]Func{If, IfNull, Coalesce, Greatest, Least}, e.Func)
	}
	return false
}

// jsonValidRule types JSON_VALID: what is no text is no JSON.
func jsonValidRule(f Func, args []Expr) (Expr, error) {
	if t := args[0].Type(); t.IsString() || t.Kind == types.Null {
		return takes(truth, asText)(f, args)
	}
	isNull, err := New(IsNull, args[0])
	if err != nil {
		return nil, err
	}
	return New(If, isNull, &Literal{types.NullValue, truth}, &Literal{types.BoolValue(false), truth})
}

// jsonObjectRule types JSON_OBJECT: keys and values in turn.
func jsonObjectRule(f Func, args []Expr) (Expr, error) {
	if len(args)%2 != 0 {
		return nil, wrongCount(f)
	}
	return typedPairs(f, nil, args)
}

// jsonPairsRule types functions of a document, and paths and values in turn.
func jsonPairsRule(f Func, args []Expr) (Expr, error) {
	if len(args)%2 != 1 {
		return nil, wrongCount(f)
	}
	doc, err := asDocument(args[0])
	if err != nil {
		return nil, err
	}
	return typedPairs(f, []Expr{doc}, args[1:])
}

func typedPairs(f Func, list, pairs []Expr) (Expr, error) {
	for i, a := range pairs {
		read := asText
		if i%2 == 1 {
			read = asValue
		}
		e, err := read(a)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	c := typed(f, jsonType, list...)
	c.Null = true
	return c, nil
}

func wrongCount(f Func) error {
	return sqlerr.New(sqlerr.ArgumentCount, "Incorrect parameter count in the call to native function '%s'", f)
}
