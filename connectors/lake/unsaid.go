package lake

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// Files do not say all of their columns' types: not how long a text may be, nor, of an old kind of moments, whether they are instants. A declared
// table does, and its type holds.

// declares reports that a declared type is what a file's type leaves unsaid.
func declares(as, in types.Type) bool {
	switch as.Kind {
	case types.Char, types.Varchar:
		return in.Kind == types.Text && as.Collation == in.Collation
	case types.Timestamp:
		return in.Kind == types.Datetime
	}
	return false
}

// declares reports a column of a file that has the table's type, though the file does not say so.
func (t *table) declares(pos int, f *opened, at int) bool {
	as, in := t.columns[pos].typ, f.Columns[at]
	return t.declared != nil && declares(as, in.Type) && (in.Unzoned || as.Kind != types.Timestamp)
}

// trims reports a CHAR whose values may end in spaces in a file. Bounds of those do not bound the values without them.
func (t *table) trims(pos int, f *opened, at int) bool {
	return t.columns[pos].typ.Kind == types.Char && f.Columns[at].Type.Kind == types.Text
}

// converts reports a column of a file whose values are to be converted to the table's type.
func (t *table) converts(pos int, f *opened, at int) bool {
	from := f.Columns[at]
	return !from.Inferred && (differs(from.Type, t.columns[pos].typ) || t.trims(pos, f, at))
}

// asDeclared takes values of a file as what the table says that they are: moments as instants, texts without the spaces that fill up a CHAR.
func asDeclared(mem memory.Allocator, values arrow.Array) arrow.Array {
	texts, ok := values.(*array.String)
	if !ok {
		in := values.Data()
		data := array.NewData(types.ArrowTimestamp, in.Len(), in.Buffers(), nil, in.NullN(), in.Offset())
		defer data.Release()
		return array.MakeFromData(data)
	}
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.Reserve(texts.Len())
	for i := range texts.Len() {
		if texts.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(strings.TrimRight(texts.Value(i), " "))
		}
	}
	return b.NewArray()
}
