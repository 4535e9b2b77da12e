package kernel

import (
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
)

// changed applies a change for each pair of a path and a value behind the document. It is lenient.
func (j *JSON) changed(r *Row, dst []byte, change func(w *jsondoc.Work, doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value) ([]byte, bool) {
	for k := 0; k < r.Len(); k++ {
		if (k == 0 || k%2 == 1) && r.Null(k) {
			return dst, false
		}
	}
	e := j.edit(r)
	for k := 1; k+1 < r.Len() && e.ok; k += 2 {
		p, ok := j.path(r, k, false)
		if !ok {
			return dst, false
		}
		v, ok := j.value(r, k+1)
		if !ok {
			return dst, false
		}
		e.apply(func(doc jsondoc.Value) jsondoc.Value { return change(e.work, doc, p, v) })
	}
	return e.print(dst)
}

// edit is a document that is changed again and again.
type edit struct {
	work  *jsondoc.Work
	doc   jsondoc.Value
	ok    bool
	bytes int64 // of the copies that the last change made
}

// edit begins with argument 0.
func (j *JSON) edit(r *Row) *edit {
	e := edit{work: j.on(r)}
	e.doc, e.ok = j.doc(r, 0)
	return &e
}

// apply changes the document. Of the copies of two changes the larger is held.
func (e *edit) apply(change func(doc jsondoc.Value) jsondoc.Value) {
	before := e.work.Used()
	e.doc = change(e.doc)
	made := e.work.Used() - before
	e.work.Drop(min(made, e.bytes))
	e.bytes = max(made, e.bytes)
}

func (e *edit) print(dst []byte) ([]byte, bool) {
	if !e.ok {
		return dst, false
	}
	return e.work.Append(dst, &e.doc), true
}

// Put computes JSON_SET, JSON_INSERT or JSON_REPLACE(document, path, value, ...).
func (j *JSON) Put(r *Row, dst []byte, c jsondoc.Change) ([]byte, bool) {
	return j.changed(r, dst, func(w *jsondoc.Work, doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value {
		return w.Put(c, doc, p, v)
	})
}

// ArrayAppend computes JSON_ARRAY_APPEND(document, path, value, ...).
func (j *JSON) ArrayAppend(r *Row, dst []byte) ([]byte, bool) {
	return j.changed(r, dst, (*jsondoc.Work).ArrayAppend)
}

// ArrayInsert computes JSON_ARRAY_INSERT(document, path, value, ...).
func (j *JSON) ArrayInsert(r *Row, dst []byte) ([]byte, bool) {
	return j.changed(r, dst, func(w *jsondoc.Work, doc jsondoc.Value, p jsondoc.Path, v jsondoc.Value) jsondoc.Value {
		if !p.EndsInCell() {
			r.Fail(sqlerr.New(sqlerr.JSONCell, "A path expression is not a path to a cell in an array."))
			return doc
		}
		return w.ArrayInsert(doc, p, v)
	})
}

// Remove computes JSON_REMOVE(document, path, ...).
func (j *JSON) Remove(r *Row, dst []byte) ([]byte, bool) {
	e := j.edit(r)
	for k := 1; k < r.Len() && e.ok; k++ {
		p, ok := j.path(r, k, false)
		if !ok {
			return dst, false
		}
		if len(p) == 0 {
			r.Fail(sqlerr.New(sqlerr.JSONRoot, "The path expression '$' is not allowed in this context."))
			return dst, false
		}
		e.apply(func(doc jsondoc.Value) jsondoc.Value { return e.work.Remove(doc, p) })
	}
	return e.print(dst)
}

// MergePreserve computes JSON_MERGE_PRESERVE(document, ...).
func (j *JSON) MergePreserve(r *Row, dst []byte) ([]byte, bool) {
	e := j.edit(r)
	for k := 1; k < r.Len() && e.ok; k++ {
		var next jsondoc.Value
		if next, e.ok = j.doc(r, k); e.ok {
			e.apply(func(doc jsondoc.Value) jsondoc.Value { return e.work.MergePreserve(doc, next) })
		}
	}
	return e.print(dst)
}

// MergePatch computes JSON_MERGE_PATCH(document, ...). It is lenient: what is no object replaces a NULL before it.
func (j *JSON) MergePatch(r *Row, dst []byte) ([]byte, bool) {
	e := edit{work: j.on(r)}
	for k := range r.Len() {
		if r.Null(k) {
			e.ok = false
			continue
		}
		next, ok := j.doc(r, k)
		if !ok {
			return dst, false
		}
		switch {
		case k == 0 || next.Kind != jsondoc.Object:
			e.doc, e.ok = next, true
		case e.ok:
			e.apply(func(doc jsondoc.Value) jsondoc.Value { return e.work.MergePatch(doc, next) })
		}
	}
	return e.print(dst)
}
