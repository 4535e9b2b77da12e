package diskcache

import (
	"cmp"
	"slices"
)

// around returns the entry that a range lies within, or nil. The caller holds mu.
func (c *Cache) around(r span) *entry {
	list := c.objects[r.of]
	at, begins := find(list, r.off)
	if !begins {
		at-- // of those that begin before, it ends last
	}
	if at < 0 || r.end() > list[at].end() {
		return nil
	}
	return list[at]
}

// find returns where the first entry stands that does not begin before an offset, and whether it begins there.
func find(list []*entry, off int64) (at int, same bool) {
	return slices.BinarySearchFunc(list, off, func(e *entry, off int64) int { return cmp.Compare(e.off, off) })
}

// insert adds an entry to the index and returns those that lie within it, which it takes the place of. The entry itself
// is returned if it lies within another. The caller holds mu.
func (c *Cache) insert(e *entry) (gone []*entry) {
	if c.around(e.span) != nil {
		return []*entry{e}
	}
	list := c.objects[e.of]
	at, _ := find(list, e.off)
	for _, old := range list[at:] {
		if old.end() > e.end() {
			break
		}
		gone = append(gone, old)
	}
	for _, old := range gone {
		c.uncount(old)
	}
	c.objects[e.of] = slices.Replace(list, at, at+len(gone), e)
	c.order.add(e)
	c.totals[e.kind].Bytes += e.cost()
	c.totals[e.kind].Entries++
	return gone
}

// forget takes an entry out of the index. The caller holds mu.
func (c *Cache) forget(e *entry) {
	c.uncount(e)
	list := c.objects[e.of]
	at, _ := find(list, e.off)
	if list = slices.Delete(list, at, at+1); len(list) == 0 {
		delete(c.objects, e.of)
		return
	}
	c.objects[e.of] = list
}

func (c *Cache) uncount(e *entry) {
	c.order.remove(e)
	c.totals[e.kind].Bytes -= e.cost()
	c.totals[e.kind].Entries--
}
