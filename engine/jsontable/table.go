package jsontable

import (
	"iter"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Table is a JSON_TABLE: how a document becomes rows.
type Table struct {
	Name string
	Root *Level
}

// Level is a path and the columns of what it finds: a row for each.
type Level struct {
	Path    jsondoc.Path
	Columns []Column
}

// Kind says what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Value      Kind = iota // what the path finds
	Exists                 // 1 if the path finds something, else 0
	Ordinality             // the number of the row
	Nested                 // no column but more of them: a row for each thing found
)

// Column is a column of a level.
type Column struct {
	Kind    Kind
	At      int // of the columns of the whole table in their order; not of a Nested
	Name    string
	Type    types.Type
	Path    jsondoc.Path // Value, Exists
	OnEmpty Response     // Value: nothing is found
	OnError Response     // Value: what is found can't be stored
	Nested  *Level
}

// Response is what a column has instead of a value; the zero value is NULL.
type Response struct {
	Fail    bool        // an error
	Default types.Value // with HasDefault
	Has     bool
}

// Default is the response DEFAULT text, a JSON document that c can store.
func (c *Column) Default(text string, convert Convert) (Response, error) {
	v, err := jsondoc.Parse(text, false)
	if err == nil {
		if value, err := c.store(&v, convert); err == nil {
			return Response{Has: true, Default: value}, nil
		}
	}
	return Response{}, sqlerr.New(sqlerr.BadDefault, "Invalid default value for '%s'", c.Name)
}

// Width is the number of a table's columns.
func (t *Table) Width() int { return t.Root.width() }

func (l *Level) width() int {
	n := 0
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			n += c.Nested.width()
		} else {
			n++
		}
	}
	return n
}

// Rows yields the rows of a document; each is valid until the next. An error is the last. Exact says that the text was printed by a JSON
// function, as a value of type JSON is. The caller ends the work, which the rows are part of.
func (t *Table) Rows(w *jsondoc.Work, text string, exact bool, convert Convert) iter.Seq2[[]types.Value, error] {
	return func(yield func([]types.Value, error) bool) {
		doc, err := w.Parse(text, exact)
		switch {
		case w.Err() != nil:
			yield(nil, w.Err())
			return
		case err != nil:
			yield(nil, kernel.DocumentError(err, 1, "json_table"))
			return
		}
		e := expansion{table: t, work: w, convert: convert, yield: yield, row: make([]types.Value, t.Width())}
		for i := range e.row {
			e.row[i] = types.NullValue
		}
		e.level(t.Root, &doc)
	}
}

// expansion makes the rows of one document.
type expansion struct {
	table   *Table
	work    *jsondoc.Work
	convert Convert
	yield   func([]types.Value, error) bool
	row     []types.Value // the columns that are set; the others are NULL
}

// level yields the rows of a level over a part of the document; more is false at the end of all.
func (e *expansion) level(l *Level, in *jsondoc.Value) (found, more bool) {
	before := e.work.Used()
	list := e.work.Find(l.Path, in)
	if err := e.work.Err(); err != nil {
		e.yield(nil, err)
		return false, false
	}
	for i, v := range list {
		if !e.match(l, v, i+1) {
			return true, false
		}
		found = true
	}
	e.unset(l)
	e.work.Drop(e.work.Used() - before)
	return found, true
}

// match yields the rows of one thing that the path of a level found. Nested paths beside each other have rows one after the
// other, in which the columns of the others are NULL; where none of them finds anything there is one row.
func (e *expansion) match(l *Level, v *jsondoc.Value, number int) (more bool) {
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind != Nested {
			value, err := e.column(c, v, number)
			if err != nil {
				e.yield(nil, err)
				return false
			}
			e.row[c.At] = value
		}
	}
	several := false
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			found, more := e.level(c.Nested, v)
			if !more {
				return false
			}
			several = several || found
		}
	}
	return several || e.yield(e.row, nil)
}

// unset makes the columns of a level NULL.
func (e *expansion) unset(l *Level) {
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			e.unset(c.Nested)
		} else {
			e.row[c.At] = types.NullValue
		}
	}
}

func (e *expansion) column(c *Column, in *jsondoc.Value, number int) (types.Value, error) {
	if c.Kind == Ordinality {
		return types.IntValue(int64(number)), nil
	}
	before := e.work.Used()
	found := e.work.Find(c.Path, in)
	if err := e.work.Err(); err != nil {
		return types.Value{}, err
	}
	defer func() { e.work.Drop(e.work.Used() - before) }()
	if c.Kind == Exists {
		there := jsondoc.OfInt(int64(min(len(found), 1)))
		return c.store(&there, e.convert)
	}
	var v *jsondoc.Value
	switch len(found) {
	case 0:
		if c.OnEmpty.Fail {
			return types.Value{}, sqlerr.New(sqlerr.JSONTableEmpty, "Missing value for JSON_TABLE column '%s'", c.Name)
		}
		return c.OnEmpty.value(), nil
	case 1:
		v = found[0]
	default: // as an array
		items := make([]jsondoc.Value, len(found))
		for i, f := range found {
			items[i] = *f
		}
		array := jsondoc.OfItems(items)
		v = &array
	}
	value, err := c.store(v, e.convert)
	switch {
	case err == nil:
		return value, nil
	case !c.OnError.Fail:
		return c.OnError.value(), nil
	case !v.IsScalar() && c.Type.Kind != types.JSON:
		return types.Value{}, sqlerr.New(sqlerr.JSONTableScalar,
			"Can't store an array or an object in the scalar column '%s' of JSON_TABLE '%s'", c.Name, e.table.Name)
	}
	return types.Value{}, err
}

func (r Response) value() types.Value {
	if r.Has {
		return r.Default
	}
	return types.NullValue
}
