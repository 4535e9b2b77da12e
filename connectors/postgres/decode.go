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

// framedRows is how many rows are framed at most before they are decoded: the values of some thousand rows fit the caches.
const framedRows = 1024

// decoder turns rows in binary format into batches. COPY's tuples and DataRow messages are framed alike: the number of
// fields, 2 bytes, then for each its length, 4 bytes (-1: NULL), and its value. Rows are framed one by one and decoded
// column by column.
type decoder struct {
	vectors []vector
	mem     memory.Allocator
	most    int                // rows of a batch
	rows    int                // decoded rows of the batch in the making
	size    int                // bytes of its rows, framed ones too
	started bool               // the vectors have room
	lost    func(output) error // called for a value without a counterpart in MySQL, before it becomes NULL
	schema  *arrow.Schema      // of the last batch

	framed int    // rows that are framed and not decoded
	spans  []span // of their values, column after column, each with room for framedRows
	base   []byte // where those lie

	document []byte // scratch: a document in MySQL's form
}

// span is a value's place: where it begins, and its bytes or -1 for NULL.
type span struct{ at, length int32 }

// newDecoder returns a decoder of results with these columns. Without any, rows have one field that is not looked at.
func newDecoder(outs []output, mem memory.Allocator, most int, lost func(output) error) *decoder {
	d := &decoder{
		vectors: make([]vector, len(outs)), mem: mem, most: most, lost: lost,
		spans: make([]span, framedRows*max(1, len(outs))),
	}
	for i := range outs {
		d.vectors[i].out = outs[i]
		d.vectors[i].limit = powerOf10(int(outs[i].typ.Precision))
	}
	return d
}

// errPartial says that a row is not complete.
var errPartial = fmt.Errorf("the row is not complete")

// row decodes the row at the start of b and returns its length. Nothing may be framed.
func (d *decoder) row(b []byte) (int, error) {
	n, err := d.frame(b)
	if err == nil {
		err = d.decode()
	}
	return n, err
}

// frame finds the values of the row at the start of b and returns the row's length, or errPartial if not all of it is
// there. What is framed must stay where it is until decode.
func (d *decoder) frame(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, errPartial
	}
	fields := int(binary.BigEndian.Uint16(b))
	if fields != max(1, len(d.vectors)) {
		return 0, corrupt("a row has %d columns instead of %d", fields, max(1, len(d.vectors)))
	}
	base, err := d.offset(b)
	if err != nil {
		return 0, err
	}
	at := 2
	for i := d.framed; i < framedRows*fields; i += framedRows {
		if len(b)-at < 4 {
			return 0, errPartial
		}
		length := int(int32(binary.BigEndian.Uint32(b[at:])))
		at += 4
		if length > len(b)-at {
			return 0, errPartial
		}
		d.spans[i] = span{at: int32(base + at), length: int32(length)}
		if length < 0 {
			if length < -1 {
				return 0, corrupt("a value has length %d", length)
			}
			continue
		}
		at += length
	}
	d.framed++
	d.size += at
	if d.framed == framedRows {
		return at, d.decode()
	}
	return at, nil
}

// offset returns where b begins in base. What is framed elsewhere is decoded first.
func (d *decoder) offset(b []byte) (int, error) {
	// Slices of one array whose capacity reaches to its end begin where the capacities say.
	if at := cap(d.base) - cap(b); d.framed > 0 && at >= 0 && at < len(d.base) && &d.base[at] == &b[0] {
		return at, nil
	}
	err := d.decode()
	d.base = b[:cap(b)]
	return 0, err
}

// decode stores the values of the framed rows.
func (d *decoder) decode() error {
	n := d.framed
	if n == 0 {
		return nil
	}
	d.framed = 0
	if !d.started {
		for i := range d.vectors {
			d.vectors[i].start(d.mem, d.most)
		}
		d.started = true
	}
	for i := range d.vectors {
		if err := d.column(&d.vectors[i], d.spans[i*framedRows:][:n]); err != nil {
			return err
		}
	}
	d.rows += n
	return nil
}

// column stores the framed values of one column.
func (d *decoder) column(v *vector, spans []span) error {
	switch {
	case v.out.typ.Kind == types.JSON:
	case v.out.form == formText || v.out.form == formBytes || v.out.form == formPaddedText:
		v.putTexts(d.rows, d.base, spans, v.out.form == formPaddedText)
		return nil
	case v.out.form == formInt8 && v.out.typ.Kind == types.Int64:
		return v.putWords(d.rows, d.base, spans)
	case v.out.form == formInt4 && v.out.typ.Kind == types.Int32:
		return v.putHalves(d.rows, d.base, spans)
	}
	for i, s := range spans {
		row := d.rows + i
		if s.length < 0 {
			v.putNull(row)
			continue
		}
		if err := d.value(v, row, d.base[s.at:s.at+s.length]); err != nil {
			return err
		}
	}
	return nil
}

