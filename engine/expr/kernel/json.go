package kernel

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// JSON is a call of a JSON function: its name and the types of its arguments. It remembers the documents and paths it read last, so it
// belongs to one evaluator.
type JSON struct {
	function string
	types    []types.Type
	docs     []remembered[jsondoc.Value]
	paths    []remembered[jsondoc.Path]
}

// remembered is what a text was read as.
type remembered[T any] struct {
	text  string
	value T
	known bool
}

// NewJSON describes a call.
func NewJSON(function string, args []types.Type) *JSON {
	return &JSON{function, args, make([]remembered[jsondoc.Value], len(args)), make([]remembered[jsondoc.Path], len(args))}
}

// doc is argument k, which is not NULL, as a document. What is none fails.
func (j *JSON) doc(r *Row, k int) (v jsondoc.Value, ok bool) {
	m := &j.docs[k]
	text := r.Text(k)
	if m.known && m.text == string(text) {
		return m.value, true
	}
	if r.interrupted() { // a document may be long
		return v, false
	}
	v, err := jsondoc.Parse(string(text), j.types[k].Kind == types.JSON)
	if err != nil {
		r.Fail(DocumentError(err, k+1, j.function))
		return v, false
	}
	*m = remembered[jsondoc.Value]{string(text), v, true}
	return v, true
}

// DocumentError is the error of an argument, counted from 1, of a function, that jsondoc.Parse does not take.
func DocumentError(err error, argument int, function string) error {
	var syntax *jsondoc.SyntaxError
	if errors.As(err, &syntax) {
		return sqlerr.New(sqlerr.BadJSON, `Invalid JSON text in argument %d to function %s: "%s" at position %d.`, argument, function, syntax.Message, syntax.Offset)
	}
	return sqlerr.New(sqlerr.JSONDepth, "%s", err)
}

// path is argument k, which is not NULL, as a path. What is none fails, and what has wildcards unless several.
func (j *JSON) path(r *Row, k int, several bool) (jsondoc.Path, bool) {
	m := &j.paths[k]
	if text := r.Text(k); !m.known || m.text != string(text) {
		p, err := jsondoc.ParsePath(string(text))
		if err != nil {
			r.Fail(sqlerr.New(sqlerr.BadJSONPath, "%s", err))
			return nil, false
		}
		*m = remembered[jsondoc.Path]{string(text), p, true}
	}
	if !several && m.value.Several() {
		r.Fail(sqlerr.New(sqlerr.JSONWildcard, "In this situation, path expressions may not contain the * and ** tokens or an array range."))
		return nil, false
	}
	return m.value, true
}

// value is argument k as a value of JSON: a text is a string, NULL is null.
func (j *JSON) value(r *Row, k int) (jsondoc.Value, bool) {
	if r.Null(k) {
		return jsondoc.Value{}, true
	}
	switch t := j.types[k]; {
	case t.Kind == types.JSON:
		return j.doc(r, k)
	case t.Kind == types.Bool:
		return jsondoc.OfBool(r.Int(k) != 0), true
	case t.IsUnsigned():
		return jsondoc.OfUint(uint64(r.Int(k))), true
	case t.IsInteger():
		return jsondoc.OfInt(r.Int(k)), true
	case t.Kind == types.Decimal:
		return jsondoc.OfDecimal(r.Decimal(k).ToString(int32(t.Scale))), true
	case t.IsFloat():
		return jsondoc.OfDouble(r.Double(k)), true
	case t.Kind == types.Date:
		return jsondoc.OfText(string(appendDate(nil, dateOf(r.Int(k))))), true
	case t.Kind == types.Time:
		return jsondoc.OfText(string(appendTime(nil, r.Int(k), types.MaxFSP))), true
	case t.Kind == types.Timestamp:
		return jsondoc.OfText(string(appendDatetime(nil, newZone(r.Location).civil(r.Int(k)), types.MaxFSP))), true
	case t.IsTemporal():
		return jsondoc.OfText(string(appendDatetime(nil, r.Int(k), types.MaxFSP))), true
	case t.IsBinary():
		const varString = "base64:type253:"
		return jsondoc.OfText(varString + base64.StdEncoding.EncodeToString(r.Text(k))), true
	}
	return jsondoc.OfText(string(r.Text(k))), true
}

