package jsondoc

// What follows reads a part of a document as the text goes by: the whole text is checked, and only the part is built.

// Valid reports whether a text is a document.
func (w *Work) Valid(text string) bool {
	p := parser{text: text, exact: true, skip: true, work: w}
	_, err := p.value(1)
	return err == nil && p.end() == nil
}

// Outline is a document, but of an array or object only that.
func (w *Work) Outline(text string, exact bool) (Value, error) {
	p := parser{text: text, exact: exact, work: w}
	p.skip = p.next('[') || p.next('{')
	p.at = 0 // for the errors of an empty text
	v, err := p.value(1)
	if err != nil {
		return v, err
	}
	return v, p.end()
}

// Lookup is the value that a path, which does not lead to several, leads to.
func (w *Work) Lookup(text string, exact bool, path Path) (v Value, found bool, err error) {
	found, err = w.follow(text, exact, path, func(p *parser, depth int) error {
		p.skip = false
		v, err = p.value(depth)
		p.skip = true
		return err
	})
	return v, found, err
}

// Keys are the sorted names of the members of the object that such a path leads to; found is false if it leads to none.
func (w *Work) Keys(text string, exact bool, path Path) (keys Value, found bool, err error) {
	object := false
	found, err = w.follow(text, exact, path, func(p *parser, depth int) (err error) {
		if object = p.next('{'); object {
			keys, err = p.names(depth)
			return err
		}
		_, err = p.value(depth)
		return err
	})
	if err != nil || !found || !object {
		return Value{}, false, err
	}
	if !w.spend(keys.Length() * valueBytes) {
		return Value{}, false, w.err
	}
	names := make([]Value, keys.Length())
	for i, m := range keys.Members() {
		names[i] = OfText(m.Key)
	}
	return OfItems(names), true, nil
}

// Length is that of the value that such a path leads to.
func (w *Work) Length(text string, exact bool, path Path) (length int, found bool, err error) {
	found, err = w.follow(text, exact, path, func(p *parser, depth int) error {
		switch {
		case p.next('['):
			length = 0
			return p.array(func() error {
				length++
				_, err := p.value(depth + 1)
				return err
			})
		case p.next('{'):
			keys, err := p.names(depth)
			length = keys.Length()
			return err
		}
		length = 1
		_, err := p.value(depth)
		return err
	})
	return length, found, err
}

// names reads an object as one of nulls.
func (p *parser) names(depth int) (Value, error) {
	start := len(p.members)
	err := p.object(func(key string) error {
		if _, err := p.value(depth + 1); err != nil {
			return err
		}
		return p.push(Member{Key: key})
	})
	if err != nil {
		return Value{}, err
	}
	return p.popMembers(start)
}

// follow calls read with the text at what the path leads to. Of members of one key that is the last, but read sees all of them.
func (w *Work) follow(text string, exact bool, path Path, read func(p *parser, depth int) error) (found bool, err error) {
	p := parser{text: text, exact: exact, skip: true, work: w}
	if found, err = p.follow(path, 1, read); err == nil {
		err = p.end()
	}
	p.dropStacks()
	return found && err == nil, err
}

func (p *parser) follow(path Path, depth int, read func(p *parser, depth int) error) (found bool, err error) {
	for len(path) > 0 && path[0].kind == cellLeg && !p.next('[') && path[0].from.in(1) == 0 { // a value is an array of itself
		path = path[1:]
	}
	if len(path) == 0 {
		return true, read(p, depth)
	}
	if depth > MaxDepth {
		return false, TooDeepError{}
	}
	l, rest := path[0], path[1:]
	switch {
	case p.next('{') && l.kind == keyLeg:
		err = p.object(func(key string) (err error) {
			if key == l.key {
				found, err = p.follow(rest, depth+1, read)
				return err
			}
			_, err = p.value(depth + 1)
			return err
		})
		return found, err
	case p.next('[') && l.kind == cellLeg:
		return p.followCell(l, rest, depth, read)
	}
	_, err = p.value(depth)
	return false, err
}

// followCell follows a path into an item of the array that comes next.
func (p *parser) followCell(l leg, rest Path, depth int, read func(p *parser, depth int) error) (found bool, err error) {
	at := l.from.n
	if l.from.last {
		start, length := p.at, 0
		err := p.array(func() error {
			length++
			_, err := p.value(depth + 1)
			return err
		})
		if err != nil {
			return false, err
		}
		p.at, at = start, l.from.in(length)
	}
	i := -1
	err = p.array(func() (err error) {
		if i++; i == at {
			found, err = p.follow(rest, depth+1, read)
			return err
		}
		_, err = p.value(depth + 1)
		return err
	})
	return found, err
}

// next reports whether a byte comes next, behind white space.
func (p *parser) next(c byte) bool {
	p.space()
	return p.at < len(p.text) && p.text[p.at] == c
}
