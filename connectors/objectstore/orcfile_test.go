package objectstore

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/types"
)

// orcMessage is a message of ORC's metadata.
type orcMessage []byte

func (m orcMessage) number(field int, v uint64) orcMessage {
	return protowire.AppendVarint(protowire.AppendTag(m, protowire.Number(field), protowire.VarintType), v)
}

func (m orcMessage) bytes(field int, v []byte) orcMessage {
	return protowire.AppendBytes(protowire.AppendTag(m, protowire.Number(field), protowire.BytesType), v)
}

// orcKinds are the types of ORC by their numbers.
var orcKinds = map[types.Kind]uint64{
	types.Int8: 1, types.Int16: 2, types.Int32: 3, types.Int64: 4, types.Float32: 5, types.Float64: 6, types.Text: 7, types.Blob: 8,
	types.Datetime: 9, types.Decimal: 14, types.Date: 15, types.Varchar: 16, types.Char: 17, types.Timestamp: 18,
}

// orcOf returns a table as ORC, not compressed, in stripes of so many rows with statistics of integers.
func orcOf(tb testing.TB, table conntest.Table, rows int) []byte {
	tb.Helper()
	var footer, metadata, root orcMessage
	root = root.number(1, 12)
	for i := range table.Columns {
		root = root.number(2, uint64(i+1))
	}
	for _, c := range table.Columns {
		root = root.bytes(3, []byte(c.Name))
	}
	out := []byte("ORC")
	for list := range slices.Chunk(table.Rows, rows) {
		var stripe orcStripe
		stats := orcMessage{}.bytes(1, orcMessage{}.number(1, uint64(len(list))))
		for i, c := range table.Columns {
			stats = stats.bytes(1, stripe.column(i, c, list))
		}
		metadata = metadata.bytes(1, stats)
		tail := orcMessage(slices.Clone(stripe.streams))
		for range len(table.Columns) + 1 {
			tail = tail.bytes(2, orcMessage{}.number(1, 0))
		}
		info := orcMessage{}.number(1, uint64(len(out))).number(2, 0).number(3, uint64(len(stripe.data))).number(4, uint64(len(tail))).number(5, uint64(len(list)))
		footer = footer.bytes(3, info)
		out = append(append(out, stripe.data...), tail...)
	}
	footer = footer.bytes(4, root)
	for _, c := range table.Columns {
		kind, ok := orcKinds[c.Type.Kind]
		if !ok {
			tb.Fatalf("no ORC of %s", c.Type)
		}
		footer = footer.bytes(4, orcMessage{}.number(1, kind).number(4, uint64(c.Type.Length)).number(5, uint64(c.Type.Precision)).number(6, uint64(c.Type.Scale)))
	}
	footer = footer.number(6, uint64(len(table.Rows)))
	out = append(append(out, metadata...), footer...)
	ps := orcMessage{}.number(1, uint64(len(footer))).number(5, uint64(len(metadata))).number(6, 6).bytes(8000, []byte("ORC"))
	return append(append(out, ps...), byte(len(ps)))
}

// orcStripe is a stripe in the making.
type orcStripe struct{ data, streams []byte }

func (s *orcStripe) stream(kind, column int, data []byte) {
	s.data = append(s.data, data...)
	s.streams = orcMessage(s.streams).bytes(1, orcMessage{}.number(1, uint64(kind)).number(2, uint64(column)).number(3, uint64(len(data))))
}

// column writes a column of some rows and returns its statistics.
func (s *orcStripe) column(i int, c conntest.Column, rows [][]types.Value) orcMessage {
	var values []types.Value
	present := make([]byte, (len(rows)+7)/8)
	for r, row := range rows {
		if !row[i].Null {
			values = append(values, row[i])
			present[r/8] |= 0x80 >> (r % 8)
		}
	}
	stats := orcMessage{}.number(1, uint64(len(values)))
	if len(values) < len(rows) {
		stats = stats.number(10, 1)
		s.stream(0, i+1, orcBytes(present))
	}
	var data, second []byte
	ints := func(of func(types.Value) int64) {
		list := make([]int64, len(values))
		for k, v := range values {
			list[k] = of(v)
		}
		data = orcInts(list)
	}
	switch t := c.Type; {
	case t.Kind == types.Int8:
		for _, v := range values {
			data = append(data, byte(v.Int))
		}
		data = orcBytes(data)
	case t.IsInteger() || t.Kind == types.Date:
		ints(func(v types.Value) int64 { return v.Int })
		if t.IsInteger() && len(values) > 0 {
			least := slices.MinFunc(values, func(a, b types.Value) int { return int(min(max(a.Int-b.Int, -1), 1)) })
			most := slices.MaxFunc(values, func(a, b types.Value) int { return int(min(max(a.Int-b.Int, -1), 1)) })
			if most.Int-least.Int >= 0 { // else the difference of some is beyond 64 bits
				stats = stats.bytes(2, orcMessage{}.number(1, protowire.EncodeZigZag(least.Int)).number(2, protowire.EncodeZigZag(most.Int)))
			}
		}
	case t.Kind == types.Float32:
		for _, v := range values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v.Float)))
		}
	case t.Kind == types.Float64:
		for _, v := range values {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v.Float))
		}
	case t.Kind == types.Decimal:
		scales := make([]int64, len(values))
		for k, v := range values {
			data = orcBig(data, v.Dec.BigInt())
			scales[k] = int64(t.Scale)
		}
		second = orcInts(scales)
	case t.IsTemporal():
		nanos := make([]uint64, len(values))
		ints(func(v types.Value) int64 { return v.Int/1e6 - 1420070400 })
		for k, v := range values {
			nanos[k] = uint64(v.Int%1e6) * 1000 << 3
		}
		second = orcUints(nanos)
	default:
		lengths := make([]uint64, len(values))
		for k, v := range values {
			data = append(data, v.Str...)
			lengths[k] = uint64(len(v.Str))
		}
		s.stream(1, i+1, data)
		s.stream(2, i+1, orcUints(lengths))
		return stats
	}
	s.stream(1, i+1, data)
	if second != nil {
		s.stream(5, i+1, second)
	}
	return stats
}

// orcBytes encodes bytes in literal runs.
func orcBytes(list []byte) (out []byte) {
	for run := range slices.Chunk(list, 128) {
		out = append(append(out, byte(-len(run))), run...)
	}
	return out
}

// orcUints encodes integers in literal runs of version 1.
func orcUints(list []uint64) (out []byte) {
	for run := range slices.Chunk(list, 128) {
		out = append(out, byte(-len(run)))
		for _, v := range run {
			out = binary.AppendUvarint(out, v)
		}
	}
	return out
}

func orcInts(list []int64) []byte {
	zigzag := make([]uint64, len(list))
	for i, v := range list {
		zigzag[i] = protowire.EncodeZigZag(v)
	}
	return orcUints(zigzag)
}

// orcBig appends an integer of any size in base 128, zigzag.
func orcBig(dst []byte, n *big.Int) []byte {
	v := new(big.Int).Lsh(new(big.Int).Abs(n), 1)
	if n.Sign() < 0 {
		v.Sub(v, big.NewInt(1))
	}
	for low := new(big.Int); ; v.Rsh(v, 7) {
		b := byte(low.And(v, big.NewInt(0x7f)).Uint64())
		if v.BitLen() <= 7 {
			return append(dst, b)
		}
		dst = append(dst, b|0x80)
	}
}
