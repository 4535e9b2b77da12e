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

	work jsondoc.Work
	row  *Row  // whose evaluation work is for
	at   int   // the row that it is for
	kept int64 // bytes of work that the remembered documents have
}

// remembered is what a text was read as.
type remembered[T any] struct {
	text  string
	value T
	known bool
	bytes int64 // of JSON.work
}

// mostRemembered is the bytes of a document that is remembered after the evaluation of a batch, when nobody is charged for it.
const mostRemembered = 16 << 10

// NewJSON describes a call.
func NewJSON(function string, args []types.Type) *JSON {
	return &JSON{
		function: function, types: args, docs: make([]remembered[jsondoc.Value], len(args)), paths: make([]remembered[jsondoc.Path], len(args)),
	}
}

// on returns the work of a row.
func (j *JSON) on(r *Row) *jsondoc.Work {
	if j.row != r {
		j.work = jsondoc.Work{Interrupted: r.Interruption, Longest: int(r.longest())}
		if r.Account != nil {
			j.work.Reserve, j.work.Release = r.Account.Reserve, r.Account.Release
		}
		j.row, j.at = r, r.i
		r.atEnd(j.end)
	}
	if j.at != r.i {
		j.at = r.i
		j.work.Drop(j.work.Used() - j.kept)
	}
	return &j.work
}

// end ends the evaluation of a batch.
func (j *JSON) end() {
	for k := range j.docs {
		if m := &j.docs[k]; m.bytes > mostRemembered {
			*m = remembered[jsondoc.Value]{}
		} else {
			m.bytes = 0
		}
	}
	j.row, j.kept = nil, 0
	j.work.End()
}

// Ended fails the row if its work was ended.
func (j *JSON) Ended(r *Row) bool {
	if err := j.work.Err(); err != nil && j.row == r {
		r.Fail(err)
		return true
	}
	return false
}

// doc is argument k, which is not NULL, as a document. What is none fails.
func (j *JSON) doc(r *Row, k int) (v jsondoc.Value, ok bool) {
	m := &j.docs[k]
	text := r.Text(k)
	if m.known && (r.args[k].constant && m.bytes > 0 || m.text == string(text)) {
		return m.value, true
	}
	if r.interrupted() { // a document may be long
		return v, false
	}
	w := j.on(r)
	w.Drop(m.bytes)
	j.kept -= m.bytes
	*m = remembered[jsondoc.Value]{}
	before := w.Used()
	v, err := w.Parse(string(text), j.exact(k))
	if j.unread(r, k, err) {
		return v, false
	}
	*m = remembered[jsondoc.Value]{string(text), v, true, w.Used() - before}
	j.kept += m.bytes
	return v, true
}

// exact reports whether argument k was printed by a JSON function.
func (j *JSON) exact(k int) bool { return j.types[k].Kind == types.JSON }

// unread fails the row if a document, argument k, was not read.
func (j *JSON) unread(r *Row, k int, err error) bool {
	if err != nil && !j.Ended(r) {
		r.Fail(DocumentError(err, k+1, j.function))
	}
	return err != nil
}

// passing reports whether the document is read as its text goes by, and not made a tree: not one that all rows have.
func (j *JSON) passing(r *Row) bool { return r.n == 1 || !r.args[0].constant }

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
		*m = remembered[jsondoc.Path]{text: string(text), value: p, known: true}
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

// outline is argument k, which is not NULL, but of an array or object only that.
func (j *JSON) outline(r *Row, k int) (jsondoc.Value, bool) {
	if r.interrupted() {
		return jsondoc.Value{}, false
	}
	v, err := j.on(r).Outline(string(r.Text(k)), j.exact(k))
	return v, !j.unread(r, k, err)
}

// Cast computes CAST(value AS JSON): a text is a document.
func (j *JSON) Cast(r *Row, dst []byte) ([]byte, bool) {
	read := j.value
	if j.types[0].IsText() {
		read = j.doc
	}
	v, ok := read(r, 0)
	if !ok {
		return dst, false
	}
	return j.on(r).Append(dst, &v), true
}

// Value makes a value, which is not NULL, JSON: a text is a string.
func (j *JSON) Value(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.value(r, 0)
	if !ok {
		return dst, false
	}
	return j.on(r).Append(dst, &v), true
}

// Truth computes what MySQL makes of a document that is a condition: document <> 0. Only a number may be 0.
func (j *JSON) Truth(r *Row) (int64, bool) {
	v, ok := j.outline(r, 0)
	zero := jsondoc.OfInt(0)
	return int64(b2u(jsondoc.Compare(&v, &zero) != 0)), ok
}

// Key computes the bytes that are equal, and sort, as MySQL compares a document with another, or with a value of another type: a text is
// a string, and neither a date, a time nor a byte string is like anything in a document.
func (j *JSON) Key(r *Row, dst []byte) ([]byte, bool) {
	switch t := j.types[0]; {
	case t.Kind == types.JSON:
		return j.on(r).AppendKey(dst, borrowed(r.Text(0))), true
	case t.IsTemporal() || t.IsBinary():
		return jsondoc.AppendOpaqueKey(dst), true
	}
	v, ok := j.value(r, 0)
	return v.AppendKey(dst), ok
}

// Valid computes JSON_VALID.
func (j *JSON) Valid(r *Row) (int64, bool) {
	return int64(b2u(j.on(r).Valid(string(r.Text(0))))), true
}

// Type computes JSON_TYPE.
func (j *JSON) Type(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.outline(r, 0)
	return append(dst, v.TypeName()...), ok
}