// Cast computes CAST(value AS JSON): a text is a document.
func (j *JSON) Cast(r *Row, dst []byte) ([]byte, bool) {
	read := j.value
	if j.types[0].IsText() {
		read = j.doc
	}
	v, ok := read(r, 0)
	return v.Append(dst), ok
}

// Value makes a value, which is not NULL, JSON: a text is a string.
func (j *JSON) Value(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.value(r, 0)
	return v.Append(dst), ok
}

// Truth computes what MySQL makes of a document that is a condition: document <> 0. Only a number may be 0.
func (j *JSON) Truth(r *Row) (int64, bool) {
	v, ok := j.doc(r, 0)
	zero := jsondoc.OfInt(0)
	return int64(b2u(jsondoc.Compare(&v, &zero) != 0)), ok
}

// Valid computes JSON_VALID.
func (j *JSON) Valid(r *Row) (int64, bool) {
	_, err := jsondoc.Parse(string(r.Text(0)), true)
	return int64(b2u(err == nil)), true
}

// Type computes JSON_TYPE.
func (j *JSON) Type(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.doc(r, 0)
	return append(dst, v.TypeName()...), ok
}

// Depth computes JSON_DEPTH.
func (j *JSON) Depth(r *Row) (int64, bool) {
	v, ok := j.doc(r, 0)
	return int64(v.Depth()), ok
}

// within is what the path in argument k leads to in the document, or the document if there is no such argument; nil: nothing.
func (j *JSON) within(r *Row, k int) *jsondoc.Value {
	v, ok := j.doc(r, 0)
	if !ok || k >= r.Len() {
		return &v
	}
	p, ok := j.path(r, k, false)
	if !ok {
		return nil
	}
	if found := p.Find(&v); len(found) > 0 {
		return found[0]
	}
	return nil
}

// Length computes JSON_LENGTH(document[, path]).
func (j *JSON) Length(r *Row) (int64, bool) {
	v := j.within(r, 1)
	if v == nil {
		return 0, false
	}
	return int64(v.Length()), true
}

// Keys computes JSON_KEYS(document[, path]).
func (j *JSON) Keys(r *Row, dst []byte) ([]byte, bool) {
	v := j.within(r, 1)
	if v == nil || v.Kind != jsondoc.Object {
		return dst, false
	}
	keys := make([]jsondoc.Value, len(v.Members))
	for i, m := range v.Members {
		keys[i] = jsondoc.OfText(m.Key)
	}
	list := jsondoc.OfItems(keys)
	return list.Append(dst), true
}

// Extract computes JSON_EXTRACT(document, path, ...): of several paths, or one that may lead to several values, an array.
func (j *JSON) Extract(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	several := r.Len() > 2
	var all []jsondoc.Value
	for k := 1; k < r.Len(); k++ {
		p, ok := j.path(r, k, true)
		if !ok {
			return dst, false
		}
		several = several || p.Several()
		for _, found := range p.Find(&v) {
			all = append(all, *found)
		}
	}
	switch {
	case len(all) == 0:
		return dst, false
	case several:
		list := jsondoc.OfItems(all)
		return list.Append(dst), true
	}
	return all[0].Append(dst), true
}

// Unquote computes JSON_UNQUOTE: the text of a string; a text that is not in quotes stays as it is.
func (j *JSON) Unquote(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	if j.types[0].Kind != types.JSON && (len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"') {
		return append(dst, s...), true
	}
	if j.types[0].Kind == types.JSON && (len(s) == 0 || s[0] != '"') {
		return append(dst, s...), true
	}
	v, ok := j.doc(r, 0)
	return v.Unquoted(dst), ok
}

// Quote computes JSON_QUOTE.
func (j *JSON) Quote(r *Row, dst []byte) ([]byte, bool) {
	return jsondoc.AppendQuoted(dst, string(r.Text(0))), true
}

// Scalar computes JSON_VALUE(document, path): the text of a value, NULL of null.
func (j *JSON) Scalar(r *Row, dst []byte) ([]byte, bool) {
	v := j.within(r, 1)
	if v == nil || v.Kind == jsondoc.Null {
		return dst, false
	}
	return v.Unquoted(dst), true
}

