package sqlgen

import (
	"strconv"

	"github.com/silogate/silogate/engine/plan"
)

// sharedBlock is a binding of a With.
type sharedBlock struct {
	id    int
	block *block
}

// sharedRead is a FROM item that reads a binding.
type sharedRead struct {
	id    int
	alias string
}

func (f sharedRead) write(w *Writer) {
	w.Ident(bindingName(f.id))
	w.Text(" AS ", f.alias)
}

func bindingName(id int) string { return "with" + strconv.Itoa(id) }

// with puts the bindings before the statement, where they see no column of the SELECTs around the With; nor do they in the
// plan.
func (w *Writer) with(n *plan.With) *block {
	for _, binding := range n.Bindings {
		b := w.build(binding.Plan)
		if !b.limited {
			b.order = nil
		}
		w.shared = append(w.shared, sharedBlock{binding.ID, b})
	}
	return w.build(n.Body)
}

// read makes a block of a binding's rows. What table a column comes from is not known in it: a step may be asked about
// before its With is there, and must be written alike then.
func (w *Writer) read(n *plan.CTERef) *block {
	alias := w.alias()
	b := newBlock(sharedRead{n.ID, alias}, n.Cols)
	w.defineDerived(b, alias, n.Cols)
	return b
}

// bindings writes the WITH clause.
func (w *Writer) bindings() {
	for i, s := range w.shared {
		w.Text(separator(i, "WITH "))
		w.Ident(bindingName(s.id))
		w.Text(" AS (")
		w.selectBlock(s.block, nested)
		w.Text(")")
	}
	if len(w.shared) > 0 {
		w.Text(" ")
	}
}
