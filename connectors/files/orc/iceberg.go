package orc

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/silogate/silogate/engine/types"
)

// newTime makes a column of times of a day, which Iceberg keeps as the microseconds since it began in a LONG.
func newTime(r *stripeReader, n *node) column {
	c := newInteger[int64](r, n).(*fixed[int64])
	c.check = inYears[int64](c.lost, -types.LastTime, types.LastTime)
	return c
}

// uuids are UUIDs, which Iceberg keeps as their bytes in a BINARY.
type uuids struct {
	*text
	mem memory.Allocator
}

func newUUID(r *stripeReader, n *node, limit int) column {
	bytes := *n
	bytes.typ = types.Of(types.Blob)
	return &uuids{newText(r, &bytes, limit, false).(*text), r.options.Memory}
}

func (c *uuids) next(n int) (arrow.Array, error) {
	values, err := c.text.next(n)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	from := values.(*array.Binary)
	b := array.NewStringBuilder(c.mem)
	defer b.Release()
	b.Reserve(from.Len())
	for i := range from.Len() {
		if from.IsNull(i) {
			b.AppendNull()
			continue
		}
		id, err := uuid.FromBytes(from.Value(i))
		if err != nil {
			return nil, fmt.Errorf("a UUID of %d bytes", len(from.Value(i)))
		}
		b.Append(id.String())
	}
	return b.NewArray(), nil
}
