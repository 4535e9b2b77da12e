package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Plain returns the values of a vector that may be dictionary-encoded as one that is not; the caller releases it. It fails
// only if the texts exceed 2 GiB.
func Plain(mem memory.Allocator, a arrow.Array) (arrow.Array, error) {
	d, ok := a.(*array.Dictionary)
	if !ok {
		a.Retain()
		return a, nil
	}
	codes := fixed[int32](d)
	if d.NullN() > 0 {
		padded := make([]int32, len(codes))
		for i, c := range codes {
			if padded[i] = c; d.IsNull(i) {
				padded[i] = -1
			}
		}
		codes = padded
	}
	return Take(mem, d.Dictionary(), codes)
}

// takeEncoded is Take of a dictionary-encoded vector: the result shares the dictionary.
func takeEncoded(mem memory.Allocator, d *array.Dictionary, idx []int32) (arrow.Array, error) {
	codes, err := Take(mem, d.Indices(), idx)
	if err != nil {
		return nil, err
	}
	defer codes.Release()
	in := codes.Data()
	data := array.NewDataWithDictionary(d.DataType(), len(idx), in.Buffers(), codes.NullN(), 0, d.Data().Dictionary().(*array.Data))
	defer data.Release()
	return array.NewDictionaryData(data), nil
}
