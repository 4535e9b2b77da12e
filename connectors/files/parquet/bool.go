package parquet

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/bufpool"
)

// boolean decodes a column of truth values.
type boolean struct {
	flat
	bits hybrid // PLAIN values are one packed run
}

func (c *boolean) next(ctx context.Context, n int) (arrow.Array, error) {
	valid := &validity{mem: c.mem, rows: n}
	buf := bufpool.NewBuffer(c.mem, (n+7)/8)
	clear(buf.Bytes())
	scratch := make([]uint32, n)
	err := c.each(ctx, c, 0, n, valid, func(from, k, present int) error {
		list := scratch[:k]
		if err := c.bits.next(list[:present]); err != nil {
			return err
		}
		if present < k {
			spread(list, present, from, valid)
		}
		dst := buf.Bytes()
		for i, v := range list {
			dst[(from+i)/8] |= byte(v&1) << ((from + i) % 8)
		}
		return nil
	})
	if err != nil {
		buf.Release()
		valid.release()
		return nil, err
	}
	return finish(c.dtype, valid, buf), nil
}

func (c *boolean) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	return pickDecoded(ctx, c, c.mem, n, sel)
}

func (c *boolean) pass(n int) error { return c.bits.pass(n) }

func (c *boolean) begin(p page) error {
	switch p.encoding {
	case encodingPlain:
		c.bits = hybrid{width: 1, packed: p.data, left: len(p.data) * 8}
	case encodingRLE:
		if len(p.data) < 4 || int64(binary.LittleEndian.Uint32(p.data)) > int64(len(p.data)-4) {
			return errShort
		}
		c.bits = hybrid{width: 1, src: p.data[4 : 4+binary.LittleEndian.Uint32(p.data)]}
	default:
		return fmt.Errorf("truth values in encoding %d", p.encoding)
	}
	return nil
}

func (c *boolean) readDictionary([]byte, int) error {
	return fmt.Errorf("truth values with a dictionary")
}
