package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// batchBytes is how many bytes close a batch before it has all its rows.
const batchBytes = 16 << 20

// decoder turns rows in binary format into batches. COPY's tuples and DataRow messages are framed alike: the number of
// fields, 2 bytes, then for each its length, 4 bytes (-1: NULL), and its value.
type decoder struct {
	vectors []vector
	mem     memory.Allocator
	most    int                // rows of a batch
	rows    int                // complete rows of the batch in the making
	size    int                // and their bytes
	started bool               // the vectors have room
	lost    func(output) error // called for a value without a counterpart in MySQL, before it becomes NULL
	schema  *arrow.Schema      // of the last batch

	document []byte // scratch: a document in MySQL's form
}

// newDecoder returns a decoder of results with these columns. Without any, rows have one field that is not looked at.
func newDecoder(outs []output, mem memory.Allocator, most int, lost func(output) error) *decoder {
	d := &decoder{vectors: make([]vector, len(outs)), mem: mem, most: most, lost: lost}
	for i := range outs {
		d.vectors[i].out = outs[i]
		d.vectors[i].limit = powerOf10(int(outs[i].typ.Precision))
	}
	return d
}

// errPartial says that a row is not complete.
var errPartial = fmt.Errorf("the row is not complete")

// row decodes the row at the start of b and returns its length. On errPartial the row can be decoded again when all of
// it is there.
func (d *decoder) row(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, errPartial
	}
	fields := int(binary.BigEndian.Uint16(b))
	if fields != max(1, len(d.vectors)) {
		return 0, corrupt("a row has %d columns instead of %d", fields, max(1, len(d.vectors)))
	}
	if !d.started {
		for i := range d.vectors {
			d.vectors[i].start(d.mem, d.most)
		}
		d.started = true
	}
	at := 2
	for i := range fields {
		if len(b)-at < 4 {
			return 0, errPartial
		}
		length := int(int32(binary.BigEndian.Uint32(b[at:])))
		at += 4
		if length < -1 {
			return 0, corrupt("a value has length %d", length)
		}
		if length > len(b)-at {
			return 0, errPartial
		}
		if len(d.vectors) == 0 {
			at += max(length, 0)
			continue
		}
		v := &d.vectors[i]
		if length == -1 {
			v.putNull(d.rows)
			continue
		}
		if err := d.value(v, b[at:at+length]); err != nil {
			return 0, err
		}
		at += length
	}
	d.rows++
	d.size += at
	return at, nil
}

func corrupt(format string, args ...any) error { return sqlerr.New(sqlerr.Corrupt, format, args...) }

// value stores one value that is not NULL.
func (d *decoder) value(v *vector, b []byte) error {
	row := d.rows
	if n := lengths[v.out.form]; n != 0 && len(b) != n {
		return corrupt("column %s: a value has %d bytes instead of %d", v.out.name, len(b), n)
	}
	if v.out.typ.Kind == types.JSON {
		return d.documentOf(v, b)
	}
	switch v.out.form {
	case formInt4:
		v.putInt(row, int64(int32(binary.BigEndian.Uint32(b))))
	case formInt8:
		v.putInt(row, int64(binary.BigEndian.Uint64(b)))
	case formInt2:
		v.putInt(row, int64(int16(binary.BigEndian.Uint16(b))))
	case formNumeric:
		return d.numeric(v, b)
	case formText, formBytes:
		copy(v.room(row, len(b)), b)
	case formPaddedText:
		b = trimSpaces(b)
		copy(v.room(row, len(b)), b)
	case formDate:
		days := int64(int32(binary.BigEndian.Uint32(b))) + epochDays
		if days < firstDay || days > lastDay {
			return d.lose(v)
		}
		v.w32[row] = uint32(days)
	case formTimestamp:
		// An infinity wraps around to a value that is out of range too.
		micros := int64(binary.BigEndian.Uint64(b)) + epochMicros
		if micros < firstMicro || micros > lastMicro {
			return d.lose(v)
		}
		v.w64[row] = uint64(micros)
	case formTime:
		v.w64[row] = binary.BigEndian.Uint64(b)
	case formBool:
		bitutil.SetBitTo(v.w8, row, b[0] != 0)
	case formFloat8:
		bits := binary.BigEndian.Uint64(b)
		if bits>>52&0x7ff == 0x7ff {
			return d.lose(v)
		}
		v.w64[row] = bits
	case formFloat4:
		bits := binary.BigEndian.Uint32(b)
		if bits>>23&0xff == 0xff {
			return d.lose(v)
		}
		v.w32[row] = bits
	case formOID:
		v.w32[row] = binary.BigEndian.Uint32(b)
	case formUUID:
		writeUUID(v.room(row, 36), b)
	case formBits:
		return v.putBits(row, b)
	}
	return nil
}