// Array computes JSON_ARRAY(value, ...). It is lenient.
func (j *JSON) Array(r *Row, dst []byte) ([]byte, bool) {
	items := make([]jsondoc.Value, r.Len())
	for k := range items {
		var ok bool
		if items[k], ok = j.value(r, k); !ok {
			return dst, false
		}
	}
	v := jsondoc.OfItems(items)
	return v.Append(dst), true
}

// Object computes JSON_OBJECT(key, value, ...). It is lenient: a NULL key fails.
func (j *JSON) Object(r *Row, dst []byte) ([]byte, bool) {
	members := make([]jsondoc.Member, 0, r.Len()/2)
	for k := 0; k+1 < r.Len(); k += 2 {
		if r.Null(k) {
			r.Fail(sqlerr.New(sqlerr.JSONNullKey, "JSON documents may not contain NULL member names."))
			return dst, false
		}
		v, ok := j.value(r, k+1)
		if !ok {
			return dst, false
		}
		members = append(members, jsondoc.Member{Key: string(r.Text(k)), Value: v})
	}
	v := jsondoc.OfMembers(members)
	return v.Append(dst), true
}

// changed applies a change for each pair of a path and a value behind the document. It is lenient.
func (j *JSON) changed(r *Row, dst []byte, change func(doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value) ([]byte, bool) {
	for k := 0; k < r.Len(); k++ {
		if (k == 0 || k%2 == 1) && r.Null(k) {
			return dst, false
		}
	}
	doc, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	for k := 1; k+1 < r.Len(); k += 2 {
		p, ok := j.path(r, k, false)
		if !ok {
			return dst, false
		}
		v, ok := j.value(r, k+1)
		if !ok {
			return dst, false
		}
		doc = change(doc, p, v)
	}
	return doc.Append(dst), true
}

// Put returns the function of JSON_SET, JSON_INSERT or JSON_REPLACE: document, path, value, ...
func (j *JSON) Put(c jsondoc.Change) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) { return j.changed(r, dst, c.Put) }
}

