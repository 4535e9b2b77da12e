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
func (w *Work) Put(c Change, doc Value, path Path, v Value) Value {
	if len(path) == 0 {
		if c.Replace {
			return v
		}
		return doc
	}
	last := path[len(path)-1]
	return w.at(path[:len(path)-1], doc, func(in Value) Value {
		switch {
		case last.kind == keyLeg && in.Kind == Object:
			return w.putMember(c, in, last.key, v)
		case last.kind == cellLeg && in.Kind == Array:
			return w.putItem(c, in, last.from.in(in.Length()), v)
		case last.kind == cellLeg:
			switch at := last.from.in(1); {
			case at == 0 && c.Replace:
				return v
			case at < 0 && c.Insert:
				return OfItems([]Value{v, in})
			case at > 0 && c.Insert:
				return OfItems([]Value{in, v})
			}
		}
		return in
	})
}

func (w *Work) putMember(c Change, in Value, key string, v Value) Value {
	switch at, ok := in.member(key); {
	case ok && c.Replace:
		return w.editMembers(in, 0, func(members []Member) []Member {
			members[at].Value = v
			return members
		})
	case !ok && c.Insert:
		return w.editMembers(in, 1, func(members []Member) []Member { return slices.Insert(members, at, Member{key, v}) })
	}
	return in
}

func (w *Work) putItem(c Change, in Value, at int, v Value) Value {
	inside := at >= 0 && at < in.Length()
	switch {
	case inside && c.Replace:
		return w.editItems(in, 0, func(items []Value) []Value {
			items[at] = v
			return items
		})
	case !inside && c.Insert:
		return w.insertItem(in, at, v)
	}
	return in
}

// insertItem puts an item before the one at a position, which may lie outside.
func (w *Work) insertItem(in Value, at int, v Value) Value {
	return w.editItems(in, 1, func(items []Value) []Value { return slices.Insert(items, min(max(at, 0), len(items)), v) })
}

// editItems is an array of what one makes of a copy of the items of another, which has room for more.
func (w *Work) editItems(v Value, more int, edit func([]Value) []Value) Value {
	items := v.Items()
	if !w.spend((len(items)+more)*valueBytes+contentsBytes) || !w.step(len(items)*valueBytes/copied) {
		return v
	}
	return OfItems(edit(append(make([]Value, 0, len(items)+more), items...)))
}

// editMembers is editItems of an object.
func (w *Work) editMembers(v Value, more int, edit func([]Member) []Member) Value {
	members := v.Members()
	if !w.spend((len(members)+more)*memberBytes+contentsBytes) || !w.step(len(members)*memberBytes/copied) {
		return v
	}
	return ofSorted(edit(append(make([]Member, 0, len(members)+more), members...)))
}

// at returns the document with the value that a path without wildcards leads to replaced by what f makes of it; it is the same if there
// is none.
func (w *Work) at(p Path, doc Value, f func(Value) Value) Value {
	for len(p) > 0 && p[0].kind == cellLeg && doc.Kind != Array && p[0].from.in(1) == 0 { // a value is an array of itself
		p = p[1:]
	}
	if w.Err() != nil {
		return doc
	}
	if len(p) == 0 {
		return f(doc)
	}
	l, rest := p[0], p[1:]
	switch {
	case l.kind == keyLeg && doc.Kind == Object:
		if at, ok := doc.member(l.key); ok {
			return w.editMembers(doc, 0, func(members []Member) []Member {
				members[at].Value = w.at(rest, members[at].Value, f)
				return members
			})
		}
	case l.kind == cellLeg && doc.Kind == Array:
		if at := l.from.in(len(doc.Items())); at >= 0 && at < len(doc.Items()) {
			return w.editItems(doc, 0, func(items []Value) []Value {
				items[at] = w.at(rest, items[at], f)
				return items
			})
		}
	}
	return doc
}

// Remove returns the document without what a path leads to, which is not the document itself.
func (w *Work) Remove(doc Value, p Path) Value {
	l := p[len(p)-1]
	return w.at(p[:len(p)-1], doc, func(v Value) Value {
		switch {
		case l.kind == keyLeg && v.Kind == Object:
			if at, ok := v.member(l.key); ok {
				return w.editMembers(v, 0, func(members []Member) []Member { return slices.Delete(members, at, at+1) })
			}
		case l.kind == cellLeg && v.Kind == Array:
			if at := l.from.in(len(v.Items())); at >= 0 && at < len(v.Items()) {
				return w.editItems(v, 0, func(items []Value) []Value { return slices.Delete(items, at, at+1) })
			}
		}
		return v
	})
}

// ArrayAppend returns the document with a value at the end of the array that a path leads to; another value becomes the first of one.
func (w *Work) ArrayAppend(doc Value, p Path, v Value) Value {
	return w.at(p, doc, func(at Value) Value {
		if at.Kind == Array {
			return w.insertItem(at, at.Length(), v)
		}
		return OfItems([]Value{at, v})
	})
}

// EndsInCell reports a path that leads to an item of an array.
func (p Path) EndsInCell() bool { return len(p) > 0 && p[len(p)-1].kind == cellLeg }

// ArrayInsert returns the document with a value put into the array that a path, which ends in a cell, leads to.
func (w *Work) ArrayInsert(doc Value, p Path, v Value) Value {
	l := p[len(p)-1]
	return w.at(p[:len(p)-1], doc, func(a Value) Value {
		if a.Kind != Array {
			return a
		}
		return w.insertItem(a, l.from.in(a.Length()), v)
	})
}