// documentOf stores a JSON document in MySQL's form. One that MySQL would refuse, such as one that nests too deep, stays as it is.
func (d *decoder) documentOf(v *vector, b []byte) error {
	if v.out.form == formVersionText {
		if len(b) == 0 || b[0] != 1 {
			return corrupt("column %s: unknown version of jsonb", v.out.name)
		}
		b = b[1:]
	}
	if doc, err := jsondoc.Parse(string(b), false); err == nil {
		d.document = doc.Append(d.document[:0])
		b = d.document
	}
	copy(v.room(d.rows, len(b)), b)
	return nil
}

// lose makes a value NULL that MySQL does not have.
func (d *decoder) lose(v *vector) error {
	v.putNull(d.rows)
	return d.lost(v.out)
}

// trimSpaces cuts trailing spaces off.
func trimSpaces(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// putInt stores an integer in the width of the vector's type.
func (v *vector) putInt(row int, n int64) {
	switch v.out.typ.Kind {
	case types.Int32:
		v.w32[row] = uint32(n)
	case types.Int64:
		v.w64[row] = uint64(n)
	case types.Int16, types.Year:
		v.w16[row] = uint16(n)
	default:
		v.w8[row] = byte(n)
	}
}

func (v *vector) putBits(row int, b []byte) error {
	if len(b) < 4 {
		return corrupt("column %s: a bit string has %d bytes", v.out.name, len(b))
	}
	count, b := binary.BigEndian.Uint32(b), b[4:]
	if count > 64 || len(b) != int(count+7)/8 {
		return corrupt("column %s: a bit string has %d bits in %d bytes", v.out.name, count, len(b))
	}
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	v.w64[row] = n >> (8*uint32(len(b)) - count)
	return nil
}

// writeUUID writes the 36 characters of a UUID's 16 bytes.
func writeUUID(dst, id []byte) {
	hex.Encode(dst[0:8], id[0:4])
	dst[8] = '-'
	hex.Encode(dst[9:13], id[4:6])
	dst[13] = '-'
	hex.Encode(dst[14:18], id[6:8])
	dst[18] = '-'
	hex.Encode(dst[19:23], id[8:10])
	dst[23] = '-'
	hex.Encode(dst[24:36], id[10:16])
}

// full reports whether the batch should be handed out.
func (d *decoder) full() bool { return d.rows >= d.most || d.size >= batchBytes }

// batch returns the complete rows, at least one, and starts anew. The caller releases it.
func (d *decoder) batch() arrow.RecordBatch {
	types := make([]arrow.DataType, len(d.vectors))
	columns := make([]arrow.Array, len(d.vectors))
	for i := range d.vectors {
		types[i] = d.vectors[i].arrowType()
		columns[i] = d.vectors[i].finish(d.rows)
	}
	batch := array.NewRecordBatch(d.schemaOf(types), columns, int64(d.rows))
	for _, c := range columns {
		c.Release()
	}
	d.rows, d.size, d.started = 0, 0, false
	return batch
}

// schemaOf returns the schema of a batch; it changes only with the width of decimals.
func (d *decoder) schemaOf(list []arrow.DataType) *arrow.Schema {
	same := func(f arrow.Field, dt arrow.DataType) bool { return arrow.TypeEqual(f.Type, dt) }
	if d.schema != nil && slices.EqualFunc(d.schema.Fields(), list, same) {
		return d.schema
	}
	fields := make([]arrow.Field, len(list))
	for i, dt := range list {
		fields[i] = arrow.Field{Name: d.vectors[i].out.name, Type: dt, Nullable: true}
	}
	d.schema = arrow.NewSchema(fields, nil)
	return d.schema
}

// release gives up what the decoder holds.
func (d *decoder) release() {
	for i := range d.vectors {
		d.vectors[i].release()
	}
	d.rows, d.size, d.started = 0, 0, false
}
