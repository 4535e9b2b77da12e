package jsondoc

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Compare orders values as MySQL does: by what they are, then by their worth. Objects that differ have some order.
func Compare(a, b *Value) int { return (*Work)(nil).Compare(a, b) }

// Compare orders values as MySQL does.
func (w *Work) Compare(a, b *Value) int {
	if !w.step(1) {
		return 0
	}
	if a.isNumber() && b.isNumber() {
		return compareNumbers(a, b)
	}
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	switch a.Kind {
	case Bool:
		return int(b2u(a.Bool)) - int(b2u(b.Bool))
	case Array:
		x, y := a.Items(), b.Items()
		for i := range min(len(x), len(y)) {
			if c := w.Compare(&x[i], &y[i]); c != 0 {
				return c
			}
		}
		return len(x) - len(y)
	case Object:
		x, y := a.Members(), b.Members()
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		for i := range x {
			if c := compareKeys(x[i].Key, y[i].Key); c != 0 {
				return c
			}
			if c := w.Compare(&x[i].Value, &y[i].Value); c != 0 {
				return c
			}
		}
		return 0
	}
	return strings.Compare(a.Text, b.Text)
}

// compareNumbers compares exactly.
func compareNumbers(a, b *Value) int {
	if a.Text == b.Text {
		return 0
	}
	if a.Kind == Integer && b.Kind == Integer {
		x, errX := strconv.ParseInt(a.Text, 10, 64)
		y, errY := strconv.ParseInt(b.Text, 10, 64)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
	}
	var x, y [64]byte
	return bytes.Compare(appendNumberKey(x[:0], a.Text), appendNumberKey(y[:0], b.Text))
}

// fewItems is up to how many items are looked at one by one.
const fewItems = 8

// set finds values.
type set struct {
	work   *Work
	sorted []*Value
}

// newSet is the set of the values of a list that all yields.
func (w *Work) newSet(count int, all func(yield func(v *Value) bool)) set {
	const pointer = 8
	s := set{work: w}
	if !w.spend(count * pointer) {
		return s
	}
	s.sorted = slices.AppendSeq(make([]*Value, 0, count), all)
	slices.SortFunc(s.sorted, w.Compare)
	return s
}

func (s set) has(v *Value) bool {
	_, ok := slices.BinarySearchFunc(s.sorted, v, s.work.Compare)
	return ok
}

// Contains reports whether a document contains another: an object every member of an object, an array every item of an array or the
// value itself, in one of its items.
func (w *Work) Contains(doc, v *Value) bool {
	if !w.step(1) {
		return false
	}
	switch {
	case doc.Kind == Array && v.Kind == Array:
		return w.containsAll(doc, v.Items())
	case doc.Kind == Array:
		return w.holds(doc, v)
	case doc.Kind == Object && v.Kind == Object:
		for _, m := range v.Members() {
			at, ok := doc.member(m.Key)
			if !ok || !w.Contains(&doc.Members()[at].Value, &m.Value) {
				return false
			}
		}
		return true
	}
	return w.Compare(doc, v) == 0
}

// containsAll reports whether an array contains each of some values.
func (w *Work) containsAll(array *Value, values []Value) bool {
	var scalars set // in the array; made when it pays
	for i := range values {
		v := &values[i]
		switch {
		case !v.IsScalar() || len(values) <= fewItems:
			if !w.holds(array, v) {
				return false
			}
			continue
		case scalars.work == nil:
			count := 0
			for range array.scalars {
				count++
			}
			before := w.Used()
			scalars = w.newSet(count, array.scalars)
			defer func() { w.Drop(w.Used() - before) }()
		}
		if !scalars.has(v) {
			return false
		}
	}
	return true
}

// scalars yields those in an array and in the arrays in it.
func (v *Value) scalars(yield func(v *Value) bool) {
	v.eachScalar(yield)
}

func (v *Value) eachScalar(yield func(v *Value) bool) bool {
	for i, items := 0, v.Items(); i < len(items); i++ {
		switch item := &items[i]; {
		case item.Kind == Array && !item.eachScalar(yield), item.IsScalar() && !yield(item):
			return false
		}
	}
	return true
}

// holds reports whether an item of an array contains a value; an array is only in an array.
func (w *Work) holds(array, v *Value) bool {
	for i, items := 0, array.Items(); i < len(items); i++ {
		if item := &items[i]; (v.Kind != Array || item.Kind == Array) && w.Contains(item, v) {
			return true
		}
	}
	return false
}

// Overlaps reports whether two documents have an item, or a member, in common.
func (w *Work) Overlaps(a, b *Value) bool {
	switch {
	case a.Kind == Object && b.Kind == Object:
		for i, members := 0, a.Members(); i < len(members); i++ {
			if at, ok := b.member(members[i].Key); ok && w.Compare(&members[i].Value, &b.Members()[at].Value) == 0 {
				return true
			}
		}
		return false
	case a.Kind != Array && b.Kind != Array:
		return w.Compare(a, b) == 0
	}
	few, many := asItems(a), asItems(b)
	if len(few) > len(many) {
		few, many = many, few
	}
	common := w.newSet(len(few), func(yield func(v *Value) bool) {
		for i := range few {
			if !yield(&few[i]) {
				return
			}
		}
	})
	for i := range many {
		if common.has(&many[i]) {
			return w.Err() == nil
		}
	}
	return false
}

// IsMember reports whether a value is an item of an array, or the document.
func (w *Work) IsMember(v, doc *Value) bool {
	for i, items := 0, asItems(doc); i < len(items); i++ {
		if w.Compare(v, &items[i]) == 0 {
			return w.Err() == nil
		}
	}
	return false
}