// putWords stores values of eight bytes as they are.
func (v *vector) putWords(row int, base []byte, spans []span) error {
	for i, s := range spans {
		if s.length != 8 {
			if s.length >= 0 {
				return v.misshapen(int(s.length))
			}
			v.putNull(row + i)
			continue
		}
		v.w64[row+i] = binary.BigEndian.Uint64(base[s.at:])
	}
	return nil
}

// putHalves stores values of four bytes as they are.
func (v *vector) putHalves(row int, base []byte, spans []span) error {
	for i, s := range spans {
		if s.length != 4 {
			if s.length >= 0 {
				return v.misshapen(int(s.length))
			}
			v.putNull(row + i)
			continue
		}
		v.w32[row+i] = binary.BigEndian.Uint32(base[s.at:])
	}
	return nil
}

// shortText is how many bytes are copied at once, which is quicker than to copy fewer by their number.
const shortText = 16

// putTexts stores texts, those that are padded without their trailing spaces.
func (v *vector) putTexts(row int, base []byte, spans []span, padded bool) {
	end := int(v.ends[row])
	most := end
	for _, s := range spans {
		most += max(int(s.length), 0)
	}
	v.reserve(most)
	text, ends := v.w8, v.ends[row+1:][:len(spans)]
	for i, s := range spans {
		if s.length < 0 {
			v.invalidate(row + i)
		} else {
			b := base[s.at : s.at+s.length]
			if padded {
				b = trimSpaces(b)
			}
			if len(b) <= shortText && int(s.at)+shortText <= len(base) && end+shortText <= len(text) {
				// What is copied too much is overwritten by the next text.
				*(*[shortText]byte)(text[end:]) = [shortText]byte(base[s.at:])
				end += len(b)
			} else {
				end += copy(text[end:], b)
			}
		}
		ends[i] = int32(end)
	}
}

// misshapen says that a value of a fixed length has another.
func (v *vector) misshapen(bytes int) error {
	return corrupt("column %s: a value has %d bytes instead of %d", v.out.name, bytes, lengths[v.out.form])
}

func corrupt(format string, args ...any) error { return sqlerr.New(sqlerr.Corrupt, format, args...) }

// value stores one value that is not NULL.
func (d *decoder) value(v *vector, row int, b []byte) error {
	if n := lengths[v.out.form]; n != 0 && len(b) != n {
		return v.misshapen(len(b))
	}
	if v.out.typ.Kind == types.JSON {
		return d.documentOf(v, row, b)
	}
	switch v.out.form {
	case formInt4:
		v.putInt(row, int64(int32(binary.BigEndian.Uint32(b))))
	case formInt8:
		v.putInt(row, int64(binary.BigEndian.Uint64(b)))
	case formInt2:
		v.putInt(row, int64(int16(binary.BigEndian.Uint16(b))))
	case formNumeric:
		return d.numeric(v, row, b)
	case formDate:
		days := int64(int32(binary.BigEndian.Uint32(b))) + epochDays
		if days < firstDay || days > lastDay {
			return d.lose(v, row)
		}
		v.w32[row] = uint32(days)
	case formTimestamp:
		// An infinity wraps around to a value that is out of range too.
		micros := int64(binary.BigEndian.Uint64(b)) + epochMicros
		if micros < firstMicro || micros > lastMicro {
			return d.lose(v, row)
		}
		v.w64[row] = uint64(micros)
	case formTime:
		v.w64[row] = binary.BigEndian.Uint64(b)
	case formBool:
		bitutil.SetBitTo(v.w8, row, b[0] != 0)
	case formFloat8:
		bits := binary.BigEndian.Uint64(b)
		if bits>>52&0x7ff == 0x7ff {
			return d.lose(v, row)
		}
		v.w64[row] = bits
	case formFloat4:
		bits := binary.BigEndian.Uint32(b)
		if bits>>23&0xff == 0xff {
			return d.lose(v, row)
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
func (d *decoder) documentOf(v *vector, row int, b []byte) error {
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
	copy(v.room(row, len(b)), b)
	return nil
}

// lose makes a value NULL that MySQL does not have.
func (d *decoder) lose(v *vector, row int) error {
	v.putNull(row)
	return d.lost(v.out)
}

// trimSpaces cuts trailing spaces off.
func trimSpaces(b []byte) []byte {
	const eight = 0x2020202020202020
	for len(b) >= 8 && binary.NativeEndian.Uint64(b[len(b)-8:]) == eight {
		b = b[:len(b)-8]
	}
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
func (d *decoder) full() bool { return d.rows+d.framed >= d.most || d.size >= batchBytes }

// batch returns the decoded rows, at least one, and starts anew. Nothing may be framed. The caller releases it.
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
	d.rows, d.framed, d.size, d.started = 0, 0, 0, false
}
