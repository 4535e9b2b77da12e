package jsondoc

// MergePreserve joins documents: arrays one after the other, objects member by member, other values as arrays of one.
func (w *Work) MergePreserve(a, b Value) Value {
	if a.Kind == Object && b.Kind == Object {
		return w.union(a, b, func(a, b *Value) (Value, bool) {
			switch {
			case a == nil:
				return *b, true
			case b == nil:
				return *a, true
			}
			return w.MergePreserve(*a, *b), true
		})
	}
	items := asItems(&b)
	return w.editItems(OfItems(asItems(&a)), len(items), func(list []Value) []Value { return append(list, items...) })
}

func asItems(v *Value) []Value {
	if v.Kind == Array {
		return v.Items()
	}
	return []Value{*v}
}

// MergePatch is a patch of RFC 7396: members that are null go.
func (w *Work) MergePatch(a, patch Value) Value {
	if patch.Kind != Object {
		return patch
	}
	if a.Kind != Object {
		a = Value{Kind: Object}
	}
	return w.union(a, patch, func(a, patch *Value) (Value, bool) {
		switch {
		case patch == nil:
			return *a, true
		case patch.Kind == Null:
			return Value{}, false
		case a == nil:
			return w.MergePatch(Value{}, *patch), true
		}
		return w.MergePatch(*a, *patch), true
	})
}

// union is an object of what one makes of the values of each name, the one in a and that in b; nil: none there.
func (w *Work) union(a, b Value, one func(a, b *Value) (Value, bool)) Value {
	x, y := a.Members(), b.Members()
	if !w.spend((len(x)+len(y))*memberBytes + contentsBytes) {
		return a
	}
	out := make([]Member, 0, len(x)+len(y))
	for (len(x) > 0 || len(y) > 0) && w.step(1) {
		var order int
		switch {
		case len(x) == 0:
			order = 1
		case len(y) == 0:
			order = -1
		default:
			order = compareKeys(x[0].Key, y[0].Key)
		}
		var m Member
		var kept bool
		switch {
		case order < 0:
			m.Key = x[0].Key
			m.Value, kept = one(&x[0].Value, nil)
		case order > 0:
			m.Key = y[0].Key
			m.Value, kept = one(nil, &y[0].Value)
		default:
			m.Key = x[0].Key
			m.Value, kept = one(&x[0].Value, &y[0].Value)
		}
		if order <= 0 {
			x = x[1:]
		}
		if order >= 0 {
			y = y[1:]
		}
		if kept {
			out = append(out, m)
		}
	}
	return ofSorted(out)
}
