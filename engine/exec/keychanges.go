package exec

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// keyChanges finds the rows whose key differs from that of the row before.
type keyChanges struct {
	order *rowkey.Order
	plain bool
	cols  []int
	last  []byte // the key of the last row seen
	keys  rowKeys
	args  []arrow.Array
}

func newKeyChanges(keys []rowkey.Key, cols []int) keyChanges {
	k := keyChanges{order: rowkey.NewOrder(keys), plain: true, cols: cols}
	for _, key := range keys {
		k.plain = k.plain && key.Field.Plain()
	}
	return k
}

// mark sets flag for each row of a batch that begins a new key.
func (k *keyChanges) mark(flags []uint8, batch arrow.RecordBatch, flag uint8) {
	if len(k.cols) == 0 {
		return
	}
	k.args = k.args[:0]
	comparable := k.plain
	for _, c := range k.cols {
		k.args = append(k.args, batch.Column(c))
		comparable = comparable && comparesInPlace(batch.Column(c))
	}
	if !comparable {
		k.encode(k.args, len(flags))
		last := k.last
		for i := range flags {
			key := k.keys.key(int32(i))
			if !bytes.Equal(key, last) {
				flags[i] |= flag
			}
			last = key
		}
		k.last = append(k.last[:0], last...)
		return
	}
	// Decimals may have another width in the batch before: only the keys of the first and the last row are encoded.
	if !bytes.Equal(k.encodeRow(0), k.last) {
		flags[0] |= flag
	}
	k.last = append(k.last[:0], k.encodeRow(len(flags)-1)...)
	for _, a := range k.args {
		markChanges(flags, a, flag)
	}
}

func (k *keyChanges) encode(cols []arrow.Array, rows int) {
	k.keys.text, k.keys.ends = k.order.Append(k.keys.text[:0], k.keys.ends[:0], cols, rows)
}

func (k *keyChanges) encodeRow(i int) []byte {
	row := make([]arrow.Array, len(k.args))
	for c, a := range k.args {
		row[c] = sliceArray(a, i, i+1)
	}
	defer releaseArrays(row)
	k.encode(row, 1)
	return k.keys.text
}

func comparesInPlace(a arrow.Array) bool {
	switch a.DataType().ID() {
	case arrow.INT8, arrow.UINT8, arrow.INT16, arrow.UINT16, arrow.INT32, arrow.UINT32, arrow.DATE32, arrow.INT64, arrow.UINT64,
		arrow.TIMESTAMP, arrow.DURATION, arrow.TIME64, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256, arrow.FLOAT32, arrow.FLOAT64,
		arrow.STRING, arrow.BINARY:
		return true
	}
	return false
}

// markChanges sets flag for each row but the first whose value differs from that of the row before. NULL equals NULL.
func markChanges(flags []uint8, a arrow.Array, flag uint8) {
	switch id := a.DataType().ID(); id {
	case arrow.FLOAT32:
		markFixed[float32](flags, a, flag)
	case arrow.FLOAT64:
		markFixed[float64](flags, a, flag)
	case arrow.DECIMAL128:
		markFixed[decimal128.Num](flags, a, flag)
	case arrow.DECIMAL256:
		markFixed[decimal256.Num](flags, a, flag)
	case arrow.STRING, arrow.BINARY:
		markText(flags, a, flag)
	default:
		switch a.DataType().(arrow.FixedWidthDataType).BitWidth() {
		case 8:
			markFixed[uint8](flags, a, flag)
		case 16:
			markFixed[uint16](flags, a, flag)
		case 32:
			markFixed[uint32](flags, a, flag)
		default:
			markFixed[uint64](flags, a, flag)
		}
	}
}

func markFixed[T interface {
	arrow.FixedWidthType
	comparable
}](flags []uint8, a arrow.Array, flag uint8) {
	data := a.Data()
	values := arrow.GetData[T](data.Buffers()[1].Bytes())[data.Offset() : data.Offset()+data.Len()]
	if a.NullN() == 0 {
		last := values[0]
		for i, v := range values {
			if v != last {
				flags[i] |= flag
			}
			last = v
		}
		return
	}
	for i := 1; i < len(values); i++ {
		if null := a.IsNull(i); null != a.IsNull(i-1) || !null && values[i] != values[i-1] {
			flags[i] |= flag
		}
	}
}

func markText(flags []uint8, a arrow.Array, flag uint8) {
	var value func(int) string
	switch a := a.(type) {
	case *array.String:
		value = a.Value
	case *array.Binary:
		value = a.ValueString
	}
	for i := 1; i < len(flags); i++ {
		if null := a.IsNull(i); null != a.IsNull(i-1) || !null && value(i) != value(i-1) {
			flags[i] |= flag
		}
	}
}