// ArrayAppend computes JSON_ARRAY_APPEND(document, path, value, ...).
func (j *JSON) ArrayAppend(r *Row, dst []byte) ([]byte, bool) {
	return j.changed(r, dst, func(doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value { return p.ArrayAppend(doc, v) })
}

// ArrayInsert computes JSON_ARRAY_INSERT(document, path, value, ...).
func (j *JSON) ArrayInsert(r *Row, dst []byte) ([]byte, bool) {
	return j.changed(r, dst, func(doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value {
		if !p.EndsInCell() {
			r.Fail(sqlerr.New(sqlerr.JSONCell, "A path expression is not a path to a cell in an array."))
			return doc
		}
		return p.ArrayInsert(doc, v)
	})
}

// Remove computes JSON_REMOVE(document, path, ...).
func (j *JSON) Remove(r *Row, dst []byte) ([]byte, bool) {
	doc, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	for k := 1; k < r.Len(); k++ {
		p, ok := j.path(r, k, false)
		if !ok {
			return dst, false
		}
		if len(p) == 0 {
			r.Fail(sqlerr.New(sqlerr.JSONRoot, "The path expression '$' is not allowed in this context."))
			return dst, false
		}
		doc = p.Remove(doc)
	}
	return doc.Append(dst), true
}

// MergePreserve computes JSON_MERGE_PRESERVE(document, ...).
func (j *JSON) MergePreserve(r *Row, dst []byte) ([]byte, bool) {
	doc, ok := j.doc(r, 0)
	for k := 1; k < r.Len() && ok; k++ {
		var next jsondoc.Value
		if next, ok = j.doc(r, k); ok {
			doc = jsondoc.MergePreserve(doc, next)
		}
	}
	return doc.Append(dst), ok
}

// MergePatch computes JSON_MERGE_PATCH(document, ...). It is lenient: what is no object replaces a NULL before it.
func (j *JSON) MergePatch(r *Row, dst []byte) ([]byte, bool) {
	var doc jsondoc.Value
	known := false
	for k := range r.Len() {
		if r.Null(k) {
			known = false
			continue
		}
		next, ok := j.doc(r, k)
		if !ok {
			return dst, false
		}
		switch {
		case k == 0 || next.Kind != jsondoc.Object:
			doc, known = next, true
		case known:
			doc = jsondoc.MergePatch(doc, next)
		}
	}
	return doc.Append(dst), known
}

// Contains computes JSON_CONTAINS(document, candidate[, path]).
func (j *JSON) Contains(r *Row) (int64, bool) {
	v := j.within(r, 2)
	candidate, ok := j.doc(r, 1)
	if v == nil || !ok {
		return 0, false
	}
	return int64(b2u(jsondoc.Contains(v, &candidate))), true
}

// oneOrAll reads the argument that asks for the first or all; what is neither fails.
func (j *JSON) oneOrAll(r *Row, k int) (one, ok bool) {
	switch word := string(r.Text(k)); {
	case strings.EqualFold(word, "one"):
		return true, true
	case strings.EqualFold(word, "all"):
		return false, true
	}
	r.Fail(sqlerr.New(sqlerr.JSONOneOrAll, "The oneOrAll argument to %s may take these values: 'one' or 'all'.", j.function))
	return false, false
}

// ContainsPath computes JSON_CONTAINS_PATH(document, one or all, path, ...).
func (j *JSON) ContainsPath(r *Row) (int64, bool) {
	doc, ok := j.doc(r, 0)
	if !ok {
		return 0, false
	}
	one, ok := j.oneOrAll(r, 1)
	if !ok {
		return 0, false
	}
	for k := 2; k < r.Len(); k++ {
		p, ok := j.path(r, k, true)
		if !ok {
			return 0, false
		}
		if found := len(p.Find(&doc)) > 0; found == one {
			return int64(b2u(found)), true
		}
	}
	return int64(b2u(!one)), true
}

// Search computes JSON_SEARCH(document, one or all, pattern[, escape[, path, ...]]): the path of the string that the pattern of LIKE
// matches, or of several an array. It is lenient: a NULL escape is the usual one.
func (j *JSON) Search(r *Row, dst []byte) ([]byte, bool) {
	for k := range r.Len() {
		if k != 3 && r.Null(k) {
			return dst, false
		}
	}
	doc, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	one, ok := j.oneOrAll(r, 1)
	if !ok {
		return dst, false
	}
	escape := '\\'
	if r.Len() > 3 && !r.Null(3) && len(r.Text(3)) > 0 {
		if len(r.Text(3)) > 1 {
			r.Fail(badArguments("ESCAPE"))
			return dst, false
		}
		escape = rune(r.Text(3)[0])
	}
	var within []jsondoc.Path
	for k := 4; k < r.Len(); k++ {
		p, ok := j.path(r, k, true)
		if !ok {
			return dst, false
		}
		within = append(within, p)
	}
	pattern := generalLike{parseLike(string(r.Text(2)), escape), false}
	found := jsondoc.Search(&doc, within, func(s string) bool { return pattern.match([]byte(s)) }, one)
	switch len(found) {
	case 0:
		return dst, false
	case 1:
		return jsondoc.AppendQuoted(dst, found[0]), true
	}
	items := make([]jsondoc.Value, len(found))
	for i, p := range found {
		items[i] = jsondoc.OfText(p)
	}
	list := jsondoc.OfItems(items)
	return list.Append(dst), true
}

// Overlaps computes JSON_OVERLAPS(document, document).
func (j *JSON) Overlaps(r *Row) (int64, bool) {
	a, ok := j.doc(r, 0)
	if !ok {
		return 0, false
	}
	b, ok := j.doc(r, 1)
	return int64(b2u(jsondoc.Overlaps(&a, &b))), ok
}

// MemberOf computes value MEMBER OF (document).
func (j *JSON) MemberOf(r *Row) (int64, bool) {
	v, ok := j.value(r, 0)
	if !ok {
		return 0, false
	}
	doc, ok := j.doc(r, 1)
	return int64(b2u(jsondoc.IsMember(&v, &doc))), ok
}

// Pretty computes JSON_PRETTY.
func (j *JSON) Pretty(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.doc(r, 0)
	return v.AppendPretty(dst, 0), ok
}