// Depth computes JSON_DEPTH.
func (j *JSON) Depth(r *Row) (int64, bool) {
	v, ok := j.doc(r, 0)
	return int64(v.Depth()), ok
}

// single is the path in argument k, or that to the document if there is no such argument.
func (j *JSON) single(r *Row, k int) (jsondoc.Path, bool) {
	if k >= r.Len() {
		return nil, true
	}
	return j.path(r, k, false)
}

// within is what the path in argument k leads to in the document, or the document if there is no such argument; nil: nothing.
func (j *JSON) within(r *Row, k int) *jsondoc.Value {
	if k < r.Len() && j.passing(r) {
		return j.lookup(r, k)
	}
	v, ok := j.doc(r, 0)
	if !ok {
		return nil
	}
	p, ok := j.single(r, k)
	if !ok {
		return nil
	}
	if found := j.on(r).Find(p, &v); len(found) > 0 {
		return found[0]
	}
	return nil
}

// lookup is what the path in argument k leads to in a document that is not kept; nil: nothing.
func (j *JSON) lookup(r *Row, k int) *jsondoc.Value {
	if r.interrupted() {
		return nil
	}
	p, ok := j.path(r, k, false)
	if !ok {
		return nil
	}
	v, found, err := j.on(r).Lookup(string(r.Text(0)), j.exact(0), p)
	if j.unread(r, 0, err) || !found {
		return nil
	}
	return &v
}

// Length computes JSON_LENGTH(document[, path]).
func (j *JSON) Length(r *Row) (int64, bool) {
	if j.passing(r) {
		if r.interrupted() {
			return 0, false
		}
		p, ok := j.single(r, 1)
		if !ok {
			return 0, false
		}
		length, found, err := j.on(r).Length(string(r.Text(0)), j.exact(0), p)
		return int64(length), !j.unread(r, 0, err) && found
	}
	v := j.within(r, 1)
	if v == nil {
		return 0, false
	}
	return int64(v.Length()), true
}

// Keys computes JSON_KEYS(document[, path]).
func (j *JSON) Keys(r *Row, dst []byte) ([]byte, bool) {
	if r.interrupted() {
		return dst, false
	}
	p, ok := j.single(r, 1)
	if !ok {
		return dst, false
	}
	w := j.on(r)
	keys, found, err := w.Keys(string(r.Text(0)), j.exact(0), p)
	if j.unread(r, 0, err) || !found {
		return dst, false
	}
	return w.Append(dst, &keys), true
}

// Extract computes JSON_EXTRACT(document, path, ...): of several paths, or one that may lead to several values, an array.
func (j *JSON) Extract(r *Row, dst []byte) ([]byte, bool) {
	if r.Len() == 2 && j.passing(r) {
		if p, ok := j.path(r, 1, true); !ok || !p.Several() {
			v := j.lookup(r, 1)
			if v == nil {
				return dst, false
			}
			return j.on(r).Append(dst, v), true
		}
	}
	v, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	w := j.on(r)
	several := r.Len() > 2
	var all []*jsondoc.Value
	for k := 1; k < r.Len(); k++ {
		p, ok := j.path(r, k, true)
		if !ok {
			return dst, false
		}
		several = several || p.Several()
		all = append(all, w.Find(p, &v)...)
	}
	switch {
	case len(all) == 0:
		return dst, false
	case several:
		return w.AppendArray(dst, all), true
	}
	return w.Append(dst, all[0]), true
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
	if !ok {
		return dst, false
	}
	return j.on(r).Unquoted(dst, &v), true
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
	return j.on(r).Unquoted(dst, v), true
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
	return j.on(r).Append(dst, &v), true
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
	return j.on(r).Append(dst, &v), true
}

// Contains computes JSON_CONTAINS(document, candidate[, path]).
func (j *JSON) Contains(r *Row) (int64, bool) {
	v := j.within(r, 2)
	candidate, ok := j.doc(r, 1)
	if v == nil || !ok {
		return 0, false
	}
	return int64(b2u(j.on(r).Contains(v, &candidate))), true
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
		if found := len(j.on(r).Find(p, &doc)) > 0; found == one {
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
	ask := &asker{interrupted: r.Interruption}
	pattern := generalLike{parseLike(string(r.Text(2)), escape), false, ask}
	w := j.on(r)
	found := w.Search(&doc, within, func(s string) bool { return pattern.match([]byte(s)) }, one)
	if ask.err != nil {
		r.Fail(ask.err)
		return dst, false
	}
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
	return w.Append(dst, &list), true
}

// Overlaps computes JSON_OVERLAPS(document, document).
func (j *JSON) Overlaps(r *Row) (int64, bool) {
	a, ok := j.doc(r, 0)
	if !ok {
		return 0, false
	}
	b, ok := j.doc(r, 1)
	return int64(b2u(j.on(r).Overlaps(&a, &b))), ok
}

// MemberOf computes value MEMBER OF (document).
func (j *JSON) MemberOf(r *Row) (int64, bool) {
	v, ok := j.value(r, 0)
	if !ok {
		return 0, false
	}
	doc, ok := j.doc(r, 1)
	return int64(b2u(j.on(r).IsMember(&v, &doc))), ok
}

// Pretty computes JSON_PRETTY.
func (j *JSON) Pretty(r *Row, dst []byte) ([]byte, bool) {
	v, ok := j.doc(r, 0)
	if !ok {
		return dst, false
	}
	return j.on(r).AppendPretty(dst, &v), true
}
