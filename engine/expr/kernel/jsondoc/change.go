package jsondoc

import "slices"

// Change says what Put does where there is a value, and where there is none.
type Change struct{ Replace, Insert bool }

// The changes of JSON_SET, JSON_INSERT and JSON_REPLACE.
var (
	Set     = Change{true, true}
	Insert  = Change{false, true}
	Replace = Change{true, false}
)

// Put returns the document with a value at a path without wildcards. A missing member is added to an object that is there, a missing
// item at the end of an array; a value beside which an item is put becomes an array.
func (c Change) Put(doc Value, path Path, v Value) Value {
	return c.put(doc, path, v)
}

func (c Change) put(doc Value, path Path, v Value) Value {
	if len(path) == 0 {
		if c.Replace {
			return v
		}
		return doc
	}
	l, rest := path[0], path[1:]
	switch {
	case l.kind == keyLeg && doc.Kind == Object:
		at, ok := doc.member(l.key)
		switch {
		case ok:
			doc.Members = slices.Clone(doc.Members)
			doc.Members[at].Value = c.put(doc.Members[at].Value, rest, v)
		case len(rest) == 0 && c.Insert:
			doc.Members = slices.Insert(slices.Clone(doc.Members), at, Member{l.key, v})
		}
	case l.kind == cellLeg && doc.Kind == Array:
		at := l.from.in(len(doc.Items))
		switch {
		case at >= 0 && at < len(doc.Items):
			doc.Items = slices.Clone(doc.Items)
			doc.Items[at] = c.put(doc.Items[at], rest, v)
		case len(rest) == 0 && c.Insert && at < 0:
			doc.Items = slices.Insert(slices.Clone(doc.Items), 0, v)
		case len(rest) == 0 && c.Insert:
			doc.Items = append(slices.Clone(doc.Items), v)
		}
	case l.kind == cellLeg:
		at := l.from.in(1)
		switch {
		case at == 0:
			return c.put(doc, rest, v)
		case len(rest) == 0 && c.Insert && at < 0:
			return OfItems([]Value{v, doc})
		case len(rest) == 0 && c.Insert:
			return OfItems([]Value{doc, v})
		}
	}
	return doc
}

// at returns the document with the value that a path without wildcards leads to replaced by what f makes of it; it is the same if there
// is none.
func (p Path) at(doc Value, f func(Value) Value) Value {
	if len(p) == 0 {
		return f(doc)
	}
	l, rest := p[0], p[1:]
	switch {
	case l.kind == keyLeg && doc.Kind == Object:
		if at, ok := doc.member(l.key); ok {
			doc.Members = slices.Clone(doc.Members)
			doc.Members[at].Value = rest.at(doc.Members[at].Value, f)
		}
	case l.kind == cellLeg && doc.Kind == Array:
		if at := l.from.in(len(doc.Items)); at >= 0 && at < len(doc.Items) {
			doc.Items = slices.Clone(doc.Items)
			doc.Items[at] = rest.at(doc.Items[at], f)
		}
	case l.kind == cellLeg && l.from.in(1) == 0:
		return rest.at(doc, f)
	}
	return doc
}

// Remove returns the document without what a path leads to, which is not the document itself.
func (p Path) Remove(doc Value) Value {
	l := p[len(p)-1]
	return p[:len(p)-1].at(doc, func(v Value) Value {
		switch {
		case l.kind == keyLeg && v.Kind == Object:
			if at, ok := v.member(l.key); ok {
				v.Members = slices.Delete(slices.Clone(v.Members), at, at+1)
			}
		case l.kind == cellLeg && v.Kind == Array:
			if at := l.from.in(len(v.Items)); at >= 0 && at < len(v.Items) {
				v.Items = slices.Delete(slices.Clone(v.Items), at, at+1)
			}
		}
		return v
	})
}

// ArrayAppend returns the document with a value at the end of the array that a path leads to; another value becomes the first of one.
func (p Path) ArrayAppend(doc, v Value) Value {
	return p.at(doc, func(at Value) Value {
		if at.Kind == Array {
			return OfItems(append(slices.Clone(at.Items), v))
		}
		return OfItems([]Value{at, v})
	})
}

// EndsInCell reports a path that leads to an item of an array.
func (p Path) EndsInCell() bool { return len(p) > 0 && p[len(p)-1].kind == cellLeg }

// ArrayInsert returns the document with a value put into the array that a path, which ends in a cell, leads to.
func (p Path) ArrayInsert(doc, v Value) Value {
	l := p[len(p)-1]
	return p[:len(p)-1].at(doc, func(a Value) Value {
		if a.Kind == Array {
			at := min(max(l.from.in(len(a.Items)), 0), len(a.Items))
			a.Items = slices.Insert(slices.Clone(a.Items), at, v)
		}
		return a
	})
}

// MergePreserve joins documents: arrays one after the other, objects member by member, other values as arrays of one.
func MergePreserve(a, b Value) Value {
	if a.Kind == Object && b.Kind == Object {
		members := slices.Clone(a.Members)
		for _, m := range b.Members {
			if at, ok := (&Value{Members: members}).member(m.Key); ok {
				members[at].Value = MergePreserve(members[at].Value, m.Value)
			} else {
				members = slices.Insert(members, at, m)
			}
		}
		return Value{Kind: Object, Members: members}
	}
	return OfItems(append(slices.Clone(asItems(a)), asItems(b)...))
}

func asItems(v Value) []Value {
	if v.Kind == Array {
		return v.Items
	}
	return []Value{v}
}

// MergePatch is a patch of RFC 7396: members that are null go.
func MergePatch(a, patch Value) Value {
	if patch.Kind != Object {
		return patch
	}
	if a.Kind != Object {
		a = Value{Kind: Object}
	}
	members := slices.Clone(a.Members)
	for _, m := range patch.Members {
		at, ok := (&Value{Members: members}).member(m.Key)
		switch {
		case m.Value.Kind == Null && ok:
			members = slices.Delete(members, at, at+1)
		case m.Value.Kind == Null:
		case ok:
			members[at].Value = MergePatch(members[at].Value, m.Value)
		default:
			members = slices.Insert(members, at, Member{m.Key, MergePatch(Value{}, m.Value)})
		}
	}
	return Value{Kind: Object, Members: members}
}

// Contains reports whether a document contains another: an object every member of an object, an array every item of an array or the
// value itself, in one of its items.
func Contains(doc, v *Value) bool {
	switch {
	case doc.Kind == Array && v.Kind == Array:
		for i := range v.Items {
			if !holds(doc, &v.Items[i]) {
				return false
			}
		}
		return true
	case doc.Kind == Array:
		return holds(doc, v)
	case doc.Kind == Object && v.Kind == Object:
		for i := range v.Members {
			at, ok := doc.member(v.Members[i].Key)
			if !ok || !Contains(&doc.Members[at].Value, &v.Members[i].Value) {
				return false
			}
		}
		return true
	}
	return Compare(doc, v) == 0
}

// holds reports whether an item of an array contains a value; an array is only in an array.
func holds(array, v *Value) bool {
	for i := range array.Items {
		if item := &array.Items[i]; (v.Kind != Array || item.Kind == Array) && Contains(item, v) {
			return true
		}
	}
	return false
}

// Overlaps reports whether two documents have an item, or a member, in common.
func Overlaps(a, b *Value) bool {
	switch {
	case a.Kind == Object && b.Kind == Object:
		for i := range a.Members {
			if at, ok := b.member(a.Members[i].Key); ok && Compare(&a.Members[i].Value, &b.Members[at].Value) == 0 {
				return true
			}
		}
		return false
	case a.Kind != Array && b.Kind != Array:
		return Compare(a, b) == 0
	}
	for _, x := range asItems(*a) {
		for _, y := range asItems(*b) {
			if Compare(&x, &y) == 0 {
				return true
			}
		}
	}
	return false
}

// IsMember reports whether a value is an item of an array, or the document.
func IsMember(v, doc *Value) bool {
	return slices.ContainsFunc(asItems(*doc), func(item Value) bool { return Compare(v, &item) == 0 })
}

// Search returns the paths of the strings that match, below the values that paths lead to.
func Search(doc *Value, within []Path, match func(s string) bool, one bool) []string {
	if len(within) == 0 {
		within = []Path{{}}
	}
	var out []string
	for _, p := range within {
		deep := append(slices.Clone(p), leg{kind: deepLeg})
		for _, f := range deep.find([]found{{doc, "$"}}, true) {
			if f.value.Kind == String && match(f.value.Text) && !slices.Contains(out, f.path) {
				if out = append(out, f.path); one {
					return out
				}
			}
		}
	}
	return out
}
